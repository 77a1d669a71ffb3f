"""Trees of clauses put to real logs: what fits together, when, in which log, and whose own access it was."""

import pytest

from tests.scoping.scenes import (
    EVERY_COLUMN,
    ask,
    at,
    buckets,
    every_hour,
    log_source,
    request,
    write_log,
)  # fmt: skip
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
