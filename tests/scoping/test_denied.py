"""Which statuses deny: 4xx, or what a source declares. Attempted is not accessed."""

import pytest

from tests.scoping.scenes import (
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
from tocsin.domain.logkeeping import Switch
from tocsin.domain.sources import LogSource

LEAK = {"tokens": ["leaked"], "since": at(0), "until": at(180)}
STATUSES = (200, 302, 304, 401, 403, 404, 500)
ROWS = [
    *every_hour(3),
    *(request(5, f"c{n}", token="leaked", status=code) for n, code in enumerate(STATUSES)),
]
CROWD = [f"c{n}" for n in range(len(STATUSES))]


def found(tmp_path, **declared):
    people = write_customers(tmp_path, [(who, f"{who}@example.org", "VN") for who in CROWD])
    source = LogSource.model_validate(log_source(write_log(tmp_path, ROWS)).model_dump() | declared)
    measured = ask(tmp_path, source, LEAK, customers=people)
    by_account = buckets(measured)
    return {code: by_account[who] for who, code in zip(CROWD, STATUSES, strict=True)}


@pytest.mark.parametrize(
    ("declared", "denied"),
    [
        ({}, {401, 403, 404}),
        ({"denied": ["4xx", 302]}, {302, 401, 403, 404}),
        ({"denied": [302, "401-403"]}, {302, 401, 403}),
        ({"denied": 302}, {302}),
    ],
)
def test_only_what_the_source_declares_is_a_denial(tmp_path, declared, denied):
    rest = {200: "confirmed", 302: "confirmed", 304: "confirmed", 500: "cannot-exclude"}
    # What neither answered nor denied ended in a way that nobody knows.
    rest |= dict.fromkeys((401, 403, 404), "cannot-exclude")
    assert found(tmp_path, **declared) == rest | dict.fromkeys(denied, "attempted")


@pytest.mark.parametrize("wrong", [["2xx"], [204], ["100-399"], ["never"], [True]])
def test_an_answer_denies_nothing_and_what_is_no_status_is_refused(wrong):
    raw = log_source("x").model_dump() | {"denied": wrong}
    with pytest.raises(ValueError, match=r"denies nothing|is no status|valid string"):
        LogSource.model_validate(raw)


def test_in_a_stream_a_request_was_denied_where_each_source_that_logs_it_says_so(tmp_path):
    rows = [*every_hour(3), request(5, "c1", token="leaked", status=302)]
    logs = [log_source(write_log(tmp_path, rows, name=name), name=name, stream="web") for name in ("a", "b")]
    one, both = ([each.model_copy(update={"denied": ("302",)}) for each in part] for part in (logs[:1], logs))
    assert buckets(ask(tmp_path, [*one, logs[1]], LEAK)) == {"c1": "confirmed"}
    measured = ask(tmp_path, both, LEAK)
    assert (buckets(measured), told(measured)) == ({"c1": "attempted"}, {})


def test_who_was_led_to_the_login_has_switched_no_logging(tmp_path):
    rows = [*every_hour(3), request(30, "c2", endpoint="StopLogging", status=302)]
    source = log_source(write_log(tmp_path, rows), logging_off=Switch(endpoints=("StopLogging",)))
    assert set(gaps(ask(tmp_path, source, LEAK))) == {"logging-switched-off"}
    source = source.model_copy(update={"denied": ("302", "400-499")})
    assert gaps(ask(tmp_path, source, LEAK)) == {}
