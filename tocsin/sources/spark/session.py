"""A Spark of one's own for the length of a measurement: its JVM ends with us, however we end.

In local mode it speaks to nobody: no page, no event log, no packages, and no address but that of this machine. What it
spills lies encrypted in the folder that the caller gives; what it would say goes into a file there.
"""

import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from tocsin.domain.errors import Refused

#: What a shell may say that would move files, pages or packages to where nobody expects them.
_FOREIGN = ("SPARK_HOME", "SPARK_LOCAL_DIRS", "LOCAL_DIRS", "PYSPARK_SUBMIT_ARGS", "SPARK_TESTING")
#: The folder of Spark's own settings: what a cluster wants may stand there, and of one machine nothing is wanted.
_OF_A_CLUSTER = "SPARK_CONF_DIR"
_PATIENCE = 20  # seconds
_JAVA = (
    "--engine spark needs Java 17 or later; install a JRE (Debian: apt install openjdk-17-jre-headless) and set"
    " JAVA_HOME, or leave the option out"
)


def settings(folder: Path, master: str, memory_mb: int) -> dict[str, str]:
    """What Spark is told, whatever stands in anybody's spark-defaults.conf."""
    known = {
        "spark.master": master,
        "spark.app.name": "tocsin",
        "spark.submit.deployMode": "client",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.eventLog.enabled": "false",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.jars.ivy": str(folder / "ivy"),
        "spark.jars.packages": "",
        "spark.io.encryption.enabled": "true",
        "spark.driver.memory": f"{memory_mb}m",
        "spark.driver.maxResultSize": "0",
        # The stack holds the expressions of long patterns.
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder} -XX:-UsePerfData -Xss8m",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
    }
    if _is_here(master):
        known |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return known


def _is_here(master: str) -> bool:
    return master.startswith("local")


@contextmanager
def java(conf: Mapping[str, str], folder: Path) -> Iterator[Any]:
    """A JVM for the length of the block. It hangs on a pipe of ours, and ends when that breaks.

    Refused where there is none, or where it does not start.
    """
    _refuse_without_java()
    # What a Ctrl-C cuts short it would tell at length.
    logging.getLogger("py4j").setLevel(logging.CRITICAL + 1)
    with (folder / "java.log").open("wb") as said:
        options = {"stdout": said, "stderr": said}
        with _unmoved(here=_is_here(conf["spark.master"])), _signals_held_back() as heard:
            try:
                gateway = launch_gateway(  # type: ignore[no-untyped-call]
                    SparkConf(loadDefaults=False).setAll(list(conf.items())), options
                )
            except PySparkException:
                raise Refused(f"Spark did not start: {_last_line(folder / 'java.log')}") from None
        try:
            if heard:
                signal.raise_signal(heard[0])
            yield gateway
        finally:
            _end(gateway)


@contextmanager
def session(gateway: Any, conf: Mapping[str, str]) -> Iterator[SparkSession]:
    """A session in a JVM for the length of the block."""
    with _our_interrupts():
        context = SparkContext(gateway=gateway, conf=SparkConf(loadDefaults=False).setAll(list(conf.items())))
    context.setLogLevel("OFF")
    context.pythonExec = os.environ.get("PYSPARK_PYTHON", sys.executable)
    try:
        yield SparkSession(context)
    finally:
        with suppress(Exception):  # whatever ended it before
            context.stop()


def _refuse_without_java() -> None:
    home = os.environ.get("JAVA_HOME")
    found = home and (Path(home) / "bin" / "java").is_file()
    if not (found or shutil.which("java")):
        raise Refused(_JAVA)


def _last_line(file: Path) -> str:
    lines = [line for line in file.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it said nothing"


@contextmanager
def _unmoved(*, here: bool) -> Iterator[None]:
    """Without what a shell says of another Spark, as long as ours starts."""
    foreign = (*_FOREIGN, _OF_A_CLUSTER) if here else _FOREIGN
    held = {name: os.environ.pop(name) for name in foreign if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(held)


@contextmanager
def _signals_held_back() -> Iterator[list[int]]:
    """What was heard of Ctrl-C and SIGTERM while the block ran. Nobody could end a JVM that is just being started, and
    where its starter has gone meanwhile it never ends.
    """
    heard = list[int]()
    if current_thread() is not main_thread():
        yield heard
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda number, _: heard.append(number)) for number in numbers}
    try:
        yield heard
    finally:
        for number, ours in before.items():
            signal.signal(number, ours)


@contextmanager
def _our_interrupts() -> Iterator[None]:
    """PySpark takes Ctrl-C for itself and never gives it back."""
    if current_thread() is not main_thread():
        yield
        return
    ours = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, ours)


def _end(gateway: Any) -> None:
    process = gateway.proc
    with suppress(Exception):  # it may be gone already
        gateway.shutdown()
    process.stdin.close()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    SparkContext._gateway = SparkContext._jvm = None
