"""Conditions that no case can meet: a number above 500 and below 100, two answers to a question that has one.

Pure, and careful: what is named here can never hold; of the rest nothing is said.
"""

from collections.abc import Iterable
from typing import Any


def never_together(parts: Iterable[Any]) -> str | None:
    """Why these conditions cannot all hold at once, in words; None where nothing shows that they cannot."""
    least: dict[Any, tuple[int, bool]] = {}
    most: dict[Any, tuple[int, bool]] = {}
    answers: dict[Any, set[Any]] = {}
    told, denied = [], []
    for part in parts:
        (denied.append(part.denied) if hasattr(part, "denied") else told.append(part))
        if getattr(part, "is_", ()) and hasattr(part, "fact") and part.about_people is None:
            subject = (part.fact, part.of)
            answers[subject] = answers.get(subject, set(part.is_)) & set(part.is_)
            if not answers[subject]:
                return f"{part.fact} has one answer, and no answer is in all of these lists"
        for bounds, name, beyond in _BOUNDS:
            number = getattr(part, name, None)
            if number is None or getattr(part, "or_undeterminable", False):
                continue
            subject, limit = _subject(part), (number, beyond)
            kept = least if bounds == "least" else most
            tighter = max if bounds == "least" else _lower
            kept[subject] = tighter(kept.get(subject, limit), limit)
            if _apart(least.get(subject), most.get(subject)):
                return f"no number is both {_said(least[subject], 'more than', 'at least')} and " + _said(
                    most[subject], "less than", "at most"
                )
    if any(each in told for each in denied):
        return "one of these says the very thing that another denies"
    return None


#: Which end of a number it bounds, under which name, and whether the bound itself is outside.
_BOUNDS = (
    ("least", "at_least", False),
    ("least", "more_than", True),
    ("most", "at_most", False),
    ("most", "less_than", True),
)


def _subject(part: Any) -> Any:
    if hasattr(part, "fact"):
        return part.fact, part.currency
    return part.people, part.counting


def _lower(one: tuple[int, bool], other: tuple[int, bool]) -> tuple[int, bool]:
    return min(one, other, key=lambda limit: (limit[0], not limit[1]))


def _apart(least: tuple[int, bool] | None, most: tuple[int, bool] | None) -> bool:
    """Whether nothing lies between the two."""
    if least is None or most is None:
        return False
    return least[0] > most[0] or (least[0] == most[0] and (least[1] or most[1]))


def _said(limit: tuple[int, bool], strictly: str, otherwise: str) -> str:
    return f"{strictly if limit[1] else otherwise} {limit[0]}"
