"""`tocsin sources check`: what people see, what machines read, and the exit status."""

from pathlib import Path

from tests.cli.conftest import SOURCES, Command


def test_every_source_is_shown_as_it_is_understood(tocsin: Command, declared: str) -> None:
    found = tocsin("sources", "check")
    assert (found.status, found.err) == (0, "")
    said = found.out
    assert "ok   gateway  logs, ndjson, VN" in said
    assert "ok   accounts  customers, csv, VN" in said
    assert "e-mail addresses" in said
    assert "mai@example.com" not in said
    assert "stolen-1" not in said
    assert "192.0.2" not in said


def test_machines_read_the_same(tocsin: Command, declared: str) -> None:
    found = tocsin("sources", "check", "gateway", "--json")
    assert found.status == 0
    (source,) = found.json["sources"]
    assert (found.json["usable"], source["name"], source["usable"]) == (True, "gateway", True)
    assert source["since"].endswith("+00:00")
    assert {each["name"] for each in source["columns"]} >= {"at", "account", "token"}


def test_one_source_that_cannot_be_used_hides_no_other(tocsin: Command, declared: str) -> None:
    text = SOURCES.replace("paths: [gateway.ndjson]", "paths: [gone.ndjson]")
    Path("sources.yaml").write_text(text, encoding="utf-8")
    found = tocsin("sources", "check")
    assert found.status == 1
    assert "FAIL gateway" in found.out
    assert "no file matches" in found.out
    assert "ok   accounts" in found.out
    assert tocsin("sources", "check", "accounts").status == 0


def test_logs_abroad_are_not_read_without_a_basis(tocsin: Command, declared: str) -> None:
    text = SOURCES.replace("format: ndjson\n    country: VN", "format: ndjson\n    country: US")
    Path("sources.yaml").write_text(text, encoding="utf-8")
    found = tocsin("sources", "check", "gateway")
    assert found.status == 1
    assert "is kept in US, outside VN, on no basis that is declared" in found.out
    assert "rows" not in found.out


def test_wrong_words_name_the_right_ones(tocsin: Command, declared: str) -> None:
    for words in ((), ("chek",), ("check", "a", "b")):
        wrong = tocsin("sources", *words)
        assert (wrong.status, wrong.out) == (2, "")
        assert "tocsin sources check" in wrong.err
    unknown = tocsin("sources", "check", "gatway")
    assert (unknown.status, unknown.err.count("did you mean gateway?")) == (1, 1)
    Path("sources.yaml").write_text("logs: []\n", encoding="utf-8")
    assert "declares no source" in tocsin("sources", "check").err
