"""What the door does not let in stands in the timeline of the incident that it names."""

from contextlib import suppress

from tocsin.actions.offers import turned_away
from tocsin.actors import in_slack
from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import Turned
from tocsin.domain.offers import parsed
from tocsin.slackapp import modals
from tocsin.slackapp.received import Received


def tell(app: App, it: Received, why: Turned) -> None:
    """Write the refusal down, once, where a button or a modal of ours names an incident."""
    with suppress(Refused, ValueError, KeyError, TypeError):
        view = it.payload.get("view")
        if (
            it.kind == "submission"
            and isinstance(view, dict)
            and view.get("callback_id") in (modals.REJECT, modals.UPDATE)
        ):
            offer = modals.offered(view)[0]
        else:
            offer = parsed(str(it.action.get("value", "")))
        turned_away(app, in_slack(app, it.user), offer, door="slack", nonce=it.id, why=why)
