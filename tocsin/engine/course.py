"""The course of a sending: what one run of it has in hand, what stops it, and the entry that each stop becomes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection

from tocsin.change import Change
from tocsin.domain.audience import Audience
from tocsin.domain.companies import controllers_duties
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import SendingPaused, SendingStopped
from tocsin.domain.letters import LetterPlan, letters_of
from tocsin.domain.notice import is_stale
from tocsin.domain.noticenames import CONTROLLERS, speaks_for_all
from tocsin.domain.refusals import Refusals
from tocsin.domain.retrying import Until
from tocsin.engine.jobs import Job
from tocsin.engine.looks import Looks
from tocsin.engine.refusing import call_about_refusals
from tocsin.engine.writing import Writing
from tocsin.record import record
from tocsin.rendering.mime import Mold
from tocsin.storage import ledger

#: A lease is looked at again this long after its end.
_LATER = timedelta(seconds=1)
#: How long a sending rests while the relay takes nothing, at first and at most.
REST, _LONGEST_REST = timedelta(seconds=30), timedelta(minutes=10)


@dataclass
class Course:
    """One run of a sending: what it needs, and what it has in hand."""

    job: Job
    incident: Incident
    write: Writing
    people_key: bytes
    refusals: Refusals
    lease: str = field(default_factory=lambda: uuid4().hex)
    tried: int = 0
    failures: int = 0
    down: bool = False
    #: Whether the relay took a letter in this run.
    served: bool = False
    #: Why nothing may leave before a person lets it: the relay, or many receivers, refuse us.
    refused: str = ""
    why: str = ""
    failed: BaseException | None = None
    #: When the rows in hand were taken: a letter is dated by its first attempt, also when it is sent once more.
    taken_at: datetime | None = None
    #: When the lease of the rows in hand ends (real clock), and with it our right to them.
    rows_until: datetime | None = None
    looks: Looks = field(init=False)
    #: Looks up the incident's head.
    head: Callable[[], int] = lambda: 0
    #: The head up to which nothing stopped us; 0 makes the first look a whole one.
    seen_head: int = 0
    molds: dict[tuple[str, Audience], Mold] = field(default_factory=dict)
    #: What the first of the letter's duties is due, as of the last look.
    due_at: datetime | None = None

    def __post_init__(self) -> None:
        self.looks = Looks(self.job.app.settings.mail.connections)

    @property
    def notice(self) -> str:
        """The notice that is being sent."""
        return self.job.move.subject

    @property
    def digest(self) -> str:
        """What was approved, and is sent."""
        return self.incident.notices[self.notice].digest

    @property
    def until(self) -> Until:
        """Up to when letters that are put off are tried again."""
        return Until(self.due_at, timedelta(hours=self.job.app.settings.ledger.margin))

    def ours(self) -> bool:
        """Whether the rows in hand are still ours. A process that was stopped may wake when others have sent them."""
        return self.rows_until is None or self.job.app.clock() < self.rows_until

    def may_begin(self) -> bool:
        """Asked right before a letter's content, however long its commands took: nobody stopped us, it is ours."""
        return self.ours() and (self.looks.fresh or not told_to_stop(self))

    def mold(self, subject: str, audience: Audience = "customer") -> Mold:
        """What all letters of one subject share."""
        if (subject, audience) not in self.molds:
            self.molds[subject, audience] = self.write.mold(subject, audience)
        return self.molds[subject, audience]


def told_to_stop(course: Course, *, for_letter: bool = False) -> bool:
    """Look at the incident between two letters: one indexed lookup, and a fold only when something was appended.

    For a letter that is about to begin, the look for another may do.
    """
    if course.why:
        return True
    if course.job.stop():
        course.why = "interrupted"
        return True
    if for_letter and course.looks.one_left():
        return False
    app, key = course.job.app, course.incident.key
    head = course.head()
    course.looks.looked(for_letter=for_letter)
    if head != course.seen_head:
        course.seen_head = head
        _look(course, app.incident(key))
    return bool(course.why)


def _look(course: Course, incident: Incident) -> None:
    """Whether the letters may still leave as they are, and until when they are tried."""
    state, catalog = incident.notices[course.notice], course.job.app.catalog_of(incident)
    letters = letters_of(incident, catalog)
    letter = next((each for each in letters if each.id == course.notice), None)
    course.due_at = _due_at([letter] if letter else letters if speaks_for_all(course.notice) else [])
    if course.notice == CONTROLLERS:
        due = (duty.soonest for duty in controllers_duties(incident))
        course.due_at = min((moment for moment in due if moment), default=None)
    if state.mark != "sending" or state.digest != course.digest:
        course.why = f"stopped: {state.mark}"
    elif is_stale(incident, catalog, state, letter):
        course.why = "stopped: what the letter prints has changed"


def _due_at(letters: Iterable[LetterPlan]) -> datetime | None:
    """What the first of their duties is due; the holding letter speaks for all of them."""
    return min((letter.due_at for letter in letters if letter.due_at), default=None)


def stopped(course: Course) -> bool:
    """One entry for this stop: the counts as they stand in the ledger, and the root that proves each row."""
    app, key, notice = course.job.app, course.incident.key, course.notice

    def decide(change: Change) -> None:
        with app.database.read() as connection:
            counts = ledger.counts(connection, key, notice)
            root = ledger.root_of(connection, key, notice)
            untold = ledger.untold(connection, key, notice)
            ways = ledger.ways(connection, key, notice)
            # As the entry will be dated: an attempt of a holder whose lease was lost may still be written later.
            upto = max(change.now, change.incident.recorded_at)
            tries = ledger.attempts_digest(connection, key, notice, upto)
            again = _again(course, connection)
        state = change.incident.notices[notice]
        ours = state.mark == "sending" and state.digest == course.digest
        complete = ours and not course.why and again is None
        paused = ours and bool(course.refused)
        if paused:
            change.add(SendingPaused(notice=notice, because=change.keep(course.refused)))
        rest = None if complete or paused else _resume_at(course, change, again)
        seq = change.add(
            SendingStopped(
                notice=notice,
                counts=counts,
                root=root,
                attempts=tries,
                complete=complete,
                untold=untold,
                ways=ways,
                resume_at=rest,
                why=course.why,
                relay=app.settings.mail.host or "",
                relay_country=app.settings.mail.country or "",
            ),
            cause=course.job.move.cause,
            key=f"{course.job.move.key}/{change.incident.head_seq}",
        )
        if paused:
            call_about_refusals(app, change, notice, course.refusals.figures, seq)
        change.also.append(course.job.end)

    return bool(record(app, key, decide, actor="engine").entries)


def refused_beside(course: Course) -> None:
    """Pause the sending and call people, as one who works beside its holder; who writes the stop when it sees this."""
    notice = course.notice

    def decide(change: Change) -> None:
        if change.incident.notices[notice].mark == "sending":
            seq = change.add(SendingPaused(notice=notice, because=change.keep(course.refused)))
            call_about_refusals(course.job.app, change, notice, course.refusals.figures, seq)

    record(course.job.app, course.incident.key, decide, actor="engine")


def _again(course: Course, connection: Connection) -> datetime | None:
    """When a row can next be sent: one that waits, or one in which somebody perhaps died; None when all is done."""
    app, key, notice = course.job.app, course.incident.key, course.notice
    waits = ledger.next_due(connection, key, notice)
    doubted = ledger.lease_end(connection, key, notice)
    # Leases run on the real clock, what the incident waits for on its own.
    lost = app.now() + _left(doubted - app.clock(), app.settings.ledger.lease) + _LATER if doubted else None
    return min((moment for moment in (waits, lost) if moment), default=None)


def _left(lease: timedelta, seconds: float) -> timedelta:
    """What is left of a row's lease: nothing where it reaches further than any, since the clock was set back."""
    return lease if lease <= timedelta(seconds=2 * seconds) else timedelta(0)


def _resume_at(course: Course, change: Change, again: datetime | None) -> datetime:
    """When rows that wait may be tried again; while the relay takes nothing, each rest is twice the one before."""
    if course.down:
        before = timedelta(0) if course.served else change.incident.notices[course.notice].rest
        return change.now + min(max(before * 2, REST), _LONGEST_REST)
    if again is None or again > change.now:
        return again or change.now
    # Due, and yet not to be had: another holder's transaction has not ended.
    return change.now if course.why else change.now + REST
