"""A gap holds all its places for machines: hours, and files, however few of them a person is shown."""

from tests.scoping.scenes import ask, at, every_hour, log_source, request, write_log

LEAK = {"tokens": ["leaked"], "since": at(0), "until": at(60 * 20)}


def test_every_hole_is_kept_though_a_person_is_shown_five(tmp_path):
    log = write_log(tmp_path, [request(60 * hour + 1) for hour in range(0, 20, 2)])
    (gap,) = ask(tmp_path, log, LEAK).result.gaps
    assert gap.detail.endswith("and 5 more")
    assert [(each.since, each.until) for each in gap.hours] == [
        (at(60 * hour), at(60 * (hour + 1))) for hour in range(1, 20, 2)
    ]


def test_every_file_with_lines_that_cannot_be_read_is_kept(tmp_path):
    logs = [write_log(tmp_path, every_hour(20), name=f"log-{number}") for number in range(7)]
    for number, log in enumerate(logs):
        log.write_bytes(log.read_bytes() + b"{broken\n" * (number + 1))
    (gap,) = ask(tmp_path, log_source(*logs), LEAK).result.gaps
    assert gap.detail.endswith("and 2 more")
    assert gap.files == tuple(log.name for log in logs)
