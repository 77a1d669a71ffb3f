"""Answers for the columns of an overview: a word, a number or a day for each case."""

from tocsin.rendering.answers.telling import recipient_of
from tocsin.rendering.paperfacts import Answer, PaperFacts, choice_fact
from tocsin.rendering.words import Words


def key(paper: PaperFacts, words: Words) -> Answer:
    """Key and code name, a line each."""
    return Answer(f"{paper.incident}\n{paper.code_name}")


def declared(paper: PaperFacts, words: Words) -> Answer:
    """The day on which it was declared, as ISO 8601 writes it: columns are narrow."""
    moment = paper.case.declared_at
    return Answer(f"{words.local(moment, paper.zone):%Y-%m-%d}" if moment else words.phrase("open"))


def state(paper: PaperFacts, words: Words) -> Answer:
    """Where the case stands, in a word."""
    return Answer(words.choice("status", paper.case.status))


def level(paper: PaperFacts, words: Words) -> Answer:
    """The risk that a person decided, and no other."""
    return choice_fact(paper, words, "risk")


def notified(paper: PaperFacts, words: Words) -> Answer:
    """Whom it was told, by name alone; nobody yet, or nobody because that was decided."""
    met = dict.fromkeys(recipient_of(duty, words) for duty in paper.case.duties if duty.state == "filed")
    if met:
        return Answer("; ".join(met))
    if any(duty.state not in ("not-owed", "not-notified", "withdrawn") for duty in paper.case.duties):
        return Answer(words.phrase("nobody_yet"))
    return Answer(words.phrase("nobody_decided" if paper.case.decisions else "no_others"))


def look_again(paper: PaperFacts, words: Words) -> Answer:
    """The next day on which somebody is to look again at a decision not to notify, or that it has passed."""
    days = [each.look_again for each in paper.case.decisions if each.look_again is not None]
    if not days:
        return Answer("")
    day = f"{words.local(min(days), paper.zone):%Y-%m-%d}"
    return Answer(words.phrase("overdue_day", day=day) if min(days) <= paper.as_of else day)
