"""Paths into nested data: `client.ip`, `headers."x.real.ip"`, `items[0].id`.

A dot leads into an object, a number in brackets, counted from 0, into a list. A name that holds a dot, a bracket or a
quote stands in double quotes, in which `\\` takes the next sign as it is.
"""

import re
from functools import cache

from tocsin.domain.errors import Refused

Key = str | int
_NAME = re.compile(r'"((?:[^"\\]|\\.)+)"|([^."\[\]]+)')
_PLACE = re.compile(r"\[(\d{1,9})\]")


@cache
def keys_of(path: str) -> tuple[Key, ...]:
    """The names and places that a path leads through. Refused where it is none."""
    keys: list[Key] = []
    at = 0
    while at < len(path):
        if keys and (place := _PLACE.match(path, at)):
            keys.append(int(place[1]))
            at = place.end()
            continue
        if keys:
            if path[at] != ".":
                raise _unfit(path)
            at += 1
        if not (name := _NAME.match(path, at)):
            raise _unfit(path)
        keys.append(re.sub(r"\\(.)", r"\1", name[1]) if name[1] else name[2])
        at = name.end()
    if not keys:
        raise _unfit(path)
    return tuple(keys)


def pointer(keys: tuple[Key, ...]) -> str:
    """The keys as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


def names_of(path: str) -> str:
    """The names alone, with dots between: what a look at some data can say is there or not."""
    return ".".join(key for key in keys_of(path) if isinstance(key, str))


def _unfit(path: str) -> Refused:
    return Refused(
        f"{path!r} is no path; write names with dots between them, [0] for the first of a list,"
        ' and a name that holds a dot in quotes: client."x.ip", items[0].id'
    )
