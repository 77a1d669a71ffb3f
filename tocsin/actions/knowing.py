"""Knowing more: notes, facts, classification, the decision on risk."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from tocsin.actions.asking import act, command_of, refuse_future, refuse_silence
from tocsin.actions.declaring import severity_of, title_of
from tocsin.actions.stating import (
    DECIDERS,
    refuse_others_decisions,
    refuse_unknown_kinds,
    refuse_unknown_laws,
    refuse_unknown_parts,
)
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.answers import amended
from tocsin.domain.errors import Refused
from tocsin.domain.facts import FACTS, Facts, parse_fact, refuse_contradictions
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import FactLearned, Noted, Reclassified
from tocsin.record import Recorded
from tocsin.storage import timeline
from tocsin.storage.texts import hidden

Field = Literal["type", "severity", "title", "restricted"]


def note(
    app: App, actor: Actor, key: str, text: str, *, at: datetime | None = None, command: str | None = None
) -> Recorded:
    """Write a line into the timeline; `at` is when it happened, if not now."""
    if not text.strip():
        raise Refused("the note is empty; say what you saw")

    def decide(change: Change) -> None:
        refuse_future(at, change.now)
        change.add(Noted(text=change.keep(text.strip())), at=at)

    return act(
        app,
        actor,
        key,
        decide,
        command=command_of(command, "note", [text, at and str(at.timestamp())]),
        closed_too=True,
    )


def quote(
    app: App, actor: Actor, key: str, text: str, *, said_by: str, link: str, name: str, at: datetime
) -> Recorded:
    """Put into the timeline what somebody said elsewhere, once however many ask for it: `name` names the message.

    `said_by` is a person's id, else what the place calls them; `link` is the address, sealed like the words.
    """

    def decide(change: Change) -> None:
        with app.database.read() as connection:
            told = timeline.named(connection, key, name)
        if not told:
            words, where = change.keep(text.strip()), change.keep(link)
            # A drill's clock is not the one of the place where it was said.
            then = at if at <= change.now else None
            change.add(Noted(text=words, said_by=said_by, link=where), at=then, key=name)

    return act(app, actor, key, decide, closed_too=True)


def learn(
    app: App, actor: Actor, key: str, facts: Mapping[str, Any], *, source: str, command: str | None = None
) -> Recorded:
    """Learn facts, each with its source. Unknown names, impossible values and contradictions are refused.

    Of a fact with one answer per law, an answer leaves those of other laws as they stand.
    A decision is learned from those who may decide it, as with `assess`.
    """
    now = app.now()
    parsed = {name: parse_fact(name, raw, now) for name, raw in facts.items()}

    def decide(change: Change) -> None:
        refuse_others_decisions(actor, change.incident, parsed)
        catalog = app.catalog_of(change.incident)
        refuse_unknown_kinds(catalog.data_map, parsed)
        refuse_unknown_laws(catalog.regimes, parsed)
        refuse_unknown_parts(catalog, parsed)
        # Free text stands as commitments in the fold; contradictions hide in moments and numbers only.
        merged = before = change.incident.facts
        said = {name: amended(name, before.values.get(name), value) for name, value in parsed.items()}
        for name, value in said.items():
            merged = merged.learn(name, value)
        refuse_contradictions(merged)
        if "cells" in said:
            _refuse_exact_beside_gaps(change.incident, merged)
        refuse_silence(
            source, "say where this is known from: --source 'gateway log', --source 'call with the DPO'"
        )
        words = change.keep(source.strip())
        for name, value in said.items():
            name = FACTS[name].same_as or name
            definition = FACTS[name]
            kept = hidden(change.texts, value, definition.plain) if definition.free_text else value
            known = change.incident.learned.get(name)
            if known is None or known.value != kept or known.source != words:
                change.add(FactLearned(name=name, value=kept, source=words))

    content = {name: str(value) for name, value in facts.items()} | {"source": source}
    # A legal hold comes and goes after the file was closed too: it is what keeps the file from being erased.
    closed_too = set(parsed) == {"hold"}
    return act(app, actor, key, decide, command=command_of(command, "learn", content), closed_too=closed_too)


def _refuse_exact_beside_gaps(incident: Incident, facts: Facts) -> None:
    """Refused where a number of people is called exact, and the scope has gaps of whatever kind."""
    gaps = sorted({gap["kind"] for gap in incident.scope.gaps}) if incident.scope else []
    if gaps and any(cell.method == "exact" for cell in facts.cells):
        raise Refused(
            f"the scope has gaps ({', '.join(gaps)}), so no number of people is exact; write approximate"
        )


def set_(
    app: App, actor: Actor, key: str, field: Field, value: str, *, because: str, command: str | None = None
) -> Recorded:
    """Classify the incident anew. Nothing that was done is lost: steps that both types have stay ticked."""

    def decide(change: Change) -> None:
        said = _valid(app, change, field, value)
        need(actor, change.incident, "incident-commander", "deputy", "dpo")
        refuse_silence(because, f"say why its {field} changes: --because '...'")
        stands = change.keep(str(said)) if field == "title" else said
        change.add(Reclassified(field=field, value=stands, because=change.keep(because)))

    return act(app, actor, key, decide, command=command_of(command, "set", [field, value, because]))


def _valid(app: App, change: Change, field: Field, value: str) -> str | bool:
    if field == "type":
        type_ = app.catalog_of(change.incident).type(value)
        if type_.id == change.incident.type:
            raise Refused(
                f"{change.incident.key} is {value} already; "
                f"tocsin next {change.incident.key} shows what it asks"
            )
        return type_.id
    if field == "severity":
        return severity_of(value)
    if field == "restricted":
        if (answer := value.lower()) not in ("yes", "no"):
            raise Refused(f"restricted is yes or no, not {value!r}; write one of the two")
        return answer == "yes"
    return title_of(value)


def assess(
    app: App, actor: Actor, key: str, level: str, *, because: str, command: str | None = None
) -> Recorded:
    """A person decides the risk to people; the advice is shown beside it and never written here by itself."""
    value = parse_fact("risk", level)

    def decide(change: Change) -> None:
        need(actor, change.incident, *DECIDERS)
        refuse_silence(because, "say why: --because '...'; the authority will ask for these reasons")
        change.add(FactLearned(name="risk", value=value, source=change.keep(because)))

    return act(app, actor, key, decide, command=command_of(command, "assess", [level, because]))
