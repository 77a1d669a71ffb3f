"""What the door does not let in stands in the timeline of the incident that it names, or in whose channel it was."""

from contextlib import suppress

from tocsin.actions.offers import kept_out, turned_away
from tocsin.actors import in_slack
from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import Turned
from tocsin.domain.offers import Offer, parsed
from tocsin.domain.reference import names_incident
from tocsin.slackapp import modals
from tocsin.slackapp.desk import incident_in
from tocsin.slackapp.received import Received
from tocsin.slackapp.typed import after_verb, verb_of
from tocsin.slackapp.verbs import VERBS


def tell(app: App, it: Received, why: Turned) -> None:
    """Write the refusal down, once: by a button or a modal of ours, by the incident that was typed, or by the channel.

    Of what was typed the verb alone is written, and that only where it is one of ours.
    """
    with suppress(Refused, ValueError, KeyError, TypeError):
        actor = in_slack(app, it.user)
        if (offer := _offered(it)) is not None:
            turned_away(app, actor, offer, door="slack", nonce=it.id, why=why)
        elif key := _typed(it) or incident_in(app, it.channel):
            kept_out(app, actor, key, _deed(it), door="slack", nonce=it.id, why=why)


def _offered(it: Received) -> Offer | None:
    if it.kind == "submission":
        view = it.payload["view"]
        return modals.offered(view)[0] if view.get("callback_id") in (modals.REJECT, modals.UPDATE) else None
    return parsed(str(it.action.get("value", ""))) if it.kind == "click" else None


def _typed(it: Received) -> str | None:
    """The incident that a command names first, in full."""
    first = after_verb(it).partition(" ")[0].upper() if it.kind == "command" else ""
    return first if first.count("-") == 2 and names_incident(first) else None


def _deed(it: Received) -> str:
    if it.kind == "command":
        verb = verb_of(it)
        return f"/tocsin {verb}" if verb in VERBS else "/tocsin"
    event = it.payload["event"]
    return "emoji" if event.get("type") == "reaction_added" else "upload"
