"""The path of a request as a server sees it, worked out by the engine.

No scheme, host or query; escapes read once; `//`, `.` and `..` resolved (RFC 3986, 5.2.4 and 6.2.2). Servers differ on
two things, so that such an endpoint stands for several paths: a slash at the end, and whether `%2F` is a slash.
"""

from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.sources.urls import unescaped

#: How `%2F` is written in a path where it is no slash.
ESCAPED_SLASH = "%2F"
#: So many `/a/b/../..` in one path are resolved; what is deeper fits no pattern, and is counted as unmapped.
_DEEPEST = 12
#: A path that ends so has a slash at its end once it is resolved (RFC 3986, 5.2.4, B to D).
_OPEN = r"(^|/)\.{0,2}$"
_NAME = r"(?:[^/.][^/]*|\.[^/.][^/]*|\.\.[^/]+)"


def paths_of(endpoint: Any) -> tuple[Any, ...]:
    """The paths that an endpoint may be to a server, as columns, some of them alike."""
    found = []
    for raw in (_raw(endpoint), _with_slashes_kept(_raw(endpoint))):
        text = unescaped(raw)
        path = _resolved(text)
        found += [path, ibis.ifelse(text.endswith("/"), path + "/", path)]
    return tuple(found)


def with_paths(lines: Any) -> Any:
    """`lines` (which have `endpoint`), one row for each `path` that their endpoint may be to a server."""
    raw = _raw(lines.endpoint.fill_null(""))
    lines = lines.mutate(raw=raw)
    kept = lines.filter(raw.contains("%2F") | raw.contains("%2f"))
    kept = kept.mutate(raw=_with_slashes_kept(kept.raw))
    lines = ibis.union(lines, kept)
    lines = lines.mutate(path=unescaped(lines.raw)).drop("raw")
    lines = lines.mutate(path=_resolved(lines.path), open=lines.path.re_search(_OPEN))
    both = lines.filter(lines.open & (lines.path != "/"))
    both = both.mutate(path=both.path + "/")
    return ibis.union(lines, both).drop("open").distinct()


def _raw(endpoint: Any) -> Any:
    """What of an endpoint is a path, as it is written."""
    raw = endpoint.re_replace(r"(?s)[?#].*$", "")
    return raw.re_replace(r"(?i)^[a-z][a-z0-9+.-]*://[^/]*", "")


def _with_slashes_kept(raw: Any) -> Any:
    return raw.re_replace("(?i)%2f", "%252F")


def _resolved(path: Any) -> Any:
    plain = (ibis.literal("/") + path).re_replace("/(?:/|\\./)+", "/").re_replace("/\\.$", "/")
    climbing = plain + "/"
    for _ in range(_DEEPEST):
        climbing = climbing.re_replace("^(?:/\\.\\.)+/", "/").re_replace(f"/{_NAME}/\\.\\./", "/")
    climbing = climbing.re_replace("^(?:/\\.\\.)+/", "/")
    resolved = ibis.ifelse(plain.contains("/.."), climbing, plain)
    return resolved.re_replace("(?s)(.)/+$", r"\1")
