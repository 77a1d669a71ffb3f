"""The project keeps its own rules: nothing unfinished, nothing of one machine, names of the field, true words."""

import ast
import gc
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
#: Names that say nothing about what is inside.
FORBIDDEN = {"utils", "helpers", "common", "base", "manager", "service", "handler", "process", "data", "info"}
#: A module may be longer than this only where its docstring says, with the word "long", why it stays in one piece.
LONG = 250


def tree() -> Iterator[Path]:
    """Every file of the project: what lies here without what `.gitignore` names."""
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    ignored = [line.rstrip("/") for line in lines if line and not line.startswith("#")]
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if ".git" in parts or any(Path(part).match(pattern) for part in parts for pattern in ignored):
            continue
        if path.is_file():
            yield path


FILES = tuple(tree())
PYTHON = tuple(path for path in FILES if path.suffix == ".py")
MODULES = tuple(path for path in PYTHON if path.relative_to(ROOT).parts[0] in ("tocsin", "flows", "checks"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def found(pattern: str, files: tuple[Path, ...]) -> list[str]:
    """`file:line` of each place where a pattern stands."""
    wanted = re.compile(pattern)
    places = []
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        places += [
            f"{name(path)}:{number}"
            for number, line in enumerate(text.splitlines(), 1)
            if wanted.search(line)
        ]
    return places


def pins() -> dict[str, str]:
    """Name to version, as constraints.txt pins them."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith((" ", "#")))


def docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def test_there_is_a_project_to_look_at() -> None:
    assert {"README.md", "RUNBOOK.md", "CHANGELOG.md", "LICENSE", "Makefile"} <= {
        name(path) for path in FILES
    }
    assert len(MODULES) > 100


def test_nothing_is_left_unfinished() -> None:
    assert found(r"\b(TO[D]O|FIX[M]E|XX[X])\b|NotImplemented[E]rror", PYTHON) == []


def test_nothing_of_a_machine_on_which_it_was_written_remains() -> None:
    assert found(r"(?<![\w.}])/(work|root|Users|home)/\w|[A-Z]:\\\\Users", FILES) == []


def test_no_address_of_a_package_index_stands_anywhere() -> None:
    assert (
        found(
            r"(?<!no-emit-)(?<!no-)index-[u]rl|find-[l]inks|pypi[.]org|python[h]osted|[d]evpi|[a]rtifactory",
            FILES,
        )
        == []
    )
    assert found(r"://", (ROOT / "constraints.txt",)) == []


def test_modules_have_names_of_the_field() -> None:
    parts = {part for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert parts & FORBIDDEN == set()


@pytest.mark.parametrize("path", MODULES, ids=map(name, MODULES))
def test_every_module_opens_by_saying_what_it_is(path: Path) -> None:
    words = docstring(path)
    assert words, f"{name(path)} has no docstring"
    length = len(path.read_text(encoding="utf-8").splitlines())
    assert length <= LONG or re.search(r"\blong\b", words, re.IGNORECASE), (
        f"{name(path)}: {length} lines, and no reason"
    )


def test_the_constraints_are_what_the_project_asks_for() -> None:
    pinned = pins()
    asked = [
        *PYPROJECT["project"]["dependencies"],
        *(each for group in PYPROJECT["dependency-groups"].values() for each in group),
    ]
    for wanted in map(Requirement, asked):
        pin = pinned.get(canonicalize_name(wanted.name))
        assert pin, f"constraints.txt has no {wanted.name}"
        assert wanted.specifier.contains(pin), f"{wanted} is pinned to {pin}"


def test_what_is_installed_is_what_the_constraints_say() -> None:
    pinned = pins()
    assert version("prefect") == pinned["prefect"] == "3.8.8"
    assert version("sqlalchemy") == pinned["sqlalchemy"]


def test_every_command_of_the_readme_is_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    made = set(re.findall(r"\bmake ([a-z]+)", readme))
    assert {"drill", "test"} <= made <= targets
    from tocsin.cli import all_verbs

    verbs = {verb.name for verb in all_verbs()}
    said = set(re.findall(r"\btocsin ([a-z]+)", readme))
    assert {"init", "doctor", "declare"} <= said <= verbs


def test_every_place_that_the_readme_names_is_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 60, "the README is one screen"
    places = re.findall(r"`([\w./-]+/|[A-Z]+\.md)`", readme)
    assert len(places) >= 5
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_the_makefile_lists_every_target_with_a_word_on_it() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert targets is not None
    explained = re.findall(r"^([a-z]+):.*## .+$", makefile, re.MULTILINE)
    assert explained == targets[1].split()
    assert explained[0] == "help"


def test_the_licence_is_there_and_is_the_one_that_is_named() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PYPROJECT["project"]["license"] == "Apache-2.0"


def test_the_changelog_begins_with_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    assert first is not None
    assert first[1] == PYPROJECT["project"]["version"]


@pytest.mark.xdist_group("alone")
def test_the_runner_keeps_tests_of_one_group_together(request: pytest.FixtureRequest) -> None:
    """A runner that forgets the groups starts two Prefects, which is slow, and neither says so."""
    grouped = bool(getattr(request.config.option, "loadgroup", False))
    assert request.node.nodeid.endswith("@alone") is grouped


def test_the_collector_leaves_alone_what_lives_to_the_end_of_the_tests() -> None:
    assert gc.get_freeze_count() > 100_000
