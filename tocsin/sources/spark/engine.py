"""Spark as the engine that counts, beside the one that reads files: what was read goes over as Parquet, once.

Both work in the same private folder. Of a cluster, every machine must see that folder, and the logs, under the same
paths.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.sources.engine import Engines, Limits, alone
from tocsin.sources.spark.backend import Spark
from tocsin.sources.spark.session import java, session, settings

#: Megabytes, below which Spark does not start.
_LEAST_MB = 512


def on(master: str) -> Callable[[Path, Limits], AbstractContextManager[Engines]]:
    """What opens Spark for a measurement: its own, in a JVM of its own, on the machines behind `master`."""
    return partial(_opened, master)


@contextmanager
def _opened(master: str, folder: Path, limits: Limits) -> Iterator[Engines]:
    place = folder / "spark"
    place.mkdir(mode=0o700)
    conf = settings(place, _cores(master, limits), _megabytes(limits))
    with java(conf, place) as gateway, within(gateway, conf, folder, limits) as engines:
        yield engines


@contextmanager
def within(gateway: Any, conf: Mapping[str, str], folder: Path, limits: Limits) -> Iterator[Engines]:
    """The engines of a measurement, with Spark in a JVM that runs already."""
    with session(gateway, conf) as running, alone(folder, limits) as both:
        spark = Spark()
        spark.do_connect(running)
        yield Engines(both.crew, spark, partial(_over, both.crew.engine, spark, folder))


def _over(reads: Any, spark: Any, folder: Path, table: Any | None) -> Any | None:
    if table is None:
        return None
    name = ibis.util.gen_name("over")
    reads.to_parquet(table, folder / f"{name}.parquet")
    return spark.table_of(name, folder / f"{name}.parquet")


def _cores(master: str, limits: Limits) -> str:
    """Spark in this process takes as many cores as it is given here; a cluster knows its own."""
    return f"local[{limits.threads or os.cpu_count() or 1}]" if master == "local[*]" else master


def _megabytes(limits: Limits) -> int:
    return max(_LEAST_MB, int(re.sub(r"\D", "", limits.memory)))
