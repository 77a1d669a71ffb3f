"""What of a duty hangs on the circumstances: whether it is doubtful, and which parts must be said.

Pure. Each is asked of a rule with its own conditions, put to the facts by whoever applies the law.
"""

from collections.abc import Callable
from typing import Any

from tocsin.domain.law.rules import Rule

#: Puts a condition to the facts: yes, no, or None while it cannot be told.
Ask = Callable[[Any], bool | None]


def doubt_of(rule: Rule, ask: Ask) -> str | None:
    """What counsel must confirm; None where nothing is doubtful, or not known to be."""
    if rule.doubt_when is not None and not ask(rule.doubt_when):
        return None
    return rule.doubt


def content_of(rule: Rule, ask: Ask) -> tuple[str, ...]:
    """The parts that must be said. One under a condition that cannot be told is among them: saying more is safe."""
    further = (part.content for part in rule.content_where if ask(part.when) is not False)
    return (*rule.content, *(each for parts in further for each in parts))
