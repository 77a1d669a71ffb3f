"""What is wrong with a value, in the words of a person who edits files. The types say it in their own words.

A room of the heart: pure, and one table. What is not listed is said as pydantic says it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from tocsin.domain.answers import nearest
from tocsin.domain.moments import LIKE as LIKE_A_MOMENT

_QUOTED = re.compile("'([^']*)'")
#: The shape of a text to one that has it: a person follows an example, not an expression.
_LIKE = {
    r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$": "small letters, digits and hyphens, like night-shift",
    r"^[a-z]{2}(-[A-Z]{2})?$": "a language like en, vi or pt-BR",
    r"^([A-Z]+ )?/\S*$": "a path like /v1/users or GET /v1/users",
    r"^([A-Z][0-9]+|[0-9]+\.[0-9]+)$": 'an id like C2 or "1.4"',
    r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$": "an address like linh@example.com",
    r"^(https?://\S+|not known)$": "an address like https://eur-lex.europa.eu/eli/reg/2016/679, or not known",
    r"^\+[0-9][0-9 ()-]{5,}$": "a number like +84 98 909 4798",
}
_MAPPING = "write keys and their values here, one a line"
_LIST = "write a list here, like [a, b]"
_WHOLE, _NUMBER = "is no whole number", "is no number"
_DAY, _TIME = "write a day like 2026-11-24", "write a time of day like 10:00"

#: Kind of error to what is said, where the kind alone tells it.
_SAID = {
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "string_too_short": "is empty; write it",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "time_type": _TIME,
    "time_parsing": _TIME,
    "datetime_type": LIKE_A_MOMENT,
    "datetime_parsing": LIKE_A_MOMENT,
    "datetime_from_date_parsing": LIKE_A_MOMENT,
    "timezone_aware": LIKE_A_MOMENT,
    "path_type": "write a path here",
    "missing": "is missing",
    "extra_forbidden": "is a key that nobody knows here",
}


def in_plain_words(error: ErrorDetails) -> str:
    """One complaint of a type, without its place."""
    kind = error["type"]
    if kind in _SAID:
        return _SAID[kind]
    say = _WITH_LIMITS.get(kind)
    return say(error["input"], error.get("ctx", {})) if say else error["msg"]


def _text(value: Any, _: Mapping[str, Any]) -> str:
    if isinstance(value, int | float):
        return "is read as a number or a truth value here; put it in quotes"
    return "is empty; write it" if value is None else "write plain text here"


def _shape(value: Any, limits: Mapping[str, Any]) -> str:
    like = _LIKE.get(limits["pattern"])
    return f"{value!r} does not fit; write {like}" if like else f"{value!r} does not fit here"


def _too_few(_: Any, limits: Mapping[str, Any]) -> str:
    found, least = limits["actual_length"], limits["min_length"]
    return f"is empty; write at least {least}" if not found else f"has {found}, and {least} are needed"


_WITH_LIMITS: Mapping[str, Callable[[Any, Mapping[str, Any]], str]] = {
    "literal_error": lambda value, limits: (
        f"{value!r} is unknown{nearest(str(value), _QUOTED.findall(limits['expected']))}"
    ),
    "value_error": lambda _, limits: str(limits["error"]),
    "string_type": _text,
    "string_pattern_mismatch": _shape,
    "too_short": _too_few,
    "too_long": lambda _, limits: f"has more than {limits['max_length']}",
    "greater_than": lambda _, limits: f"must be more than {limits['gt']}",
    "greater_than_equal": lambda _, limits: f"must be {limits['ge']} or more",
    "less_than": lambda _, limits: f"must be less than {limits['lt']}",
    "less_than_equal": lambda _, limits: f"must be {limits['le']} or less",
}
