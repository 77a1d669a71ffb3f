"""Accepting newer laws: an open incident is judged by those of its declaration until a person says otherwise."""

from tocsin.actions.asking import act, command_of
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import LawsAccepted
from tocsin.record import Recorded
from tocsin.storage import documents

#: Who may accept newer laws for an incident.
ACCEPTERS = ("dpo", "incident-commander")
#: Fewest digits of a digest that name it.
SHORTEST = 8


def accept_laws(
    app: App, actor: Actor, key: str, *, digest: str, because: str | None = None, command: str | None = None
) -> Recorded:
    """Judge the incident by today's laws from now on. `digest` names what was read, at least eight digits of it.

    The packs are kept as those of a declaration are. Letters and papers that were approved or made stay as they are.
    """

    def decide(change: Change) -> None:
        incident = change.incident
        need(actor, incident, *ACCEPTERS)
        newer = app.newer_of(incident)
        if newer is None:
            raise Refused(f"{key} is judged by the laws of today already; there is nothing newer to accept")
        if len(digest) < SHORTEST or not newer.digest.startswith(digest):
            raise Refused(
                f"{digest[:12] or 'nothing'} is not the digest of today's laws for {key} ({newer.digest[:12]}); "
                f"tocsin law diff {key} shows what they change"
            )
        reason = change.keep(because.strip()) if because and because.strip() else None
        change.add(LawsAccepted(before=incident.catalog, packs=newer.digest, because=reason))
        pack = newer.documents
        change.also.append(lambda connection: documents.put_pack(connection, pack))

    return act(app, actor, key, decide, command=command_of(command, "accept-laws", [digest, because]))
