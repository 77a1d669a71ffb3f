"""Files whose rows were kept when an earlier question had been answered: only their bytes are hashed, none is parsed.

What is kept gives what reading the files would give; where it cannot, it is thrown away, and they are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.scope.question import Question
from tocsin.domain.sources import LogSource
from tocsin.scoping.accounts import BAD_BYTES, Account, refuse_ours
from tocsin.scoping.wholes import passed_over, share_of, watched
from tocsin.sources.caches import Cache, Card
from tocsin.sources.files import File, clerks, hashed
from tocsin.sources.lines import Rejects
from tocsin.sources.logs import Only, as_kept, wanted
from tocsin.sources.narrowing import narrowed

if TYPE_CHECKING:
    from tocsin.scoping.reading import Desk


@dataclass(frozen=True)
class Recalled:
    """What need not be read: `files`, an account of each but of copies, and a pass over them, where they have rows."""

    files: frozenset[File] = frozenset()
    accounts: tuple[Account, ...] = ()
    rows: Any = None


@dataclass(frozen=True)
class _Kept:
    """A file as it is now, and the name and the card of its rows."""

    file: File
    name: str
    card: Card

    def account(self) -> Account:
        """What became of its lines."""
        card = self.card
        spans = {slot: (first, last) for slot, first, last in card.spans}
        return Account(self.file, self.file, card.rows, card.fault, Rejects.again(card.rejects), spans=spans)


def recalled(question: Question, source: LogSource, files: Sequence[File], desk: "Desk") -> Recalled:
    """What is kept of these files, and was read as this question would read it."""
    if desk.cache is None:
        return Recalled()
    known = _known(source, files, desk.cache, desk)
    once: dict[str, _Kept] = {}
    for _, kept in known:
        once.setdefault(kept.name, kept)
    try:
        rows = _rows(question, source, list(once.values()), desk.cache, desk)
    except BAD_BYTES as error:
        refuse_ours(error)
        desk.cache.drop(once)
        return Recalled()
    desk.cache.used(once)
    accounts = tuple(kept.account() for kept in once.values())
    return Recalled(frozenset(file for file, _ in known), accounts, rows)


def _known(source: LogSource, files: Sequence[File], cache: Cache, desk: "Desk") -> list[tuple[File, _Kept]]:
    """The files whose rows are kept, each beside what is known of it."""
    sizes = cache.sizes()
    likely = [file for file in files if file.size in sizes]
    if likely:
        desk.progress(f"looking for what was kept of {source.name}", 0.0)
    found = []
    with clerks() as pool:
        for file, now in zip(likely, pool.map(hashed, likely), strict=True):
            name = cache.name(source, desk.bounds, now.sha256, now.size)
            card = cache.card(name) if now.sha256 else None
            # What was too late to be believed then may be believed now, and not the other way about.
            if card and card.until <= desk.until and _in_order(card, source, desk):
                found.append((file, _Kept(now, name, card)))
    return found


def _in_order(card: Card, source: LogSource, desk: "Desk") -> bool:
    """Whether the card knows the order of all rows: of those that were too late to be believed then it knows none."""
    return source.in_order_within is None or not card.unsettled or card.until == desk.until


def _rows(question: Question, source: LogSource, known: Sequence[_Kept], cache: Cache, desk: "Desk") -> Any:
    """The pass over rows that were kept; None where there are none."""
    stored = [each for each in known if each.card.stored]
    if not stored:
        return None
    paths = {cache.address(each.name): str(each.file.read_from) for each in stored}
    places = [cache.path(each.name) for each in stored]
    engine, settled = desk.crew.engine, not any(each.card.unsettled for each in known)
    engine.con.register_filesystem(cache.files)
    try:
        with watched(share_of(engine), f"reading what was kept of {source.name}", desk.progress):
            table = engine.read_parquet(list(paths), filename=True, file_row_number=True)

            def log(only: Only | None) -> Any:
                rows = table
                if only:
                    rows = narrowed(engine, table, wanted(table, only), only.columns, places)
                rows = rows.mutate(file=rows.filename.cases(*paths.items()))
                return as_kept(rows, source, desk.until, settled=settled, only=only)

            return passed_over(engine, question, source, log, _volumes(known) if settled else None)
    finally:
        engine.con.unregister_filesystem(cache.files.protocol)


def _volumes(known: Sequence[_Kept]) -> Any:
    """The volumes of all rows of these files."""
    counted = [(str(each.file.read_from), *volume, n) for each in known for volume, n in each.card.volumes]
    kinds = {"file": "string", "slot": "int64", "later": "int64", "unplaced": "string", "n": "int64"}
    columns = zip(*counted, strict=True) if counted else ([] for _ in kinds)
    table = {
        name: pa.array(column, kind) for (name, kind), column in zip(kinds.items(), columns, strict=True)
    }
    return ibis.memtable(pa.table(table)).mutate(blind=ibis.literal(False))
