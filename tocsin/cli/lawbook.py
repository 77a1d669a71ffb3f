"""The law without an incident: what it says to given facts, how a regime reads, how a facts file is written."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tocsin.cli.console import (
    CHANGING,
    Changing,
    Words,
    at_terminal,
    clean,
    columns,
    plain,
)
from tocsin.cli.lawasked import NOTHING_ASKED, NOTHING_SAID, Question, Yes
from tocsin.cli.moments import spoken, understood
from tocsin.domain.answers import nearest
from tocsin.domain.errors import WrongUsage

if TYPE_CHECKING:
    from tocsin.domain.catalog import Catalog

_VERBS = ("show", "check", "diff", "accept", "calendar", "docs", "schema")
_SCHEMAS = ("facts", "regime", "organisation", "type")
_USAGE = (
    "say tocsin law, law show CODE, law check [CODE]..., law diff A [B], law accept [INC], law calendar [INC], "
    "law docs FOLDER, "
    "law schema [facts|regime|organisation|type], or law --facts FILE"
)


def law(
    *words: Words, asked: Question = NOTHING_ASKED, said: Yes = NOTHING_SAID, door: Changing = CHANGING
) -> int:
    """The laws that judge incidents; with --facts, what they say to those facts.

    tocsin law · tocsin law show CODE · tocsin law check [CODE]... · tocsin law diff A [B] ·
    tocsin law accept [INC] · tocsin law calendar [INC] [--svg FILE] · tocsin law docs FOLDER ·
    tocsin law schema [facts|regime|organisation|type] · tocsin law --facts FILE

    A and B are codes, today, incidents (the laws they are bound to), or paths to a regime.yaml or a folder of them.
    """
    if said != NOTHING_SAID and words[:1] not in (("accept",), ("calendar",)):
        raise WrongUsage(_USAGE)
    match words if asked == NOTHING_ASKED else None:
        case ():
            _listed(_catalog(), as_json=door.json)
        case ("show", code):
            _shown(_catalog(), code, as_json=door.json)
        case ("check", *codes):
            return _checked(codes, as_json=door.json)
        case ("diff", _) | ("diff", _, _):
            _different(words[1:], door)
        case ("accept",) | ("accept", _):
            _accepted(words[1:], said, door)
        case ("calendar",) | ("calendar", _):
            _calendar(words[1:], said.svg, door)
        case ("docs", folder):
            _written(folder)
        case ("schema",) | ("schema", "facts" | "regime" | "organisation" | "type"):
            _give(_schema(words[1] if len(words) > 1 else "facts"))
        case None if asked.facts is not None and not words:
            _applied(asked, asked.facts, as_json=door.json)
        case wrong:
            raise WrongUsage(_wrong(wrong or ()))
    return 0


def _wrong(words: tuple[str, ...]) -> str:
    """What is wrong with these words: the nearest right one of a misspelt verb or schema, else all that there is."""
    match words:
        case ("schema", of):
            return f"there is no schema {of!r}{nearest(of, _SCHEMAS)}"
        case (verb, *_) if verb not in _VERBS:
            return f"there is no tocsin law {verb!r}{nearest(verb, _VERBS)}"
    return _USAGE


def _catalog() -> "Catalog":
    from tocsin.packs import read_catalog
    from tocsin.settings import load_settings

    return read_catalog(load_settings())


def _give(document: Any) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=plain) + "\n")


def _say(lines: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _listed(catalog: "Catalog", *, as_json: bool) -> None:
    regimes = [regime for _, regime in sorted(catalog.regimes.items())]
    if as_json:
        _give(
            [
                {
                    "id": r.id,
                    "name": r.name,
                    "jurisdiction": r.jurisdiction,
                    "status": r.status,
                    "rules": len(r.rules),
                }
                for r in regimes
            ]
        )
        return
    rows = [
        (
            r.id,
            r.jurisdiction,
            r.status,
            f"{len(r.rules)} rules",
            r.name["en"],
        )
        for r in regimes
    ]
    _say(
        [
            *columns(rows),
            "",
            "tocsin law show CODE reads one; tocsin law --facts FILE applies all, --regime CODE one.",
        ]
    )


def _shown(catalog: "Catalog", code: str, *, as_json: bool) -> None:
    from tocsin.cli.lawpages import at_the_terminal

    regime = catalog.regime(code)
    if as_json:
        _give(regime.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    else:
        _say(at_the_terminal(regime))


def _checked(codes: Sequence[str], *, as_json: bool) -> int:
    from tocsin.cli.lawcheck import check, document, lines, well

    found = check(codes)
    if as_json:
        _give(document(found))
    else:
        _say(lines(found))
    return 0 if all(map(well, found)) else 1


def _different(sides: tuple[str, ...], door: Changing) -> None:
    from tocsin.cli.lawdiff import differences

    lines, document = differences(sides, door)
    if door.json:
        _give(document)
    else:
        _say(lines)


def _accepted(words: tuple[str, ...], said: Yes, door: Changing) -> None:
    from tocsin.cli.lawaccept import accept

    accept(words, said.digest, said.because, door)


def _calendar(words: tuple[str, ...], svg: Path | None, door: Changing) -> None:
    from tocsin.cli.lawcalendar import show_calendar

    show_calendar(words, svg, door)


def _written(folder: str) -> None:
    from tocsin.cli.lawpages import write_pages

    _say([write_pages(_catalog(), Path(folder))])


def _schema(of: str) -> dict[str, Any]:
    from tocsin.catalog.factsfile import facts_schema
    from tocsin.domain.contacts import Organisation
    from tocsin.domain.law.rules import Regime

    if of == "facts":
        return facts_schema()
    if of == "type":
        from tocsin.catalog.incident_types import TypeFile

        return TypeFile.model_json_schema(by_alias=True)
    model = Regime if of == "regime" else Organisation
    return model.model_json_schema(by_alias=True)


def _applied(asked: Question, path: Path, *, as_json: bool) -> None:
    from tocsin.catalog.factsfile import read_facts_file, read_organisation_file
    from tocsin.cli.advice import advice_document, advice_lines
    from tocsin.cli.lawanswer import answer_lines, doubts
    from tocsin.domain.law.holds import of_a_hold
    from tocsin.domain.law.regime import assess
    from tocsin.domain.risk import advise, with_advice

    catalog = _catalog()
    contacts = catalog.contacts
    organisation = read_organisation_file(asked.organisation) if asked.organisation else contacts.organisation
    zone, now = ZoneInfo(organisation.zone), datetime.now(UTC)
    at = _moment(asked.at, zone, now) if asked.at else now
    chosen = [catalog.regime(code) for code in asked.regime] or list(catalog.regimes.values())
    categories = {kind.id: kind.categories for kind in catalog.data_map.kinds}
    facts = read_facts_file(path, catalog.regimes, categories).with_categories(categories)
    sys.stderr.write("".join(f"{line}\n" for line in doubts(facts, catalog.regimes, zone, at)))
    advice = advise(facts)
    if asked.assume_risk:
        facts = with_advice(facts, advice)
    found = assess(facts, organisation, chosen, authorities=contacts.authorities, at=at)
    laws = {law.id: law for law in chosen}
    holds = {
        duty.key: of_a_hold(duty.key, laws[duty.regime].rule(duty.rule), facts, at) for duty in found.duties
    }
    if as_json:
        document = found.as_json()
        document["duties"] = [each | {"held": holds[each["key"]]} for each in document["duties"]]
        _give({"risk_advice": advice_document(advice)} | document)
    else:
        _say([*advice_lines(advice), *answer_lines(found, holds, zone, at)])


def _moment(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The moment that a person wrote; a short form, on a terminal only, is echoed as understood."""
    at, short = understood(text, zone, now, terminal=at_terminal())
    if short:
        sys.stderr.write(f"{clean(text)} is {spoken(at, zone, now)}\n")
    return at
