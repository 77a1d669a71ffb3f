"""Answers about what follows and what is done: consequences, measures, telling people, other authorities, lateness."""

from tocsin.domain.places import lies_in
from tocsin.rendering.paperfacts import (
    Answer,
    Enclosure,
    PaperFacts,
    choice_fact,
    cited,
    joined,
    moment_fact,
    open_answer,
    text_fact,
    within,
)
from tocsin.rendering.words import Words


def consequences(paper: PaperFacts, words: Words) -> Answer:
    """What has followed or may follow for people."""
    kinds = choice_fact(paper, words, "impact_kinds")
    told = text_fact(paper, words, "consequences")
    return joined(told, within(kinds, words, "impact_line")) if kinds.state != "open" else told


def risk(paper: PaperFacts, words: Words) -> Answer:
    """The decision on the risk, by a person; the reasons of the advice are for the company, and stay out."""
    return within(choice_fact(paper, words, "risk"), words, "risk_line")


def measures(paper: PaperFacts, words: Words) -> Answer:
    """Taken and planned, as Form 08 asks for them in one box."""
    return joined(
        within(text_fact(paper, words, "measures_taken"), words, "measures_taken_line"),
        *_ends(paper, words),
        within(text_fact(paper, words, "measures_planned"), words, "measures_planned_line"),
    )


def measures_taken(paper: PaperFacts, words: Words) -> Answer:
    """What was done, and when it was contained and restored."""
    return joined(text_fact(paper, words, "measures_taken"), *_ends(paper, words))


def measures_planned(paper: PaperFacts, words: Words) -> Answer:
    """What will be done."""
    return text_fact(paper, words, "measures_planned")


def measures_before(paper: PaperFacts, words: Words) -> Answer:
    """What stood before the breach, for these systems."""
    return text_fact(paper, words, "measures_before")


def advice_to_people(paper: PaperFacts, words: Words) -> Answer:
    """What the people concerned are told to do."""
    return text_fact(paper, words, "advice_to_people")


def attachments(paper: PaperFacts, words: Words) -> Answer:
    """Documents that go with the paper, lettered; none is said."""
    if not paper.attachments:
        return Answer(words.phrase("no_attachment"), "blank")
    listed = enumerate(_enclosed(each, words) for each in paper.attachments)
    return Answer("\n".join(f"{_lettered(index, words)}) {title}" for index, title in listed))


def undertaking(paper: PaperFacts, words: Words) -> Answer:
    """The form's own sentence, with the company's name."""
    return Answer(words.phrase("undertaking", name=paper.organisation.legal_name))


def submission(paper: PaperFacts, words: Words) -> Answer:
    """First paper, or which supplement to which number."""
    if paper.supplement == 0:
        return Answer(words.phrase("first_paper"))
    if paper.earlier_reference is None:
        return Answer(words.phrase("supplement", number=paper.supplement), "open", ("authority-reference",))
    return Answer(
        words.phrase("supplement_reference", number=paper.supplement, reference=paper.earlier_reference)
    )


def deadline(paper: PaperFacts, words: Words) -> Answer:
    """The hour that this paper is due, from which moment, under which article."""
    duty = paper.duty
    if duty.due_at is None or duty.clock_start is None:
        return Answer(words.phrase("no_deadline", cite=cited(duty, words)))
    phrase = "deadline_assumed" if duty.assumed else "deadline"
    due, start = words.moment(duty.due_at, paper.zone), words.moment(duty.clock_start, paper.zone)
    return Answer(words.phrase(phrase, due=due, start=start, cite=cited(duty, words)))


def lateness(paper: PaperFacts, words: Words) -> Answer:
    """In time, or late with the reasons (Art. 33(1) GDPR asks for them; elsewhere they do no harm)."""
    if not paper.late:
        return Answer(words.phrase("in_time"))
    learned = text_fact(paper, words, "reasons_for_delay")
    if paper.late_because is None:
        return within(learned, words, "late")
    given = [
        Answer(paper.late_because),
        *([learned] if learned.state != "open" and learned.text != paper.late_because else []),
    ]
    return within(joined(*given), words, "late")


def telling(paper: PaperFacts, words: Words) -> Answer:
    """Whether the people were told: begun, planned, owed or undecided. Handed over is not delivered."""
    told = paper.telling
    if told is None:
        return open_answer(words, "notice_planned_for")
    if told.begun_at is not None:
        begun = words.moment(told.begun_at, paper.zone)
        numbers = {"handed": words.number(told.handed_over), "total": words.number(told.total)}
        return Answer(words.phrase("told_begun", moment=begun, **numbers))
    if told.planned_for is not None:
        return Answer(words.phrase("told_planned", moment=words.moment(told.planned_for, paper.zone)))
    planned = moment_fact(paper, words, "notice_planned_for")
    if planned.state == "open":
        return Answer(words.phrase("told_owed"), "open", planned.needs)
    return Answer(words.phrase("told_planned", moment=planned.text))


def eea_authorities(paper: PaperFacts, words: Words) -> Answer:
    """Every other EEA authority told or to be told."""
    lines = [_filing(paper, words, index) for index in _indexes(paper, eea=True)]
    return Answer("\n".join(lines) or words.phrase("no_others"))


def other_authorities(paper: PaperFacts, words: Words) -> Answer:
    """Authorities outside the EEA, the police, and what people noted of others."""
    filed = [_filing(paper, words, index) for index in _indexes(paper, eea=False)]
    noted = [text_fact(paper, words, name) for name in ("other_authorities", "police_report")]
    known = [*(Answer(line) for line in filed), *(answer for answer in noted if answer.state != "open")]
    return joined(*known) if known else open_answer(words, "other_authorities", "police_report")


def all_authorities(paper: PaperFacts, words: Words) -> Answer:
    """Every other authority told or to be told."""
    lines = [_filing(paper, words, index) for index in range(len(paper.filings))]
    return Answer("\n".join(lines) or words.phrase("no_others"))


def _enclosed(enclosure: Enclosure, words: Words) -> str:
    if enclosure.dated is not None:
        return words.phrase("enclosed_letter", day=words.day(enclosure.dated))
    phrase = "enclosed_receipt" if enclosure.sender else "enclosed_evidence"
    return words.phrase(phrase, name=enclosure.name, item=enclosure.item, sender=enclosure.sender)


def _lettered(index: int, words: Words) -> str:
    """a, b ... z, then aa, ab ...: an incident has more files than the alphabet has letters."""
    letters = words.entries["attachment_letters"]
    round_, place = divmod(index, len(letters))
    return (letters[(round_ - 1) % len(letters)] if round_ else "") + str(letters[place])


def _indexes(paper: PaperFacts, *, eea: bool) -> list[int]:
    return [i for i, filing in enumerate(paper.filings) if lies_in(filing.place or "", ["EEA"]) is eea]


def _filing(paper: PaperFacts, words: Words, index: int) -> str:
    filing = paper.filings[index]
    state = words.state(filing.state)
    if filing.reference is None or filing.filed_at is None:
        return words.phrase("filing", authority=filing.authority, state=state)
    filed = words.moment(filing.filed_at, paper.zone)
    line = words.phrase(
        "filing_reference", authority=filing.authority, state=state, reference=filing.reference, moment=filed
    )
    if filing.supplement is None:
        return line
    number, at = filing.supplement
    return line + words.phrase("filing_supplement", number=number, moment=words.moment(at, paper.zone))


def _ends(paper: PaperFacts, words: Words) -> list[Answer]:
    ends = (("contained_at", "contained_line"), ("restored_at", "restored_line"))
    return [
        within(moment_fact(paper, words, name), words, phrase)
        for name, phrase in ends
        if paper.facts.moment(name) is not None
    ]
