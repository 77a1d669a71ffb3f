"""Answers about telling: what is owed to whom, what was told when, and what cannot be told yet."""

from collections.abc import Sequence

from tocsin.rendering.answers import conduct
from tocsin.rendering.casefacts import DutyLine
from tocsin.rendering.paperfacts import Answer, PaperFacts, joined, text_fact, within
from tocsin.rendering.words import Words

#: So many laws or duties that stand alike are named one by one; more are counted.
_FEW = 3


def told(paper: PaperFacts, words: Words) -> Answer:
    """To whom, under which article, when it was told and under which number, or where it stands.

    A paper that serves a duty speaks of its own law, duty by duty. The register speaks of all: what was told stands one
    by one, and what stands alike together, by whom it is owed to.
    """
    if paper.duty.key:
        return each_duty(paper, words)
    lines = [line for those in _alike(paper.case.duties) for line in _lines(those, words, paper)]
    laws = _undecided_laws(paper, words)
    if len(laws) > _FEW:
        lines.append(Answer(words.phrase("told_undecided_many", count=words.number(len(laws)))))
    elif laws:
        lines.append(Answer(words.phrase("told_undecided", laws="; ".join(laws))))
    return joined(*lines) if lines else Answer(words.phrase("told_nothing"))


def each_duty(paper: PaperFacts, words: Words) -> Answer:
    """Each duty of what the paper serves, a line each."""
    duties = [duty for duty in paper.case.duties if concerns(duty.key, paper)]
    lines = [line for duty in duties for line in _lines([duty], words, paper)]
    return joined(*lines) if lines else Answer(words.phrase("told_nothing"))


def undecided(paper: PaperFacts, words: Words) -> Answer:
    """The laws of which it cannot be told yet whether they ask for anything, a line each."""
    return Answer("\n".join(_undecided_laws(paper, words)))


def people_told(paper: PaperFacts, words: Words) -> Answer:
    """How far the people were told; where no duty to them is left and nothing was sent, that they were not."""
    owed = [duty for duty in paper.case.duties if duty.recipient == "individuals"]
    begun = paper.telling is not None and paper.telling.begun_at is not None
    if not begun and all(duty.state in ("not-notified", "not-owed", "withdrawn") for duty in owed):
        return Answer(words.phrase("people_not_told"))
    return conduct.telling(paper, words)


def concerns(of: str, paper: PaperFacts) -> bool:
    """Whether a duty or a decision belongs to what this paper serves: its own law, or everything."""
    own = paper.duty.key.partition("/")[0]
    return not own or of == "breach" or of.partition("/")[0] == own


def recipient_of(duty: DutyLine, words: Words) -> str:
    """To whom a duty is owed: the authority by its short name, others by what they are, and where."""
    if duty.to is not None:
        return duty.to
    named = words.choice("recipient", duty.recipient)
    return f"{named}, {words.place(duty.place)}" if duty.place else named


def cite_of(duty: DutyLine, words: Words) -> str:
    if words.language == "en" or words.language in duty.cited:
        return duty.cited.get(words.language, duty.cite)
    return duty.cite


def _undecided_laws(paper: PaperFacts, words: Words) -> list[str]:
    return list(dict.fromkeys(each.get(words.language) or each["en"] for each in paper.case.undecided))


def _alike(duties: Sequence[DutyLine]) -> list[list[DutyLine]]:
    """Duties to the same kind of recipient that stand alike, together where they are many; what was told stays first.

    A filing has a moment and a number of its own, and what is late its reasons: these stand alone.
    """
    groups: dict[tuple[str, ...], list[DutyLine]] = {}
    for duty in duties:
        alone = duty.late or (duty.state == "filed" and duty.recipient != "individuals")
        groups.setdefault((duty.recipient, duty.state, duty.key if alone else ""), []).append(duty)
    split = [[those] if len(those) > _FEW else [[duty] for duty in those] for those in groups.values()]
    ordered = [those for some in split for those in some]
    return sorted(ordered, key=lambda those: those[0].met_at is None)


def _lines(those: Sequence[DutyLine], words: Words, paper: PaperFacts) -> list[Answer]:
    if len(those) > 1:
        return [Answer(capital(_together(those, words, paper)))]
    (duty,) = those
    lateness = [_lateness(duty, paper, words)] if duty.late else []
    return [Answer(capital(_told(duty, words, paper))), *lateness]


def _together(those: Sequence[DutyLine], words: Words, paper: PaperFacts) -> str:
    """`The people concerned, under 14 laws: owed, not yet sent, the first due 25 December 2026.`"""
    first, state = those[0], words.state(those[0].state)
    names = list(dict.fromkeys(duty.to for duty in those if duty.to))
    if first.recipient == "authority" and len(names) > 1:
        named = words.list_of(names)
        if len(names) > _FEW:
            more = words.number(len(names) - _FEW)
            named = words.phrase("and_more", names=", ".join(names[:_FEW]), count=more)
        line = words.phrase("told_authorities", count=words.number(len(names)), names=named, state=state)
    else:
        laws, to = {duty.key.partition("/")[0] for duty in those}, words.choice("recipient", first.recipient)
        line = words.phrase("told_many", to=to, count=words.number(len(laws)), state=state)
    due = [duty.due_at for duty in those if duty.due_at is not None]
    told_at = [duty.met_at for duty in those if duty.met_at is not None]
    if told_at:
        line += words.phrase("told_at", moment=words.moment(min(told_at), paper.zone))
    elif due and _stands(first):
        line += words.phrase("told_first_due", moment=words.moment(min(due), paper.zone))
    return f"{line}."


def _stands(duty: DutyLine) -> bool:
    return duty.state not in ("not-owed", "not-notified", "withdrawn")


def capital(line: str) -> str:
    return line[:1].upper() + line[1:]


def _told(duty: DutyLine, words: Words, paper: PaperFacts) -> str:
    """`BfDI (Art. 33(1) GDPR): notified 24 November 2026, reference 4711.`"""
    line = words.phrase(
        "told_line", to=recipient_of(duty, words), cite=cite_of(duty, words), state=words.state(duty.state)
    )
    if duty.met_at is not None:
        line += words.phrase("told_at", moment=words.moment(duty.met_at, paper.zone))
    elif duty.due_at is not None and _stands(duty):
        line += words.phrase("told_due", moment=words.moment(duty.due_at, paper.zone))
    if duty.reference:
        line += words.phrase("told_reference", reference=duty.reference)
    for number, at in duty.supplements:
        line += words.phrase("filing_supplement", number=number, moment=words.moment(at, paper.zone))
    return f"{line}."


def _lateness(duty: DutyLine, paper: PaperFacts, words: Words) -> Answer:
    """The hour that was missed, and why: what was said at the filing, else what was learned, else that it is open."""
    because = Answer(duty.late_because) if duty.late_because else text_fact(paper, words, "reasons_for_delay")
    due = words.moment(duty.due_at, paper.zone) if duty.due_at else words.phrase("open")
    return within(because, words, "told_late", to=recipient_of(duty, words), due=due)
