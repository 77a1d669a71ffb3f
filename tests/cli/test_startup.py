"""What a command loads, and how the door itself behaves: help, version, errors that nobody expected."""

import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bench.declare import BASELINE
from tests.cli.conftest import Command
from tocsin.cli import VERBS, all_verbs, main, overview

HEAVY = (
    "prefect",
    "ibis",
    "duckdb",
    "typst",
    "slack_sdk",
    "aiosmtplib",
    "aiohttp",
    "alembic",
    "pyarrow",
    "fastapi",
    "starlette",
    "uvicorn",
)


def loaded(*commands: list[str]) -> dict[str, list[str]]:
    """Which heavy libraries a process has loaded after each of these commands, run one after the other."""
    code = (
        "import json, sys\n"
        "from tocsin.cli import main\n"
        "heavy, commands = json.loads(sys.argv[1])\n"
        "found = {}\n"
        "for words in commands:\n"
        "    main(words)\n"
        "    found[' '.join(words)] = [name for name in heavy if name in sys.modules]\n"
        "print(json.dumps(found), file=sys.stderr)\n"
    )
    asked = json.dumps([HEAVY, commands])
    done = subprocess.run([sys.executable, "-c", code, asked], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(done.stderr.splitlines()[-1])
    return found


def test_help_loads_nothing_of_ours_but_the_registry() -> None:
    code = "import sys; from tocsin.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {
        name
        for name in done.stderr.split()
        if name.startswith(("tocsin", "cyclopts", "sqlalchemy", "pydantic"))
    }
    assert ours == {"tocsin", "tocsin.cli"}


def test_the_help_of_no_verb_loads_a_heavy_library(home: Path) -> None:
    found = loaded(*([verb.name, "--help"] for verb in all_verbs()))
    assert [words for words, heavy in found.items() if heavy] == []


def test_everyday_verbs_load_no_heavy_library(tocsin: Command, declared: str) -> None:
    verbs = (
        ["card"],
        ["list"],
        ["show"],
        ["timeline"],
        ["duties"],
        ["note", "seen"],
        ["next"],
        ["done", "1.1"],
    )
    found = loaded(*([*words, "--as", "linh"] for words in verbs))
    assert [words for words, heavy in found.items() if heavy] == []


def test_declaring_loads_the_wire_only_for_a_route_that_is_there(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["declare", "x", "--as", "linh"]
    assert set(loaded(words)["declare x --as linh"]) == {"slack_sdk", "aiohttp", "aiosmtplib"}
    monkeypatch.delenv("TOCSIN_SLACK__TOKEN")
    monkeypatch.delenv("TOCSIN_MAIL__HOST")
    assert loaded(words)["declare x --as linh"] == []


def test_the_script_that_declaring_is_measured_against_loads_no_library_that_it_does_not(home: Path) -> None:
    code = (
        "import ast, sys\n"
        "from tocsin.cli import main\n"
        "main(['declare', 'x', '--as', 'linh'])\n"
        "asked = (node for node in ast.walk(ast.parse(sys.argv[1])) if isinstance(node, ast.Import))\n"
        "names = [each.name for node in asked for each in node.names]\n"
        "print(*(name for name in names if name not in sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, BASELINE], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == ""


def test_declaring_loads_no_library_that_it_has_no_use_for(
    tocsin: Command, declared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The log, the reader of odd addresses, the other database, the calendars of laws found good before, the help.
    idle = (
        "structlog",
        "rich",
        "email_validator",
        "sqlalchemy.dialects.postgresql",
        "holidays",
        "cyclopts.help",
    )
    monkeypatch.setattr("tests.cli.test_startup.HEAVY", idle)
    assert loaded(["declare", "x", "--as", "linh"])["declare x --as linh"] == []


def test_the_overview_names_every_verb_once() -> None:
    lines = overview().splitlines()
    names = [verb.name for verbs in VERBS.values() for verb in verbs]
    assert len(names) == len(set(names))
    for name in names:
        assert any(line.startswith(f"  {name} ") for line in lines), name
    # Where it is named it can be opened.
    assert Path(lines[-1].removeprefix("At 3 a.m.: ")).read_text(encoding="utf-8").startswith("# Runbook")


def test_an_unknown_verb_is_2_with_the_nearest_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["declair", "x"]) == 2
    assert capsys.readouterr().err == "tocsin: there is no verb 'declair'; did you mean declare?\n"


def test_the_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("tocsin 0.")


def test_the_exit_status_is_that_of_the_process(process: Command) -> None:
    assert process("list").status == 0
    assert process("show", "9").status == 1
    assert process("declare").status == 2
    assert process("--help", by=None).status == 0


def test_what_nobody_expected_is_one_line_and_a_log_for_its_owner(
    tocsin: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOCSIN_DEBUG")
    tocsin("declare", "A key in a public place")
    with sqlite3.connect(home / "tocsin.db") as connection:
        connection.execute("UPDATE entry SET body = 'no JSON' WHERE seq = 2")
    refused = tocsin("timeline")
    log = home / "errors.log"
    assert (refused.status, refused.out) == (1, "")
    assert refused.err == f"tocsin: unexpected JSONDecodeError; the traceback is in {log}\n"
    written = log.read_text(encoding="utf-8")
    assert re.search(r"\nJSONDecodeError\n(  \S+:\d+ in \S+\n)+$", written)
    assert "Expecting value" not in written
    assert log.stat().st_mode & 0o077 == 0


def test_an_output_that_nobody_reads_to_the_end_is_no_error(process: Command, home: Path) -> None:
    command = f"{sys.executable} -m tocsin timeline --as linh"
    process("declare", "A key in a public place")
    for _ in range(3):
        process("note", "x" * 4000)
    done = subprocess.run(
        f"{command} | head -c 10 >/dev/null", shell=True, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


def test_of_a_long_complaint_the_beginning_and_the_way_out_are_said(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["declare", "x", "--fact", f"people={'9' * 100_000}", "--as", "linh"]) == 1
    said = capfd.readouterr().err
    assert said.startswith("tocsin: people: '999")
    assert said.endswith("is not a whole number of people, like 1200\n")
    assert len(said) < 2100


def test_a_broken_settings_file_is_one_line_with_its_place(
    tocsin: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('mode = "drill"\nmial = 1\n')
    monkeypatch.setenv("TOCSIN_CONFIG", str(bad))
    refused = tocsin("list")
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "bad.toml:2" in refused.err


def test_a_file_that_is_a_folder_is_one_line_with_the_way_out(
    tocsin: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOCSIN_DEBUG")
    key = home / "keys" / "master.key"
    key.unlink(missing_ok=True)
    key.mkdir(parents=True)
    refused = tocsin("list")
    assert (refused.status, refused.out) == (1, "")
    assert refused.err == (
        f"tocsin: {key}: Is a directory; a folder stands where a file must be; move it away or name another\n"
    )


def test_a_home_that_is_a_file_is_one_line_with_the_way_out(
    tocsin: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TOCSIN_DEBUG")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path / "file" / "home"))
    refused = tocsin("list")
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "a file stands where a folder must be" in refused.err


@pytest.mark.parametrize(
    ("mine", "way"), [(True, "it is yours: chmod u+rwX"), (False, "say sudo tocsin, or ask them")]
)
def test_what_may_not_be_read_names_whom_to_ask(
    tocsin: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mine: bool, way: str
) -> None:
    def refuse() -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / "people.yaml"))

    monkeypatch.delenv("TOCSIN_DEBUG")
    owner = tmp_path.stat().st_uid
    monkeypatch.setattr("tocsin.settings.load_settings", refuse)
    monkeypatch.setattr("os.geteuid", lambda: owner if mine else owner + 1)
    refused = tocsin("list")
    assert refused.status == 1
    assert refused.err.startswith(f"tocsin: {tmp_path / 'people.yaml'}: Permission denied; ")
    assert way in refused.err


def test_an_address_that_is_none_is_refused_without_repeating_it(
    tocsin: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_DATABASE", "hunter2")
    refused = tocsin("list")
    assert refused.status == 1
    assert "write sqlite:///PATH or postgresql://HOST/NAME" in refused.err
    assert "hunter2" not in refused.err


@pytest.mark.parametrize("port", ["0", "99999"])
def test_a_port_that_is_none_is_wrong_usage(tocsin: Command, port: str) -> None:
    refused = tocsin("up", "--port", port, by=None)
    assert (refused.status, "a port is a number from 1 to 65535" in refused.err) == (2, True)


def test_a_word_that_is_no_text_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["declare", "caf\udce9"]) == 2
    assert "is not UTF-8" in capsys.readouterr().err
