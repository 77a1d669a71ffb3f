"""What is printed as a command can be typed as it stands, with two incidents open too."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import tocsin as package
from tests.cli.conftest import Command
from tocsin.cli import VERBS

#: Verbs that are about one incident.
ABOUT_ONE = [verb.name for verbs in VERBS.values() for verb in verbs if verb.usage.startswith("[INC]")]
#: A command in a text: the verb, and what stands right behind it.
PRINTED = re.compile(
    rf"\btocsin ({'|'.join(ABOUT_ONE)}|law (?:diff|accept|calendar)|evidence (?:add|list|get))\b(.{0, 8})"
)
#: `tocsin --help`, a fresh demo and a fresh configuration, which have no incident yet.
SPARED = ("cli/__init__.py", "cli/household.py", "setup.py")


def test_every_command_in_a_message_names_its_incident() -> None:
    """Also in errors, which a person sees when nobody has thought of a second incident."""
    root = Path(package.__file__).parent
    lacking = [
        f"{path.relative_to(root)}: {text}"
        for path in sorted(root.rglob("*.py"))
        if str(path.relative_to(root)) not in SPARED
        for text in _texts(path)
        for found in PRINTED.finditer(text)
        if not found[2].lstrip().startswith(("{", "INC", "[INC", "--restor", "--drill"))
    ]
    assert lacking == []


def _texts(path: Path) -> Iterator[str]:
    """Every string of a module that is no docstring, with `{}` for what is filled in."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    spared: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            spared.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            spared.update(id(part) for part in node.values)
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spared:
            yield node.value


@pytest.mark.parametrize("verb", ["card", "next", "duties", "assess", "set"])
def test_what_is_suggested_runs_as_printed_with_two_incidents_open(
    tocsin: Command, declared: str, verb: str
) -> None:
    tocsin("declare", "A second one", "--type", "ransomware")
    words = ["type", "insider", "--because", "x"] if verb == "set" else []
    said = tocsin(verb, declared, *words).out
    commands = [line.split("     tocsin ")[1] for line in said.splitlines() if "     tocsin " in line[8:]]
    if verb == "next":
        commands += re.findall(r"tocsin ((?:done|skip|run) .*?)(?= +or |$)", said, flags=re.MULTILINE)
    assert commands
    for command in commands:
        typed = shlex.split(command.partition("   (")[0])
        assert declared in typed, command
        # Refused, as what stands for an answer may be; but understood.
        assert tocsin(*typed).status in (0, 1), command


def test_with_one_incident_open_the_commands_stay_short(tocsin: Command, declared: str) -> None:
    assert "     tocsin done 1.1\n" in tocsin("card").out
