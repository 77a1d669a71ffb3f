"""Trees of clauses put to real logs: what fits together, when, in which log, and whose own access it was."""

import pytest

from tests.scoping.scenes import (
    EVERY_COLUMN,
    ask,
    at,
    buckets,
    every_hour,
    gaps,
    log_source,
    request,
    told,
    write_log,
)  # fmt: skip
from tocsin.domain.errors import Refused
from tocsin.domain.sources import LogFields

WINDOW = {"since": at(0), "until": at(180)}
THIEF = "203.0.113.7"
ALL_FIELDS = LogFields(**{name: name for name in EVERY_COLUMN if name != "subject"})


def asked(folder, rows, where, *, fields=ALL_FIELDS, **other):
    log = write_log(folder, [*every_hour(3), *rows])
    return ask(folder, log_source(log, fields=fields), WINDOW | {"where": where} | other)


def test_kinds_of_one_clause_must_fit_the_same_request(tmp_path):
    rows = [
        request(5, "c1", token="leaked", ip=THIEF),
        request(6, "c2", token="leaked"),
        request(7, "c3", ip=THIEF),
        request(8, "c4", token="leaked", ip=THIEF, status=403),
    ]
    found = asked(tmp_path, rows, {"tokens": ["leaked"], "ips": [THIEF]})
    # The token of the second was used, but not by the thief: complete logs prove that.
    assert buckets(found) == {"c1": "confirmed", "c2": "excluded", "c4": "attempted"}
    assert found.result.method == "exact"


def test_clauses_joined_by_all_mean_the_same(tmp_path):
    rows = [request(5, "c1", token="leaked", ip=THIEF), request(6, "c2", token="leaked")]
    together = asked(tmp_path, rows, {"tokens": ["leaked"], "ips": [THIEF]})
    apart = asked(tmp_path, rows, {"all": [{"tokens": ["leaked"]}, {"ips": [THIEF]}]})
    assert apart.result.set_digest == together.result.set_digest
    assert apart.result.question_digest != together.result.question_digest


@pytest.mark.parametrize(
    ("clause", "bucket"),
    [
        ({"sessions": ["stolen"]}, "confirmed"),
        ({"ips": ["203.0.113.0/24"]}, "likely"),
        ({"ips": ["203.0.113.0/24"], "agents": ["python-*"]}, "likely"),
        ({"agents": ["python-*"]}, "cannot-exclude"),
        ({"agents": ["*requests/2.*"]}, "cannot-exclude"),
        ({"endpoints": ["/v1/export/*"]}, "cannot-exclude"),
        ({"endpoints": ["GET /v1/export/{kind}"]}, "cannot-exclude"),
        ({"endpoints": ["get /v1/ex%70ort/all"], "ips": [THIEF]}, "likely"),
        ({"endpoints": ["POST /v1/export/*"]}, None),
        ({"statuses": ["2xx"], "ips": [THIEF]}, "likely"),
        ({"statuses": [206], "ips": [THIEF]}, None),
        ({"bytes": ">= 1MB"}, "cannot-exclude"),
        ({"bytes": "> 2MB"}, None),
        ({"countries": ["NL"], "ips": [THIEF]}, "likely"),
        ({"countries": ["DE"], "ips": [THIEF]}, None),
        ({"any": [{"agents": ["python-*"]}, {"ips": [THIEF]}]}, "likely"),
        ({"any": [{"ips": [THIEF]}, {"all": [{"agents": ["python-*"]}, {"sessions": ["stolen"]}]}]}, "confirmed"),
        ({"all": [{"ips": [THIEF]}, {"any": [{"sessions": ["other"]}, {"bytes": "< 1MB"}]}]}, None),
    ],
)  # fmt: skip
def test_what_fits_names_the_bucket(tmp_path, clause, bucket):
    theft = {"session": "stolen", "ip": THIEF, "agent": "python-requests/2.32", "endpoint": "/v1/export/all"}
    rows = [request(5, "c1", **theft, bytes=1_000_000, country="NL"), request(6, "c2")]
    found = buckets(asked(tmp_path, rows, clause))
    assert {who: each for who, each in found.items() if each != "excluded"} == (
        {"c1": bucket} if bucket else {}
    )


def test_a_window_of_a_clause_is_its_own(tmp_path):
    where = {
        "any": [
            {"tokens": ["early"], "until": at(60)},
            {"tokens": ["late"], "since": at(60)},
            {"ips": [THIEF], "since": at(60), "until": at(120)},
        ]
    }
    rows = [
        request(59, "c1", token="early"),
        request(61, "c2", token="early"),
        request(60, "c3", token="late"),
        request(59, "c4", token="late", ip=THIEF),
        request(119, "c5", ip=THIEF),
        request(121, "c0", ip=THIEF),
    ]
    assert buckets(asked(tmp_path, rows, where)) == {
        "c1": "confirmed",
        "c2": "excluded",
        "c3": "confirmed",
        "c4": "excluded",
        "c5": "likely",
    }


def test_hours_are_missed_only_where_something_is_asked(tmp_path):
    log = write_log(tmp_path, [request(1, "c1", token="a"), request(301, "c2", token="b")])
    windows = [
        {"tokens": ["a"], "since": at(0), "until": at(60)},
        {"tokens": ["b"], "since": at(300), "until": at(360)},
    ]
    found = ask(tmp_path, log, {"where": {"any": windows}})
    assert (set(told(found)), gaps(found)) == ({"c1", "c2"}, {})
    windows[1]["since"] = at(230)
    assert gaps(ask(tmp_path, log, {"where": {"any": windows}})) == {"missing-hours": 2}


def test_two_clauses_may_ask_about_more_addresses_than_are_tested_one_by_one(tmp_path):
    files = [[f"{block}.0.{number}.1" for number in range(70)] for block in (60, 61)]
    rows = [
        *every_hour(3),
        request(5, "c1", ip="60.0.69.1"),
        request(6, "c2", ip="61.0.0.1"),
        request(65, "c3", ip="61.0.0.1"),
        request(66, "c4", ip="60.0.0.1"),
        request(67, "c5", ip="9.9.9.9, ::ffff:61.0.5.1"),
        request(68, "c2", ip="::ffff:3d00:4501"),
    ]
    clauses = [{"ips": files[0], "until": at(60)}, {"ips": [*files[1], "2001:db8::/32"], "since": at(60)}]
    assert {who: str(bucket) for who, bucket in buckets(asked(tmp_path, rows, {"any": clauses})).items()} == {
        "c1": "likely",
        "c2": "likely",
        "c3": "likely",
        "c5": "likely",
    }


def test_a_clause_is_put_to_its_own_sources(tmp_path):
    api = log_source(
        write_log(tmp_path, [*every_hour(3), request(5, "c1", ip=THIEF)], name="api"), name="api"
    )
    web = log_source(
        write_log(tmp_path, [*every_hour(3), request(6, "c2", ip=THIEF)], name="web"), name="web"
    )
    found = ask(tmp_path, [api, web], WINDOW | {"where": {"ips": [THIEF], "sources": ["web"]}})
    assert set(told(found)) == {"c2"}
    assert {each.source for each in found.result.inputs} == {"web", "crm"}
    with pytest.raises(Refused, match="there is no log source 'wbe'; did you mean web"):
        ask(
            tmp_path,
            [api, web],
            WINDOW | {"where": {"any": [{"ips": [THIEF]}, {"tokens": ["a"], "sources": ["wbe"]}]}},
        )


THEFT = [
    request(5, "c1", session="stolen", ip="192.0.2.77", agent="Acme-Desktop/9"),
    request(6, "c1", session="stolen", ip=THIEF, endpoint="/v1/billing/1"),
    request(7, "c2", session="stolen", ip="::ffff:192.0.2.8", agent="Acme-Desktop/8"),
    request(8, "c3", session="stolen", ip="192.0.2.8", agent="curl"),
    request(9, "c4", session="stolen", ip="192.0.2.9:443", agent="Acme-Desktop/9", status=403),
    request(10, "c5", session="stolen", ip="no address", agent="Acme-Desktop/9"),
]
OWN = {"ips": ["192.0.2.0/24"], "agents": ["Acme-Desktop/*"]}


def test_the_owners_own_access_is_set_aside_and_counted(tmp_path):
    for said in ({}, {"impersonation": False}):
        found = asked(tmp_path, THEFT, {"sessions": ["stolen"], "own": OWN} | said)
        assert buckets(found) == {
            "c1": "confirmed",
            "c2": "excluded",
            "c3": "confirmed",
            "c4": "excluded",
            "c5": "confirmed",
        }
        assert told(found)["c1"].kinds == ("billing",)
        assert gaps(found) == {"own-requests-set-aside": 2}
        assert found.result.method == "approximate"


@pytest.mark.parametrize(
    ("ip", "bucket"),
    [
        ("192.0.2.5, 192.0.2.6", "excluded"),
        # Whoever asks through a proxy writes what she likes before her own address; and a proxy may be the owner's.
        ("192.0.2.5, 6.6.6.6", "confirmed"),
        ("6.6.6.6, 192.0.2.5", "confirmed"),
        ("192.0.2.5, unknown", "confirmed"),
    ],
)
def test_of_a_list_of_addresses_each_one_is_the_owners_or_the_request_counts(tmp_path, ip, bucket):
    row = request(5, "c1", session="stolen", ip=ip, agent="Acme-Desktop/9")
    found = asked(tmp_path, [row], {"sessions": ["stolen"], "own": OWN})
    assert buckets(found) == {"c1": bucket}


def test_the_owners_own_access_counts_when_the_indicator_says_so(tmp_path):
    for said in ({"own": OWN, "impersonation": True}, {"impersonation": True}, {}):
        found = asked(tmp_path, THEFT, {"sessions": ["stolen"]} | said)
        assert buckets(found) == dict.fromkeys(("c1", "c2", "c3", "c5"), "confirmed") | {"c4": "attempted"}
        assert told(found)["c1"].kinds == ("profile", "billing")
        assert found.result.method == "exact"


def test_whom_another_clause_finds_is_not_set_aside(tmp_path):
    where = {"any": [{"sessions": ["stolen"], "own": OWN}, {"agents": ["Acme-Desktop/8"]}]}
    found = asked(tmp_path, THEFT, where)
    assert buckets(found)["c2"] == "cannot-exclude"
    assert gaps(found)["own-requests-set-aside"] == 1


def test_in_a_gap_nobody_is_excluded_whose_own_access_was_set_aside(tmp_path):
    log = write_log(tmp_path, THEFT)
    found = ask(tmp_path, log, WINDOW | {"where": {"sessions": ["stolen"], "own": OWN}})
    assert buckets(found)["c2"] == "cannot-exclude"


@pytest.mark.parametrize(
    ("silent", "clause"),
    [
        ({"status": None}, {"statuses": ["2xx"]}),
        ({"bytes": "oops"}, {"bytes": ">= 1MB"}),
        ({"bytes": None}, {"bytes": ">= 1MB"}),
        ({"country": None}, {"countries": ["DE"]}),
        ({"country": "XX"}, {"countries": ["DE"]}),
        ({"country": "T1"}, {"countries": ["DE"]}),
        ({"endpoint": " "}, {"endpoints": ["/v1/keys"]}),
        ({"method": None}, {"endpoints": ["POST /v1/account"]}),
    ],
)
def test_what_a_row_does_not_say_cannot_be_excluded(tmp_path, silent, clause):
    rows = [request(5, "c1", token="leaked", **silent), request(6, "c2", token="other", **silent)]
    found = asked(tmp_path, rows, {"tokens": ["leaked"]} | clause)
    assert buckets(found) == {"c1": "cannot-exclude"}
    assert buckets(asked(tmp_path, rows, {"all": [{"tokens": ["leaked"]}, clause]})) == {
        "c1": "cannot-exclude"
    }


def test_a_source_without_the_column_cannot_deny_it(tmp_path):
    rows = [request(5, "c1", ip=THIEF, bytes=2_000_000), request(6, "c2", ip=THIEF), request(7, "c3")]
    fields = ALL_FIELDS.model_copy(update={"bytes": None})
    large = {"bytes": ">= 1MB"}
    for where in ({"ips": [THIEF]} | large, {"all": [{"ips": [THIEF]}, large]}):
        found = asked(tmp_path, rows, where, fields=fields)
        assert buckets(found) == {"c1": "cannot-exclude", "c2": "cannot-exclude"}
        assert gaps(found) == {"missing-column": 1}
    # Alone it would make everybody a suspect, of whom nothing is known.
    found = asked(tmp_path, rows, {"any": [{"tokens": ["token-c3"]}, large]}, fields=fields)
    assert buckets(found) == {"c3": "confirmed"}
    assert gaps(found) == {"missing-column": 1}


def test_whom_a_token_names_is_named_also_where_the_rest_cannot_be_asked(tmp_path):
    rows = [request(5, "c1", token="leaked", ip=THIEF), request(6, "c2", ip=THIEF)]
    fields = ALL_FIELDS.model_copy(update={"ip": None})
    for where in (
        {"tokens": ["leaked"], "ips": [THIEF]},
        {"all": [{"tokens": ["leaked"]}, {"ips": [THIEF]}]},
    ):
        found = asked(tmp_path, rows, where, fields=fields)
        assert buckets(found) == {"c1": "cannot-exclude"}
        assert [(each.given, each.seen) for each in found.result.seen] == [(1, 1)]
        assert gaps(found) == {"missing-column": 1}


WRITINGS = [
    "/v1/keys/7",
    "//v1///keys/7",
    "/v1/%6Beys/7?x=/v1/account",
    "https://api.example.org/v1/keys/7#top",
    "/v1/account/../keys/./7",
    "/%2e%2E/v1/keys%2F7",
    "v1/keys/7/",
]
OTHERS = [
    "/v1/key/7",
    "/v1/keys",
    "/v2/keys/7",
    "/x/v1/keys/7",
    "/v1/account?next=/v1/keys/7",
    "/v1/keys/7/../../account",
]


def test_an_endpoint_is_found_in_each_of_its_writings(tmp_path):
    rows = [request(n, "c1", ip=THIEF, endpoint=each) for n, each in enumerate(WRITINGS, 5)]
    rows += [request(n, "c2", ip=THIEF, endpoint=each) for n, each in enumerate(OTHERS, 30)]
    for pattern in ("GET /v1/keys/*", "/v1/keys/{key}", "/v1/k*s/7"):
        found = asked(tmp_path, rows, {"ips": [THIEF], "endpoints": [pattern]})
        assert {who: person.hits for who, person in told(found).items()} == {"c1": len(WRITINGS)}


def test_one_value_may_stand_in_several_clauses(tmp_path):
    where = {
        "any": [
            {"all": [{"tokens": ["a", "b"]}, {"ips": [THIEF]}]},
            {"tokens": ["b", "c"], "agents": ["curl"]},
            {"tokens": ["c"], "statuses": [206]},
        ]
    }
    rows = [
        request(5, "c0", token="a", ip=THIEF),
        request(6, "c1", token="a", agent="curl"),
        request(7, "c2", token="b", agent="curl"),
        request(8, "c3", token="c", status=206),
        request(9, "c4", token="c", ip=THIEF),
    ]
    assert buckets(asked(tmp_path, rows, where)) == {
        "c0": "confirmed",
        "c1": "excluded",
        "c2": "confirmed",
        "c3": "confirmed",
        "c4": "excluded",
    }


def test_sixty_two_clauses_are_asked_at_once(tmp_path):
    rows = [
        request(5, "c1", token="t0", ip=THIEF),
        request(6, "c2", token="t61"),
        request(7, "c3", token="t62"),
    ]
    where = {"any": [{"tokens": [f"t{n}"], "agents": ["browser"], "ips": ["0.0.0.0/0"]} for n in range(62)]}
    assert buckets(asked(tmp_path, rows, where)) == {"c1": "confirmed", "c2": "confirmed"}


def test_many_addresses_are_compared_each(tmp_path):
    crowd = [f"198.18.{n // 256}.{n % 256}" for n in range(20_000)]
    rows = [
        request(5, "c1", ip=crowd[19_999]),
        request(6, "c2", ip="198.18.255.1"),
        request(7, "c3", ip=THIEF),
    ]
    blocks = [f"10.{n // 16}.{n % 16 * 16}.0/20" for n in range(2_000)]
    found = asked(tmp_path, rows, {"ips": [*crowd, *blocks, "203.0.113.0/24"]})
    assert set(told(found)) == {"c1", "c3"}


def test_several_clauses_of_many_addresses_and_tokens_are_told_apart(tmp_path):
    rows = [
        request(5, "c1", ip="198.18.0.7"),
        request(6, "c2", ip="198.19.0.7", token="t2"),
        request(7, "c3", ip="198.18.0.9", token="t2"),
        request(8, "c4", ip="198.19.0.9", token="t1"),
    ]
    crowds = [[f"198.{net}.0.{n}" for n in range(1, 100)] for net in (18, 19)]
    both = ["198.18.0.9", "198.19.0.9"]
    where = {
        "any": [
            {"ips": crowds[0], "tokens": ["t1", "t3"], "name": "first"},
            {"ips": [*crowds[1], *both], "tokens": ["t1", "t2"], "name": "second"},
        ]
    }
    found = asked(tmp_path, rows, where)
    assert set(told(found)) == {"c2", "c3", "c4"}
    assert {number for person in found.people() if person.told for number, _ in person.why.clauses} == {2}


def test_addresses_from_everywhere_are_too_many_for_no_engine(tmp_path):
    rows = [
        request(5, "c1", ip="77.5.9.7"),
        request(6, "c2", ip="77.5.9.8"),
        request(7, "c3", ip="10.0.0.1, 77.5.9.7"),
    ]
    rows += [request(8, "c4", ip="::ffff:4d05:907"), request(9, "c5", ip="2001:db8:77::1")]
    single = [f"{n >> 16}.{n >> 8 & 255}.{n & 255}.7" for n in range(65_536, 6_553_600, 521)]
    found = asked(tmp_path, rows, {"ips": [*single, "77.5.9.7"]})
    assert set(told(found)) == {"c1", "c3", "c4"}
    blocks = [f"{n >> 8}.{n & 255}.{n % 251}.0/28" for n in range(256, 25_600, 3)]
    blocks += [f"2001:db8:{n:x}::/48" for n in range(2_000)]
    assert set(told(asked(tmp_path, rows, {"ips": [*blocks, "77.5.9.0/29"]}))) == {"c1", "c3", "c4", "c5"}
