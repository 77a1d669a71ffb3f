"""Access logs of Apache and nginx: every line is read as the server meant it, or counted."""

import gzip

import pytest

from tests.scoping.scenes import ask, at, buckets, gaps, told
from tocsin.domain.errors import Refused
from tocsin.domain.sources import LogFields, LogSource
from tocsin.sources.bounds import Bounds
from tocsin.sources.combined import FIELDS, read
from tocsin.sources.engine import Limits, engine
from tocsin.sources.files import take_in
from tocsin.sources.finding import find
from tocsin.sources.logs import completed

BROWSER = '"https://app.example/" "Mozilla/5.0"'
TIME = "[20/Nov/2026:10:05:00 +0000]"
LINE = f'203.0.113.7 - c1 {TIME} "GET /v1/account HTTP/1.1" 200 512 {BROWSER}'


@pytest.fixture(scope="module")
def backend(tmp_path_factory):
    with engine(tmp_path_factory.mktemp("spill"), Limits(threads=1)) as backend:
        yield backend


def parts(backend, folder, *lines, kind="combined"):
    (folder / "access.log").write_bytes("".join(f"{line}\n" for line in lines).encode())
    files = take_in("web", find("web", [str(folder / "access.log")]).files, Bounds(), of_lines=True)
    table = read(backend, "web", files, {name: name for name in (*FIELDS, "request")}, kind)
    return [
        {name: text for name, text in row.items() if name != "file"}
        for row in backend.to_pyarrow(table).to_pylist()
    ]


def row(**parts):
    return dict.fromkeys((*FIELDS, "request")) | parts


GET = {
    "time": TIME[1:-1],
    "method": "GET",
    "path": "/v1/account",
    "request": "GET /v1/account",
    "status": "200",
    "bytes": "512",
}
SEEN = {"referer": "https://app.example/", "agent": "Mozilla/5.0"}


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ("203.0.113.7 - c1", {"host": "203.0.113.7", "user": "c1"}),
        ("203.0.113.7 - -", {"host": "203.0.113.7"}),
        ('203.0.113.7 - ""', {"host": "203.0.113.7"}),
        ("2001:db8::80 id c1", {"host": "2001:db8::80", "ident": "id", "user": "c1"}),
        ("::ffff:203.0.113.7 - c1", {"host": "::ffff:203.0.113.7", "user": "c1"}),
        ("client.example.net - c1", {"host": "client.example.net", "user": "c1"}),
        ("203.0.113.7, 192.0.2.1 - c1", {"host": "203.0.113.7, 192.0.2.1", "user": "c1"}),
        ("203.0.113.7 - a person of ours", {"host": "203.0.113.7", "user": "a person of ours"}),
        ("app.example:443 203.0.113.7 - c1", {"vhost": "app.example:443", "host": "203.0.113.7", "user": "c1"}),
        ("app.example 2001:db8::1 - c1", {"vhost": "app.example", "host": "2001:db8::1", "user": "c1"}),
        ("203.0.113.7:5678 - john doe", {"host": "203.0.113.7:5678", "user": "john doe"}),
        # Who chooses her own name chooses no other time by it.
        (r"203.0.113.7 - x [01/Jan/2020] \"", {"host": "203.0.113.7", "user": 'x [01/Jan/2020] "'}),
        (r"203.0.113.7 - Nguy\xe1\xbb\x85n", {"host": "203.0.113.7", "user": "Nguyễn"}),
    ],
)  # fmt: skip
def test_who_asked_is_told_from_the_virtual_host(backend, tmp_path, before, found):
    line = f'{before} {TIME} "GET /v1/account HTTP/1.1" 200 512 {BROWSER}'
    assert parts(backend, tmp_path, line) == [row(**GET, **SEEN, **found)]


@pytest.mark.parametrize(
    ("request_line", "found"),
    [
        ("GET /v1/account HTTP/1.1", {"method": "GET", "path": "/v1/account", "request": "GET /v1/account"}),
        ("GET /v1/account", {"method": "GET", "path": "/v1/account", "request": "GET /v1/account"}),
        ("GET /a b HTTP/2.0", {"method": "GET", "path": "/a b", "request": "GET /a b"}),
        (r"GET /a?q=\"x\"\\ HTTP/1.0", {"method": "GET", "path": '/a?q="x"\\', "request": 'GET /a?q="x"\\'}),
        (r"GET /a\x22%41 HTTP/1.0", {"method": "GET", "path": '/a"%41', "request": 'GET /a"%41'}),
        (r"\x16\x03\xff", dict.fromkeys(("path", "other", "request"), r"\x16\x03\xff")),
        ("-", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_what_was_asked_is_read_as_it_was_sent(backend, tmp_path, request_line, found):
    line = f'203.0.113.7 - c1 {TIME} "{request_line}" 400 - "-" "a \\"quoted\\" \\x5C agent"'
    expected = {"time": TIME[1:-1], "host": "203.0.113.7", "user": "c1", "status": "400"}
    assert parts(backend, tmp_path, line) == [row(agent='a "quoted" \\ agent', **expected, **found)]


def test_more_fields_at_the_end_and_none_of_the_browser_are_no_fault(backend, tmp_path):
    common = LINE.removesuffix(f" {BROWSER}")
    asked = {"host": "203.0.113.7", "user": "c1", **GET}
    assert parts(backend, tmp_path, f'{LINE} "203.0.113.9" 0.012 -') == [row(**asked, **SEEN)]
    assert parts(backend, tmp_path, common, LINE, kind="common") == [row(**asked), row(**asked, **SEEN)]
    # The combined format has a browser: a line without one was cut off.
    assert parts(backend, tmp_path, common, f"{LINE[:-3]}", "", "x", '"') == [row()] * 4


def source(path, **other):
    return LogSource(name="web", format="combined", paths=(str(path),), **other)


def write(folder, lines, name="access.log"):
    content = b"".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def hours(user="-"):
    return [
        f'192.0.2.1 - {user} [20/Nov/2026:1{n}:00:00 +0000] "GET / HTTP/1.1" 200 1 {BROWSER}\n'
        for n in range(3)
    ]


WINDOW = {"since": at(0), "until": at(180)}


@pytest.mark.parametrize("name", ["access.log", "access.log.gz"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_log_is_asked_without_naming_its_columns(tmp_path, name, end):
    lines = [line.replace("\n", end) for line in [*hours(), f"{LINE}\n", f"{LINE.replace('200', '403')}\n"]]
    found = ask(tmp_path, source(write(tmp_path, lines, name)), WINDOW | {"ips": ["203.0.113.0/24"]})
    assert buckets(found) == {"c1": "likely"}
    assert [(person.hits, person.attempts) for person in found.people()] == [(1, 1)]
    assert gaps(found) == {}


def test_lines_that_nobody_can_read_are_counted_and_hide_no_other(tmp_path):
    hostile = [
        "no line of a log\n", "\n", '203.0.113.7 - c2 [yesterday] "GET / HTTP/1.1" 200 1 "-" "-"\n', f"{LINE[:60]}\n",
        f'203.0.113.7 - c3 {TIME} "GET /v1/account HTTP/1.1" 200 1 "-" "'.encode() + b'\xff\x00"\n',
        f'203.0.113.7 - c4 {TIME} "GET /v1/account HTTP/1.1" 200 1 "-" "{"x" * 100_000}"\r\n', f"{LINE}\n",
    ]  # fmt: skip
    found = ask(tmp_path, source(write(tmp_path, [*hours(), *hostile])), WINDOW | {"ips": ["203.0.113.7"]})
    assert {who: bucket for who, bucket in buckets(found).items() if who != "c2"} == dict.fromkeys(
        ("c1", "c3", "c4"), "likely"
    )
    assert buckets(found)["c2"] == "cannot-exclude"
    assert gaps(found)["unreadable-lines"] == 3
    (detail,) = [gap.detail for gap in found.result.gaps if gap.kind == "unreadable-lines"]
    assert "(line 4, 6-7: " in detail


def test_a_log_that_names_nobody_says_so(tmp_path):
    declared = source(write(tmp_path, [*hours(), f"{LINE}\n"]), fields=LogFields(account=None))
    found = ask(tmp_path, declared, WINDOW | {"ips": ["203.0.113.7"]})
    assert told(found) == {}
    assert gaps(found) == {"requests-without-account": 1}


def test_columns_of_the_source_stand_before_those_of_the_format(tmp_path):
    declared = source(
        write(tmp_path, [*hours(), f"{LINE}\n"]), fields=LogFields(account="ident", token="user")
    )
    found = ask(tmp_path, declared, WINDOW | {"tokens": ["c1"]})
    assert gaps(found) == {"requests-without-account": 1}
    with pytest.raises(
        Refused, match="the combined log format has no column 'usr' for `account`; did you mean user"
    ):
        ask(
            tmp_path,
            declared.model_copy(update={"fields": LogFields(account="usr")}),
            WINDOW | {"tokens": ["c1"]},
        )


def test_what_a_format_brings_along_is_completed_once(tmp_path):
    from tocsin.domain.sources import Sources

    once = completed(Sources(logs=(source(tmp_path / "a.log", fields=LogFields(account=None)),)))
    assert completed(once) == once
    assert (once.logs[0].fields.at, once.logs[0].fields.account) == ("time", None)
