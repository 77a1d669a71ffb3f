"""A Spark for the tests: one JVM for a module, and a session of its own for each measurement."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

#: A virtual machine that lives for a module: to make its code as fast as can be would take longer than to run it.
SHORT_LIVED = " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
#: Small data: to compile an expression would take longer than to walk it.
SMALL = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}

needs_java = pytest.mark.skipif(
    shutil.which("java") is None, reason="Spark needs Java 17, and there is no java here"
)


def running(folder: Path) -> Iterator[Callable[..., Any]]:
    """What `measure` takes as `engines`, for as long as a fixture lasts."""
    from tocsin.sources.spark.engine import within
    from tocsin.sources.spark.session import java, settings

    conf = settings(folder, "local[2]", 600) | SMALL
    conf["spark.driver.extraJavaOptions"] += SHORT_LIVED
    with ExitStack() as held:
        yield partial(within, held.enter_context(java(conf, folder)), conf)
