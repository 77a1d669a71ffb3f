"""Letters to those who had one already: a correction of what was wrong in it, a follow-up with what is known since.

Pure. Each is a notice of its own, with a draft and approvals of its own. A correction goes to exactly those to whom the
letters that were found wrong left, surely or perhaps; a follow-up to everybody to whom a letter about the breach did.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from tocsin.domain.incident import Incident, NoticeState
from tocsin.domain.moves import DraftNotice
from tocsin.domain.noticenames import LEAVING, is_letter, letter_name

#: Their templates, and by which fact people say what stands in them.
CORRECTION, FOLLOW_UP = "correction", "follow-up"
FACT_OF = {CORRECTION: "letter_correction", FOLLOW_UP: "letter_addition"}


def template_of(notice: str) -> str:
    """The templates that a notice is written with: `customer`, `holding`, `correction`, `follow-up`."""
    return further_kind(notice) or letter_name(notice)


def further_kind(notice: str) -> str | None:
    """`correction` or `follow-up`, of which a notice may be one of several; None for any other."""
    kind, _, number = notice.rpartition("-")
    found = kind if number.isdigit() else notice
    return found if found in FACT_OF else None


def numbered(kind: str, number: int) -> str:
    """`correction`, `correction-2`."""
    return kind if number == 1 else f"{kind}-{number}"


def next_correction(incident: Incident) -> str:
    """The name that the next correction gets."""
    return numbered(CORRECTION, len(incident.corrections) + 1)


def next_follow_up(incident: Incident) -> str:
    """The follow-up that is being written, or that would be: each that was sent is followed by another."""
    sent = [
        each.id for each in incident.notices.values() if further_kind(each.id) == FOLLOW_UP and _sent(each)
    ]
    return numbered(FOLLOW_UP, len(sent) + 1)


def _sent(state: NoticeState) -> bool:
    return state.mark == "sent" or bool(state.editions)


def further_names(incident: Incident) -> tuple[str, ...]:
    """Every further letter that there is, or may be drafted."""
    return (*incident.corrections, *((next_follow_up(incident),) if _with_letters(incident) else ()))


def letters_that(incident: Incident, notice: str) -> dict[str, tuple[str, ...]]:
    """Whose readers get a further letter: notice to the digests under which its letters left."""
    if found := incident.corrections.get(notice):
        return {found.of: found.digests}
    return {each.id: tuple(edition.digest for edition in each.editions) for each in _with_letters(incident)}


def _with_letters(incident: Incident) -> list[NoticeState]:
    """The letters about the breach that somebody let leave."""
    return [each for each in incident.notices.values() if is_letter(each.id) and each.editions]


def unsaid_since(incident: Incident, notice: str) -> str | None:
    """The fact that a further letter still waits for: what was wrong, or is new, said since that letter is wanted."""
    kind = further_kind(notice)
    if kind is None or notice in incident.notices:
        return None
    learned = incident.learned.get(FACT_OF[kind])
    since = (
        incident.corrections[notice].seq
        if notice in incident.corrections
        else max((each.drafted_seq for each in _of_kind(incident, kind)), default=0)
    )
    return None if learned and learned.value and learned.seq > since else FACT_OF[kind]


def _of_kind(incident: Incident, kind: str) -> Iterable[NoticeState]:
    return (each for each in incident.notices.values() if further_kind(each.id) == kind)


def leaving(incident: Incident, notice: str) -> str | None:
    """A letter that is still leaving, of those whose readers would get this one."""
    marks: Mapping[str, str] = {each.id: each.mark for each in incident.notices.values()}
    return next((each for each in letters_that(incident, notice) if marks[each] in LEAVING), None)


def further_moves(incident: Incident, now: datetime) -> Iterable[DraftNotice]:
    """The further letters that are to be drafted: what stands in them was said, and nothing of the old ones leaves."""
    for notice in further_names(incident):
        if notice in incident.notices or unsaid_since(incident, notice) or leaving(incident, notice):
            continue
        found = incident.corrections.get(notice)
        if found is None or found.ready_at <= now:
            kind = FACT_OF[CORRECTION if found else FOLLOW_UP]
            yield DraftNotice(max(incident.learned[kind].seq, found.seq if found else 0), notice)


def further_wakes(incident: Incident) -> Iterable[datetime]:
    """When a correction can be drafted that waits for the sender of the wrong letters to end."""
    return (each.ready_at for each in incident.corrections.values() if each.id not in incident.notices)


def wrong_digests(incident: Incident, notice: str) -> tuple[str, ...]:
    """The digests under which letters of a notice left that were found wrong."""
    return tuple(
        found for each in incident.corrections.values() if each.of == notice for found in each.digests
    )


def is_spoken_of(incident: Incident, notice: str) -> bool:
    """Whether a further letter to readers of this notice is drafted, and not yet on its way: who they are stands."""
    return any(
        state.filled is None and further_kind(name) and notice in letters_that(incident, name)
        for name, state in incident.notices.items()
    )


def uncorrected(incident: Incident) -> Iterable[str]:
    """The corrections that nobody has drafted yet, nor said what stands in them."""
    return (each for each in incident.corrections if each not in incident.notices)
