"""Which letters people are owed: one for each set of people whose laws agree, and how far each has come."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.app import App
from tocsin.domain.aiming import Aim, aims
from tocsin.domain.approving import standing
from tocsin.domain.asked import Lack, way_to_say
from tocsin.domain.facts import FACTS
from tocsin.domain.incident import Incident
from tocsin.domain.law.holds import covered_by
from tocsin.domain.letters import LetterPlan, letters_of
from tocsin.domain.moments import END_OF_TIME
from tocsin.domain.notice import individuals_duties
from tocsin.engine.letters import spoken_facts, unsaid


@dataclass(frozen=True)
class ReadersView:
    """Readers whom the laws treat alike: the duties that bind, and the texts that stand in theirs besides."""

    readers: str
    duties: tuple[str, ...]
    added: tuple[str, ...]
    #: How many of them are still to be told or accounted for; None before the letter left.
    untold: int | None


@dataclass(frozen=True)
class LackView:
    """What keeps letters from being drafted: what one answer would let them say, and who asks for it."""

    what: tuple[str, ...]
    #: What `tocsin learn` is told.
    way: str
    letters: tuple[str, ...]
    asked: tuple[str, ...]
    #: Duties that counsel may release in its place.
    duties: tuple[str, ...]


@dataclass(frozen=True)
class LetterView:
    """One letter. `lacks` and `waits` say, each in a line, what keeps it from being drafted or from leaving."""

    notice: str
    state: str
    people: int
    due_at: datetime | None
    #: By when it should have left, where the risk to people is high.
    aim: Aim | None
    readers: tuple[ReadersView, ...]
    left_out: tuple[str, ...]
    lacks: tuple[str, ...]
    #: Of these, what does not stand in `lacking`: what a law forbids and the templates say, and languages.
    lacks_alone: tuple[str, ...]
    #: What it goes without, since nobody is sure that the law which asks for it binds: for counsel.
    without: tuple[str, ...]
    waits: tuple[str, ...]
    held: tuple[str, ...]
    because: tuple[str, ...]


def letters(app: App, incident: Incident) -> tuple[LetterView, ...]:
    """The letters of an incident, the one that is due first first; of equals the common one."""
    found = _soonest_first(app, incident)
    aimed = {each.notice: each for each in aims(incident, app.catalog_of(incident), tuple(found))}
    return tuple(_view(app, incident, letter, aimed.get(letter.id)) for letter in found)


def lacking(app: App, incident: Incident) -> tuple[LackView, ...]:
    """What laws ask for and nobody has said: each answer that is missing once, in the order of the letters."""
    found: dict[str, list[tuple[str, Lack]]] = {}
    for letter in _soonest_first(app, incident):
        for lack in letter.lacks:
            if not lack.forbidden:
                found.setdefault(lack.way_out, []).append((letter.id, lack))
    return tuple(
        LackView(
            tuple(dict.fromkeys(lack.part for _, lack in those)),
            way,
            tuple(dict.fromkeys(letter for letter, _ in those)),
            tuple(dict.fromkeys(str(lack.asked) for _, lack in those)),
            tuple(dict.fromkeys(lack.asked.duty for _, lack in those)),
        )
        for way, those in found.items()
    )


def _soonest_first(app: App, incident: Incident) -> list[LetterPlan]:
    found = letters_of(incident, app.catalog_of(incident))
    return sorted(found, key=lambda letter: letter.due_at or END_OF_TIME)


def first_to_people(incident: Incident) -> tuple[int, datetime | None]:
    """How many duties to tell people are open, and when the first falls due, by law or by our own aim."""
    duties = individuals_duties(incident) if incident.open else []
    return len(duties), min((duty.soonest for duty in duties if duty.soonest), default=None)


def _view(app: App, incident: Incident, letter: LetterPlan, aim: Aim | None) -> LetterView:
    state = incident.notices.get(letter.id)
    untold = state.untold if state else {}
    asked = [lack.words(incident.key, letter.id) for lack in letter.lacks if not lack.forbidden]
    alone = [lack.words(incident.key, letter.id) for lack in letter.lacks if lack.forbidden]
    alone += _unsaid(app, incident, letter)
    lacks = (*asked, *alone)
    return LetterView(
        letter.id,
        standing(state, incident, app.catalog_of(incident))
        if state
        else "lacking"
        if lacks
        else "not-drafted",
        letter.people,
        letter.due_at,
        aim,
        tuple(
            ReadersView(readers.key, owed.duties, owed.added, untold.get(readers.key))
            for readers, owed in letter.readers.items()
        ),
        letter.left_out,
        lacks,
        tuple(alone),
        tuple(lack.words(incident.key, letter.id) for lack in letter.without),
        tuple(wait.words(incident.key) for wait in letter.waits),
        _held(app, incident, letter),
        letter.because,
    )


def _held(app: App, incident: Incident, letter: LetterPlan) -> tuple[str, ...]:
    """What holds it back, each with what the request covers in its own words."""
    holds = [each for each in letter.held if each.at(app.now())]
    covers = covered_by(spoken_facts(app, incident)) if holds else None
    return tuple(f"{each.duty} is {each._replace(covers=covers).words}" for each in holds)


def _unsaid(app: App, incident: Incident, letter: LetterPlan) -> list[str]:
    """What was said, but not in every language of the readers; what nobody said at all, the laws ask for."""
    if not incident.open:
        return []
    return [
        f"{letter.id} has no {name} in {', '.join(lacking)}: tocsin learn {incident.key} {way_to_say(name)}"
        for name, lacking in unsaid(app, incident, letter.id).items()
        if lacking and name in FACTS and incident.facts.known(name)
    ]
