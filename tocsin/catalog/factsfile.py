"""A facts file and an organisation's file, read for `tocsin law`; a JSON Schema of them for editors and programs.

JSON is YAML 1.2, so that one reader reads both.
"""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import read_document
from tocsin.domain.answers import nearest
from tocsin.domain.cells import Cell
from tocsin.domain.contacts import Organisation
from tocsin.domain.errors import BadFile, Refused
from tocsin.domain.facts import FACTS, FactDefinition, Facts, parse_fact, refuse_contradictions
from tocsin.domain.law.laws import missing
from tocsin.domain.law.rules import Regime

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_MOMENT: Schema = {
    "anyOf": [
        {"type": "string", "format": "date-time"},
        {
            "type": "object",
            "properties": {"at": {"type": "string", "format": "date-time"}, "estimated": {"type": "boolean"}},
            "required": ["at"],
            "additionalProperties": False,
        },
    ]
}


def read_facts_file(path: Path, laws: Mapping[str, Regime], kinds: Collection[str]) -> Facts:
    """The facts of a file, a mapping of names to values; BadFile names the first line that does not fit.

    A harm test is one of these laws', and a kind of data one of these of the data map.
    """
    document = read_document(path)
    if not isinstance(document.value, dict):
        raise document.bad((), "write one mapping, fact by fact: aware_at: 2026-11-24T02:40+07:00")
    values: dict[str, Any] = {}
    for name, raw in document.value.items():
        try:
            values[name] = parse_fact(name, raw)
        except Refused as error:
            raise document.bad((name,), str(error)) from None
    facts = Facts(values)
    for ref in values.get("harm_tests") or ():
        if wrong := missing(str(ref), laws):
            raise document.bad(("harm_tests", str(ref)), f"harm_tests: {wrong}")
    for kind in facts.kinds():
        if kind not in kinds:
            raise document.bad(("kinds",), f"the data map has no kind {kind!r}{nearest(kind, kinds)}")
    if said := _lost_people(facts):
        raise document.bad(("people",), said)
    try:
        refuse_contradictions(facts)
    except Refused as error:
        raise BadFile(path, 1, str(error)) from None
    return facts


def _lost_people(facts: Facts) -> str | None:
    """What is wrong with a total beside groups that add up to another: the groups count, and people would be lost."""
    total, counts = facts.values.get("people"), [cell.count for cell in facts.cells]
    sum_ = sum(count or 0 for count in counts)
    grouped = {"cells", "people_by_country"} & facts.values.keys()
    if not grouped or None in counts or total in (None, sum_):
        return None
    return (
        f"people is {total}, and its groups add up to {sum_}; correct one, or state the rest as a group of its own, "
        "like {place: unknown, count: ...}"
    )


def read_organisation_file(path: Path) -> Organisation:
    """The organisation of a file like `contacts/organisation.yaml`; BadFile names the first bad line."""
    return validated(Organisation, read_document(path))


def facts_schema() -> Schema:
    """A JSON Schema of a facts file: every name, its type and values, and its question. None says unknown."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Facts of a breach",
        "description": "What is left out, null or `unknown` is unknown; it is never taken for no or for 0.",
        "type": "object",
        "properties": {name: _fact(definition) for name, definition in FACTS.items()},
        "additionalProperties": False,
    }


def _fact(definition: FactDefinition) -> Schema:
    described: Schema = {"description": definition.question}
    if definition.unit:
        described["description"] += f" ({definition.unit})"
    return described | {"anyOf": [_SHAPES[definition.type](definition), {"enum": [None, "unknown"]}]}


def _keyed(definition: FactDefinition) -> Schema:
    return {
        "type": "object",
        "properties": {key: {"type": ["string", "object"]} for key in definition.keys},
        "additionalProperties": False,
    }


_SHAPES: Mapping[str, Callable[[FactDefinition], Schema]] = {
    "moment": lambda _: _MOMENT,
    "bool": lambda _: {"type": "boolean"},
    "int": lambda _: {"type": "integer", "minimum": 0},
    "share": lambda _: {"type": ["number", "string"]},
    "amount": lambda _: {"type": "string", "pattern": r"^[0-9.]+ [A-Z]{3}$"},
    "choice": lambda each: {"enum": list(each.choices)},
    "set": lambda each: {"type": "array", "items": {"enum": list(each.choices)}},
    "ids": lambda _: {"type": "array", "items": _TEXT},
    "place": lambda _: {"type": "string", "pattern": "^[A-Z]{2}(-[A-Z0-9]{1,3})?$"},
    "counts": lambda _: {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
    "choices": lambda each: {"type": "object", "additionalProperties": {"enum": list(each.choices)}},
    "line": lambda _: _TEXT,
    "text": lambda _: {"anyOf": [_TEXT, {"type": "object", "additionalProperties": _TEXT}]},
    "parts": lambda _: {
        "type": "object",
        "additionalProperties": {"anyOf": [_TEXT, {"type": "object", "additionalProperties": _TEXT}]},
    },
    "record": _keyed,
    "list": lambda each: {"type": "array", "items": _keyed(each)},
    "cells": lambda _: {"type": "array", "items": Cell.model_json_schema()},
}
