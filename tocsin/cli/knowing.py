"""Verbs about what is known: notes, facts, classification, the decision on risk."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from tocsin.cli.aftermath import changed, say_duties, warn_of_order, warn_of_overruled
from tocsin.cli.console import (
    CHANGING,
    Because,
    Changing,
    Shell,
    When,
    Words,
    at_terminal,
    clean,
    labelled,
)
from tocsin.cli.incidents import inc, split, which
from tocsin.domain.errors import Refused, WrongUsage

if TYPE_CHECKING:
    from tocsin.domain.incident import Incident

#: Bytes of a text that a fact takes from a file.
_LARGEST = 1 << 20
FIELDS = ("type", "severity", "title", "restricted")


def note(
    *words: Words,
    at: Annotated[When, Parameter(help="When it happened, if not now.")] = None,
    door: Changing = CHANGING,
) -> None:
    """Write a line into the timeline."""
    from tocsin import actions

    named, (text,) = split(words, "TEXT")
    with door.open() as shell:
        key, moment = which(shell, named), shell.moment(at)
        done = actions.note(shell.app, shell.actor, key, text, at=moment, command=door.key)
        changed(shell, done, f"noted in {done.incident.key}, entry {done.incident.head_seq}.")


def set_(
    *words: Words,
    because: Annotated[Because, Parameter(help="Why.")] = "",
    door: Changing = CHANGING,
) -> None:
    """Classify anew; nothing that was done is lost."""
    from tocsin import actions

    named, (field, value) = split(words, "|".join(FIELDS), "VALUE")
    if field not in FIELDS:
        raise WrongUsage(f"{field!r} cannot be set; one of: {', '.join(FIELDS)}")
    with door.open() as shell:
        name: Any = field
        key = which(shell, named)
        done = actions.set_(shell.app, shell.actor, key, name, value, because=because, command=door.key)
        stands = value.lower() if field == "severity" else value
        lines = [f"{done.incident.key}: {field} is {clean(stands)}."]
        if field == "type" and done.entries and done.before:
            lines += _merged_lines(shell, done.before, done.incident)
        changed(shell, done, *lines)
        say_duties(shell, done)


def _merged_lines(shell: Shell, before: "Incident", after: "Incident") -> list[str]:
    """What became of the checklist: nothing that was done is lost, and nothing vanishes in silence."""
    from tocsin.views.opening import usual
    from tocsin.views.steps import merged, next_step, steps

    found, named = merged(shell.app, before, after), inc(shell, after.key)
    lines = [
        labelled(label, ", ".join(ids) + end)
        for label, ids, end in (
            ("KEPT", found.kept, ""),
            ("NEW", found.new, ""),
            ("BACK", found.back, ": asked again"),
            ("LEFT", found.left, f": no longer asked; tocsin show{named} lists them"),
        )
        if ids
    ]
    upcoming = next_step(steps(shell.app, after), after, shell.actor)
    lines += (
        [labelled("NEXT", f"{upcoming.id} {clean(upcoming.title)}     tocsin next{named}")]
        if upcoming
        else []
    )
    answers = usual(shell.app, after)
    return [*lines, usual_line(answers, named)] if answers else lines


def learn(
    *words: Words,
    source: Annotated[Because, Parameter(help="Where this is known from.")] = "",
    door: Changing = CHANGING,
) -> None:
    """State facts: NAME=VALUE, or NAME=@FILE for a long text."""
    from tocsin import actions

    named = words[0] if words and "=" not in words[0] else None
    pairs = words[1:] if named else words
    if not pairs:
        raise WrongUsage(
            "expected [INC] NAME=VALUE..., like our_role=controller; tocsin law schema lists the names"
        )
    with door.open() as shell:
        key = which(shell, named)
        facts = facts_given(shell, pairs)
        done = actions.learn(shell.app, shell.actor, key, facts, source=source, command=door.key)
        learned = ", ".join(_what_stands(done.incident, name) for name in facts)
        changed(shell, done, f"learned {learned}." if done.entries else "known already.")
        say_duties(shell, done)
        warn_of_order(shell, done.incident, facts)
        warn_of_overruled(shell, done.incident, facts)


def _what_stands(incident: "Incident", name: str) -> str:
    """The fact; of one answer per law every answer that stands now, since the new ones join those of before."""
    from tocsin.domain.answers import definition_of

    if definition_of(name).type != "choices":
        return name
    answers: Any = incident.facts.values.get(name) or {}
    stands = ", ".join(f"{law}:{answer}" for law, answer in answers.items()) or "nothing"
    return f"{name} (all that stands now: {stands})"


def assess(
    *words: Words,
    decide: Annotated[str | None, Parameter(help="LEVEL: unlikely, risk or high.")] = None,
    because: Annotated[Because, Parameter(help="The reasons, as an authority will read them.")] = "",
    door: Changing = CHANGING,
) -> None:
    """Advice on the risk to people, with reasons; a person decides."""
    from tocsin import actions

    with door.open() as shell:
        key = which(shell, split(words)[0])
        if decide is None:
            _advise(shell, key)
            return
        done = actions.assess(shell.app, shell.actor, key, decide, because=because, command=door.key)
        changed(shell, done, f"risk to people: {decide}, decided by {shell.actor.id}.")
        say_duties(shell, done)


def _advise(shell: Shell, key: str) -> None:
    from dataclasses import asdict

    from tocsin.cli.advice import advice_document, advice_lines
    from tocsin.cli.decided import decided_lines
    from tocsin.domain.decisions import RISK
    from tocsin.domain.grounds import advice_on
    from tocsin.storage.texts import shown
    from tocsin.views.access import seen
    from tocsin.views.decided import decided
    from tocsin.views.document import words_of

    incident = seen(shell.app, shell.actor, key)
    catalog, texts = shell.app.catalog_of(incident), words_of(shell.app, shell.actor, incident)
    advice, named = advice_on(incident.facts, catalog), inc(shell, key)
    on_risk = [each for each in decided(incident, catalog) if each.of == RISK]
    nobody = f"nobody yet     tocsin assess{named} --decide LEVEL --because ..."
    lines = decided_lines(shell, named, on_risk, texts) or [labelled("DECIDED", nobody, urgent=True)]
    shell.say(*advice_lines(advice), *lines)
    document = [shown(asdict(each), texts) for each in on_risk]
    shell.give({"key": key, **advice_document(advice), "decided": document[0] if document else None})


def facts_given(shell: Shell, pairs: tuple[str, ...]) -> dict[str, Any]:
    """NAME=VALUE pairs; `@FILE` as a value is the file's text. On a terminal a moment may be short."""
    from tocsin.domain.answers import definition_of
    from tocsin.domain.moments import iso

    facts: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise WrongUsage(f"{pair!r} is not NAME=VALUE, like our_role=controller")
        if name in facts:
            raise WrongUsage(f"{name} is given twice; give it once")
        definition = definition_of(name)
        if value.startswith("@"):
            value = _text_of(Path(value[1:]), name)
        if definition.type == "moment" and at_terminal() and value not in ("", "unknown"):
            said = value.removesuffix(" estimated")
            value = iso(shell.moment_of(said)) + value[len(said) :]
        facts[name] = value
    return facts


def _text_of(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            bound = f"larger than {_LARGEST >> 20} MB"
            raise Refused(f"{name}: {path} is {bound}; tocsin evidence add keeps it, state what it says")
        text = content.decode("utf-8-sig").strip()
    except OSError as error:
        raise Refused(
            f"{name}: {path} cannot be read ({error.strerror}); write the value itself otherwise"
        ) from None
    except UnicodeDecodeError:
        raise Refused(f"{name}: {path} is not UTF-8; save it as UTF-8") from None
    if not text:
        raise Refused(f"{name}: {path} is empty; {name}=unknown says that it is not known")
    return text


def usual_line(answers: Mapping[str, Any], inc: str) -> str:
    """The answers that usually fit the type, as the command that states them once a person agrees."""
    pairs = shlex.join(f"{name}={_as_typed(value)}" for name, value in answers.items())
    return labelled("USUAL", f"if it is so here: tocsin learn{inc} {pairs} --source ...")


def _as_typed(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    return json.dumps(value, ensure_ascii=False)
