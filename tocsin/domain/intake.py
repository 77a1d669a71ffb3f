"""Intake: what the company promises about messages to its privacy address, and what marks one of them urgent.

A room of the heart: pure values, read from `contacts/intake.yaml`. What the head of a message says is read in
`mailhead`.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field

from tocsin.domain.authorities import MailAddress
from tocsin.domain.law.workdays import NO_DAYS_OFF, DaysOff, is_working_day, working_days_later
from tocsin.domain.records import Place, Record

_LAST_SECOND = time(23, 59, 59)


class Answer(Record):
    """By when the policy promises an answer: so many working days of a country."""

    working_days: int = Field(gt=0, le=250)
    working_days_of: Place


class Intake(Record):
    """Where the public writes to about privacy, what marks a message urgent, and by when we answer."""

    #: What an item is called until a person has a better name for it. Its own subject stays sealed with the message.
    title: str = Field(default="Message to the privacy address", min_length=1, max_length=140)
    #: The addresses that the policy names; a list under one of them is no machine.
    addresses: tuple[MailAddress, ...] = ()
    #: A subject that begins with one of these is urgent, in whatever case, with hyphens, spaces or neither; one of
    #: several words also without its accents.
    urgent_subjects: tuple[str, ...] = ()
    #: The same, of what without its accents is something else.
    urgent_with_accents: tuple[str, ...] = ()
    #: What is said right behind one of these is not urgent, nor what ends right before one of those.
    not_urgent_behind: tuple[str, ...] = ()
    not_urgent_before: tuple[str, ...] = ()
    #: What the policy tells people to put first, and what counts as no beginning, as `Re:` does.
    prefaces: tuple[str, ...] = ()
    #: And one in which one of these stands anywhere, as whole words.
    urgent_anywhere: tuple[str, ...] = ()
    #: First words of header fields that mean urgent, by field; both in any case.
    urgent_headers: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    answer: Answer | None = None
    #: Messages of one sender within so many minutes are one item, and call once.
    same_sender_minutes: int = Field(default=60, gt=0)
    #: So many urgent items an hour call somebody, and of so many others somebody is told. For urgent ones beyond that
    #: somebody is called once for all, and again each hour while they wait.
    calls_an_hour: int = Field(default=10, gt=0)

    @property
    def same_sender(self) -> timedelta:
        """For how long one sender's messages are one item."""
        return timedelta(minutes=self.same_sender_minutes)


def answer_due(received: datetime, intake: Intake, zone: str, off: DaysOff = NO_DAYS_OFF) -> datetime | None:
    """The moment by which the policy promises an answer to what was received then; None where it promises none.

    Two working days from a working day end at the same time of day; from a day off, with the second working day.
    """
    answer = intake.answer
    if answer is None:
        return None
    there = received.astimezone(ZoneInfo(zone))
    country = answer.working_days_of
    last = working_days_later(there.date(), answer.working_days, country, off)
    at = there.timetz() if is_working_day(there.date(), country, off) else _LAST_SECOND
    return datetime.combine(last, at.replace(tzinfo=None), tzinfo=ZoneInfo(zone))
