"""Refusals in the course of a sending.

Those for our fault are counted, over restarts too; too many stop the sending and call people.
"""

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.incident import NoticeState
from tocsin.domain.kinds import Paged, SendingPaused
from tocsin.domain.message import Undelivered
from tocsin.domain.refusals import Refusals, gist, is_our_failure, is_ours, too_many_came_back
from tocsin.domain.roads import ways
from tocsin.engine.jobs import Job
from tocsin.engine.messages import page_message, role_or_standin
from tocsin.rendering.message import line
from tocsin.storage.refusals import failed_by_status, is_any_our_fault, latest_answers, letters

if TYPE_CHECKING:
    from tocsin.engine.course import Course

#: Phases in which a relay that refuses us for our fault refuses every letter.
_EVERY_LETTER = ("connect", "ehlo", "mail")
#: Who is called: who can have it mended, and who answers for everybody being told in time.
CALLED = ("incident-commander", "dpo")
#: Who asks for these calls; they stand on no ladder.
_ASKS = "engine"


def remembered(job: Job, state: NoticeState) -> Refusals:
    """The latest answers to this notice's letters, from the ledger; where that is enough, how many were taken."""
    settings, notice = job.app.settings.ledger, job.move.subject
    with job.app.database.read() as connection:
        owed = letters(connection, job.incident, notice, settings.refused_least)
        refusals = Refusals(settings.refused_share, settings.refused_least, owed)
        if owed < settings.refused_least or is_any_our_fault(connection, job.incident, notice):
            refusals.hear(*latest_answers(connection, job.incident, notice, refusals.looks_back))
        else:
            # With so many letters, what was taken before outweighs no refusal that comes: it is only told of.
            refusals.hear(*[None] * min(refusals.looks_back, state.counts.get("handed_over", 0)))
    return refusals


def heard(course: "Course", reply: str | None) -> None:
    """Count an answer: the reply of a refusal, None for a letter that was taken."""
    course.refusals.hear(reply)
    if reply is not None and is_ours(reply) and course.refusals.too_many:
        count, among = course.refusals.figures
        said = f"{count} of the last {among} letters were refused for our fault, the last one"
        _refuse(course, said, reply)


def down(course: "Course", failure: Undelivered) -> None:
    """The relay has failed so often that the sending rests; where it refuses us, until a person has seen to it."""
    if failure.phase in _EVERY_LETTER and is_ours(failure.reason):
        _refuse(course, "the relay refuses us:", failure.reason)
    else:
        does = "is down" if failure.outcome == "down" else "puts letters off"
        course.down, course.why = True, course.why or f"the relay {does}: {gist(failure.reason)}"


def _refuse(course: "Course", why: str, answer: str) -> None:
    """The answer in full is sealed with the pause; in the entry of the stop stands its gist."""
    # The first reason stands: other connections may hear of it a moment later.
    course.refused = course.refused or f"{why} {answer}"
    course.why = course.why or f"stopped: {why} {gist(answer)}"


def heed_returns(
    app: App, connection: Connection, change: Change, notice: str, upto: int, answered: int, seq: int
) -> None:
    """Letters that came back for our fault count as refusals do: too many stop a sending that goes on, and call people.

    `upto` is the last message that entry `seq` speaks of, `answered` how many letters were. The next report
    calls nobody again.
    """
    limits = app.settings.ledger
    counted = []
    for last in (0, upto):
        found = failed_by_status(connection, change.incident.key, notice, last)
        counted.append(sum(count for (status, code), count in found.items() if is_our_failure(status, code)))
    before, ours = counted
    too_many = [
        too_many_came_back(each, answered, limits.refused_share, limits.refused_least)
        for each in (before, ours)
    ]
    if too_many != [False, True]:
        return
    if change.incident.notices[notice].mark == "sending":
        why = f"{ours} of {answered} letters came back for our fault (5.7.x)"
        seq = change.add(SendingPaused(notice=notice, because=change.keep(why)))
    call_about_refusals(app, change, notice, (ours, answered), seq)


def call_about_refusals(app: App, change: Change, notice: str, figures: tuple[int, int], cause: int) -> None:
    """Call each of them once, by every route. `cause` is the entry of the stop; `figures` are refusals and answers."""
    count, among = figures
    why = line("refused_for_our_fault", notice=notice, count=count, among=among)
    called: set[str] = set()
    for role in CALLED:
        for person in role_or_standin(app, change.incident, role):
            if person in called:
                continue
            called.add(person)
            routes = ways(app.catalog.contacts.person(person), change.incident.silenced, loud=True)
            page = Paged(person=person, role=role, level=0, round=0, routes=routes, asked_by=_ASKS)
            page_message(app, change, page, change.add(page, at=change.now, cause=cause), why)
