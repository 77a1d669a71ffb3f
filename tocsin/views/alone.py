"""Letters that one person released alone, and letters that one person may: said loudly wherever a letter is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.domain.approving import alone_words, first_deadline, in_danger, last_hours_from, standing
from tocsin.domain.incident import Incident
from tocsin.domain.letters import letters_of
from tocsin.storage.texts import shown
from tocsin.views.document import words_of

#: Digits of a digest that are shown and typed.
_SHOWN = 12


@dataclass(frozen=True)
class Lone:
    """One lone release. `command` countersigns it; empty once that is done."""

    notice: str
    edition: int
    words: str
    because: str | None
    digest: str
    released_at: datetime
    command: str


@dataclass(frozen=True)
class Alone:
    """A letter that lacks approvals, and that one person may release: why, and since when if that has a beginning."""

    notice: str
    why: str
    since: datetime | None
    command: str


def lone(app: App, actor: Actor, incident: Incident, notice: str | None = None) -> tuple[Lone, ...]:
    """Every lone release of an incident, or of one notice, in order."""
    states = [state for state in incident.notices.values() if notice in (None, state.id)]
    if not any(state.alone for state in states):
        return ()
    texts = words_of(app, actor, incident)
    return tuple(
        Lone(
            state.id,
            each.edition,
            alone_words(each),
            shown(each.because, texts) if each.because else None,
            each.digest,
            each.at,
            f"tocsin approve {incident.key} {state.id} --digest {each.digest[:_SHOWN]}"
            if each.lacking
            else "",
        )
        for state in states
        for each in state.alone
    )


def may_be_alone(app: App, incident: Incident, now: datetime) -> Iterable[Alone]:
    """Which letters, drafted and not approved, one person may release as things stand."""
    catalog = app.catalog_of(incident)
    letters = letters_of(incident, catalog)
    waiting = [
        state.id
        for state in incident.notices.values()
        if standing(state, incident, catalog, letters) == "in-review"
    ]
    facts = in_danger(incident, catalog) if waiting else ()
    for notice in waiting:
        command = f"tocsin send {incident.key} {notice} --alone"
        begin = last_hours_from(
            first_deadline(letters, notice), catalog.contacts.organisation.deputy_releases_hours
        )
        if facts:
            why = f"life is in danger ({', '.join(facts)}): one person may release {notice} now"
            yield Alone(notice, why, None, command)
        elif begin is not None and begin <= now:
            why = f"the last hours of {notice} have begun: a deputy may release it alone"
            yield Alone(notice, why, begin, command)
