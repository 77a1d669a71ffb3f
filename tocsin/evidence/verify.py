"""verify: prove an incident, entry by entry, and name the first place that is not as it was written.

Chain, head, packs, keys, texts, vault, affected people, their accounts, what was decided of them, messages, ledger,
attempts, what came back, projections: in that order, so that what is named is the cause and not its consequence.
Everything is read in one view of the database that does not move.

What it cannot see: a warning that was taken away since the last published head, an attempt at one of our own messages
that was in doubt, and whatever somebody rewrote who holds the master key too, unless a head in a mail says otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.evidence import keeping
from tocsin.evidence.accounts import accounts
from tocsin.evidence.attempts import attempts
from tocsin.evidence.case import Bad, Case, Check
from tocsin.evidence.judgements import judgements
from tocsin.evidence.letters import letters
from tocsin.evidence.messages import messages
from tocsin.evidence.people import people
from tocsin.evidence.projections import Unreadable, projections, rebuild
from tocsin.evidence.returns import returns
from tocsin.evidence.scopes import scopes
from tocsin.evidence.story import heard
from tocsin.storage import tables


@dataclass(frozen=True)
class Verdict:
    """What was found. `fault` is the first bad place in one line, `bad_seq` its entry where there is one."""

    incident: str
    entries: int
    head: str
    checks: tuple[Check, ...]
    fault: str | None = None
    bad_seq: int | None = None
    #: What could not be looked at by this release, and why. It is no fault, and no proof either.
    unchecked: str | None = None
    #: What the projections said wrongly before `--rebuild` made them anew.
    mended: tuple[str, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether everything was looked at and sound."""
        return self.fault is None and self.unchecked is None


def verify(app: App, key: str, *, known_head: tuple[int, str] | None = None, anew: bool = False) -> Verdict:
    """Prove one incident. `known_head` is (seq, hash or its first digits) from a mail; `anew` remakes projections.

    Refused when there is no such incident.
    """
    with app.database.read() as connection:
        try:
            story, broken = heard(connection, key)
        except DBAPIError as error:
            return Verdict(key, 0, "", (), f"{key}: the database cannot be read: {error.orig}")
        if story.seq == 0 and broken is None:
            broken_words = _nothing(connection, key)
            return Verdict(key, 0, "", (), broken_words, 1)
        if broken:
            return Verdict(key, story.seq, story.head, (), broken.words, broken.seq)
        return _examined(Case(app, key, connection, story), known_head, anew=anew)


def _examined(case: Case, known_head: tuple[int, str] | None, *, anew: bool) -> Verdict:
    story = case.story
    checks = [Check("chain", story.seq, f"{story.seq:,} entries, each bound to the one before")]
    look: list[Callable[[Case], Check]] = [
        partial(keeping.head, known=known_head),
        keeping.pack,
        keeping.keys,
        keeping.texts,
        keeping.vault,
        people,
        accounts,
        scopes,
        judgements,
        messages,
        letters,
        attempts,
        returns,
    ]
    mended: tuple[str, ...] = ()
    fault, seq, unchecked = None, None, None
    try:
        checks += [_made(check, case) for check in look]
        if anew:
            check, mended = rebuild(case)
        else:
            check = _made(projections, case)
        checks.append(check)
    except Bad as bad:
        fault, seq = str(bad), bad.seq
    except Unreadable as limit:
        unchecked = f"projections: {limit}"
    return Verdict(case.key, story.seq, story.head, tuple(checks), fault, seq, unchecked, mended)


def _made(check: Callable[[Case], Check], case: Case) -> Check:
    """One check. What cannot even be read is not as it was written."""
    try:
        return check(case)
    except (Bad, Unreadable):
        raise
    except Refused as refusal:
        raise Bad(f"{case.key}: {refusal}") from None
    except Exception as error:  # any failure at all: a column may hold whatever somebody put there
        name = getattr(check, "__name__", "head")
        raise Bad(f"{case.key} {name}: cannot be read ({type(error).__name__})") from error


def incidents(app: App) -> list[str]:
    """Every incident that anything in the database speaks of, in order: also one of which the keys alone are left."""
    columns = (tables.incident.c.key, tables.entry.c.incident, tables.incident_key.c.incident)
    with app.database.read() as connection:
        return sorted({key for column in columns for key in connection.scalars(select(column).distinct())})


def lost(app: App) -> list[Verdict]:
    """Numbers that no incident has though a later one does: they are given one after another, and none is skipped."""
    there = {int(number): key for key in incidents(app) if (number := key.rpartition("-")[2]).isdecimal()}
    return [
        Verdict(
            f"INC-?-{number:04d}", 0, "", (), f"incident number {number} is missing: nothing of it is left"
        )
        for number in range(1, max(there, default=0))
        if number not in there
    ]


def _nothing(connection: Connection, key: str) -> str:
    listed = connection.scalar(select(tables.incident.c.key).where(tables.incident.c.key == key))
    sealed = select(tables.incident_key.c.incident).where(tables.incident_key.c.incident == key)
    if listed is None and connection.scalar(sealed.limit(1)) is None:
        raise Refused(f"there is no incident {key}; tocsin list shows those there are")
    return f"{key} entry 1 is missing: its whole timeline is gone"
