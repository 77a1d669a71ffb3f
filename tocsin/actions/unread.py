"""What came back and no machine could read: a person reads it, and says what it means for which letter."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row

from tocsin.actions.asking import act, command_of, first_answer, refuse_silence
from tocsin.actions.returns import heed
from tocsin.actors import Actor, known, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.approving import APPROVERS
from tocsin.domain.errors import NotYours, Refused
from tocsin.domain.kinds import PeopleSeen, ReturnRead, ReturnSetAside
from tocsin.record import Recorded
from tocsin.sealing import seal, unseal
from tocsin.storage import accounts, ledger, returned

Meaning = Literal["failed", "delivered", "nothing"]
#: Who may read what came back, and say what it means.
READERS = (*APPROVERS, "liaison", "investigation")


@dataclass(frozen=True)
class Letter:
    """A letter as a person names it: by incident, notice, and the id that the customer database knows."""

    incident: str
    notice: str
    person: str


def message(app: App, actor: Actor, number: int, *, command: str | None = None) -> bytes:
    """The message with this number, as it came. For those who may say what it means, and an entry says who looked.

    One that names no letter leaves an entry in each incident whose letters may be meant. A `command` that is said again
    is the same look.
    """
    row = _row(app, number)
    _need(app, actor, row)
    if not row.sealed:
        raise Refused(f"what came back as {number} was erased with the people's data of {row.incident}")

    def seen(change: Change) -> None:
        roles = tuple(role for role in READERS if actor.holds(change.incident, role))
        change.add(PeopleSeen(what="returned", notice=row.notice or "", people=1, roles=roles))

    # Said before it is shown: a look that nobody knows of is worse than an entry about none.
    asked = command_of(command, "bounces", [number])
    for key in [row.incident] if row.incident else _perhaps_meant(app):
        act(app, actor, key, seen, command=asked, closed_too=True)
        asked = None  # one command is of one incident
    return _opened(app, row)


def settle(
    app: App,
    actor: Actor,
    number: int,
    means: Meaning,
    *,
    because: str,
    of: Letter | None = None,
    command: str | None = None,
) -> Recorded | None:
    """Say what a message means: its letter failed, was delivered, or nothing. None where it is about no letter.

    `of` names the letter where the message itself does not. Nothing has to be named for one that means nothing.
    """
    row = _row(app, number)
    key: str | None = row.incident or (of.incident if of else None)
    asked = command_of(command, "bounces", [number, means, because])
    if key and (done := first_answer(app, actor, key, asked)):
        return done
    if row.action != returned.UNREAD:
        raise Refused(f"what came back as {number} was read already; tocsin bounces lists what waits")
    if key is None:
        _set_aside(app, actor, row, means, because)
        return None
    letter = _letter(app, row, of)
    done = act(
        app, actor, key, _judgement(app, actor, row, letter, means, because), command=asked, closed_too=True
    )
    heed(app)
    return done


def _set_aside(app: App, actor: Actor, row: Row[Any], means: Meaning, because: str) -> None:
    """It names no letter: an entry in each incident whose letters may be meant says that somebody read it."""
    _need(app, actor, row)
    if means != "nothing":
        raise Refused(f"nobody knows which letter {row.id} is about; name it: --of INC NOTICE ID")
    said = because.strip()

    def judge(connection: Connection) -> None:
        if not returned.judge(connection, row.id, action="nothing"):
            raise Refused("somebody read it a moment ago; tocsin bounces lists what waits")

    keys = _perhaps_meant(app)
    if not keys:
        with app.database.write() as connection:
            judge(connection)
    for number, key in enumerate(keys):

        def decide(change: Change, first: bool = number == 0) -> None:
            change.add(ReturnSetAside(seen=row.seen, because=change.keep(said) if said else None))
            if first:
                change.also.append(judge)

        act(app, actor, key, decide, closed_too=True)


def _perhaps_meant(app: App) -> list[str]:
    """Incidents of which letters have left: the open ones, or where none is open the last."""
    with app.database.read() as connection:
        found = [app.incident(key) for key in ledger.incidents(connection)]
    return [each.key for each in found if each.open] or [each.key for each in found[-1:]]


def _judgement(
    app: App, actor: Actor, row: Row[Any], letter: Row[Any], means: Meaning, because: str
) -> Callable[[Change], None]:
    def decide(change: Change) -> None:
        need(actor, change.incident, *READERS)
        refuse_silence(because, "say what stands in it: --because 'its server says that the mailbox is gone'")
        body = ReturnRead(
            notice=letter.notice,
            seen=row.seen,
            person=letter.person,
            means=means,
            because=change.keep(because.strip()),
        )
        change.add(body)
        place = returned.sealed_for(letter.incident, row.seen)
        values = {
            "incident": letter.incident,
            "notice": letter.notice,
            "row": letter.id,
            # Of which address it speaks, the message itself says where it names its letter.
            "mark": row.mark or letter.mark,
            "sealed": seal(app.people_key(letter.incident), _opened(app, row), place) if row.sealed else b"",
        }

        def judge(connection: Connection) -> None:
            if not returned.judge(connection, row.id, action=means, **values):
                raise Refused("somebody read it a moment ago; tocsin bounces lists what waits")

        change.also.append(judge)

    return decide


def _row(app: App, number: int) -> Row[Any]:
    with app.database.read() as connection:
        row = returned.of_id(connection, number)
    if row is None:
        raise Refused(f"nothing came back as {number}; tocsin bounces lists what waits")
    return row


def _letter(app: App, row: Row[Any], of: Letter | None) -> Row[Any]:
    """The row of the ledger that it is about: as the message names it, or as the person does."""
    with app.database.read() as connection:
        if row.row is not None:
            if of is not None:
                raise Refused(f"{row.id} names its letter itself, of {row.incident}; leave --of out")
            found = ledger.by_id(connection, row.row)
        else:
            assert of is not None
            scope = app.incident(of.incident).scope
            revision, key = scope.revision if scope else 0, app.people_key(of.incident)
            hidden = accounts.person_of(connection, of.incident, revision, key, of.person)
            found = ledger.row_of(connection, of.incident, of.notice, hidden)
    if found is None:
        raise Refused(
            "nobody with that id is in that ledger; tocsin affected INC --person ID shows her letters"
        )
    return found


def _need(app: App, actor: Actor, row: Row[Any]) -> None:
    if row.incident is not None:
        need(actor, app.incident(row.incident), *READERS)
    elif not set(READERS) & set(known(actor).roles) or any(
        # It may be about one from which she is kept away; that there is one is not said.
        actor.id in app.incident(key).excluded
        for key in _perhaps_meant(app)
    ):
        raise NotYours(f"{actor.id} may not read what came back; ask the {' or the '.join(READERS)}")


def _opened(app: App, row: Row[Any]) -> bytes:
    key = app.people_key(row.incident) if row.incident else app.keyring.derived("returns")
    return unseal(key, row.sealed, returned.sealed_for(row.incident, row.seen))


def refuse_unread(app: App, key: str) -> None:
    """Refused while something that came back on letters of an incident waits for a person."""
    with app.database.read() as connection:
        count = returned.how_many_unread(connection, key)
    if count:
        waits = "1 message waits" if count == 1 else f"{count:,} messages wait"
        raise Refused(
            f"{waits} for a person, which came back on letters of {key}: tocsin bounces; "
            "read what came, or close --because with why it is left"
        )
