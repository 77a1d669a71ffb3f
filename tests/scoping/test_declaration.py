"""Files that people hand to scoping: sources.yaml, indicators, lists."""

import os
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tocsin.domain.errors import BadFile, Refused
from tocsin.domain.scope.question import Listed
from tocsin.domain.sources import Sources
from tocsin.scoping import wordfiles
from tocsin.scoping.declaration import anchored, portable, read_list, read_sources
from tocsin.scoping.wordfiles import read_lines

SAMPLE = Path(__file__).parents[2] / "contacts" / "sources.yaml"
GOOD = """\
logs:
  - name: api
    format: ndjson
    paths: [logs/*.gz, /var/log/api.log]
    fields: {at: time, account: user.id}
customers:
  - name: crm
    path: people.csv
    fields: {id: id}
"""


def written(folder: Path, text: str, name: str = "sources.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_the_shipped_sample_is_read():
    sources = read_sources(SAMPLE)
    assert [source.name for source in sources.logs] == ["api-gateway", "console-web"]
    assert [source.name for source in sources.customers] == ["customer-database"]


def test_relative_paths_start_at_the_folder_of_the_file(tmp_path):
    sources = read_sources(written(tmp_path, GOOD))
    assert sources.logs[0].paths == (str(tmp_path / "logs/*.gz"), "/var/log/api.log")
    assert sources.customers[0].path == str(tmp_path / "people.csv")


def test_an_address_of_a_store_stays_as_it_is(tmp_path):
    text = GOOD.replace("logs/*.gz", "s3://bucket/gw/%Y/%m/*.gz").replace(
        "people.csv", "s3://bucket/people.csv"
    )
    sources = read_sources(
        written(tmp_path, text.replace("    format", "    by_date: '{year}/{month}'\n    format", 1))
    )
    assert sources.logs[0].paths == ("s3://bucket/gw/%Y/%m/*.gz", "/var/log/api.log")
    assert sources.customers[0].path == "s3://bucket/people.csv"


@pytest.mark.parametrize("right", ["/var/log/api.log", "people.csv"])
def test_a_secret_in_an_address_is_refused_and_not_shown(tmp_path, right):
    with pytest.raises(BadFile, match="holds a password or key; take it out") as refusal:
        read_sources(written(tmp_path, GOOD.replace(right, "s3://AKIAID:s3cr3t/x+y@bucket/a")))
    assert "s3cr3t" not in str(refusal.value)
    assert "AKIAID" not in str(refusal.value)


@pytest.mark.parametrize(
    ("wrong", "right", "line", "words"),
    [
        ("format: ndjsn", "format: ndjson", 3, "'ndjsn' is unknown; did you mean ndjson?"),
        ("format: combine", "format: ndjson", 3, "format: 'combine' is unknown; did you mean combined?"),
        ("path: people.csv\n    format: ndjson", "path: people.csv", 9, "format: 'ndjson' is unknown"),
        ("{at: time}", "{at: time, account: user.id}", 5, "key 'account' is missing; write `account: null`"),
        ("{account: user.id}", "{at: time, account: user.id}", 5, "key 'at' is missing"),
        ("acount: user.id", "account: user.id", 5, "account"),
        ("name: api\n    time: {format: epoch}", "name: api", 3, "is no time format"),
        ("name: api\n    time: {format: '%d.%m.%Y %H:%M'}", "name: api", 3, "needs a zone"),
        (
            "name: api\n    time: {format: '%b %d %H:%M:%S', zone: UTC}",
            "name: api",
            3,
            "without a year places no row",
        ),
        ("name: api\n    time: {zone: Mars/Olympus}", "name: api", 3, "is not a zone of the IANA database"),
        ("path: people.csv\n    url: 'sqlite:///x'", "path: people.csv", 7, "either a path or a url"),
        ("url: 'sqlite:///x'", "path: people.csv", 7, "either a table or a query"),
        ("name: api\n    path: x", "name: crm\n    path: people.csv", 1, "two sources are called api"),
        (
            "name: api\n    by_date: daily",
            "name: api",
            3,
            "by_date names no date; write one like {year}/{month}/{day}",
        ),
        (
            "paths: [/logs/%Y/%d/x]",
            "paths: [logs/*.gz, /var/log/api.log]",
            4,
            "a date in a path needs its year",
        ),
        ("paths: []", "paths: [logs/*.gz, /var/log/api.log]", 4, "is empty; write at least 1"),
    ],
)
def test_the_first_bad_line_is_named(tmp_path, wrong, right, line, words):
    with pytest.raises(BadFile) as refusal:
        read_sources(written(tmp_path, GOOD.replace(right, wrong)))
    assert refusal.value.line == line, refusal.value
    assert words in str(refusal.value)


def test_another_shape_is_refused_in_one_line(tmp_path):
    for text in ("logs: 5\n", "- a\n", "logs: [5]\n", "customers: [{name: a, path: 7}]\n"):
        with pytest.raises(BadFile):
            read_sources(written(tmp_path, text))


def test_indicators_stand_one_to_a_line(tmp_path):
    path = written(tmp_path, "\ufeff# leaked on Friday\n tok-1 \n\ntok-2\r\n", "tokens.txt")
    assert read_lines(path) == ("tok-1", "tok-2")
    with pytest.raises(Refused, match="holds no indicator"):
        read_lines(written(tmp_path, "# nothing\n", "empty.txt"))
    with pytest.raises(Refused, match="cannot be read"):
        read_lines(tmp_path / "missing.txt")
    (tmp_path / "utf16.txt").write_bytes("tok".encode("utf-16"))
    with pytest.raises(Refused, match="save it as UTF-8"):
        read_lines(tmp_path / "utf16.txt")


@contextmanager
def poured(path, line):
    """A pipe into which somebody writes this line for ever, until nobody reads any more."""
    os.mkfifo(path)

    def pour():
        with suppress(BrokenPipeError), path.open("wb", buffering=0) as pipe:
            while True:
                pipe.write(line * (1 + 65_536 // len(line)))

    writer = threading.Thread(target=pour, daemon=True)
    writer.start()
    yield path
    writer.join(timeout=10)
    assert not writer.is_alive()


@pytest.mark.parametrize("read", [read_lines, read_list])
@pytest.mark.parametrize(
    ("line", "bound", "says"),
    [
        (b"c1\n", {"MOST": 1000}, "is more than 256 MB or 1,000 lines; hand it over in several files"),
        (b"\n", {"MOST": 1000}, "256 MB or 1,000 lines"),
        (b"x" * 9000 + b"\n", {"LARGEST": 1 << 20}, "is more than 1 MB or 10,000,000 lines"),
        (b"x" * 70_000 + b"\n", {}, "is longer than 65536 bytes"),
        (b"\0" * 4096, {}, "is longer than 65536 bytes"),
    ],
)
def test_a_file_that_never_ends_is_refused_once_it_is_too_much(
    tmp_path, monkeypatch, read, line, bound, says
):
    for name, value in bound.items():
        monkeypatch.setattr(wordfiles, name, value)
    with poured(tmp_path / "pipe", line) as path, pytest.raises(Refused) as refusal:
        read(path)
    assert says in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_a_pipe_that_ends_is_a_file_like_any_other(tmp_path):
    for read, wanted in ((read_lines, ("c1", "c2")), (read_list, (Listed(who="c1"), Listed(who="c2")))):
        path = tmp_path / read.__name__
        os.mkfifo(path)
        threading.Thread(target=path.write_text, args=("c1\nc2\n",), daemon=True).start()
        assert read(path) == wanted


@pytest.mark.parametrize("read", [read_lines, read_list])
@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"tok-1\ntok-3\0\ntok-4\n", 2, "holds NUL"),
        ("tok-1\ntok-2\n".encode("utf-16-le"), 1, "holds NUL"),
        ("\ufefftok-1\n".encode("utf-16-le"), 1, "is not UTF-8; save it as UTF-8"),
        (b"tok-1\n\ntok-2\xff\n", 3, "is not UTF-8; save it as UTF-8"),
        (b"tok-1\n\xed\xa0\x80\n", 2, "is not UTF-8; save it as UTF-8"),
    ],
)
def test_what_is_no_text_is_named_by_its_line_and_not_shown(tmp_path, read, content, line, says):
    path = tmp_path / "tokens.txt"
    path.write_bytes(content)
    with pytest.raises(BadFile, match=says) as refusal:
        read(path)
    assert (refusal.value.line, "tok-" in refusal.value.what) == (line, False)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('who,kinds\nc1,profile\n"' + ("x" * 60_000 + "\n") * 3, 3),
        ('who\nc1\n"c2\nc3\nc4\n', 3),
        ('who\n"c1"x\nc2\n', 2),
    ],
)
def test_a_cell_that_does_not_end_is_named_by_its_line(tmp_path, text, line):
    with pytest.raises(BadFile, match="the quotes of a cell do not close") as refusal:
        read_list(written(tmp_path, text, "l.csv"))
    assert refusal.value.line == line


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("who,who", "has two columns `who`; keep one"),
        ("Kinds,who,KINDS", "has two columns `kinds`; keep one"),
        ("who;kinds", "has columns that no comma divides; save it with commas: who,kinds"),
        ("name\tWho", "has columns that no comma divides"),
    ],
)
def test_a_header_that_may_mean_two_things_is_refused(tmp_path, header, says):
    with pytest.raises(BadFile, match=r"l\.csv:1: ") as refusal:
        read_list(written(tmp_path, f"{header}\nc1,c2,c3\n", "l.csv"))
    assert says in str(refusal.value)


def test_a_row_that_says_more_than_the_header_is_refused(tmp_path):
    with pytest.raises(BadFile, match=r"l\.csv:3: has more cells than the header"):
        read_list(written(tmp_path, "who,kinds\nc1,profile,\nc2,profile,billing\n", "l.csv"))


def test_a_row_is_named_by_the_line_in_the_file_though_a_cell_above_has_line_breaks(tmp_path):
    with pytest.raises(BadFile, match=r"l\.csv:4: names nobody"):
        read_list(written(tmp_path, 'who,kinds\nc1,"profile\nbilling"\n,profile\n', "l.csv"))


def test_a_list_is_plain_or_names_kinds(tmp_path):
    assert read_list(written(tmp_path, "c1\na@example.org\n", "l.txt")) == (
        Listed(who="c1"),
        Listed(who="a@example.org"),
    )
    table = written(tmp_path, 'kinds,who\n"profile billing",c1\n,c2\n\n', "l.csv")
    assert read_list(table) == (Listed(who="c1", kinds=("profile", "billing")), Listed(who="c2"))
    with pytest.raises(BadFile, match=r"l\.csv:3: names nobody"):
        read_list(written(tmp_path, "who,kinds\nc1,profile\n,profile\n", "l.csv"))
    with pytest.raises(Refused, match="lists nobody"):
        read_list(written(tmp_path, "who\n", "l.csv"))


def test_a_table_whose_header_names_no_who_is_no_list_of_people(tmp_path):
    for table in ("customer,kinds\nc1,profile\n", "c1,profile\nc2,billing\n"):
        with pytest.raises(BadFile, match=r"l\.csv:1: has commas .* put the header who,kinds"):
            read_list(written(tmp_path, table, "l.csv"))
    commented = written(tmp_path, "# from forensics, checked\nc1\n", "l.txt")
    assert read_list(commented) == (Listed(who="c1"),)


def test_reading_a_declaration_loads_no_engine():
    code = "import sys, tocsin.scoping.declaration; print({'ibis', 'duckdb', 'pyarrow'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "set()\n"


def test_a_declaration_is_the_same_wherever_its_folder_lies(tmp_path):
    text = """
logs:
  - {name: api, format: ndjson, paths: [logs/*.ndjson, /var/log/api.ndjson], fields: {at: at, account: account}}
customers:
  - {name: crm, path: crm.csv, fields: {id: id}}
"""
    found = []
    for name in ("here", "there"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "sources.yaml").write_text(text)
        sources = read_sources(folder / "sources.yaml")
        found.append(portable(sources, folder))
        assert Sources.model_validate(anchored(found[-1], folder)) == sources
    assert found[0] == found[1]
    assert found[0]["logs"][0]["paths"] == ["logs/*.ndjson", "/var/log/api.ndjson"]
    assert found[0]["customers"][0]["path"] == "crm.csv"
