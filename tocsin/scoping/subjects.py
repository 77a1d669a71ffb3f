"""Whose data a request showed, and which kinds: the endpoints of the data map put to the requests, by the engine.

Kinds are bits of one number, in the order of the map. A request that the map does not know, or that names nobody in
particular, counts for the account that asked. Nothing leaves the engine, however many endpoints an attacker tried.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.datamap import DataMap
from tocsin.domain.endpoints import Endpoint, Subject, expression
from tocsin.domain.errors import Refused
from tocsin.domain.scope.why import Way
from tocsin.scoping.server_paths import ESCAPED_SLASH, with_paths
from tocsin.scoping.why import WAY
from tocsin.sources.engine import made
from tocsin.sources.urls import unescaped

#: Kinds are bits of a signed 64-bit number on every engine.
_MOST_KINDS = 62
#: What makes two requests one line of the data map.
_LINE = ("method", "endpoint")
#: Which kinds a request showed, and of those: whose data it showed.
SHOWN = ("kinds", "of_caller", "of_named", "of_all", "of_all_as_asked")


def bits_of(kinds: Iterable[str], data_map: DataMap) -> int:
    """These kinds as bits, in the order of the data map."""
    wanted = set(kinds)
    return sum(1 << place for place, kind in enumerate(data_map.kinds) if kind.id in wanted)


@dataclass(frozen=True)
class _Rule:
    """An endpoint of the map, and the bits of all kinds that it shows to the same subjects."""

    endpoint: Endpoint
    bits: int


def _rules(data_map: DataMap) -> tuple[_Rule, ...]:
    found: dict[Endpoint, int] = {}
    for place, kind in enumerate(data_map.kinds):
        for endpoint in kind.endpoints:
            found[endpoint] = found.get(endpoint, 0) | 1 << place
    return tuple(_Rule(endpoint, bits) for endpoint, bits in found.items())


#: Which endpoints show kinds of whom; `of_caller` comes from two of them, see `_of_caller`.
_OF: dict[str, Callable[[Endpoint], bool]] = {
    "kinds": lambda endpoint: True,
    "unsaid": lambda endpoint: not endpoint.subject,
    "of_caller": lambda endpoint: any(subject.caller for subject in endpoint.subject),
    "of_named": lambda endpoint: bool(endpoint.names),
    "of_all": lambda endpoint: any(subject.all == "cannot-exclude" for subject in endpoint.subject),
    "of_all_as_asked": lambda endpoint: any(subject.all == "as-asked" for subject in endpoint.subject),
}


def with_kinds(engine: Any, rows: Any, hits: Any, data_map: DataMap) -> Any:
    """Each request with `SHOWN`: the kinds it showed, of the caller, of people it names, of everybody in a table.

    `hits` are the rows that the requests were made of. Their endpoints are looked at, so that these need not be made
    once more.
    """
    if len(data_map.kinds) > _MOST_KINDS:
        raise Refused(f"the data map has more than {_MOST_KINDS} kinds; merge some in data_map.yaml")
    rules = _rules(data_map)
    paths = _fitting(with_paths(hits.select(*_LINE).distinct()), rules)
    paths = paths.mutate(
        **{
            name: _bits(paths, {_fits(n): rule.bits for n, rule in enumerate(rules) if shows(rule.endpoint)})
            for name, shows in _OF.items()
        }
    )
    lines = paths.group_by(*_LINE).aggregate(**{name: paths[name].bit_or() for name in _OF})
    lines = lines.mutate(of_caller=_of_caller(lines)).select(*_LINE, *SHOWN)
    return _beside(rows, made(engine, lines, "shown"), "left")


def _of_caller(lines: Any) -> Any:
    """Where an endpoint says whose a kind is, one that says nothing has no say."""
    said = lines.of_named | lines.of_all | lines.of_all_as_asked
    return lines.of_caller | (lines.unsaid - (lines.unsaid & said))


def _fits(number: int) -> str:
    return f"fits_{number}"


def _fitting(paths: Any, rules: Sequence[_Rule]) -> Any:
    """The paths with one column for each rule: whether it fits. A log without methods may have seen any."""
    columns = {}
    for number, rule in enumerate(rules):
        fits = _matches(paths.path, rule.endpoint.path)
        if method := rule.endpoint.method:
            fits &= paths.method.isnull() | (paths.method.upper() == method)
        columns[_fits(number)] = fits
    return paths.mutate(**columns)


def _matches(path: Any, pattern: str) -> Any:
    """Most patterns are one path, or all that begins with one: cheaper to see than a regular expression."""
    plain = pattern.removesuffix("*")
    if re.search(r"[*{]", plain):
        return path.re_search(_whole(expression(pattern)))
    return path.startswith(plain) if plain != pattern else path == pattern


def _whole(words: str) -> str:
    return rf"^(?:{words})\z"


def _bits(table: Any, columns: Mapping[str, int]) -> Any:
    """The bits of all columns that are true."""
    return reduce(
        lambda sum_, item: sum_ | ibis.ifelse(table[item[0]], ibis.literal(item[1], "int64"), 0),
        columns.items(),
        ibis.literal(0, "int64"),
    )


def _beside(rows: Any, lines: Any, how: str) -> Any:
    """Rows beside what is known of their line. A null is as good as another null."""
    same = [rows[name].fill_null("") == lines[name].fill_null("") for name in _LINE]
    return rows.join(lines, same, how=how).drop(*(f"{name}_right" for name in _LINE))


def whose(engine: Any, requests: Any, data_map: DataMap) -> tuple[Any, Any | None]:
    """One row for each request and person whose data it showed (`account`), with the kinds of hers.

    Beside it the requests, once each, that showed data of people whom they should name and do not; None where no
    endpoint of the map names anybody. `asked_by` is the account that asked; `weight` is how much a row adds to the
    number of requests; `ways` are how it leads to her.
    """
    requests = requests.rename(asked_by="account").mutate(weight=ibis.literal(1, "int8"))
    own = requests.filter((requests.kinds == 0) | (requests.of_caller != 0))
    own = own.mutate(account=own.asked_by, kinds=own.of_caller, ways=_way(Way.OWN))
    rules = [rule for rule in _rules(data_map) if rule.endpoint.names]
    if not rules:
        return own, None
    of_others = requests.filter(requests.of_named != 0)
    lines = _fitting(with_paths(of_others.select(*_LINE).distinct()), rules)
    lines = made(engine, lines, "lines")
    parts = [
        of_others.mutate(
            account=ibis.null("string"), kinds=ibis.literal(0, "int64"), ways=ibis.literal(0, "int16")
        )
    ]
    parts += [
        _named(of_others, lines.filter(lines[_fits(number)]), rule, subject)
        for number, rule in enumerate(rules)
        for subject in rule.endpoint.names
    ]
    named = ibis.union(*(part.select(*own.columns) for part in parts))
    named = made(engine, _folded(named), "named")
    return _folded(ibis.union(own, named.filter(named.account.notnull()))), _unnamed(named)


def _named(requests: Any, lines: Any, rule: _Rule, subject: Subject) -> Any:
    """The requests to an endpoint beside the ids that they name in this way."""
    if subject.column:
        found = _beside(requests, lines.select(*_LINE).distinct(), "inner")
        ids = found[subject.column]
    elif subject.path:
        at = _whole(expression(rule.endpoint.path, subject.path))
        lines = lines.mutate(text=lines.path.re_extract(at, 1).re_replace(f"(?i){ESCAPED_SLASH}", "/"))
        found = _beside(requests, lines.select(*_LINE, "text"), "inner")
        ids = found.text
    else:
        found = _beside(requests, _values(lines.select(*_LINE).distinct(), subject.query or ""), "inner")
        ids = found.text
    found = found.mutate(account=ids.split(subject.split).unnest() if subject.split else ids)
    return found.mutate(
        account=found.account.strip().nullif(""),
        kinds=ibis.literal(rule.bits, "int64") & found.of_named,
        ways=_way(Way.NAMED),
    )


def _way(way: Way) -> Any:
    return ibis.literal(WAY[way], "int16")


def _values(lines: Any, key: str) -> Any:
    """The lines once for each value (`text`) that their query string gives this key, escapes read."""
    query = lines.endpoint.re_extract(r"(?s)^[^?#]*\?([^#]*)", 1)
    lines = lines.mutate(pair=query.split("&").unnest())
    lines = lines.mutate(
        **{
            name: unescaped(part.replace("+", " "))
            for name, part in (
                ("key", lines.pair.re_extract("^([^=]*)", 1)),
                ("text", lines.pair.re_replace("^[^=]*=?", "")),
            )
        }
    )
    return lines.filter(lines.key == key).select(*_LINE, "text")


def _folded(rows: Any) -> Any:
    """Each request and person once, however many ways led to her."""
    return rows.group_by(*(name for name in rows.columns if name not in ("kinds", "ways"))).aggregate(
        kinds=rows.kinds.bit_or(), ways=rows.ways.bit_or()
    )


def _unnamed(named: Any) -> Any:
    """The requests that name nobody for some kind of theirs, once each."""
    request = [name for name in named.columns if name not in ("account", "kinds", "ways")]
    requests = named.group_by(*request).aggregate(
        found=ibis.ifelse(named.account.notnull(), named.kinds, 0).bit_or()
    )
    caller = ibis.ifelse(requests.asked_by.notnull(), requests.of_caller, 0)
    known = requests.of_named & (requests.found | caller)
    return requests.filter(known != requests.of_named)
