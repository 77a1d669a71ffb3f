"""Knowing more: notes, facts, classification, the decision on risk."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from tocsin.actions.asking import act, command_of, refuse_future
from tocsin.actions.declaring import title_of
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
from tocsin.domain.facts import FACTS, parse_fact, refuse_contradictions
from tocsin.domain.kinds import FactLearned, Noted, Reclassified
from tocsin.record import Recorded
from tocsin.storage.texts import hidden

Field = Literal["type", "severity", "title", "restricted"]
SEVERITIES = ("sev1", "sev2", "sev3", "sev4", "sev5")


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


def learn(
    app: App, actor: Actor, key: str, facts: Mapping[str, Any], *, source: str, command: str | None = None
) -> Recorded:
    """Learn facts, each with its source. Unknown names, impossible values and contradictions are refused.

    Of a fact with one answer per law, an answer leaves those of other laws as they stand.
    A decision is learned from those who may decide it, as with `assess`.
    """
    if not source.strip():
        raise Refused("say where this is known from: --source 'gateway log', --source 'call with the DPO'")
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


def set_(
    app: App, actor: Actor, key: str, field: Field, value: str, *, because: str, command: str | None = None
) -> Recorded:
    """Classify the incident anew. Nothing that was done is lost: steps that both types have stay ticked."""
    if not because.strip():
        raise Refused("say why: --because '...'")

    def decide(change: Change) -> None:
        need(actor, change.incident, "incident-commander", "deputy", "dpo")
        change.add(
            Reclassified(field=field, value=_valid(app, change, field, value), because=change.keep(because))
        )

    return act(app, actor, key, decide, command=command_of(command, "set", [field, value, because]))


def _valid(app: App, change: Change, field: Field, value: str) -> str | bool:
    if field == "type":
        type_ = app.catalog_of(change.incident).type(value)
        if type_.id == change.incident.type:
            raise Refused(f"{change.incident.key} is {value} already; tocsin next shows what it asks")
        return type_.id
    if field == "severity":
        if value not in SEVERITIES:
            # People say 1, P1 or SEV-1, and mean the same.
            meant = f"sev{value[-1:]}"
            way = f"did you mean {meant}?" if meant in SEVERITIES else f"known: {', '.join(SEVERITIES)}"
            raise Refused(f"there is no severity {value!r}; {way}")
        return value
    if field == "restricted":
        if value not in ("yes", "no"):
            raise Refused(f"restricted is yes or no, not {value!r}; write one of the two")
        return value == "yes"
    return change.keep(title_of(value))


def assess(
    app: App, actor: Actor, key: str, level: str, *, because: str, command: str | None = None
) -> Recorded:
    """A person decides the risk to people; the advice is shown beside it and never written here by itself."""
    if not because.strip():
        raise Refused("say why: --because '...'; the authority will ask for these reasons")
    value = parse_fact("risk", level)

    def decide(change: Change) -> None:
        need(actor, change.incident, *DECIDERS)
        change.add(FactLearned(name="risk", value=value, source=change.keep(because)))

    return act(app, actor, key, decide, command=command_of(command, "assess", [level, because]))
