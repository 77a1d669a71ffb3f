"""Rules that would wait for themselves: a clock that starts with its own duty, a letter that goes before itself.

Pure. A notice that must go after another (`send_after`) and a moment that must not lie after another's (`not_after`)
may well bind two rules both ways; neither alone may come back to where it began, within one law or over several.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.domain.law.rules import Regime


def in_a_circle(laws: Iterable["Regime"]) -> str | None:
    """What is wrong with the first rule that waits for itself, in words; None where none does."""
    clocks, letters = {}, {}
    for law in laws:
        for rule in law.rules:
            clocks[law.full(rule.id)] = [law.full(ref) for ref in rule.follows]
            letters[law.full(rule.id)] = [law.full(ref) for ref in rule.send_after]
    if circle := _first_circle(clocks):
        return f"rule {circle[0]}: its clock waits for itself through {', '.join(circle[1:])}"
    if circle := _first_circle(letters):
        way = "take one send_after away, or none of them could ever be told"
        return f"rule {circle[0]}: it is to be told after itself through {', '.join(circle[1:])}; {way}"
    return None


def _first_circle(ahead: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """The first name that waits for itself, with the names on the shortest way back to it; empty where none does."""
    for begin in ahead:
        ways: list[tuple[str, ...]] = [(name,) for name in ahead[begin]]
        reached: set[str] = set()
        while ways:
            way = ways.pop(0)
            if way[-1] == begin:
                return (begin, *way)
            if way[-1] not in reached:
                reached.add(way[-1])
                ways += [(*way, name) for name in ahead.get(way[-1], ())]
    return ()
