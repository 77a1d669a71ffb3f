"""What is said first wherever an incident is shown whose calls no route has taken."""

from tocsin.cli.console import alarm

#: Beside the answer of `tocsin declare`, and first in what others read.
NOBODY_REACHED = "nobody has been reached: call somebody by telephone; tocsin oncall shows numbers"


def unreached_lines(*keys: str) -> list[str]:
    """Of each of these incidents that nobody has been reached for it, all of it in red."""
    return [alarm(f"{key} {NOBODY_REACHED}") for key in keys]
