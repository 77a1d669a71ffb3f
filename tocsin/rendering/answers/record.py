"""Answers of the register and of minutes: the case, what was advised and decided, who did what when."""

from tocsin.rendering.answers.telling import capital, cite_of, concerns, recipient_of
from tocsin.rendering.casefacts import Advice, DecisionLine, Event, TakenBack
from tocsin.rendering.paperfacts import (
    Answer,
    PaperFacts,
    foreign,
    joined,
    open_answer,
    title_of,
    within,
)
from tocsin.rendering.words import Words


def name(paper: PaperFacts, words: Words) -> Answer:
    """Key, code name and title."""
    known = {"incident": paper.incident, "code_name": paper.code_name}
    if paper.case.title is None:
        return Answer(words.phrase("case_untitled", **known))
    return Answer(words.phrase("case_titled", **known, title=paper.case.title))


def course(paper: PaperFacts, words: Words) -> Answer:
    """Declared when and by whom, where it stands, and how it ended."""
    case = paper.case
    lines = []
    if case.declared_at is not None:
        moment = words.moment(case.declared_at, paper.zone)
        lines.append(words.phrase("case_declared", moment=moment, who=case.declared_by))
    if case.ending is None:
        lines.append(words.phrase("case_status", status=words.choice("status", case.status)))
    else:
        end = case.ending
        status, moment = words.choice("status", end.status), words.moment(end.at, paper.zone)
        lines.append(words.phrase("case_ended", status=status, moment=moment, who=end.by))
        if end.because:
            lines.append(words.phrase("reasons_line", text=end.because))
    return Answer("\n".join(lines))


def risk(paper: PaperFacts, words: Words) -> Answer:
    """What was advised on the risk and why, what a person decided, who dissented, and what is advised today."""
    case = paper.case
    if case.risk is None:
        advised = Answer("\n".join(_advice("advice_line", case.advice, words)))
        return joined(advised, within(open_answer(words, "risk"), words, "risk_undecided"))
    lines = [*_advice("advice_then", case.advice, words), *_decided_risk(paper, words)]
    return Answer("\n".join([*lines, *_advice("advice_today", case.advice_today, words)]))


def not_notified(paper: PaperFacts, words: Words) -> Answer:
    """Each decision not to notify: why, whose, who advised, who dissented, and when somebody looks again."""
    concerned = [each for each in paper.case.decisions if concerns(each.of, paper)]
    lines = [line for each in concerned for line in _decision(each, paper, words)]
    fallen = [each for each in paper.case.taken_back if concerns(each.decision.of, paper)]
    lines += [line for each in fallen for line in _taken_back(each, paper, words)]
    return Answer("\n".join(lines) or words.phrase("decided_nothing"))


def handling(paper: PaperFacts, words: Words) -> Answer:
    """What was done when, and by whom, as a table."""
    if not paper.case.events:
        return open_answer(words, "detected_at")
    rows = [
        [words.moment(event.at, paper.zone), _event(event, words), _actor(event.by, words)]
        for event in paper.case.events
    ]
    head = [words.phrase(key) for key in ("when_head", "what_head", "who_head")]
    return Answer("", "known", (), {"head": head, "rows": rows, "numbers": False})


def present(paper: PaperFacts, words: Words) -> Answer:
    """Who worked on it, with title and role; then a line for the pen."""
    lines = []
    for role, person in paper.case.present:
        title = title_of(person, words)
        who = f"{person.name}, {title.text}" if title else person.name
        lines.append(words.phrase("present_line", who=who, role=words.choice("office", role)))
    return Answer("\n".join([*lines, words.phrase("present_others")]), "known" if lines else "blank")


def drawn_up(paper: PaperFacts, words: Words) -> Answer:
    """Hour, day and place at which it is drawn up: for the pen."""
    return Answer(words.phrase("drawn_up", year=words.local(paper.as_of, paper.zone).year), "blank")


def _advice(phrase: str, advice: Advice | None, words: Words) -> list[str]:
    if advice is None:
        return []
    lines = [words.phrase(phrase, level=words.choice("risk", advice.level))]
    if advice.score:
        lines.append(words.phrase("advice_score", score=advice.score))
    if advice.reasons:
        reasons = "; ".join(advice.reasons)
        said = reasons if words.language == "en" else foreign(words, "en", reasons)
        lines.append(words.phrase("advice_reasons", reasons=said))
    return lines


def _decided_risk(paper: PaperFacts, words: Words) -> list[str]:
    decided, advice = paper.case.risk, paper.case.advice
    assert decided is not None
    level, moment = str(paper.facts.get("risk") or ""), words.moment(decided.at, paper.zone)
    named = words.choice("risk", level) if level else words.phrase("risk_per_group")
    lines = [
        words.phrase("risk_decided", level=named, who=decided.by, moment=moment),
        words.phrase("reasons_line", text=decided.because),
    ]
    if advice is not None and level and level != advice.level:
        lines.append(words.phrase("risk_against"))
    if decided.doubted:
        lines.append(words.phrase("risk_doubted"))
    return lines + _dissents("risk", paper, words)


def _decision(decision: DecisionLine, paper: PaperFacts, words: Words) -> list[str]:
    about = {"subject": capital(_subject(decision, words)), "moment": words.moment(decision.at, paper.zone)}
    if decision.not_owed:
        lines = [words.phrase("found_not_owed", **about, who=decision.decided_by)]
    else:
        advised = words.list_of(decision.advised_by) or words.phrase("nobody_named")
        lines = [
            words.phrase("decided_not", **about, who=decision.decided_by),
            words.phrase("advised_line", who=advised),
        ]
    lines.insert(1, words.phrase("reasons_line", text=decision.because))
    lines += _dissents(decision.of, paper, words)
    if decision.look_again is not None:
        day = words.day(words.local(decision.look_again, paper.zone).date())
        lines.append(words.phrase("look_overdue" if decision.overdue else "look_again", day=day))
    if decision.doubt is not None:
        then, today = (words.choice("risk", level) for level in decision.doubt)
        lines.append(words.phrase("silence_doubted", then=then, today=today))
    if decision.overtaken:
        lines.append(words.phrase("decision_overtaken"))
    return lines


def _taken_back(fallen: TakenBack, paper: PaperFacts, words: Words) -> list[str]:
    decision, moment = fallen.decision, words.moment(fallen.at, paper.zone)
    end = words.phrase("taken_back_by_facts", moment=moment)
    if fallen.by is not None:
        end = words.phrase("taken_back_by", moment=moment, who=fallen.by, text=fallen.because or "")
    return [
        words.phrase(
            "taken_back",
            subject=capital(_subject(decision, words)),
            moment=words.moment(decision.at, paper.zone),
            who=decision.decided_by,
        ),
        words.phrase("reasons_line", text=decision.because),
        end,
    ]


def _subject(decision: DecisionLine, words: Words) -> str:
    if decision.duty is not None:
        return f"{recipient_of(decision.duty, words)} ({cite_of(decision.duty, words)})"
    return words.phrase("whole_breach") if decision.of == "breach" else decision.of


def _dissents(of: str, paper: PaperFacts, words: Words) -> list[str]:
    return [
        words.phrase("dissent_line", who=each.by, moment=words.moment(each.at, paper.zone), text=each.because)
        for each in paper.case.dissents
        if each.of == of
    ]


def _event(event: Event, words: Words) -> str:
    if event.title is not None:
        return event.title.get(words.language) or event.title["en"]
    values = {
        blank: words.choice({"role": "office", "level": "risk"}.get(blank, blank), value)
        for blank, value in event.values.items()
    }
    return words.phrase(f"event_{event.what}", **values)


def _actor(by: str, words: Words) -> str:
    return words.phrase("by_system") if by == "engine" else by
