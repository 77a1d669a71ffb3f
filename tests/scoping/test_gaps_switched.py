"""Logging that somebody switched off: from then on, silence proves nothing."""

import pytest

from tests.scoping.scenes import ask, at, buckets, gaps, log_source, request, write_log
from tocsin.domain.logkeeping import Switch
from tocsin.domain.sources import LogFields, LogSource, Sources

LEAK = {"tokens": ["leaked"], "accounts": ["c3"], "since": at(0), "until": at(300)}
OFF = Switch(endpoints=("StopLogging", "PUT /admin/logs/*/off"))
ON = Switch(endpoints=("StartLogging",))


def busy(*hours: int, rows: int = 40) -> list[dict]:
    return [request(60 * hour + 60 * each / rows, "c0") for hour in hours for each in range(rows)]


def stretches(found, kind="logging-switched-off"):
    return [(each.since, each.until) for gap in found.result.gaps if gap.kind == kind for each in gap.hours]


def switched(minutes: float, endpoint: str, **other) -> dict:
    return request(minutes, "root", endpoint=endpoint, **other)


def test_logging_that_was_switched_off_hides_until_it_is_switched_on(tmp_path):
    rows = [*busy(0, 1, 2, 3, 4), switched(70.5, "StopLogging"), switched(95, "StartLogging?at=once")]
    log = write_log(tmp_path, rows)
    assert buckets(ask(tmp_path, log, LEAK)) == {"c3": "excluded"}
    found = ask(tmp_path, log_source(log, logging_off=OFF, logging_on=ON), LEAK)
    assert buckets(found) == {"c3": "cannot-exclude"}
    (gap,) = found.result.gaps
    assert gap.detail == "2026-11-20T11:10:30Z to 2026-11-20T11:35Z"
    assert stretches(found) == [(at(70.5), at(95))]


@pytest.mark.parametrize(
    "endpoint",
    [
        "//admin/logs/7/off",
        "/admin//logs/7/o%66f",
        "/admin/./logs/7/off?now",
        "/admin/x/../logs/7/off",
        "https://host/admin/logs/7/off",
        "/admin%2Flogs/7/off",
        "/admin/logs/7/off/../off",
    ],
)
def test_a_switch_counts_by_the_path_that_a_server_sees(tmp_path, endpoint):
    row = switched(70.5, endpoint, method="PUT")
    rows = [*busy(0, 1, 2, 3, 4), row, switched(95, "StartLogging")]
    found = ask(tmp_path, log_source(write_log(tmp_path, rows), logging_off=OFF, logging_on=ON), LEAK)
    assert stretches(found) == [(at(70.5), at(95))]


@pytest.mark.parametrize(
    ("endpoint", "method"),
    [("//admin/logs/7/off", "GET"), ("/admin/logs/7/off/../on", "PUT"), ("/.admin/logs/7/off", "PUT")],
)
def test_another_path_or_method_switches_nothing(tmp_path, endpoint, method):
    row = switched(70.5, endpoint, method=method)
    log = log_source(write_log(tmp_path, [*busy(0, 1, 2, 3, 4), row]), logging_off=OFF, logging_on=ON)
    assert buckets(ask(tmp_path, log, LEAK)) == {"c3": "excluded"}


def test_rows_that_burst_in_again_end_it_too_and_stragglers_do_not(tmp_path):
    rows = [*busy(0, 3, 4), *busy(1, rows=20), switched(90, "PUT /admin/logs/7/off"), request(130, "c0")]
    rows = [
        row | {"endpoint": "/admin/logs/7/off", "method": "PUT"} if "PUT" in row["endpoint"] else row
        for row in rows
    ]
    found = ask(tmp_path, log_source(write_log(tmp_path, rows), logging_off=OFF), LEAK)
    assert stretches(found) == [(at(90), at(180))]


def test_logging_that_nobody_switched_on_is_off_to_the_end(tmp_path):
    rows = [*busy(0, 1), switched(119, "StopLogging")]
    found = ask(tmp_path, log_source(write_log(tmp_path, rows), logging_off=OFF), LEAK)
    assert stretches(found) == [(at(119), at(300))]
    assert gaps(found) == {"logging-switched-off": 1, "missing-hours": 3}


@pytest.mark.parametrize(
    "row",
    [
        switched(70, "StopLogging", status=403),
        switched(70, "GET /admin/logs/7/off"),
        switched(70, "StopLoggingNot"),
        switched(301, "StopLogging"),
        switched(-200, "StopLogging"),
    ],
)
def test_what_switched_nothing_or_not_in_the_window_is_no_gap(tmp_path, row):
    log = write_log(tmp_path, [*busy(-2, -1, 0, 1, 2, 3, 4, 5), row])
    found = ask(tmp_path, log_source(log, logging_off=OFF), LEAK)
    assert stretches(found) == []
    assert buckets(found) == {"c3": "excluded"}


def test_one_log_may_say_that_another_was_switched_off(tmp_path):
    gateway = log_source(write_log(tmp_path, busy(0, 1, 2, 3, 4), name="gateway"), name="gateway")
    rows = [*busy(0, 1, 2, 3, 4), switched(70, "StopLogging"), switched(130, "StartLogging")]
    audit = log_source(
        write_log(tmp_path, rows, name="audit"),
        name="audit",
        logging_off=OFF.model_copy(update={"of": ("gateway",)}),
        logging_on=ON.model_copy(update={"of": ("gateway",)}),
    )
    found = ask(tmp_path, [audit, gateway], LEAK)
    assert [(gap.kind, gap.source) for gap in found.result.gaps] == [("logging-switched-off", "gateway")]
    # The rows of the next hour are a burst: what came before them may be lost.
    assert stretches(found) == [(at(70), at(120))]
    sister = log_source(
        write_log(tmp_path, busy(0, 1, 2, 3, 4), name="proxy"), name="proxy", stream="requests"
    )
    both = [audit, gateway.model_copy(update={"stream": "requests"}), sister]
    assert gaps(ask(tmp_path, both, LEAK)) == {}


def test_a_switch_that_cannot_work_is_refused_when_it_is_read():
    fields = LogFields(at="t", account="a")
    with pytest.raises(ValueError, match="logging_off compares endpoints"):
        LogSource(name="api", format="csv", paths=("x",), fields=fields, logging_off=OFF)
    whole = fields.model_copy(update={"endpoint": "e"})
    other = OFF.model_copy(update={"of": ("gatewya",)})
    logs = [
        LogSource(name=name, format="csv", paths=("x",), fields=whole, logging_off=off)
        for name, off in (("gateway", None), ("audit", other))
    ]
    with pytest.raises(ValueError, match="no log source 'gatewya' to switch; did you mean gateway"):
        Sources(logs=tuple(logs))
