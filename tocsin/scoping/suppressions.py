"""Suppressions: addresses that mail came back from, that are none, or whose owners want no more mail.

As providers of mail keep them, by address and not by person. They change nobody's bucket: they say by which of her
addresses somebody is told, and who is told by post. Whoever unsubscribed is told all the same (`domain/scope/routes`).
"""

from collections.abc import Sequence
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.lists import SuppressionSource
from tocsin.domain.moments import from_microseconds, iso
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.people import SUPPRESSIONS, Suppressed
from tocsin.scoping.gaps.files import incomplete
from tocsin.scoping.lists import read_list
from tocsin.scoping.reading import Desk, Reading
from tocsin.sources.times import placed

#: Between the parts of a line that the table of people holds for each suppression.
_APART = "\x1f"


def read_suppressions(
    engine: Any, declared: Sequence[SuppressionSource], desk: Desk, reading: Reading
) -> Any | None:
    """(address in small letters, kind, at): each once, with its latest moment; None where no list holds any.

    A word that nobody explained may mean anything, and suppresses nothing: it is counted.
    """
    parts = []
    for source in declared:
        rows, lost = read_list(engine, source, "email", desk, reading)
        reading.gaps += incomplete(lost, "an address that takes no mail may be tried")
        if rows is None:
            continue
        rows = engine.create_table(
            ibis.util.gen_name("suppressions"), _explained(rows, source, desk.until), temp=True
        )
        reading.gaps += _unexplained(engine, rows, source)
        parts.append(rows.filter(rows.kind.isin(SUPPRESSIONS)))
    if not parts:
        return None
    rows = ibis.union(*parts) if len(parts) > 1 else parts[0]
    latest = rows.group_by("address", "kind").aggregate(at=rows.at.max())
    return engine.create_table(ibis.util.gen_name("suppressed"), latest, temp=True)


def _explained(rows: Any, source: SuppressionSource, until: int) -> Any:
    """Rows with our kinds: null where a word says none of them, empty where nobody explained it."""
    address = rows.email.cast("string").strip().lower()
    at = placed(rows, source.time, until) if "at" in rows.columns else rows.mutate(at=ibis.null("int64"))
    if source.kind_of_all is not None:
        return at.select(address=address, kind=ibis.literal(source.kind_of_all), at=at.at)
    word = at.kind.cast("string").strip().lower()
    meaning = {kind: kind for kind in SUPPRESSIONS} | source.kinds
    known = [
        (word == said, ibis.null("string") if kind is None else ibis.literal(kind))
        for said, kind in sorted(meaning.items())
    ]
    return at.select(address=address, kind=ibis.cases(*known, else_=ibis.literal("")), at=at.at)


def _unexplained(engine: Any, rows: Any, source: SuppressionSource) -> list[Gap]:
    count = int(engine.to_pyarrow(rows.filter(rows.kind == "").count()).as_py())
    detail = "addresses whose kind `kinds` in sources.yaml does not explain; they are tried as all others"
    return [Gap(kind="unexplained-flags", source=source.name, count=count, detail=detail)] if count else []


def with_suppressed(engine: Any, people: Any, suppressed: Any | None) -> Any:
    """The people with `suppressed`: what is known of their addresses, one to a line (see `suppressions_of`)."""
    if suppressed is None:
        return people.mutate(suppressed=ibis.null("string"))
    several = people.select("id", address=ibis.coalesce(people.emails, people.email).split("\n").unnest())
    for theirs in (people.guardian_email, people.guardian_emails.split("\n").unnest()):
        guardians = people.filter(people.guardian_email.notnull()).select("id", address=theirs)
        several = ibis.union(several, guardians)
    hers = several.select("id", address=several.address.strip().lower()).distinct()
    found = hers.join(suppressed, "address")
    line = found.address + _APART + found.kind + _APART + found.at.cast("string").fill_null("")
    found = found.mutate(line=line)
    lines = found.group_by(whose="id").aggregate(
        suppressed=found.line.group_concat("\n", order_by=found.line)
    )
    both = people.left_join(lines, people.id == lines.whose).drop("whose")
    return engine.create_table(ibis.util.gen_name("told"), both.order_by("id"), temp=True)


def suppressions_of(text: str | None) -> tuple[Suppressed, ...]:
    """What stands in `suppressed` of a person."""
    return tuple(_one(line) for line in (text or "").split("\n") if line)


def _one(line: str) -> Suppressed:
    address, kind, at = line.split(_APART)
    return address, kind, iso(from_microseconds(int(at))) if at else None
