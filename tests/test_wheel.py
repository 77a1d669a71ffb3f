"""The wheel holds everything: installed alone, far from the repository, it explains itself and plays a whole drill."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
Run = Callable[..., str]

#: Plays a small drill, and says from where everything was taken.
DRILL = """
from importlib.util import find_spec
from pathlib import Path
import tocsin
from tocsin.catalog import default_folders
from tocsin.drill.run import run_drill
from tocsin.up.deploying import prefect_file

for place in (tocsin.__file__, find_spec("flows.respond").origin, *default_folders(), prefect_file()):
    print("FROM", Path(place).resolve())
outcome = run_drill(customers=200, log_lines=2000, leaked=20, out=Path("drill"))
print("PAPERS", len(outcome.papers))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built with what is installed here and nothing from elsewhere."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def run(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs Python in an empty folder, in which the wheel comes before whatever else is installed."""
    site, desk = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("desk")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(site),
    ]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True, timeout=120)
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("TOCSIN_", "PREFECT_"))
    }
    environment = clean | {"PYTHONPATH": str(site), "HOME": str(desk), "XDG_DATA_HOME": str(desk / "data")}

    def ran(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=desk,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.replace(str(site.resolve()), "SITE")

    return ran


def test_the_wheel_ships_code_flows_data_licence_and_nothing_else(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    wanted = {
        "tocsin/__main__.py",
        "flows/respond.py",
        "tocsin/storage/migrations/env.py",
        "tocsin/_shipped/prefect.yaml",
        "tocsin/_shipped/RUNBOOK.md",
        "tocsin/_shipped/systemd/tocsin-watchdog.timer",
        "tocsin/_shipped/contacts/people.yaml",
        "tocsin/_shipped/incident_templates/data_map.yaml",
        "tocsin/_shipped/incident_templates/regimes/vn-pdpl/regime.yaml",
    }
    assert wanted <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"tocsin", "flows"}
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", "~"))]


def test_every_data_file_of_the_repository_is_in_the_wheel(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    for folder in ("incident_templates", "contacts"):
        files = [
            path for path in (ROOT / folder).rglob("*") if path.is_file() and not path.name.startswith(".")
        ]
        assert files
        assert {f"tocsin/_shipped/{path.relative_to(ROOT).as_posix()}" for path in files} <= names


def test_the_installed_command_explains_itself(run: Run) -> None:
    said = run("-m", "tocsin", "--help")
    assert "declare" in said
    # Errors send people to its chapters.
    assert said.splitlines()[-1] == "At 3 a.m.: SITE/tocsin/_shipped/RUNBOOK.md"
    assert "policy-promise" in run("-m", "tocsin", "law")


def test_the_installed_wheel_plays_a_whole_drill_without_the_repository(run: Run) -> None:
    said = run("-c", DRILL)
    places = [line.removeprefix("FROM ") for line in said.splitlines() if line.startswith("FROM ")]
    assert places == [
        "SITE/tocsin/__init__.py",
        "SITE/flows/respond.py",
        "SITE/tocsin/_shipped/incident_templates",
        "SITE/tocsin/_shipped/contacts",
        "SITE/tocsin/_shipped/prefect.yaml",
    ]
    assert "closed: closed" in said
    assert "verified: " in said
    assert int(said.rpartition("PAPERS ")[2]) >= 4
