"""Answers about the breach itself: when, where, what, whose doing."""

from collections.abc import Mapping
from dataclasses import replace

from tocsin.domain.certainty import suspected
from tocsin.rendering.paperfacts import (
    Answer,
    PaperFacts,
    choice_fact,
    foreign,
    joined,
    moment_fact,
    open_answer,
    text_fact,
    within,
)
from tocsin.rendering.words import Words


def time(paper: PaperFacts, words: Words) -> Answer:
    """Occurrence and finding: Form 08 has one box for both."""
    return joined(
        within(occurred(paper, words), words, "occurrence"), within(found(paper, words), words, "finding")
    )


def occurred(paper: PaperFacts, words: Words) -> Answer:
    """From when to when, or that it still goes on."""
    begin, end = moment_fact(paper, words, "occurred_from"), moment_fact(paper, words, "occurred_to")
    ongoing = paper.facts.get("ongoing") is True
    if begin.state == "open" and (end.state == "open" or ongoing):
        return open_answer(words, "occurred_from", *(() if ongoing else ("occurred_to",)))
    if begin.state == "open":
        return Answer(words.phrase("occurred_until", to=end.text), "open", begin.needs)
    if ongoing:
        return Answer(words.phrase("occurred_ongoing", **{"from": begin.text}), begin.state)
    if end.state == "open":
        return Answer(words.phrase("occurred_since", **{"from": begin.text}), "open", end.needs)
    return Answer(
        words.phrase("occurred_between", **{"from": begin.text, "to": end.text}), joined(begin, end).state
    )


def found(paper: PaperFacts, words: Words) -> Answer:
    """The moment of finding that the clock runs from, and that somebody decided it, or that it follows from others."""
    return moment_fact(paper, words, "violation_found_at")


def found_readings(paper: PaperFacts, words: Words) -> Answer:
    """Both readings of 'found': the first sign, and reasonable certainty."""
    detected, aware = moment_fact(paper, words, "detected_at"), moment_fact(paper, words, "aware_at")
    return joined(
        within(found(paper, words), words, "reading_found"),
        within(detected, words, "reading_detected"),
        within(aware, words, "reading_aware"),
    )


def aware(paper: PaperFacts, words: Words) -> Answer:
    """Since when the controller was reasonably certain that personal data were hit."""
    return moment_fact(paper, words, "aware_at")


def detected(paper: PaperFacts, words: Words) -> Answer:
    """The first signal."""
    return moment_fact(paper, words, "detected_at")


def discovered(paper: PaperFacts, words: Words) -> Answer:
    """Who found it, and how."""
    return joined(choice_fact(paper, words, "discovered_by"), text_fact(paper, words, "discovered_how"))


def course(paper: PaperFacts, words: Words) -> Answer:
    """The moments in order that are known beside occurrence and awareness."""
    names = (
        "detected_at",
        "suspected_at",
        "processor_aware_at",
        "told_by_processor_at",
        "contained_at",
        "restored_at",
    )
    known = sorted((at, name) for name in names if (at := paper.facts.moment(name)))
    lines = [f"{words.choice('moments', name)}: {moment_fact(paper, words, name).text}" for _, name in known]
    needs = paper.facts.missing(("contained_at",))
    if not lines:
        return open_answer(words, "detected_at", *needs)
    return Answer("\n".join(lines), needs=needs)


def place(paper: PaperFacts, words: Words) -> Answer:
    """The systems, and where they stand."""
    systems, where = text_fact(paper, words, "systems"), text_fact(paper, words, "place_of_systems")
    return joined(within(systems, words, "systems_line"), within(where, words, "location_line"))


def act(paper: PaperFacts, words: Words) -> Answer:
    """What happened, in the words of the incident's type; then its kind and what was broken."""
    return joined(
        account(paper, words),
        within(choice_fact(paper, words, "nature"), words, "nature_line"),
        within(choice_fact(paper, words, "breach_of"), words, "breach_of_line"),
        within(text_fact(paper, words, "root_cause"), words, "root_cause_line"),
    )


def account(paper: PaperFacts, words: Words) -> Answer:
    """What happened, in the paper's language or marked as in another; a suspicion while nobody has said that it did."""
    told = _told(paper, words)
    if not told.text or told.state == "open" or not suspected(paper.facts):
        return told
    return replace(within(told, words, "suspected"), state="estimated")


def _told(paper: PaperFacts, words: Words) -> Answer:
    texts = {language: text.strip() for language, text in paper.what_happened.items() if text.strip()}
    if words.language in texts:
        return Answer(_one_line_each(texts[words.language]))
    if not texts:
        return open_answer(words, "nature")
    language = "en" if "en" in texts else min(texts)
    return Answer(foreign(words, language, _one_line_each(texts[language])))


def nature(paper: PaperFacts, words: Words) -> Answer:
    """The kind of incident."""
    return choice_fact(paper, words, "nature")


def breach_of(paper: PaperFacts, words: Words) -> Answer:
    """Confidentiality, integrity, availability."""
    return choice_fact(paper, words, "breach_of")


def cause(paper: PaperFacts, words: Words) -> Answer:
    """Whose doing, and whether it was meant."""
    actor, intent = choice_fact(paper, words, "actor"), choice_fact(paper, words, "intent")
    if actor.state == intent.state == "open":
        return open_answer(words, "actor", "intent")
    # "Malicious" alone would read as the answer to whose doing it was.
    said = [actor.text] + ([intent.text] if intent.state != "open" else [])
    both = joined(actor, intent)
    return Answer("; ".join(said), both.state, both.needs)


def root_cause(paper: PaperFacts, words: Words) -> Answer:
    """What made it possible."""
    return text_fact(paper, words, "root_cause")


def parties(paper: PaperFacts, words: Words) -> Answer:
    """The company itself, whoever else was named, and whose doing it was."""
    own = Answer(words.phrase("controller_line", name=paper.organisation.legal_name))
    listed = paper.facts.get("involved_parties")
    named = [
        Answer(_party(each, words))
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, Mapping)
    ]
    told = text_fact(paper, words, "parties")
    others = [*named, *([within(told, words, "others_line")] if told.state != "open" or not named else [])]
    return joined(own, *others, within(cause(paper, words), words, "cause_line"))


def other_parties(paper: PaperFacts, words: Words) -> Answer:
    """Processors, joint controllers and others involved; unknown is not `none`."""
    listed = paper.facts.get("involved_parties")
    if isinstance(listed, list) and listed:
        return Answer("\n".join(_party(each, words) for each in listed if isinstance(each, Mapping)))
    return text_fact(paper, words, "parties")


def interests(paper: PaperFacts, words: Words) -> Answer:
    """Which interests of Law 91/2025 Art. 23(1) may be harmed."""
    return choice_fact(paper, words, "interests_at_risk")


def _party(party: Mapping[str, object], words: Words) -> str:
    role = words.choice("role", party.get("role", ""))
    return ", ".join(str(part) for part in (party.get("name"), role, party.get("contact")) if part)


def _one_line_each(text: str) -> str:
    return "\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n") if paragraph.strip())
