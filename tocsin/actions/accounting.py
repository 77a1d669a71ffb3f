"""People whom a letter does not reach: a person accounts for them, one by one or all, and says how they are told."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from tocsin.actions.asking import act, command_of, refuse_silence
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.approving import APPROVERS
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import LetterExcluded, ToldOtherwise
from tocsin.domain.ways import LISTED, Otherwise
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
        found = ledger.row_of(connection, key, notice, hidden)
    if found is None:
        raise Refused(
            f"nobody with that id is in the ledger of {notice}; "
            f"tocsin ledger {key} {notice} --who names those whom it did not reach"
        )

    def decide(change: Change) -> None:
        need(actor, change.incident, *APPROVERS)
        refuse_silence(because, "say why, and how this person is told instead: --because '...'")
        words = change.keep(because.strip())
        with app.database.read() as connection:
            row = ledger.by_id(connection, found.id) or found
        # Who was told already is not told by this: no duty is nearer to being met.
        untold = row.readers if ledger.is_untold(row) else ""
        before = row.reason or "" if row.state == "excluded" else ""
        body = LetterExcluded(notice=notice, person=hidden, because=words, readers=untold, before=before)
        change.add(body)

        def settle(connection: Connection) -> None:
            if not ledger.exclude(connection, row.id, words, change.now):
                raise Refused(
                    "that letter is leaving or has left, or was settled before, so there is nothing to exclude; "
                    f"tocsin affected {key} --person ID shows what became of it"
                )

        change.also.append(settle)

    return act(app, actor, key, decide, command=command_of(command, "exclude", [notice, hidden, because]))


def told_otherwise(
    app: App,
    actor: Actor,
    key: str,
    notice: str,
    *,
    because: str,
    held: bool = False,
    way: Otherwise = "otherwise",
    ids: Sequence[str] = (),
    command: str | None = None,
) -> Recorded:
    """Account for people whom the letter did not reach and will not: told by post, say, or by telephone.

    For those with these `ids`; without any, for who is on the list of a way that has lists, and else for everybody. Who
    is held for a decision, such as a suspect, only where `held` says so. Whom the scope no longer supports never.
    """
    whom = _whom(app, key, notice, way, ids)

    def decide(change: Change) -> None:
        state = drafted(app, change.incident, notice)
        need(actor, change.incident, *APPROVERS)
        if state.filled is None:
            raise Refused(
                f"{notice} is {state.mark}: nobody knows yet whom it does not reach; tocsin letters {key}"
            )
        with app.database.read() as connection:
            left = ledger.unaccounted(connection, key, notice, whom)
        people = Counter(left.elsewise) + Counter(left.undecided if held else {})
        if not people:
            raise Refused(_nobody_to_tell(key, notice, left, way, whom))
        refuse_silence(
            because, "say how these people were told: --because 'posted on 25 November, list in E7'"
        )
        change.add(
            ToldOtherwise(
                notice=notice,
                people=dict(people),
                held=sum(left.undecided.values()) if held else 0,
                way=way,
                because=change.keep(because.strip()),
            )
        )

        def settle(connection: Connection) -> None:
            found = ledger.account(connection, key, notice, change.now, undecided=held, way=way, whom=whom)
            if found != left:
                raise Refused("letters came back a moment ago; look at the list once more, and say it again")

        change.also.append(settle)

    asked = command_of(command, "told-otherwise", [notice, because, held, way, sorted(ids)])
    return act(app, actor, key, decide, command=asked)


def _whom(app: App, key: str, notice: str, way: Otherwise, ids: Sequence[str]) -> ledger.Whom:
    """Of whom a person speaks. Refused where somebody who is named is in no letter of this notice."""
    if not ids:
        return ledger.Whom(listed=way if way in LISTED else "")
    scope, people_key = app.incident(key).scope, app.people_key(key)
    revision = scope.revision if scope else 0
    found: set[str] = set()
    with app.database.read() as connection:
        for id_ in ids:
            hidden = accounts.person_of(connection, key, revision, people_key, id_)
            if ledger.row_of(connection, key, notice, hidden) is None:
                raise Refused(
                    f"nobody with the id {id_} is in the ledger of {notice}; "
                    f"tocsin ledger {key} {notice} --who names those whom it did not reach"
                )
            found.add(hidden)
    return ledger.Whom(persons=frozenset(found))


def _nobody_to_tell(key: str, notice: str, left: ledger.Unaccounted, way: str, whom: ledger.Whom) -> str:
    """Why nobody is told otherwise, and who still waits for what."""
    if whom.listed:
        return (
            f"nobody is on the list for {way}: tocsin ledger {key} {notice} --list {way} --out FOLDER makes it, "
            "or name people by --id"
        )
    if undecided := sum(left.undecided.values()):
        return (
            f"whom {notice} did not reach is held for a decision ({undecided:,}); tocsin ledger {key} {notice} --who "
            "names them, --exclude ID settles one, --told-otherwise --held all"
        )
    if unsupported := sum(left.unsupported.values()):
        return (
            f"whom {notice} did not reach is no longer supported by the scope ({unsupported:,}); "
            f"tocsin affected {key} --changes lists them, tocsin release {key} decides"
        )
    return f"{notice} reached everybody, or is still on its way; tocsin ledger {key} {notice}"
