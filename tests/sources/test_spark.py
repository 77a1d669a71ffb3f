"""Spark as a process: what it is told, that it says nothing, and that it ends with us however we end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import pytest

from tests.scoping.spark import needs_java
from tocsin.actions.measuring import engines_of
from tocsin.domain.errors import Refused
from tocsin.setting_tables import Scoping, Spark
from tocsin.sources.spark.patterns import java, replaced
from tocsin.sources.spark.session import java as machine
from tocsin.sources.spark.session import settings

#: Opens Spark, has its workers work, says so, and waits to be killed.
HELD = dedent(
    """
    import sys
    import time
    from pathlib import Path

    import pyarrow as pa

    from tocsin.sources.engine import Limits
    from tocsin.sources.spark.engine import on


    def work(place, note):
        note(place)
        yield pa.record_batch([pa.array([place])], ["n"])


    with on("local[2]")(Path(sys.argv[1]), Limits()) as engines:
        table, noted = engines.counts.spread(work, 2, pa.schema([("n", pa.int64())]))
        assert engines.counts.to_pyarrow(table.n.sum()).as_py() == 1
        assert noted() == {0: 0, 1: 1}
        print("here", flush=True)
        time.sleep(600)
    """
)


def below(process: int) -> set[int]:
    """Processes that this one began, and those that they began."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, more = set[int](), {process}
    while more:
        found |= more
        more = {child for child, parent in parents.items() if parent in more} - found
    return found - {process}


def gone(processes: set[int], patience: float = 30) -> bool:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if not any(Path(f"/proc/{each}").exists() for each in processes):
            return True
        time.sleep(0.1)
    return False


@needs_java
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="who began whom is read from /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_spark_ends_with_whoever_began_it(tmp_path, how):
    outside = {path.name for path in Path("/tmp").iterdir()}
    script = tmp_path / "held.py"
    script.write_text(HELD)
    environ = os.environ | {"SPARK_LOCAL_DIRS": "/nowhere", "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, script, tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ
    ) as process:
        assert process.stdout.readline() == b"here\n"
        began = below(process.pid)
        assert any(b"java" in Path(f"/proc/{each}/cmdline").read_bytes() for each in began)
        process.send_signal(how)
        process.wait(60)
        said = process.stderr.read().decode()
    assert gone(began)
    # Python says where it was interrupted; of Spark there is not a word.
    assert said.strip().endswith("KeyboardInterrupt") or (not said and how is signal.SIGKILL)
    assert "WARN" not in said
    left = {path.name for path in Path("/tmp").iterdir()} - outside
    assert not [name for name in left if "spark" in name.lower() or name.startswith(("blockmgr", "liblz4"))]


@needs_java
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="who began whom is read from /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_spark_ends_with_whoever_is_stopped_while_it_starts(tmp_path, how):
    script = tmp_path / "held.py"
    script.write_text(
        "from tocsin.cli.ending import ended_by_sigterm\n"
        + HELD.replace("with on", "with ended_by_sigterm(), on")
    )
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, script, tmp_path], stderr=subprocess.PIPE, env=environ) as process:
        while not (began := {each for each in below(process.pid) if _is_java(each)}):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(how)
        process.wait(60)
        said = process.stderr.read().decode()
    assert gone(began)
    assert "py4j" not in said
    assert process.returncode == (143 if how is signal.SIGTERM else -signal.SIGINT)


def _is_java(process: int) -> bool:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return words[0].endswith(b"java") and b"org.apache.spark.deploy.SparkSubmit" in words


def test_without_java_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(Refused, match="needs Java 17 or later; install a JRE"), machine({}, tmp_path):
        pass


def test_without_pyspark_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tocsin.sources.spark.engine", None)
    with pytest.raises(Refused, match=r"pip install 'tocsin\[spark\]'"):
        engines_of(Scoping(), "VN", "spark")


def test_a_cluster_says_where_it_stands_and_on_what_basis_data_may_be_there():
    far = Spark(master="spark://cluster:7077")
    with pytest.raises(Refused, match=r"does not say in which country spark://cluster:7077 stands"):
        engines_of(Scoping(spark=far), "VN", "spark")
    abroad = far.model_copy(update={"country": "SG"})
    with pytest.raises(Refused, match=r"read in SG, outside VN, .*\[scoping\.spark\]"):
        engines_of(Scoping(spark=abroad, transfer="of this machine alone"), "VN", "spark")
    engines_of(Scoping(spark=abroad.model_copy(update={"transfer": "clauses"})), "VN", "spark")
    engines_of(Scoping(country="SG", transfer="of this machine"), "VN", "spark")


def test_on_this_machine_spark_speaks_to_nobody_and_writes_nowhere_else(tmp_path):
    told = settings(tmp_path, "local[2]", 600)
    assert told["spark.driver.host"] == told["spark.driver.bindAddress"] == "127.0.0.1"
    assert {told[name] for name in ("spark.ui.enabled", "spark.eventLog.enabled")} == {"false"}
    assert told["spark.io.encryption.enabled"] == "true"
    places = ("spark.local.dir", "spark.sql.warehouse.dir", "spark.jars.ivy")
    assert all(told[name].startswith(str(tmp_path)) for name in places)
    assert "spark.driver.host" not in settings(tmp_path, "spark://cluster:7077", 600)


@pytest.mark.parametrize(
    ("of_re2", "of_java"),
    [
        ("^a$", r"(?d)^a\z"),
        (r"[$^]\$", r"(?d)[$^]\$"),
        (r"\s[\s\d]", "(?d)[\\t\\n\\f\\r ][\\t\\n\\f\\r \\d]"),
        ("(?i)^(?:ab)", "(?d)(?iu)^(?:ab)"),
        ("(?s)a.*(?:,|$)", r"(?d)(?s)a.*(?:,|\z)"),
        ("^a(?:,a)*$", r"(?d)^a(?:,a)*+\z"),
        (r"[-!\[[\]]", r"(?d)[-!\[\[\]]"),
    ],
)
def test_expressions_of_re2_in_javas_words(of_re2, of_java):
    assert java(of_re2) == of_java


def test_groups_of_a_replacement():
    assert replaced(r"\1-$\2") == r"$1-\$$2"
