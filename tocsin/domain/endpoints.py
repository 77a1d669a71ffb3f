"""Endpoints of the data map: which requests show a kind of data, and whose data a request shows.

A room of the heart: pure values. A pattern is written as a regular expression in the words that Python, RE2 (DuckDB)
and Java (Spark) read alike, so that every engine and the tests match the same requests.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from tocsin.domain.records import Record

#: `GET /v1/account`, `/v1/billing/*`, `/v1/customers/{customer}/billing`: a method (any, if left out) and a path; `*`
#: stands for any characters, `{name}` for a part without a slash.
EndpointPattern = Annotated[str, StringConstraints(pattern=r"^([A-Z]+ )?/\S*$")]
#: The columns of a log that may name whose data a request showed.
SubjectColumn = Literal["subject", "session", "token"]
_PART = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_WORDS = {"caller": {"caller": True}, "all": {"all": "cannot-exclude"}}
_ONE_WAY = "a subject is one of: caller, all, {path: ..}, {query: ..}, {column: ..}, {all: as-asked}"
_ANY, _SEGMENT = r"(?:.|\n)*", "[^/]+"


def _in_full(pattern: str) -> str:
    if "{" in _PART.sub("", pattern) or "}" in _PART.sub("", pattern):
        raise ValueError(f"{pattern}: write a part of the path as {{name}}, with letters, digits and _")
    names = parts_of(pattern)
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"{pattern}: two parts are called {twice}; give each its own name")
    return pattern


class Subject(Record):
    """One way in which a request says whose data it shows.

    `caller`: the account that asked. `path`: a part of the path, by the name that it has in the pattern. `query`: the
    values of a key of the query string. `column`: a column of the log. `all`: nobody in particular, but everybody in
    the kind's tables, who then cannot be excluded, or (`as-asked`) are as sure as the request is.
    """

    caller: Literal[True] | None = None
    path: str | None = None
    query: str | None = Field(default=None, min_length=1)
    column: SubjectColumn | None = None
    all: Literal["cannot-exclude", "as-asked"] | None = None
    #: What stands between several ids in one place, such as a comma.
    split: str | None = Field(default=None, min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _as_a_word(cls, raw: Any) -> Any:
        """`caller` and `all` may stand alone."""
        if not isinstance(raw, str):
            return raw
        if raw not in _WORDS:
            raise ValueError(_ONE_WAY)
        return _WORDS[raw]

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        ways = (self.caller, self.path, self.query, self.column, self.all)
        if sum(way is not None for way in ways) != 1:
            raise ValueError(_ONE_WAY)
        if self.split is not None and (self.caller or self.all):
            raise ValueError("split goes with path, query or column")
        return self


def _listed(raw: Any) -> Any:
    return raw if isinstance(raw, list | tuple) else [raw]


class Endpoint(Record):
    """Requests that show a kind, and whose: of the caller, where no endpoint of the kind that fits says otherwise.

    Of several subjects each counts that a request names; a request that names none leaves its subject unknown.
    """

    request: Annotated[EndpointPattern, AfterValidator(_in_full)]
    subject: Annotated[tuple[Subject, ...], BeforeValidator(_listed)] = ()

    @model_validator(mode="before")
    @classmethod
    def _as_a_pattern(cls, raw: Any) -> Any:
        """A pattern may stand alone."""
        return {"request": raw} if isinstance(raw, str) else raw

    @model_validator(mode="after")
    def _has_the_parts(self) -> Self:
        known = parts_of(self.request)
        for subject in self.subject:
            if subject.path is not None and subject.path not in known:
                parts = f"it has {', '.join(known)}" if known else "it has none"
                raise ValueError(f"{self.request}: there is no part {{{subject.path}}}; {parts}")
        return self

    @property
    def names(self) -> tuple[Subject, ...]:
        """The subjects that a request has to name."""
        return tuple(subject for subject in self.subject if not (subject.caller or subject.all))

    @property
    def method(self) -> str:
        """In capitals; empty where any fits."""
        return self.request.rpartition(" ")[0]

    @property
    def path(self) -> str:
        """The pattern of the path, without the method."""
        return self.request.rpartition(" ")[2]

    def shows(self, method: str, path: str) -> bool:
        """Whether a request fits; `path` is the one that a server sees, without its query string."""
        return self.method in ("", method.upper()) and re.fullmatch(expression(self.path), path) is not None


def parts_of(pattern: str) -> tuple[str, ...]:
    """The names of the parts of a pattern, in their order."""
    return tuple(_PART.findall(pattern))


def expression(path: str, part: str | None = None) -> str:
    """A pattern of a path as a regular expression for the whole of a path, without anchors.

    With the name of a part, what stands there is the first group.
    """
    found, end = [], 0
    for each in re.finditer(r"\*|" + _PART.pattern, path):
        found.append(re.escape(path[end : each.start()]))
        if each[0] == "*":
            found.append(_ANY)
        else:
            found.append(f"({_SEGMENT})" if each[1] == part else _SEGMENT)
        end = each.end()
    return "".join((*found, re.escape(path[end:])))
