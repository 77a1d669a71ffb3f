"""What a scope was measured from, as its entry says it: enough to measure it again and to see what has changed."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tocsin.domain.canonical import canonical, digest
from tocsin.domain.catalog import Catalog
from tocsin.domain.errors import Refused
from tocsin.domain.scope.question import Question
from tocsin.domain.sources import Sources

Progress = Callable[[str, float], None]

#: What decides how a question is answered, beside the data: named with its version.
_ENGINE = ("tocsin", "duckdb", "ibis-framework", "pyarrow")
#: So many inputs that differ are named; more are counted.
_NAMED = 3


def what_was_read(sources: bytes, catalog: Catalog, engine: str, bounds: Mapping[str, int]) -> dict[str, Any]:
    """Packs and data map, the digest of the declaration (`canonical_sources`), the versions of what measures, and
    within which bounds it read (`bounds_of`).
    """
    return {
        "packs": catalog.digest,
        "data_map": digest(catalog.data_map.model_dump(mode="json")),
        "sources": hashlib.sha256(sources).hexdigest(),
        "engine": versions(engine),
        "bounds": dict(bounds),
    }


def versions(engine: str) -> dict[str, str]:
    """What measures here, each with its version. With Spark, DuckDB still reads what lies on this machine."""
    return {name: version(name) for name in (*_ENGINE, *(("pyspark",) if engine == "spark" else ()))}


def canonical_sources(sources: Sources, folder: Path) -> bytes:
    """The declaration as it is kept, its paths as seen from the folder of sources.yaml.

    It names hosts and folders of the company, so it is kept sealed.
    """
    from tocsin.scoping.declaration import portable

    return canonical(portable(sources, folder))


def kept_sources(content: bytes, folder: Path) -> Sources:
    """The declaration out of what `canonical_sources` made of it."""
    from tocsin.scoping.declaration import anchored

    return Sources.model_validate(anchored(json.loads(content), folder.resolve()))


def refuse_other_inputs(
    question: Question,
    sources: Sources,
    recorded: Iterable[Mapping[str, Any]],
    folder: Path,
    progress: Progress,
) -> None:
    """Refused when a file that was read differs by now, is gone, or has another beside it; naming each.

    What a live table holds cannot be told from files: it is not looked at here.
    """
    from tocsin.scoping.inputs import inputs_now

    now = Counter(inputs_now(question, sources, folder, progress))
    live = _live(sources)
    before = Counter(
        (each["source"], each["name"], each["sha256"]) for each in recorded if each["source"] not in live
    )
    if found := _differences(before, now):
        more = f", and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        raise Refused(
            f"what was read then is not what lies there now: {', '.join(found[:_NAMED])}{more}; "
            "bring back the files of then, or measure a new revision: tocsin scope"
        )


def _differences(before: Counter[tuple[str, str, str]], now: Counter[tuple[str, str, str]]) -> list[str]:
    gone, come = [{(source, name) for source, name, _ in found} for found in (before - now, now - before)]
    words = {(True, True): "differs", (True, False): "is missing", (False, True): "is new"}
    return [f"{each[0]}: {each[1]} {words[each in gone, each in come]}" for each in sorted(gone | come)]


def live_otherwise(
    sources: Sources, before: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]
) -> tuple[str, ...]:
    """The live tables that read otherwise than they did: nobody can bring back what they held."""
    then, today = [{each["source"]: each["sha256"] for each in found} for found in (before, now)]
    return tuple(sorted(name for name in _live(sources) if then.get(name) != today.get(name)))


def _live(sources: Sources) -> set[str]:
    return {source.name for source in sources.lists if source.url is not None}
