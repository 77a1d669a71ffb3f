"""What the logs cannot show is a gap with a count; bad files are refused in one line or used as far as they go."""

import gzip
import io
import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.scoping.scenes import (
    CROWD,
    FIELDS,
    as_ndjson,
    ask,
    at,
    buckets,
    every_hour,
    gaps,
    log_source,
    request,
    told,
    write_customers,
    write_log,
)
from tocsin.domain.errors import Refused
from tocsin.domain.scope.gaps import hiding
from tocsin.domain.scope.question import Question
from tocsin.domain.sources import LogFields, LogSource, Sources
from tocsin.domain.timeformats import TimeFormat
from tocsin.sources.logs import completed

LEAK = {"tokens": ["leaked"], "since": at(0), "until": at(180)}
THEFT = [*every_hour(3), request(5, "c1", token="leaked")]


def detail(measurement, kind):
    return next(gap.detail for gap in measurement.result.gaps if gap.kind == kind)


def test_unreadable_lines_are_counted_and_the_rest_is_used(tmp_path):
    path = tmp_path / "log.ndjson"
    junk = [
        b"{broken",
        b"[1, 2]",
        b'"text"',
        b"null",
        b"\xff\xfe",
        b'{"at": "yesterday"}',
        b'{"at": "2026-11-20T10:01:00"}',
    ]
    path.write_bytes(
        as_ndjson(THEFT) + b"\n".join(junk) + b"\n\n" + as_ndjson([request(7, "c2", token="leaked")])
    )
    found = ask(tmp_path, path, LEAK)
    assert set(told(found)) == {"c1", "c2"}
    assert gaps(found) == {"unreadable-lines": 7}
    assert detail(found, "unreadable-lines") == (
        "log.ndjson: 7 (line 5: no JSON; line 6-9: no JSON object; line 10-11: no moment that can be read)"
    )
    assert found.result.method == "approximate"
    assert {cell.method for cell in found.result.cells} == {"approximate"}
    assert next(each.rows for each in found.result.inputs if each.name == "log.ndjson") == len(THEFT) + 8


def leak_line(**other) -> bytes:
    return as_ndjson([request(9, "c2", token="leaked") | other])


@pytest.mark.parametrize(
    "line",
    [
        leak_line(agent="MARK").replace(b"MARK", b"Mozilla\xff"),
        leak_line(agent="MARK").replace(b"MARK", b"\xed\xa0\xbd"),
        leak_line(agent="MARK").replace(b"MARK", rb"\ud83d"),
        leak_line(agent="MARK").replace(b"MARK", rb"\uDE00\ud83d\ud83d\ude00"),
        leak_line(other="MARK").replace(b"MARK", rb"\\\ud83d"),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_one_bad_character_hides_no_request(tmp_path, line, zipped):
    content = as_ndjson(THEFT) + line + leak_line(account="c3")
    path = tmp_path / ("log.ndjson.gz" if zipped else "log.ndjson")
    path.write_bytes(gzip.compress(content) if zipped else content)
    found = ask(tmp_path, path, LEAK)
    assert set(told(found)) == {"c1", "c2", "c3"}
    assert gaps(found) == {}
    assert next(each.rows for each in found.result.inputs if each.name == path.name) == len(THEFT) + 2


def test_a_byte_order_mark_hides_no_request(tmp_path):
    path = tmp_path / "log.ndjson"
    path.write_bytes(b"\xef\xbb\xbf" + leak_line() + as_ndjson(THEFT))
    found = ask(tmp_path, path, LEAK)
    assert set(told(found)) == {"c1", "c2"}
    assert gaps(found) == {}


def test_text_that_only_looks_like_half_a_pair_stays_as_it_is(tmp_path):
    path = tmp_path / "log.ndjson"
    path.write_bytes(as_ndjson(THEFT) + leak_line(token="\\ud83d") + leak_line(agent="\xff") + b"{broken\n")
    found = ask(tmp_path, path, LEAK | {"tokens": ["\\ud83d"]})
    assert set(told(found)) == {"c2"}
    assert gaps(found) == {"unreadable-lines": 1}


def test_unreadable_lines_of_a_csv_are_named_by_number(tmp_path):
    path = write_log(tmp_path, THEFT, "csv")
    path.write_bytes(path.read_bytes() + b"too,few\n" + b'a,"multi\nline",t,s,i,g,e,m,200,1,too,many\n')
    found = ask(tmp_path, path, LEAK)
    assert set(told(found)) == {"c1"}
    assert detail(found, "unreadable-lines") == (
        "log.csv: 3 (line 6: too few values; line 7: a quote that nothing closes; line 8: broken quotes)"
    )


@pytest.mark.parametrize("form", ["csv", "tsv"])
@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_quote_that_nobody_closes_hides_no_line_but_its_own(tmp_path, form, zipped, end):
    many = [request(n / 60, f"c{n % 6}", token="leaked", agent=f'Mozilla, {n % 7}\t"x"') for n in range(3000)]
    lines = write_log(tmp_path, [*THEFT, *many], form).read_bytes().splitlines(keepends=True)
    bad = lines[1].replace(b"browser", b'"browser')
    content = b"".join([*lines[:5], bad, *lines[5:200], bad, *lines[200:], bad])
    path = tmp_path / f"bad.{form}{'.gz' if zipped else ''}"
    content = content.replace(b"\n", end)
    path.write_bytes(gzip.compress(content) if zipped else content)
    found = ask(tmp_path, log_source(path, form=form), LEAK)
    assert set(told(found)) == {f"c{n}" for n in range(6)}
    assert sum(person.hits for person in found.people()) == 3001
    assert gaps(found) == {"unreadable-lines": 3}
    assert (
        detail(found, "unreadable-lines")
        == f"{path.name}: 3 (line 6, 202, {len(lines) + 3}: a quote that nothing closes)"
    )
    assert next(each.rows for each in found.result.inputs if each.name == path.name) == len(lines) + 2


def test_a_value_of_several_lines_is_no_gap_beside_a_quote_that_nobody_closes(tmp_path):
    rows = [
        *THEFT,
        request(6, "c2", token="leaked", agent='two\nlines, "quoted"'),
        request(7, "c4", token="leaked"),
    ]
    path = write_log(tmp_path, rows, "csv")
    lines = path.read_bytes().splitlines(keepends=True)
    bad = lines[1].replace(b"browser", b'"browser')
    path.write_bytes(b"".join([*lines[:4], bad, *lines[4:], bad]))
    found = ask(tmp_path, path, LEAK)
    assert set(told(found)) == {"c1", "c2", "c4"}
    assert gaps(found)["unreadable-lines"] == 2


def test_a_byte_that_is_no_utf_8_hides_no_line_of_a_csv(tmp_path):
    path = write_log(tmp_path, [*THEFT, request(6, "c2", token="leaked", agent="MARK")], "csv")
    path.write_bytes(path.read_bytes().replace(b"MARK", b"\xff"))
    found = ask(tmp_path, path, LEAK)
    assert set(told(found)) == {"c1", "c2"}
    assert gaps(found) == {}


def test_a_quote_that_nobody_closes_costs_no_customer_but_its_own(tmp_path):
    source = write_customers(tmp_path, [("c0", "a@example.org", "VN"), ("c9", "MARK", "VN"), *CROWD[1:]])
    path = tmp_path / "customers.csv"
    path.write_bytes(path.read_bytes().replace(b"MARK", b'"open'))
    found = ask(tmp_path, write_log(tmp_path, THEFT), LEAK, customers=source)
    assert buckets(found) == {"c1": "confirmed"}
    assert detail(found, "unreadable-lines") == "customers.csv: 1 (line 3: a quote that nothing closes)"


def test_columns_may_stand_in_another_order_in_each_csv(tmp_path):
    write_log(tmp_path, every_hour(3), "csv", "a")
    (tmp_path / "b.csv").write_text(
        "token,at,account,session,ip,agent,endpoint,method,status,bytes\n"
        f"leaked,{at(5).isoformat()},c1,,,,/v1/account,GET,200,1\n"
    )
    found = ask(tmp_path, log_source(tmp_path / "?.csv", form="csv"), LEAK)
    assert buckets(found) == {"c1": "confirmed"}
    assert gaps(found) == {}


def test_each_missing_hour_of_the_window_is_counted_per_source(tmp_path):
    full = log_source(write_log(tmp_path, every_hour(5), name="full"), name="full")
    rows = [request(5), request(4 * 60 + 59)]
    thin = log_source(write_log(tmp_path, rows, name="thin"), name="thin")
    found = ask(tmp_path, [full, thin], LEAK | {"until": at(5 * 60)})
    assert gaps(found) == {"missing-hours": 3}
    assert detail(found, "missing-hours") == "2026-11-20T11:00Z to 2026-11-20T14:00Z"
    assert found.result.gaps[0].source == "thin"


def test_a_window_that_reaches_past_the_logs_has_missing_hours(tmp_path):
    log = write_log(tmp_path, every_hour(3))
    early_and_late = ask(tmp_path, log, LEAK | {"since": at(-60), "until": at(181)})
    assert gaps(early_and_late) == {"missing-hours": 2}


def many_rows() -> list[dict]:
    noise = random.Random(3)  # nothing that an archive could make small
    rows = [
        request(
            n / 100, f"c{n % 6}", token="leaked" if n % 1000 == 7 else "t", session=noise.randbytes(20).hex()
        )
        for n in range(6000)
    ]
    return rows + every_hour(3)


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_a_truncated_archive_is_used_up_to_its_damage(tmp_path, form):
    whole = write_log(tmp_path, many_rows(), form, "whole", zipped=True)
    cut = tmp_path / f"cut.{form}.gz"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    found = ask(tmp_path, cut, LEAK | {"until": at(60)})
    complete = ask(tmp_path, whole, LEAK | {"until": at(60)})
    assert gaps(found) == {"damaged-file": 1, "silent-stretches": 1}
    assert detail(found, "damaged-file") == f"cut.{form}.gz is damaged; what came before the damage was used"
    assert 0 < sum(each.hits for each in found.people()) < sum(each.hits for each in complete.people()) == 6
    rows = next(each.rows for each in found.result.inputs if each.name == cut.name)
    assert 3500 < rows < 4500
    assert list((tmp_path / "work").iterdir()) == []


def test_a_damaged_archive_does_not_take_sound_ones_with_it(tmp_path):
    sound = write_log(tmp_path, THEFT, name="sound", zipped=True)
    broken = tmp_path / "broken.ndjson.gz"
    broken.write_bytes(gzip.compress(as_ndjson(every_hour(1)))[:-9])
    empty = tmp_path / "empty.ndjson.gz"
    empty.write_bytes(b"")
    found = ask(tmp_path, log_source(sound, broken, empty), LEAK)
    assert set(told(found)) == {"c1"}
    assert sum(gap.kind == "damaged-file" for gap in found.result.gaps) == 2


def test_archives_in_one_file_are_all_read_and_junk_behind_them_is_damage(tmp_path):
    parts = [gzip.compress(as_ndjson(part)) for part in (every_hour(3), [request(5, "c1", token="leaked")])]
    path = tmp_path / "log.ndjson.gz"
    path.write_bytes(b"".join(parts))
    joined = ask(tmp_path, path, LEAK)
    assert buckets(joined) == {"c1": "confirmed"}
    assert gaps(joined) == {}
    path.write_bytes(b"".join(parts) + b"junk, not gzip")
    assert buckets(ask(tmp_path, path, LEAK)) == {"c1": "confirmed"}
    assert gaps(ask(tmp_path, path, LEAK)) == {"damaged-file": 1}


@pytest.mark.parametrize("seed", range(5))
def test_flipped_bytes_in_an_archive_never_pass_for_complete_when_rows_are_lost(tmp_path, seed):
    whole = write_log(tmp_path, many_rows(), name="whole", zipped=True)
    content = bytearray(whole.read_bytes())
    place = random.Random(seed).randrange(len(content) // 4, len(content) * 3 // 4)
    content[place : place + 200] = bytes(200)
    flipped = tmp_path / "flipped.ndjson.gz"
    flipped.write_bytes(content)
    found = ask(tmp_path, flipped, LEAK | {"until": at(60)})
    assert {"damaged-file", "unreadable-lines"} & set(gaps(found))


def test_a_suffix_may_lie_about_compression(tmp_path):
    zipped = tmp_path / "log.ndjson"
    zipped.write_bytes(gzip.compress(as_ndjson(THEFT)))
    plain = tmp_path / "more.ndjson.gz"
    plain.write_bytes(as_ndjson([request(9, "c2", token="leaked")]))
    found = ask(tmp_path, log_source(zipped, plain), LEAK)
    assert set(told(found)) == {"c1", "c2"}
    assert gaps(found) == {}
    assert {each.name for each in found.result.inputs} == {"log.ndjson", "more.ndjson.gz", "customers.csv"}


def test_a_parquet_file_without_its_footer_is_left_out(tmp_path):
    whole = write_log(tmp_path, THEFT, "parquet", "whole")
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(write_log(tmp_path, many_rows(), "parquet", "long").read_bytes()[:-20])
    found = ask(tmp_path, log_source(whole, cut, form="parquet"), LEAK)
    assert set(told(found)) == {"c1"}
    assert gaps(found) == {"damaged-file": 1}
    assert detail(found, "damaged-file") == "cut.parquet is damaged; nothing of it could be used"


@pytest.mark.parametrize("end", [-4, -400])
def test_a_zipped_parquet_file_is_used_whole_or_not_at_all(tmp_path, end):
    whole = write_log(tmp_path, THEFT, "parquet", "whole", zipped=True)
    cut = tmp_path / "cut.parquet.gz"
    cut.write_bytes(write_log(tmp_path, many_rows(), "parquet", "long", zipped=True).read_bytes()[:end])
    found = ask(tmp_path, log_source(whole, cut, form="parquet"), LEAK)
    assert buckets(found) == {"c1": "confirmed"}
    assert gaps(found) == {"damaged-file": 1}
    assert detail(found, "damaged-file") == "cut.parquet.gz is damaged; nothing of it could be used"


def test_a_file_that_changes_while_it_is_read_is_a_gap(tmp_path):
    def meddle(words: str, share: float) -> None:
        if words == "checking the files":
            with log.open("ab") as out:
                out.write(as_ndjson([request(9, "c2", token="leaked")]))

    rows = [request(-30, "c3", token="leaked"), *THEFT]
    log = write_log(tmp_path, rows)
    assert buckets(ask(tmp_path, log, LEAK))["c3"] == "excluded"
    found = ask(tmp_path, log, LEAK, progress=meddle)
    assert gaps(found) == {"changed-file": 1}
    assert found.result.method == "approximate"
    # What came too late may be a request for anybody.
    assert buckets(found)["c3"] == "cannot-exclude"


@pytest.mark.parametrize("renamed", [False, True])
def test_a_file_that_comes_while_others_are_read_is_a_gap_unless_it_was_read_already(tmp_path, renamed):
    def meddle(words: str, share: float) -> None:
        if words == "checking the files" and renamed:
            (tmp_path / "log-1.ndjson").write_bytes(log.read_bytes())
        elif words == "checking the files":
            write_log(tmp_path, [request(9, "c2", token="leaked")], name="late")

    log = write_log(tmp_path, [request(-30, "c3", token="leaked"), *THEFT])
    found = ask(tmp_path, log_source(tmp_path / "*.ndjson"), LEAK, progress=meddle)
    assert gaps(found) == ({} if renamed else {"late-file": 1})
    assert buckets(found)["c3"] == ("excluded" if renamed else "cannot-exclude")


def test_a_source_without_the_column_of_an_indicator_is_a_gap(tmp_path):
    fields = FIELDS.model_copy(update={"token": None})
    source = log_source(write_log(tmp_path, THEFT), fields=fields)
    found = ask(tmp_path, source, LEAK | {"ips": ["203.0.113.1"]})
    assert gaps(found) == {"missing-column": 1}
    assert buckets(found) == {}


@pytest.mark.parametrize(
    "ip", ["203.0.113.007", "unknown", "-", " ", None, "203.0.113.9.example", "10.0.0.1, ?"]
)
def test_a_request_whose_address_cannot_be_read_is_a_gap_where_addresses_are_asked_for(tmp_path, ip):
    rows = [*THEFT, request(6, "c2", ip=ip), request(7, "c2", ip=ip, endpoint="/"), request(-5, "c2", ip=ip)]
    rows.append(request(-9, "c4", token="leaked"))
    log = write_log(tmp_path, rows)
    found = ask(tmp_path, log, LEAK | {"ips": ["203.0.113.7"]})
    assert gaps(found) == {"unreadable-addresses": 2}
    assert detail(found, "unreadable-addresses") == "log.ndjson: 2"
    # One of these requests may be the attacker's.
    assert buckets(found)["c4"] == "cannot-exclude"
    assert gaps(ask(tmp_path, log, LEAK)) == {}


def test_files_of_one_name_in_folders_by_date_are_counted_apart(tmp_path):
    for day, broken in (("2026-11-20", 3), ("2026-11-21", 1)):
        (tmp_path / day).mkdir()
        path = write_log(tmp_path / day, THEFT, "csv")
        path.write_bytes(path.read_bytes() + b"too,few\n" * broken)
    found = ask(tmp_path, log_source(tmp_path / "2026-*" / "log.csv", form="csv"), LEAK)
    assert gaps(found) == {"unreadable-lines": 4}
    assert detail(found, "unreadable-lines") == (
        "2026-11-20/log.csv: 3 (line 6-8: too few values); 2026-11-21/log.csv: 1 (line 6: too few values)"
    )
    rows = {each.name: each.rows for each in found.result.inputs if each.source == "api"}
    assert rows == {"2026-11-20/log.csv": len(THEFT) + 3, "2026-11-21/log.csv": len(THEFT) + 1}


def test_a_declared_file_that_is_gone_hides_requests(tmp_path):
    rows = [request(-30, "c3", token="leaked"), *THEFT]
    log = write_log(tmp_path, rows)
    (tmp_path / "more.ndjson").symlink_to(tmp_path / "rotated-away")
    found = ask(tmp_path, log_source(tmp_path / "*.ndjson"), LEAK)
    assert gaps(found) == {"unread-file": 1}
    assert detail(found, "unread-file") == "more.ndjson is a link to nothing"
    assert buckets(found)["c3"] == "cannot-exclude"
    assert buckets(ask(tmp_path, log, LEAK))["c3"] == "excluded"


def test_a_customer_base_of_which_a_file_cannot_be_read_is_refused(tmp_path):
    source = write_customers(tmp_path, CROWD)
    (tmp_path / "customers-2.csv").symlink_to(tmp_path / "gone")
    with pytest.raises(Refused, match=r"^source crm: customers-2\.csv is a link to nothing"):
        ask(
            tmp_path,
            write_log(tmp_path, THEFT),
            LEAK,
            customers=source.model_copy(update={"path": f"{tmp_path}/customers*.csv"}),
        )


def test_names_of_files_are_taken_as_they_are(tmp_path):
    log = write_log(tmp_path, THEFT, name="a[1]*?")
    found = ask(tmp_path, log_source(tmp_path / "a[[]1]*"), LEAK)
    assert buckets(found) == {"c1": "confirmed"}
    assert log.name in {each.name for each in found.result.inputs}


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
def test_a_column_that_is_missing_is_refused_with_the_nearest(tmp_path, form):
    source = log_source(
        write_log(tmp_path, THEFT, form), form=form, fields=FIELDS.model_copy(update={"token": "tokn"})
    )
    with pytest.raises(
        Refused, match=rf"^source api: log.{form} has no column 'tokn' for `token`; did you mean token\?$"
    ):
        ask(tmp_path, source, LEAK)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_file_that_lacks_a_column_of_the_others_is_told_and_hides_requests(tmp_path, form):
    whole = write_log(tmp_path, THEFT, form, "a")
    if form == "csv":
        lacking = tmp_path / "b.csv"
        lacking.write_bytes(whole.read_bytes().replace(b",token,", b",tok,"))
    else:
        lacking = tmp_path / "b.parquet"
        pq.write_table(pq.read_table(whole).rename_columns({"token": "tok"}), lacking)
    found = ask(tmp_path, log_source(whole, lacking, form=form), LEAK)
    (gap,) = (each for each in found.result.gaps if each.kind == "unread-file")
    assert (gap.files, gap.count) == ((f"b.{form}",), 1)
    assert gap.detail.startswith(f"b.{form} has no column 'token' for `token`")
    assert hiding(found.result.gaps)
    assert told(found).keys() == told(ask(tmp_path, log_source(whole, form=form), LEAK)).keys()
    with pytest.raises(Refused, match=rf"^source api: b.{form} has no column 'token' for `token`"):
        ask(tmp_path, log_source(lacking, form=form), LEAK)


def test_parquet_files_may_write_a_column_in_other_letters_and_order(tmp_path):
    whole = write_log(tmp_path, THEFT, "parquet", "a")
    table = pq.read_table(write_log(tmp_path, [request(9, "c2", token="leaked")], "parquet", "b"))
    table = table.select(table.column_names[::-1]).rename_columns({"token": "Token"})
    pq.write_table(table, tmp_path / "b.parquet")
    found = ask(tmp_path, log_source(whole, tmp_path / "b.parquet", form="parquet"), LEAK)
    assert set(told(found)) == {"c1", "c2"}
    assert gaps(found) == {}


def test_a_nested_column_that_one_parquet_file_lacks_is_told(tmp_path):
    for name, inner in (("a", {"id": "c1", "token": "leaked"}), ("b", {"id": "c1"})):
        row = {"at": at(5).isoformat(), "who": inner}
        pq.write_table(pa.Table.from_pylist([row]), tmp_path / f"{name}.parquet")
    source = log_source(
        tmp_path / "?.parquet", form="parquet", fields=LogFields(at="at", account="who.id", token="who.token")
    )
    found = ask(tmp_path, source, LEAK)
    (gap,) = (each for each in found.result.gaps if each.kind == "unread-file")
    assert gap.detail.startswith("b.parquet has no column 'who.token'")
    assert set(told(found)) == {"c1"}


def test_a_missing_nested_column_is_refused_with_its_path(tmp_path):
    path = tmp_path / "log.ndjson"
    path.write_text(json.dumps({"t": "2026-11-20T10:00:00Z", "client": {"ip": "x", "id": "c1"}}) + "\n")
    fields = LogFields(at="t", account="client.id", ip="client.address")
    with pytest.raises(Refused, match=r"no column 'client\.address' for `ip`"):
        ask(tmp_path, log_source(path, fields=fields), {"ips": ["192.0.2.1"]})


@pytest.mark.parametrize(
    ("content", "form", "words"),
    [
        (b'{"at": "not a moment", "account": "c1"}\n', "ndjson", "no row has a moment that can be read"),
        (as_ndjson(THEFT).decode().encode("utf-16-le"), "ndjson", "has no column 'at'"),
        (b"at,at,account\n1,2,3\n", "csv", "names a column twice"),
    ],
)
def test_a_file_that_gives_nothing_is_refused_in_one_line(tmp_path, content, form, words):
    path = tmp_path / f"log.{form}"
    path.write_bytes(content)
    source = log_source(path, form=form, fields=LogFields(at="at", account="account"))
    with pytest.raises(Refused, match=words) as refusal:
        ask(tmp_path, source, {"accounts": ["c1"]})
    assert "\n" not in str(refusal.value)
    assert "not a moment" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"", "ndjson"), (b"\n \n", "ndjson"), (b"", "csv"), (b"at,account,token\n", "csv"), (b"", "combined"),
        (b'{"Records": []}', "cloudtrail"), (gzip.compress(b'{"Records":[]}\n', mtime=0), "cloudtrail"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("until", [at(180), None])
def test_a_source_without_any_row_is_a_gap_whatever_the_window(tmp_path, content, form, until):
    path = tmp_path / "log"
    path.write_bytes(content)
    fields = {"at": "at", "account": "account", "token": "token"} if form in ("ndjson", "csv") else {}
    source = LogSource(name="empty", format=form, paths=(str(path),), fields=LogFields(**fields))
    (empty,) = completed(Sources(logs=(source,))).logs
    used = [request(-200, "c3", token="leaked"), *every_hour(3)]
    logs = [log_source(write_log(tmp_path, used, name="api")), empty]
    window = {"tokens": ["leaked"], "since": at(0)} | ({"until": until} if until else {})
    found = ask(tmp_path, logs, window)
    assert [gap.source for gap in found.result.gaps if gap.kind == "empty-source"] == ["empty"]
    assert buckets(found)["c3"] == "cannot-exclude"
    assert {each.rows for each in found.result.inputs if each.source == "empty"} == {0}


def test_files_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(Refused, match=r"source api: no file matches .*nothing-\*"):
        ask(tmp_path, log_source(tmp_path / "nothing-*"), LEAK)
    with pytest.raises(Refused, match="no log source is declared"):
        ask(tmp_path, [], LEAK)


def test_a_naive_moment_without_a_zone_is_unreadable_not_guessed(tmp_path):
    rows = [*THEFT, request(9, "c2", token="leaked") | {"at": "2026-11-20T10:09:00"}]
    log = write_log(tmp_path, rows)
    undeclared = ask(tmp_path, log, LEAK)
    # When it was, nobody knows; that it was, the row says.
    assert buckets(undeclared) == {"c1": "confirmed", "c2": "cannot-exclude"}
    assert gaps(undeclared) == {"unreadable-lines": 1}
    declared = ask(tmp_path, log_source(log, time=TimeFormat(zone="UTC")), LEAK)
    assert set(told(declared)) == {"c1", "c2"}


def test_no_message_shows_a_person_or_an_indicator(tmp_path, capfd):
    path = tmp_path / "log.ndjson"
    path.write_bytes(
        as_ndjson([*THEFT, request(6, "secret-ghost", token="leaked")]) + b'{"account": "secret-person"\n'
    )
    people = write_customers(tmp_path, [*CROWD, ("secret-other", "secret@example.org", "VN")])
    question = Question(tokens=("leaked", "secret-token"), since=at(0), until=at(180))
    words: list[str] = []
    found = ask(tmp_path, path, question, customers=people, progress=lambda text, share: words.append(text))
    shown = found.result.model_dump_json() + "".join(words) + "".join(capfd.readouterr())
    assert "secret" not in shown
    assert "example.org" not in shown


def test_half_a_customer_base_is_refused(tmp_path):
    log = write_log(tmp_path, THEFT)
    noise = random.Random(5)
    people = [(f"c{n}", f"{noise.randbytes(8).hex()}@example.org", "VN") for n in range(5000)]
    source = write_customers(tmp_path, people)
    whole = gzip.compress((tmp_path / "customers.csv").read_bytes())
    (tmp_path / "half.csv.gz").write_bytes(whole[: len(whole) // 2])
    half = source.model_copy(update={"path": str(tmp_path / "half.csv.gz")})
    with pytest.raises(Refused, match="source crm: its file is damaged"):
        ask(tmp_path, log, LEAK, customers=half)
    two = source.model_copy(update={"path": str(tmp_path / "*.csv*")})
    with pytest.raises(Refused, match="source crm: its file is damaged"):
        ask(tmp_path, log, LEAK, customers=two)


def test_a_zipped_parquet_file_of_customers_is_read(tmp_path):
    columns = zip(*CROWD, strict=True)
    out = io.BytesIO()
    pq.write_table(pa.table([pa.array(each) for each in columns], names=["id", "email", "country"]), out)
    (tmp_path / "people.parquet.gz").write_bytes(gzip.compress(out.getvalue()))
    source = write_customers(tmp_path, ()).model_copy(
        update={"path": str(tmp_path / "people.parquet.gz"), "format": "parquet"}
    )
    found = ask(tmp_path, write_log(tmp_path, THEFT), LEAK, customers=source)
    assert {who: person.place for who, person in told(found).items()} == {"c1": "DE"}


def test_unreadable_lines_of_the_customer_base_are_a_gap(tmp_path):
    source = write_customers(tmp_path, CROWD)
    with (tmp_path / "customers.csv").open("a") as out:
        out.write("c9,too,many,columns,here\n")
    found = ask(tmp_path, write_log(tmp_path, THEFT), LEAK, customers=source)
    assert buckets(found) == {"c1": "confirmed"}
    assert detail(found, "unreadable-lines") == "customers.csv: 1 (line 8: too many values)"


@pytest.mark.parametrize("zipped", [False, True])
def test_mixed_line_ends_of_a_csv_are_no_gap(tmp_path, zipped):
    content = write_log(tmp_path, THEFT, "csv").read_bytes()
    first, *rest = content.splitlines(keepends=True)
    mixed = first.replace(b"\n", b"\r\n") + rest[0].replace(b"\n", b"\r\n") + b"".join(rest[1:])
    path = tmp_path / ("mixed.csv.gz" if zipped else "mixed.csv")
    path.write_bytes(gzip.compress(mixed) if zipped else mixed)
    found = ask(tmp_path, log_source(path, form="csv"), LEAK)
    assert buckets(found) == {"c1": "confirmed"}
    assert gaps(found) == {}
