"""What is said wherever an incident is shown of which somebody knows nothing: no route has taken it, or has said so."""

from collections import Counter
from collections.abc import Iterable

from tocsin.cli.console import alarm

#: Beside the answer of `tocsin declare`, and first in what others read.
NOBODY_REACHED = "nobody has been reached: call somebody by telephone; tocsin oncall shows numbers"


def unreached_lines(*keys: str) -> list[str]:
    """Of each of these incidents that nobody has been reached for it, all of it in red."""
    return [alarm(f"{key} {NOBODY_REACHED}") for key in keys]


def unconfirmed_words(people: Iterable[str]) -> str:
    """How many messages perhaps never arrived, and to whom they went; each of `people` once for each message."""
    from tocsin.storage.routes import ROOM

    counts = Counter("its channel in Slack" if who == ROOM else who for who in people)
    whom = ", ".join(f"{who} ({n})" if n > 1 else who for who, n in sorted(counts.items()))
    return f"{counts.total()} that no route confirmed, perhaps never arrived: {whom}; tell them yourself"
