"""Signing a scope: a second analyst, who measured it again with the same result, stands for it by name."""

from tocsin.actions.asking import act, command_of, refuse_silence
from tocsin.actions.repeating import ANALYSTS, measured
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import NotYours, Refused
from tocsin.domain.kinds import ScopeSigned
from tocsin.record import Recorded


def sign(
    app: App, actor: Actor, key: str, revision: int | None = None, *, because: str, command: str | None = None
) -> Recorded:
    """Sign a revision, the latest where none is named. Refused for who asked, and for who has not repeated it."""

    def decide(change: Change) -> None:
        incident = change.incident
        person = need(actor, incident, *ANALYSTS)
        past = measured(app, incident, revision)
        number = past.body.revision
        if past.by == person.id:
            raise NotYours(f"{person.id} asked revision {number} of {key}; somebody else must sign it")
        if any((each.revision, each.by) == (number, person.id) for each in incident.signatures):
            raise Refused(f"{person.id} has signed revision {number} of {key} already")
        own = [each for each in incident.repetitions if (each.revision, each.by) == (number, person.id)]
        if not own:
            raise Refused(
                f"measure it again yourself first: tocsin repeat {key} --revision {number}; who signs has seen it"
            )
        if not own[-1].same:
            raise Refused(
                f"{person.id} found other people when repeating revision {number}; find out why, "
                f"then measure anew: tocsin scope {key}"
            )
        refuse_silence(because, "say what you looked at, and why you stand for it: --because '...'")
        body = ScopeSigned(
            revision=number,
            question=past.body.question,
            set_digest=past.body.set_digest,
            rows_digest=past.body.rows_digest,
            repetition=own[-1].seq,
            because=change.keep(because.strip()),
        )
        change.add(body)

    return act(app, actor, key, decide, command=command_of(command, "sign", [revision, because]))
