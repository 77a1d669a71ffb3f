"""Hostile and broken files: a sound request before and one behind are both found, and what is lost is said."""

import gzip
import io
import json
import os
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tests.scoping.scenes import (
    as_delimited,
    as_ndjson,
    ask,
    at,
    buckets,
    every_hour,
    gaps,
    log_source,
    request,
    write_customers,
    write_log,
)
from tocsin.domain.errors import Refused
from tocsin.domain.sources import LogFields, LogSource
from tocsin.sources import blocks, unpacking
from tocsin.sources.bounds import Bounds
from tocsin.sources.engine import Limits

LEAK = {"tokens": ["leaked"], "since": at(0), "until": at(180)}
BEFORE = [*every_hour(3), request(5, "c1", token="leaked")]
BEHIND = [request(6, "c2", token="leaked")]
BOTH = {"c1": "confirmed", "c2": "confirmed"}
SMALL = Limits(bounds=Bounds(line=4000, ratio=20, small=100_000))


def csv_line(row) -> bytes:
    return as_delimited([row], ",").split(b"\n", 1)[1]


def lines(form: str, rows, header: bool = True) -> bytes:
    if form == "ndjson":
        return as_ndjson(rows)
    content = as_delimited(rows, ",")
    return content if header else content.split(b"\n", 1)[1]


def around(form: str, middle: bytes) -> bytes:
    return lines(form, BEFORE) + middle + lines(form, BEHIND, header=False)


def asked(tmp_path, content: bytes, form: str = "ndjson", name: str = "log", **other):
    path = tmp_path / f"{name}.{form}"
    path.write_bytes(content)
    return ask(tmp_path, log_source(path, form=form.split(".")[0]), LEAK, **other)


def why(found, kind="unreadable-lines") -> str:
    return next(gap.detail for gap in found.result.gaps if gap.kind == kind)


def zstd(content: bytes) -> bytes:
    return pa.Codec("zstd").compress(content, asbytes=True)


def test_the_answer_may_be_exact(tmp_path):
    found = asked(tmp_path, around("csv", b""), "csv")
    assert (buckets(found), found.result.method) == (BOTH, "exact")


#: A row each of whose beginnings may be one too, of the formats whose rows cannot tell that they are whole.
ENDLESS = {
    "csv": ("at,token,account\n", "2026-11-20T10:06:00Z,{token},{account}"),
    "tsv": ("at\ttoken\taccount\n", "2026-11-20T10:06:00Z\t{token}\t{account}"),
    "combined": (
        "",
        '203.0.113.9 - {account} [20/Nov/2026:10:06:00 +0000] "GET / HTTP/1.1" 200 7 "-" "{token}" c1',
    ),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("form", ENDLESS)
def test_a_last_line_that_was_cut_names_nobody(tmp_path, form, packed):
    header, row = ENDLESS[form]
    content = header + "".join(
        row.format(token="leaked", account=account) + "\n" for account in ("c2", "c123")
    )
    path = tmp_path / "log"
    fields = {} if form == "combined" else {"fields": LogFields(at="at", token="token", account="account")}
    question = LEAK if fields else {"agents": ["leaked"], "since": at(0), "until": at(180)}
    for cut, accounts in ((0, {"c2", "c123"}), (1, {"c2"}), (2, {"c2"}), (3, {"c2"})):
        whole = content.encode()[: len(content) - cut]
        path.write_bytes(gzip.compress(whole) if packed else whole)
        source = LogSource(name="api", format=form, paths=(str(path),), **fields)
        found = ask(tmp_path, source, question)
        assert {each.id for each in (*found.people(), *found.unowned())} == accounts
        assert ("unreadable-lines" in gaps(found)) == bool(cut)
        if cut:
            number = 2 + bool(header)
            assert why(found) == f"log: 1 (line {number}: has no end: it may have been cut)"
            assert [(each.number, each.text.encode()) for each in found.unread] == [
                (number, whole.rpartition(b"\n")[2])
            ]
            assert found.result.method == "approximate"


def test_a_last_line_without_its_end_is_told_by_its_header_too(tmp_path):
    for content, count in ((b"at,token,account\n", 0), (b"\n\nat,token,account", 1)):
        (tmp_path / "log.csv").write_bytes(content)
        fields = LogFields(at="at", token="token", account="account")
        found = ask(tmp_path, log_source(tmp_path / "log.csv", form="csv", fields=fields), LEAK)
        assert gaps(found).get("unreadable-lines", 0) == count
    assert why(found) == "log.csv: 1 (line 3: has no end: it may have been cut)"


def test_a_last_object_without_its_end_is_whole_where_it_closes(tmp_path):
    content = as_ndjson([*BEFORE, *BEHIND])
    found = asked(tmp_path, content[:-1])
    assert (buckets(found), gaps(found)) == (BOTH, {})
    found = asked(tmp_path, content[:-2])
    assert buckets(found) == {"c1": "confirmed"}
    assert gaps(found) == {"unreadable-lines": 1}


@pytest.mark.parametrize("zipped", [False, True])
def test_a_csv_line_longer_than_any_buffer_is_lost_aloud(tmp_path, zipped):
    long = csv_line(request(7, "c3", token="leaked", agent="x" * (34 << 20)))
    content = around("csv", long)
    found = asked(tmp_path, gzip.compress(content, 1) if zipped else content, "csv")
    assert buckets(found) == BOTH
    assert gaps(found) == {"unreadable-lines": 1}
    assert why(found) == "log.csv: 1 (line 6: longer than 8,388,608 bytes)"
    assert found.result.method == "approximate"


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_an_endless_line_in_an_archive_costs_itself_alone(tmp_path, form):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) as archive:
        archive.write(lines(form, BEFORE))
        for _ in range(200):
            archive.write(bytes(1 << 20))
        archive.write(b"\n" + lines(form, BEHIND, header=False))
    limits = Limits(bounds=Bounds(small=1 << 30))
    found = asked(tmp_path, out.getvalue(), f"{form}.gz", limits=limits)
    assert buckets(found) == BOTH
    number = len(BEFORE) + 1 + (form == "csv")
    assert why(found) == f"log.{form}.gz: 1 (line {number}: longer than 8,388,608 bytes)"


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_a_line_past_the_bound_is_left_out_and_one_within_is_read(tmp_path, form):
    rows = [
        request(7, "c3", token="leaked", agent="x" * 3000),
        request(7, "c4", token="leaked", agent="x" * 4000),
    ]
    # Only in a doubtful file does anybody look at the length of each line: the mark makes it one.
    middle = lines(form, rows, header=False) + b"\xef\xbb\xbf"
    found = asked(tmp_path, around(form, middle), form, limits=SMALL)
    assert buckets(found) == BOTH | {"c3": "confirmed"}
    assert why(found).endswith(f"(line {len(BEFORE) + 2 + (form == 'csv')}: longer than 4,000 bytes)")


@pytest.mark.parametrize(
    ("junk", "reason"),
    [
        (b'{"at": ' + b"[" * 200_000, "no JSON"),
        (b'{"at": ' + b'{"a":' * 200_000 + b"1" + b"}" * 200_001, "no moment that can be read"),
        (b"\0" * 100, "no JSON object"),
        (b"\xff\xfe\xfd", "no JSON object"),
        (b"{} {}", "no JSON"),
        (b"[1]", "no JSON object"),
        (b"1", "no JSON object"),
    ],
    ids=["deep", "deep and whole", "NUL", "no UTF-8", "two objects", "array", "number"],
)
def test_a_line_of_junk_costs_itself_alone(tmp_path, junk, reason):
    found = asked(tmp_path, around("ndjson", junk + b"\n"))
    assert buckets(found) == BOTH
    assert gaps(found) == {"unreadable-lines": 1}
    assert why(found) in (f"log.ndjson: 1 (line 5: {reason})", "log.ndjson: 1 (no JSON)")


def test_a_number_of_five_thousand_digits_leaves_its_row_readable(tmp_path):
    row = as_ndjson([request(7, "c3", token="leaked", bytes=0)]).replace(
        b'"bytes": 0', b'"bytes": ' + b"7" * 5000
    )
    found = asked(tmp_path, around("ndjson", row))
    assert buckets(found) == BOTH | {"c3": "confirmed"}
    assert gaps(found) == {}


@pytest.mark.parametrize("value", ["a\0b", "\ud83d", "\ude00\ud83d"])
@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_odd_characters_in_one_value_hide_no_request(tmp_path, form, value):
    row = request(7, "c3", token="leaked", agent=value)
    middle = as_ndjson([row]) if form == "ndjson" else csv_line(row | {"agent": "MARK"})
    middle = middle.replace(b"MARK", value.encode("utf-8", "surrogatepass"))
    found = asked(tmp_path, around(form, middle), form)
    assert buckets(found) == BOTH | {"c3": "confirmed"}
    assert gaps(found) == {}


@pytest.mark.parametrize("form", ["ndjson", "csv"])
@pytest.mark.parametrize("zipped", [False, True])
def test_files_that_were_joined_keep_their_marks_and_headers_and_lose_nothing(tmp_path, form, zipped):
    mark = b"\xef\xbb\xbf"
    content = mark + lines(form, BEFORE) + mark + lines(form, BEHIND)
    found = asked(tmp_path, gzip.compress(content) if zipped else content, form)
    assert buckets(found) == BOTH
    assert gaps(found) == {}


def test_a_mark_before_the_token_hides_no_request(tmp_path):
    """The first column would begin with a letter that nobody sees."""
    names = ["token", "at", "account", "session", "ip", "agent", "endpoint", "method", "status", "bytes"]
    rows = [",".join(str(row[name]) for name in names) for row in (*BEFORE, *BEHIND)]
    content = ",".join(names) + "\n" + "\n".join(rows[:-1]) + "\n\ufeff" + rows[-1] + "\n"
    found = asked(tmp_path, content.encode(), "csv")
    assert (buckets(found), gaps(found)) == (BOTH, {})


@pytest.mark.parametrize("form", ["ndjson", "csv"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_read_alone_and_beside_other_files(tmp_path, form, encoding):
    text = lines(form, [*BEFORE, request(6, "c2", token="leaked", agent="điện thoại")]).decode()
    mark = "" if encoding == "utf-16" else "\ufeff"
    (tmp_path / f"a.{form}").write_bytes((mark + text).encode(encoding))
    (tmp_path / f"b.{form}").write_bytes(lines(form, [request(7, "c3", token="leaked")]))
    one = ask(tmp_path, log_source(tmp_path / f"a.{form}", form=form), LEAK)
    both = ask(tmp_path, log_source(tmp_path / f"?.{form}", form=form), LEAK)
    assert (buckets(one), gaps(one)) == (BOTH, {})
    assert (buckets(both), gaps(both)) == (BOTH | {"c3": "confirmed"}, {})


@pytest.mark.parametrize("form", ["ndjson", "csv"])
@pytest.mark.parametrize("end", [b"\r", b"\r\n"])
def test_cr_ends_a_line_as_well(tmp_path, form, end):
    content = around(form, b"").replace(b"\n", end)
    found = asked(tmp_path, content, form)
    assert (buckets(found), gaps(found)) == (BOTH, {})
    mixed = asked(
        tmp_path, lines(form, BEFORE) + end.join(lines(form, BEHIND * 2, header=False).split(b"\n")), form
    )
    assert (buckets(mixed), gaps(mixed)) == (BOTH, {})


@pytest.mark.parametrize("form", ["ndjson", "csv"])
@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gzip", "zstd"])
@pytest.mark.parametrize("name", ["log", "log.csv.gz", "log.zst"])
def test_an_archive_is_known_by_its_bytes(tmp_path, form, pack, name):
    path = tmp_path / name
    path.write_bytes(pack(lines(form, BEFORE)) + pack(lines(form, BEHIND, header=False)))
    found = ask(tmp_path, log_source(path, form=form), LEAK)
    assert (buckets(found), gaps(found)) == (BOTH, {})
    plain = tmp_path / f"{name}.gz"
    plain.write_bytes(lines(form, [*BEFORE, *BEHIND]))
    found = ask(tmp_path, log_source(plain, form=form), LEAK)
    assert (buckets(found), gaps(found)) == (BOTH, {})


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_a_truncated_zstandard_archive_is_used_up_to_its_damage(tmp_path, form):
    path = tmp_path / f"log.{form}"
    path.write_bytes(around(form, lines(form, every_hour(3) * 9000, header=False)))
    subprocess.run(["zstd", "-q", str(path), "-o", f"{path}.zst"], check=True)
    packed = (tmp_path / f"log.{form}.zst").read_bytes()
    found = asked(tmp_path, packed[:-9], f"{form}.zst", "cut")
    assert buckets(found) == {"c1": "confirmed"}
    assert why(found, "damaged-file") == f"cut.{form}.zst is damaged; what came before the damage was used"


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gzip", "zstd"])
def test_an_archive_that_swells_is_cut_off_and_used_up_to_there(tmp_path, pack):
    bomb = lines("ndjson", BEFORE) + b"{}\n" * 300_000 + lines("ndjson", BEHIND)
    found = asked(tmp_path, pack(bomb), "ndjson.gz", limits=SMALL)
    assert buckets(found) == {"c1": "confirmed"}
    assert gaps(found)["damaged-file"] == 1
    assert why(found, "damaged-file") == (
        "log.ndjson.gz unpacks to more than an archive may; what came before that was used"
    )


def test_zeros_behind_an_archive_are_no_damage(tmp_path):
    found = asked(tmp_path, gzip.compress(around("ndjson", b"")) + bytes(512), "ndjson.gz")
    assert (buckets(found), gaps(found)) == (BOTH, {})


def test_a_flipped_bit_that_only_the_checksum_shows_is_damage(tmp_path):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=0, mtime=0) as archive:  # stored as it is
        archive.write(around("ndjson", as_ndjson([request(7, "c3", token="leaked")])))
    content = out.getvalue().replace(b'"c3", "token": "leaked"', b'"c3", "token": "leakeb"')
    found = asked(tmp_path, content, "ndjson.gz")
    assert gaps(found)["damaged-file"] == 1
    assert found.result.method == "approximate"


@pytest.mark.parametrize("size", [10, 4 << 20])
def test_a_csv_value_of_many_lines_is_one_value(tmp_path, size):
    row = csv_line(request(7, "c3", token="leaked", agent="MARK")).replace(
        b"MARK", b'"' + b"x\n" * (size // 2) + b'"'
    )
    found = asked(tmp_path, around("csv", row), "csv")
    assert buckets(found) == BOTH | {"c3": "confirmed"}
    assert gaps(found) == {}


def test_a_csv_value_of_more_lines_than_a_row_may_have_costs_its_own_row(tmp_path):
    row = csv_line(request(7, "c3", token="leaked", agent="MARK")).replace(
        b"MARK", b'"' + b"x\n" * 3000 + b'"'
    )
    found = asked(tmp_path, around("csv", row), "csv", limits=SMALL)
    assert buckets(found) == BOTH
    assert why(found) == (
        "log.csv: 3001 (line 6, 3006: a quote that nothing closes; line 7-1006, ...: too few values)"
    )


def test_rows_that_two_quotes_would_hide_are_a_gap(tmp_path):
    """A logger that escapes nothing: one request opens a quote, another closes it."""
    first = csv_line(request(7, "c0", agent="MARK")).partition(b"MARK")
    last = csv_line(request(8, "c0", agent="MARK")).partition(b"MARK")
    hidden = csv_line(request(7.5, "c3", token="leaked"))
    middle = first[0] + b'"open\n' + hidden + b'close"' + last[2]
    found = asked(tmp_path, around("csv", middle), "csv")
    assert buckets(found) == BOTH
    assert why(found) == "log.csv: 1 (line 7: looks like a row, and lies within quotes)"


def test_a_file_that_grows_is_read_to_where_it_was_hashed(tmp_path):
    path = tmp_path / "log.ndjson"
    path.write_bytes(around("ndjson", b"{broken\n"))

    def grow(words: str, share: float) -> None:
        if words.startswith("reading api") and path.stat().st_size < 10_000:
            with path.open("ab") as out:
                out.write(as_ndjson([request(9, "c3", token="leaked")]) * 100)

    found = ask(tmp_path, path, LEAK, progress=grow)
    assert buckets(found) == BOTH
    assert gaps(found) == {"changed-file": 1, "unreadable-lines": 1}


def test_of_a_name_that_an_object_says_twice_the_first_counts(tmp_path):
    row = as_ndjson([request(7, "c3", token="leaked")]).replace(b'"c3",', b'"c3", "account": "c4",')
    for junk in (b"", b"{broken\n"):
        found = asked(tmp_path, around("ndjson", row + junk))
        assert buckets(found) == BOTH | {"c3": "confirmed"}


def test_a_field_that_first_occurs_late_is_known(tmp_path):
    rows = [request(minute % 180, "c0") for minute in range(1200)]
    rows = [{name: value for name, value in row.items() if name != "session"} for row in rows]
    content = as_ndjson(rows) + as_ndjson([request(5, "c1", session="stolen")])
    path = tmp_path / "log.ndjson"
    path.write_bytes(content)
    found = ask(tmp_path, path, LEAK | {"tokens": [], "sessions": ["stolen"]})
    assert (buckets(found), gaps(found)) == ({"c1": "confirmed"}, {})


def damaged_parquet(path: Path, name: str, between: list[dict[str, object]]) -> None:
    """Write a log in row groups of 500 rows, of the second of which a page of one column is damaged."""
    some = [request(number % 180, "nobody-of-interest") for number in range(1500)]
    rows = [*BEFORE, *some[:600], *between, *some[600:], *BEHIND]
    columns = {name: pa.array([str(row[name]) for row in rows], pa.string()) for name in rows[0]}
    pq.write_table(pa.table(columns), path, row_group_size=500, use_dictionary=False, compression="none")
    content = bytearray(path.read_bytes())
    column = pq.read_metadata(path).row_group(1).column(list(columns).index(name))
    content[column.data_page_offset : column.data_page_offset + 200] = b"\xff" * 200
    path.write_bytes(content)


def test_a_damaged_page_of_parquet_costs_no_other_row_group(tmp_path):
    path = tmp_path / "log.parquet"
    for name, between in (("at", []), ("token", []), ("agent", [request(3, "c3", token="leaked")])):
        damaged_parquet(path, name, between)
        found = ask(tmp_path, log_source(path, form="parquet"), LEAK)
        assert buckets(found) == BOTH
        assert why(found, "damaged-file") == "log.parquet is damaged; what came before the damage was used"
        assert why(found) == "log.parquet: 500 (500 in a damaged row group)"


def test_a_damaged_page_of_parquet_that_no_row_needs_changes_nothing(tmp_path):
    """Every token and every moment was read: that somebody else's agent cannot be is no matter of this question."""
    path = tmp_path / "log.parquet"
    damaged_parquet(path, "agent", [])
    found = ask(tmp_path, log_source(path, form="parquet"), LEAK)
    assert (buckets(found), gaps(found)) == (BOTH, {})
    found = ask(tmp_path, log_source(path, form="parquet"), LEAK | {"tokens": [], "agents": ["curl*"]})
    assert gaps(found)["damaged-file"] == 1


def test_a_token_that_parquet_keeps_as_a_number_is_found_among_many_rows(tmp_path):
    rows = [request(number % 180, "c0", token="1") for number in range(2000)]
    rows += [request(5, "c1", token="77"), request(6, "c2", token="78")]
    columns = {name: pa.array([str(row[name]) for row in rows], pa.string()) for name in rows[0]}
    columns["token"] = columns["token"].cast(pa.int64())
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table(columns), path)
    found = ask(tmp_path, log_source(path, form="parquet"), LEAK | {"tokens": ["77"]})
    assert (buckets(found), gaps(found)) == ({"c1": "confirmed"}, {})


def test_a_parquet_file_in_an_archive_of_either_kind_is_read(tmp_path):
    out = io.BytesIO()
    rows = [*BEFORE, *BEHIND]
    pq.write_table(pa.table({name: [str(row[name]) for row in rows] for name in rows[0]}), out)
    for name, pack in (("gz", gzip.compress), ("zst", zstd)):
        found = asked(tmp_path, pack(out.getvalue()), f"parquet.{name}")
        assert (buckets(found), gaps(found)) == (BOTH, {})


@pytest.mark.parametrize("form", ["csv", "tsv", "ndjson"])
def test_a_refused_header_shows_nothing_that_stands_in_a_row(tmp_path, form):
    row = [request(5, "secret-person", token="token-secret", ip="203.0.113.99", method="ip", session="at")]
    content = as_delimited(row, "," if form == "csv" else "\t").split(b"\n", 1)[1]
    if form == "ndjson":
        content = b'{"secret-person": {"token": 1}, "at-203.0.113.99": 2}\n'
    (tmp_path / f"log.{form}").write_bytes(content)
    with pytest.raises(Refused, match=rf"^source api: log.{form} has no column") as refusal:
        ask(tmp_path, log_source(tmp_path / f"log.{form}", form=form), LEAK)
    assert "secret" not in str(refusal.value)
    assert "203" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_customer_file_without_a_header_shows_nobody(tmp_path):
    source = write_customers(tmp_path, ())
    (tmp_path / "customers.csv").write_text("c1,secret@example.org,VN\nc2,b@example.org,DE\n")
    (tmp_path / "log.ndjson").write_bytes(as_ndjson(BEFORE))
    with pytest.raises(Refused, match=r"customers.csv has no column 'id' for `id`") as refusal:
        ask(tmp_path, tmp_path / "log.ndjson", LEAK, customers=source)
    assert "secret" not in str(refusal.value)


JUNK = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                b'"',
                b'","',
                b"\n",
                b"\r",
                b"\r\n",
                b"{",
                b"}",
                b"[1]",
                b"\0",
                b"\xef\xbb\xbf",
                b"\xff\xfe",
                b",",
            ]
        ),
        st.sampled_from([json.dumps({"at": "x"}).encode(), csv_line(request(8, "c0")), b'{"at":' * 50]),
    ),
    max_size=6,
).map(b"".join)


@settings(max_examples=times(8), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    form=st.sampled_from(["ndjson", "csv"]),
    junk=JUNK,
    pack=st.sampled_from([None, gzip.compress, zstd]),
    cut=st.integers(0, 3),
)
def test_whatever_stands_between_sound_lines_hides_none_of_them(tmp_path_factory, form, junk, pack, cut):
    """Every request around the junk is found, or a gap in which one may hide says so; never a traceback."""
    folder = tmp_path_factory.mktemp("junk")
    content = around(form, junk + b"\n")
    packed = pack(content) if pack else content
    try:
        found = asked(folder, packed[: len(packed) - cut] if pack else packed, form)
    except Refused:
        assert cut  # nothing at all is left of an archive that was cut: that is one line, too
        return
    if buckets(found) != BOTH:
        assert {"unreadable-lines", "damaged-file"} & set(gaps(found)), (buckets(found), gaps(found))
    if not cut and b'"' not in junk:
        assert buckets(found).items() >= BOTH.items()


def test_a_folder_called_like_a_column_says_nothing_of_its_rows(tmp_path):
    rows = [*BEFORE, *BEHIND]
    for name in ("token=other", "account=evil", "status=404"):
        for form in ("ndjson", "csv", "parquet"):
            folder = tmp_path / form / name
            folder.mkdir(parents=True)
            path = write_log(folder, rows, form)
            found = ask(tmp_path, log_source(path, form=form), LEAK)
            assert (buckets(found), gaps(found)) == (BOTH, {}), (name, form)


@pytest.mark.parametrize(
    "junk", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"at,at\n", b"PK\x03\x04zip", b"\x00" * 99]
)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_file_that_is_no_log_costs_no_other_file(tmp_path, form, junk):
    folder = tmp_path / "logs"
    folder.mkdir()
    write_log(folder, [*BEFORE, *BEHIND], form)
    if form == "parquet":
        pq.write_table(pa.table({"of": ["another", "table"]}), folder / "odd.parquet")
    else:
        (folder / "odd.csv").write_bytes(junk)
    found = ask(tmp_path, log_source(folder / f"*.{form}", form=form), LEAK)
    assert buckets(found) == BOTH
    assert gaps(found) == {"unread-file": 1}
    assert why(found, "unread-file").startswith(f"odd.{form} ")
    assert {each.name for each in found.result.inputs if each.source == "api"} == {
        f"log.{form}",
        f"odd.{form}",
    }


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_file_whose_name_is_no_text_is_told_and_costs_no_other(tmp_path, form):
    folder = tmp_path / "logs"
    folder.mkdir()
    path = write_log(folder, [*BEFORE, *BEHIND], form)
    (folder / os.fsdecode(b"bad\xff." + form.encode())).write_bytes(path.read_bytes())
    found = ask(tmp_path, log_source(folder / f"*.{form}", form=form), LEAK)
    assert (buckets(found), gaps(found)) == (BOTH, {"unread-file": 1})
    assert "bad\\xff" in why(found, "unread-file")


@pytest.mark.parametrize("broken", [slice(-8, -4), slice(-4, None)])
def test_by_rows_above_a_wrong_checksum_nobody_is_surer_than_cannot_exclude(tmp_path, broken):
    denied = as_ndjson([request(7, "c3", token="leaked", status=403)])
    packed = bytearray(gzip.compress(around("ndjson", denied), mtime=0))
    packed[broken] = b"\x00\x01\x02\x03"
    found = asked(tmp_path, bytes(packed), "ndjson", name="log.gz")
    assert buckets(found) == dict.fromkeys(("c1", "c2", "c3"), "cannot-exclude")
    assert gaps(found) == {"damaged-file": 1}
    assert why(found, "damaged-file") == (
        "log.gz.ndjson is damaged, and nobody can say from where on: any of its rows may have been altered;"
        " those that fit were used, and make nobody more than cannot-exclude"
    )


def altered(content: bytes) -> bytes:
    """A gzip that went wrong in the middle, and unpacks to its end: only its checksum tells."""
    return gzip.compress(content, mtime=0)[:-8] + gzip.compress(content + b" ", mtime=0)[-8:]


def test_what_a_sound_file_says_too_is_not_in_doubt(tmp_path):
    (tmp_path / "a.ndjson.gz").write_bytes(altered(around("ndjson", b"")))
    (tmp_path / "b.ndjson").write_bytes(lines("ndjson", BEHIND))
    found = ask(tmp_path, log_source(tmp_path / "*.ndjson*"), LEAK)
    assert buckets(found) == {"c1": "cannot-exclude", "c2": "confirmed"}


def test_bits_that_zlib_stumbles_over_are_wrong_from_nobody_knows_where_on(tmp_path):
    noise = [request(7, "c3", session=os.urandom(20).hex()) for _ in range(5000)]
    packed = bytearray(gzip.compress(around("ndjson", as_ndjson(noise)), mtime=0))
    packed[len(packed) // 2 : len(packed) // 2 + 200] = bytes(200)
    found = asked(tmp_path, bytes(packed), "ndjson", name="log.gz")
    assert buckets(found)["c1"] == "cannot-exclude"
    assert "any of its rows may have been altered" in why(found, "damaged-file")


def test_a_wrong_checksum_of_zstandard_is_as_one_of_gzip(tmp_path):
    path = tmp_path / "log.ndjson"
    path.write_bytes(around("ndjson", lines("ndjson", every_hour(3) * 9000)))
    subprocess.run(["zstd", "-q", str(path), "-o", f"{path}.zst"], check=True)
    packed = (tmp_path / "log.ndjson.zst").read_bytes()
    found = asked(tmp_path, packed[:-1] + bytes([packed[-1] ^ 1]), "ndjson.zst", "wrong")
    assert buckets(found)["c1"] == "cannot-exclude"
    assert "any of its rows may have been altered" in why(found, "damaged-file")


def test_a_value_whose_lines_look_like_rows_is_one_value_across_blocks_too(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "SIZE", 2000)
    monkeypatch.setattr(unpacking, "_BLOCK", 100)
    forged = csv_line(request(7, "c9", token="leaked")).decode() * 60
    row = csv_line(request(6, "c2", token="leaked", agent=f"x\n{forged}\ny"))
    found = asked(tmp_path, around("csv", row), "csv", limits=Limits(threads=2))
    assert buckets(found) == BOTH
    assert "c9" not in buckets(found)
