"""People whom a letter does not reach: a person accounts for them, one by one or all, and says how they are told."""

from sqlalchemy import Connection

from tocsin.actions.asking import act, command_of, refuse_silence
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import LetterExcluded, ToldOtherwise
from tocsin.domain.notice import APPROVERS
from tocsin.engine.letters import drafted
from tocsin.record import Recorded
from tocsin.storage import accounts, ledger


def exclude(
    app: App, actor: Actor, key: str, notice: str, person: str, *, because: str, command: str | None = None
) -> Recorded:
    """Settle a person whom the letter cannot reach, with the reason and what was done instead."""
    scope = app.incident(key).scope
    with app.database.read() as connection:
        revision = scope.revision if scope else 0
        hidden = accounts.person_of(connection, key, revision, app.people_key(key), person)
        row = ledger.row_of(connection, key, notice, hidden)
    if row is None:
        raise Refused(
            f"nobody with that id is in the ledger of {notice}; "
            f"tocsin ledger {key} {notice} --who names those whom it did not reach"
        )

    def decide(change: Change) -> None:
        need(actor, change.incident, *APPROVERS)
        refuse_silence(because, "say why, and how this person is told instead: --because '...'")
        words = change.keep(because.strip())
        # Who was told already is not told by this: no duty is nearer to being met.
        untold = row.readers if ledger.is_untold(row) else ""
        change.add(LetterExcluded(notice=notice, person=hidden, because=words, readers=untold))

        def settle(connection: Connection) -> None:
            if not ledger.exclude(connection, row.id, words, change.now):
                raise Refused(
                    "that letter is leaving or has left, so there is nothing to exclude; "
                    f"tocsin affected {key} --person ID shows what became of it"
                )

        change.also.append(settle)

    return act(app, actor, key, decide, command=command_of(command, "exclude", [notice, hidden, because]))


def told_otherwise(
    app: App, actor: Actor, key: str, notice: str, *, because: str, command: str | None = None
) -> Recorded:
    """Account for everybody whom the letter did not reach and will not: told by post, say, or by telephone."""

    def decide(change: Change) -> None:
        state = drafted(app, change.incident, notice)
        need(actor, change.incident, *APPROVERS)
        if state.filled is None:
            raise Refused(
                f"{notice} is {state.mark}: nobody knows yet whom it does not reach; tocsin letters {key}"
            )
        with app.database.read() as connection:
            people = ledger.unaccounted(connection, key, notice)
        if not people:
            raise Refused(f"{notice} reached everybody, or is still on its way; tocsin ledger {key} {notice}")
        refuse_silence(
            because, "say how these people were told: --because 'posted on 25 November, list in E7'"
        )
        change.add(ToldOtherwise(notice=notice, people=people, because=change.keep(because.strip())))

        def settle(connection: Connection) -> None:
            if ledger.account(connection, key, notice, change.now) != people:
                raise Refused("letters came back a moment ago; look at the list once more, and say it again")

        change.also.append(settle)

    return act(app, actor, key, decide, command=command_of(command, "told-otherwise", [notice, because]))
