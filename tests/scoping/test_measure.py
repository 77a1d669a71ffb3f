"""Who was affected: indicators, windows, outcomes, kinds, cells, over every format of log."""

import re
from pathlib import Path

import pytest

from tests.scoping.scenes import (
    ASKED,
    CROWD,
    KEY,
    MAP,
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
)  # fmt: skip
from tocsin.domain.errors import Refused
from tocsin.domain.facts import Facts
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.people import pseudonym
from tocsin.domain.scope.question import read_question
from tocsin.domain.sources import LogFields, Sources
from tocsin.domain.timeformats import TimeFormat
from tocsin.scoping.measure import measure

WINDOW = {"since": at(0), "until": at(180)}
LEAK = WINDOW | {"tokens": ["leaked"]}


def theft() -> list[dict]:
    return [
        *every_hour(3),
        request(5, "c1", token="leaked", endpoint="/v1/billing/invoices/7?page=2"),
        request(65, "c1", token="leaked", endpoint="/v1/account", ip="192.0.2.9"),
        request(70, "c2", token="leaked", status=403),
        request(80, "c4", token="leaked-not"),
    ]


@pytest.mark.parametrize(
    ("form", "zipped"),
    [
        ("ndjson", False),
        ("ndjson", True),
        ("csv", False),
        ("csv", True),
        ("tsv", True),
        ("parquet", False),
        ("parquet", True),
    ],
)
def test_every_format_gives_the_same_people(tmp_path, form, zipped):
    log = write_log(tmp_path, theft(), form, zipped=zipped)
    found = ask(tmp_path, log, LEAK)
    reference = ask(tmp_path, write_log(tmp_path, theft(), name="reference"), LEAK)
    assert found.result.set_digest == reference.result.set_digest
    person = told(found)["c1"]
    assert (person.bucket, person.hits, person.attempts) == (Bucket.CONFIRMED, 2, 0)
    assert person.kinds == ("profile", "billing", "invoices")
    assert (person.first_seen, person.last_seen) == (at(5), at(65))
    assert buckets(found) == {"c1": "confirmed", "c2": "attempted"}
    assert found.result.gaps == ()
    assert found.result.method == "exact"


def test_the_window_includes_its_start_and_excludes_its_end(tmp_path):
    rows = [
        *every_hour(4),
        *(request(m, f"c{n}", token="leaked") for n, m in enumerate((59.999, 60, 119.999, 120))),
    ]
    found = ask(tmp_path, write_log(tmp_path, rows), LEAK | {"since": at(60), "until": at(120)})
    assert buckets(found) == {"c0": "excluded", "c1": "confirmed", "c2": "confirmed", "c3": "excluded"}


def test_without_a_window_every_row_counts(tmp_path):
    found = ask(tmp_path, write_log(tmp_path, theft()), {"tokens": ["leaked"]})
    assert buckets(found) == {"c1": "confirmed", "c2": "attempted"}
    assert found.result.gaps == ()


@pytest.mark.parametrize(
    ("status", "bucket"),
    [(200, "confirmed"), (101, "confirmed"), (304, "confirmed"), (401, "attempted"), (429, "attempted"),
     (404, "attempted"), (500, "cannot-exclude"), (None, "cannot-exclude"), ("oops", "cannot-exclude")],
)  # fmt: skip
def test_the_outcome_of_a_request_decides(tmp_path, status, bucket):
    rows = [*every_hour(3), request(5, "c1", token="leaked", status=status)]
    assert buckets(ask(tmp_path, write_log(tmp_path, rows), LEAK)) == {"c1": bucket}


def test_denied_and_answered_requests_are_counted_apart(tmp_path):
    rows = [*every_hour(3), *(request(m, token="leaked", status=200 if m < 3 else 401) for m in range(2, 9))]
    person = told(ask(tmp_path, write_log(tmp_path, rows), LEAK))["c1"]
    assert (person.hits, person.attempts) == (1, 6)
    # What was denied showed nothing, so it does not stretch the time in which something was seen.
    assert person.first_seen == person.last_seen == at(2)


@pytest.mark.parametrize(
    ("indicator", "bucket"),
    [
        ({"tokens": ["leaked"]}, "confirmed"),
        ({"sessions": ["stolen"]}, "confirmed"),
        ({"accounts": ["c1"]}, "confirmed"),
        ({"ips": ["203.0.113.0/24"]}, "likely"),
        ({"agents": ["python-requests/2.32"]}, "cannot-exclude"),
        ({"tokens": ["leaked"], "ips": ["203.0.113.7"]}, "confirmed"),
        ({"tokens": ["leaked"], "ips": ["198.51.100.1"]}, "likely"),
        ({"tokens": ["other"], "ips": ["203.0.113.7"]}, "likely"),
        ({"tokens": ["other"], "agents": ["python-requests/2.32"]}, "cannot-exclude"),
    ],
)
def test_a_bucket_says_how_well_the_indicators_fit(tmp_path, indicator, bucket):
    thief = {"token": "leaked", "session": "stolen", "ip": "203.0.113.7", "agent": "python-requests/2.32"}
    rows = [*every_hour(3), request(5, "c1", **thief), request(6, "c2")]
    assert buckets(ask(tmp_path, write_log(tmp_path, rows), WINDOW | indicator)) == {"c1": bucket}


def test_tokens_are_compared_to_the_last_character(tmp_path):
    near = ["leake", "leakedd", "Leaked", "leaked%", "leake_", "l%"]
    rows = [*every_hour(3), *(request(n, f"c{n}", token=token) for n, token in enumerate(near))]
    assert buckets(ask(tmp_path, write_log(tmp_path, rows), LEAK)) == {}


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
@pytest.mark.parametrize(
    ("padded", "asked"),
    [
        ({"token": "leaked "}, {"tokens": ["leaked"]}),
        ({"token": "\t leaked"}, {"tokens": ["leaked", "x"]}),
        ({"session": " stolen "}, {"sessions": ["stolen", "a longer one"]}),
        ({"account": "c1 "}, {"accounts": ["c1"]}),
        ({"account": " c1"}, {"accounts": ["c1", "c5"]}),
        ({"agent": "Mozilla 5\u3000X \n"}, {"agents": ["Mozilla 5\u3000X"]}),
    ],
)
def test_blanks_around_a_value_hide_nobody(tmp_path, form, padded, asked):
    log = write_log(tmp_path, [*every_hour(3), request(5, "c1") | padded], form)
    found = ask(tmp_path, log, WINDOW | asked)
    assert set(told(found)) == {"c1"}
    assert found.result.method == "exact"


def test_a_blank_account_outside_the_window_is_nobody(tmp_path):
    rows = [*every_hour(3), request(-5, " ", token="leaked"), request(-6, "", token="leaked"), request(-30)]
    holed = ask(tmp_path, write_log(tmp_path, rows), LEAK | {"until": at(240)})
    assert gaps(holed) == {"missing-hours": 1}


def test_an_address_is_found_in_each_of_its_spellings(tmp_path):
    inside = [
        "203.0.113.64",
        "203.0.113.79",
        "::ffff:203.0.113.70",
        "::FFFF:cb00:7147",
        "0:0:0:0:0:ffff:203.0.113.65",
    ]
    inside += [
        "203.0.113.66:5123",
        "[::ffff:203.0.113.67]:443",
        "2001:db8:bad::1",
        "2001:0DB8:0bad:0::1",
        "[2001:db8:bad::2]:80",
    ]
    outside = [
        "203.0.113.63",
        "203.0.113.80",
        "203.0.113.6",
        "1203.0.113.64",
        "2001:db8:bae::1",
        "::203.0.113.70",
        "x",
        "",
    ]
    rows = every_hour(3) + [request(n + 1, f"in{n}", ip=ip) for n, ip in enumerate(inside)]
    rows += [request(n + 30, f"out{n}", ip=ip) for n, ip in enumerate([*outside, None])]
    customers = write_customers(tmp_path, [(row["account"], "", "VN") for row in rows])
    question = WINDOW | {"ips": ["203.0.113.64/28", "2001:db8:bad::/48"]}
    found = ask(tmp_path, write_log(tmp_path, rows), question, customers=customers)
    assert set(buckets(found)) == {f"in{n}" for n in range(len(inside))}


LISTS = [
    "203.0.113.7, 10.0.0.1",
    "10.0.0.1,203.0.113.7",
    "2001:db8::9, 10.0.0.1, 203.0.113.7:443",
    '"203.0.113.7"',
    "\"10.0.0.1\", '203.0.113.7'",
    "10.0.0.1, ::ffff:cb00:7107",
]


@pytest.mark.parametrize("others", [0, 100])
def test_each_address_that_a_proxy_lists_is_compared(tmp_path, others):
    lists = [*LISTS, "10.0.0.1, 203.0.113.8", "203.0.113.70, 10.203.0.113"]
    rows = every_hour(3) + [request(n + 1, f"in{n}", ip=ip) for n, ip in enumerate(lists)]
    customers = write_customers(tmp_path, [(row["account"], "", "VN") for row in rows])
    question = WINDOW | {"ips": ["203.0.113.7", *(f"203.0.113.{100 + n}" for n in range(others))]}
    found = ask(tmp_path, write_log(tmp_path, rows), question, customers=customers)
    assert set(buckets(found)) == {f"in{n}" for n in range(len(LISTS))}
    assert gaps(found) == {}


def test_many_single_addresses_find_the_same_as_few(tmp_path):
    texts = [
        "203.0.113.7",
        "::ffff:203.0.113.8",
        "::ffff:cb00:7109",
        "203.0.113.10:99",
        "2001:db8::1",
        "203.0.113.200",
    ]
    rows = every_hour(3) + [request(n + 1, f"c{n}", ip=ip) for n, ip in enumerate(texts)]
    log = write_log(tmp_path, rows)
    few = ["203.0.113.7", "203.0.113.8", "203.0.113.9", "203.0.113.10", "2001:db8::1"]
    many = few + [f"198.51.100.{n}" for n in range(200)]
    answers = [buckets(ask(tmp_path, log, WINDOW | {"ips": ips})) for ips in (few, many)]
    assert answers[0] == answers[1] == {f"c{n}": "likely" for n in range(5)}


def test_a_person_whose_token_leaked_is_excluded_only_by_complete_logs(tmp_path):
    rows = [request(-30, "c1", token="leaked"), *every_hour(3)]
    complete = ask(tmp_path, write_log(tmp_path, rows), LEAK)
    assert buckets(complete) == {"c1": "excluded"}
    assert complete.result.people_count == 0
    holed = ask(
        tmp_path,
        write_log(tmp_path, [row for row in rows if row["at"] != at(61).isoformat()], name="holed"),
        LEAK,
    )
    assert buckets(holed) == {"c1": "cannot-exclude"}
    assert gaps(holed) == {"missing-hours": 1}
    assert holed.result.people_count == 1


def test_an_account_that_was_asked_about_and_did_nothing_is_excluded(tmp_path):
    found = ask(tmp_path, write_log(tmp_path, every_hour(3)), WINDOW | {"accounts": ["c3", "stranger"]})
    assert buckets(found) == {"c3": "excluded"}


def test_ids_nobody_owns_and_requests_without_an_account_are_gaps(tmp_path):
    rows = [
        *every_hour(3),
        request(5, "ghost", token="leaked"),
        request(6, None, token="leaked"),
        request(7, "c1", token="leaked"),
    ]
    found = ask(tmp_path, write_log(tmp_path, rows), LEAK)
    assert set(told(found)) == {"c1"}
    assert gaps(found) == {"ids-nobody-owns": 1, "requests-without-account": 1}
    assert found.result.method == "approximate"


def test_a_request_that_fits_and_names_nobody_may_be_of_whom_an_indicator_points_at(tmp_path):
    before = request(-5, "c1", token="leaked")
    for account, bucket in ((None, "cannot-exclude"), ("c2", "excluded")):
        rows = [before, *every_hour(3), request(6, account, token="leaked")]
        found = ask(tmp_path, write_log(tmp_path, rows), LEAK)
        assert buckets(found)["c1"] == bucket
        assert bool(found.result.proof) == (account is not None)


def test_an_endpoint_the_data_map_does_not_know_is_a_gap_and_its_person_is_told(tmp_path):
    rows = [*every_hour(3), request(5, "c1", token="leaked", endpoint="/v9/secret")]
    found = ask(tmp_path, write_log(tmp_path, rows), LEAK)
    assert told(found)["c1"].kinds == ()
    assert gaps(found) == {"unmapped-endpoint": 1}
    assert found.result.by_kind == {"unknown": 1}


@pytest.mark.parametrize(
    "endpoint",
    ["/v1/billing/invoices/1", "/v1/billing/invoices?x=/v9", "/v1//billing/./invoices/1", "/v1/x/../billing/invoices",
     "/v1/%62illing/invoices", "https://api.streamonapi.example/v1/billing/invoices#top"],
)  # fmt: skip
def test_kinds_follow_the_path_that_the_server_saw(tmp_path, endpoint):
    rows = [*every_hour(3), request(5, "c1", token="leaked", endpoint=endpoint)]
    assert told(ask(tmp_path, write_log(tmp_path, rows), LEAK))["c1"].kinds == ("billing", "invoices")


def test_a_method_narrows_a_kind_and_an_unknown_method_may_be_any(tmp_path):
    rows = [*every_hour(3), request(5, "c1", token="leaked", endpoint="/v1/billing/invoices", method="POST")]
    rows.append(request(6, "c2", token="leaked", endpoint="/v1/billing/invoices", method=None))
    found = told(ask(tmp_path, write_log(tmp_path, rows), LEAK))
    assert found["c1"].kinds == ("billing",)
    assert found["c2"].kinds == ("billing", "invoices")


def test_the_same_file_twice_changes_nothing(tmp_path):
    once = ask(tmp_path, write_log(tmp_path, theft()), LEAK).result
    copy = write_log(tmp_path, theft(), name="log-copy")
    again = write_log(tmp_path, theft()[2:], "csv", name="overlap", zipped=True)
    source = log_source(tmp_path / "log*.ndjson", copy)
    rotated = log_source(again, form="csv", name="rotated")
    twice = ask(tmp_path, [source], LEAK).result
    assert twice.set_digest == once.set_digest
    assert [file.name for file in twice.inputs] == ["log-copy.ndjson", "customers.csv"]
    both = ask(tmp_path, [source, rotated], LEAK)
    assert set(told(both)) == {"c1"}


def test_overlapping_rotations_of_one_source_count_a_request_once(tmp_path):
    rows = theft()
    parts = [write_log(tmp_path, part, name=f"part{n}") for n, part in enumerate((rows[:5], rows[2:]))]
    overlap = ask(tmp_path, log_source(*parts), LEAK)
    assert overlap.result.set_digest == ask(tmp_path, write_log(tmp_path, rows), LEAK).result.set_digest


def test_the_same_question_in_another_order_gives_the_same_result(tmp_path):
    log = write_log(tmp_path, theft(), zipped=True)
    one = ask(
        tmp_path, log, LEAK | {"tokens": ["leaked", "b", "a"], "ips": ["192.0.2.9", "::ffff:192.0.2.1"]}
    ).result
    two = ask(
        tmp_path, log, LEAK | {"tokens": ["a", "leaked", "b", "a"], "ips": ["192.0.2.1", "192.0.2.9/32"]}
    ).result
    assert one == two
    assert one.question_digest != ask(tmp_path, log, LEAK).result.question_digest


def test_no_digest_can_be_made_without_the_key(tmp_path):
    log = write_log(tmp_path, theft())
    one = ask(tmp_path, log, LEAK).result
    two = ask(tmp_path, log, LEAK, pseudonym_key=b"another").result
    assert {one.set_digest, one.question_digest}.isdisjoint({two.set_digest, two.question_digest})
    assert pseudonym(KEY, "c1") != pseudonym(b"another", "c1")
    assert "leaked" not in one.model_dump_json()
    assert not re.search(r"\bc1\b", one.model_dump_json())


def test_cells_add_up_to_the_people_who_are_told(tmp_path):
    rows = every_hour(3) + [
        request(n + 1, f"c{n}", token="leaked", endpoint="/v1/billing/x") for n in range(6)
    ]
    result = ask(tmp_path, write_log(tmp_path, rows), LEAK).result
    facts = Facts({"cells": [cell.canonical() for cell in result.cells]})
    assert result.by_place == facts.people_by_place() == {"DE": 1, "FR": 2, "US-CA": 1, "VN": 1, "unknown": 1}
    assert facts.people() == result.people_count == 6
    assert facts.kinds() == ("billing",)
    cell = next(cell for cell in result.cells if cell.place == "FR")
    assert (cell.role, cell.group, cell.access, cell.disclosure) == (
        "controller",
        ("customers",),
        "acquired",
        "confirmed",
    )
    assert (cell.protection, cell.method, cell.place_basis) == ("bypassed", "exact", "declared")


def test_people_behind_our_customers_are_a_cell_that_nobody_has_counted(tmp_path):
    rows = [
        *every_hour(3),
        request(5, "c1", token="leaked", endpoint="/v1/streams/9"),
        request(6, "c1", token="leaked"),
    ]
    result = ask(tmp_path, write_log(tmp_path, rows), LEAK).result
    own, behind = result.cells
    assert (own.kinds, own.count, own.role) == (("profile",), 1, "controller")
    assert (behind.kinds, behind.count, behind.role) == (("viewers",), None, "processor")
    assert (behind.group, behind.method) == (("end-users-of-customers",), "to-be-determined")
    assert [gap.kind for gap in result.gaps] == ["people-not-counted"]


def test_a_list_finds_people_by_id_and_address_and_says_nothing_of_what_became_of_their_data(tmp_path):
    people = [{"who": "c1"}, {"who": "C2@Example.org", "kinds": ["billing"]}, {"who": "nobody@example.net"}]
    found = ask(tmp_path, [], {"people": people})
    assert {each.id: each.kinds for each in found.people()} == {"c1": (), "c2": ("billing",)}
    assert buckets(found) == {"c1": "listed", "c2": "listed"}
    assert gaps(found) == {"unknown-listed": 1}
    assert {(cell.access, cell.disclosure) for cell in found.result.cells} == {("unknown", None)}
    assert found.result.people_count == 2


def test_a_list_and_logs_add_up(tmp_path):
    question = LEAK | {"people": [{"who": "c2", "kinds": ["billing"]}, {"who": "c1", "kinds": ["viewers"]}]}
    found = told(ask(tmp_path, write_log(tmp_path, theft()), question))
    assert found["c2"].bucket is Bucket.LISTED
    assert found["c2"].attempts == 1
    assert found["c1"].kinds == ("profile", "billing", "invoices", "viewers")
    assert found["c1"].hits == 2
    # What the log shows of her is as sure as before; what only the list says is not made sure by it.
    assert found["c1"].bucket is Bucket.CONFIRMED
    assert found["c1"].less_sure == (("viewers", Bucket.LISTED),)


def test_a_kind_that_only_a_weaker_request_showed_is_not_as_sure_as_the_person(tmp_path):
    rows = [
        *every_hour(2),
        request(5, token="leaked"),
        request(6, endpoint="/v1/billing/invoices/1", token="leaked", status=None),
    ]
    (person,) = told(ask(tmp_path, write_log(tmp_path, rows), LEAK)).values()
    assert (person.bucket, person.bucket_of("profile")) == (Bucket.CONFIRMED, Bucket.CONFIRMED)
    assert dict(person.less_sure) == dict.fromkeys(("billing", "invoices"), Bucket.CANNOT_EXCLUDE)


def test_nested_fields_and_declared_zones_are_understood(tmp_path):
    path = tmp_path / "nested.ndjson"
    line = '{{"t":"2026-11-20 {}","who":{{"id":"c1"}},"req":{{"url":"/v1/account","auth":{{"t":"leaked"}}}},'
    line += '"code":200}}\n'
    path.write_text("".join(line.format(hour) for hour in ("17:00:00", "18:59:59.5", "19:00:00")))
    fields = LogFields(at="t", account="who.id", token="req.auth.t", endpoint="req.url", status="code")
    source = log_source(path, fields=fields, time=TimeFormat(zone="Asia/Ho_Chi_Minh"))
    person = told(ask(tmp_path, source, LEAK | {"until": at(120)}))["c1"]
    assert (person.hits, person.first_seen, person.last_seen) == (2, at(0), at(119.99166666666667))


def test_only_the_named_sources_are_asked(tmp_path):
    one = log_source(write_log(tmp_path, theft(), name="one"), name="one")
    two = log_source(
        write_log(tmp_path, [*every_hour(3), request(9, "c5", token="leaked")], name="two"), name="two"
    )
    assert set(buckets(ask(tmp_path, [one, two], LEAK | {"sources": ["two"]}))) == {"c5"}
    assert set(buckets(ask(tmp_path, [one, two], LEAK))) == {"c1", "c2", "c5"}
    with pytest.raises(Refused, match="no log source 'tow'; did you mean two"):
        ask(tmp_path, [one, two], LEAK | {"sources": ["tow"]})


def test_known_indicators_are_counted(tmp_path):
    found = ask(
        tmp_path,
        write_log(tmp_path, theft()),
        LEAK | {"tokens": ["leaked", "never-used"], "accounts": ["c4"]},
    )
    assert {(each.indicator, each.given, each.seen) for each in found.result.seen} == {
        ("tokens", 2, 1),
        ("accounts", 1, 1),
    }


def test_without_customers_the_ids_stand_for_themselves(tmp_path):
    source = log_source(write_log(tmp_path, theft()))
    found = measure(
        read_question(LEAK),
        Sources(logs=(source,)),
        MAP,
        workspace=tmp_path / "w",
        pseudonym_key=KEY,
        asked_at=ASKED,
    )
    assert buckets(found) == {"c1": "confirmed", "c2": "attempted"}
    assert found.result.by_place == {"unknown": 1}
    assert gaps(found) == {"no-customers": 1}


@pytest.mark.parametrize(
    ("countries", "place", "holes"),
    [
        (["DE", "VN"], "unknown", {"listed-differently": 1}),
        (["VN", "DE", "DE"], "unknown", {"listed-differently": 1}),
        (["DE", "Neverland"], "unknown", {"listed-differently": 1}),
        (["Neverland", "Neverland"], "unknown", {}),
        (["de", " DE"], "DE", {}),
        (["UK", "gb"], "GB", {}),
        (["", "DE"], "DE", {}),
        (["DE", ""], "DE", {}),
    ],
)
def test_of_a_customer_who_stands_twice_no_country_is_lost_without_a_word(tmp_path, countries, place, holes):
    rows = [("c1", f"{number}@example.org", country) for number, country in enumerate(countries)]
    customers = write_customers(tmp_path, [*rows, ("c2", "", "VN"), ("c2", "", "DE")])
    found = ask(tmp_path, write_log(tmp_path, theft()), LEAK, customers=customers)
    person = told(found)["c1"]
    assert (person.email, person.place) == ("0@example.org", place)
    assert found.result.by_place == {place: 1}
    assert gaps(found) == holes
    assert {cell.place_basis for cell in found.result.cells} == {
        "unknown" if place == "unknown" else "declared"
    }


def test_a_customer_whose_rows_differ_in_group_is_one_person_with_a_gap(tmp_path):
    one, two = (
        write_customers(tmp_path / name, [("c1", "a@example.org", "VN")]).model_copy(
            update={"name": name, "group": group}
        )
        for name, group in (("crm", "customers"), ("school", "children"))
        if (tmp_path / name).mkdir() is None
    )
    log = log_source(write_log(tmp_path, theft()))
    found = measure(
        read_question(LEAK), Sources(logs=(log,), customers=(one, two)), MAP,
        workspace=tmp_path / "w", pseudonym_key=KEY, asked_at=ASKED,
    )  # fmt: skip
    assert found.result.people_count == 1
    assert gaps(found) == {"listed-differently": 1}


@pytest.mark.parametrize(("written", "place"), [("UK", "GB"), ("el", "GR"), ("GR", "GR")])
def test_a_country_is_known_by_the_unions_own_code(tmp_path, written, place):
    customers = write_customers(tmp_path, [("c1", "", written)])
    found = ask(tmp_path, write_log(tmp_path, theft()), LEAK, customers=customers)
    assert told(found)["c1"].place == place


def test_the_workspace_is_empty_afterwards_and_progress_was_told(tmp_path: Path):
    told_of: list[tuple[str, float]] = []
    ask(
        tmp_path,
        write_log(tmp_path, theft()),
        LEAK,
        progress=lambda words, share: told_of.append((words, share)),
    )
    assert list((tmp_path / "work").iterdir()) == []
    assert ("reading api, 7 rows", 1.0) in told_of
    assert all(0 <= share <= 1 for _, share in told_of)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({}, "ask about at least one token"),
        ({"tokens": ["  "]}, "ask about at least one token"),
        (LEAK | {"since": at(5), "until": at(5)}, "the window is empty"),
        ({"tokens": ["x"], "since": "2026-11-20T10:00:00"}, "since: "),
        ({"tokens": ["x"], "until": "9999-12-31T23:59:00-10:00"}, "is in the year 9999"),
        ({"ips": ["192.0.2.1", "192.0.2.300"]}, "value 2 of 2 is no address"),
        ({"tokns": ["x"]}, "tokns: "),
    ],
)
def test_a_bad_question_is_refused_without_showing_an_indicator(raw, words):
    with pytest.raises(Refused, match=re.escape(words)) as refusal:
        read_question(raw)
    assert "192.0.2.300" not in str(refusal.value)


def test_a_question_is_evidence_with_a_digest():
    one = read_question(LEAK | {"tokens": ["b", "a"]})
    assert one.sha256 == read_question(LEAK | {"tokens": ["a", "b"]}).sha256
    assert read_question({"tokens": ["a"], "since": "2026-11-20T10:00:00Z"}).canonical() == (
        b'{"since":"2026-11-20T10:00:00+00:00","tokens":["a"]}'
    )


def test_a_kind_the_data_map_lacks_is_refused(tmp_path):
    with pytest.raises(Refused, match="no kind 'biling'; did you mean billing"):
        ask(tmp_path, [], {"people": [{"who": CROWD[0][0], "kinds": ["biling"]}]})
