"""Logs in an object store: found, fetched with their hash, and looked at again when they were read."""

import hashlib
import os
import stat
from dataclasses import replace

import pytest

from tests.scoping.scenes import (
    CROWD,
    as_ndjson,
    ask,
    at,
    buckets,
    gaps,
    log_source,
    request,
    told,
    write_customers,
    write_log,
)
from tocsin.domain.errors import Refused
from tocsin.sources.bounds import Bounds
from tocsin.sources.fetching import fetched
from tocsin.sources.files import take_in
from tocsin.sources.finding import Unread, find
from tocsin.sources.stores import ObjectStore, StoreFailed

LEAK = {"tokens": ["leaked"], "since": at(0), "until": at(180)}
THEFT = [request(5, "c1", token="leaked"), request(65), request(125)]


def silent(words: str, share: float) -> None:
    pass


def brought(pattern: str, folder, **other):
    return fetched("api", find("api", [pattern]), folder, silent, **other)


def test_objects_are_found_as_files_are(bucket):
    for key in ("logs/", "logs/a.gz", "logs/17/b.gz", "logs/17/", "logs/18/b.gz", "logs/18/b.txt", "logs.gz"):
        bucket.put(key, b"" if key.endswith("/") else b"1")
    for pattern in ("s3://evidence/logs/**/*.gz", "s3://evidence/l*gs/**/*.gz"):
        assert len(find("api", [pattern]).files) == 3
    assert [each.name for each in find("api", ["s3://evidence/logs/*/b.gz"]).files] == ["17/b.gz", "18/b.gz"]
    assert [each.name for each in find("api", ["s3://evidence/logs"]).files] == [
        "17/b.gz",
        "18/b.gz",
        "18/b.txt",
        "a.gz",
    ]
    assert [each.name for each in find("api", ["s3://evidence/logs.gz"]).files] == ["logs.gz"]
    with pytest.raises(Refused, match=r"^source api: no file matches s3://evidence/nothing/\*; correct it"):
        find("api", ["s3://evidence/nothing/*"])


def test_an_object_in_a_folder_without_a_name_is_named(bucket):
    bucket.put("logs//x.gz", b"1")
    bucket.put("logs/y.gz", b"2")
    found = find("api", ["s3://evidence/logs/**/*.gz"])
    assert [each.name for each in found.files] == ["y.gz"]
    assert [each.why for each in found.unread] == ["has no name behind its slash"]


def test_an_object_is_hashed_while_it_is_fetched_into_a_file_for_its_owner_alone(bucket, tmp_path):
    content = os.urandom(300_000) + b"\n" + b"x" * 9
    bucket.put("logs/17/api.ndjson.gz", content)
    listing = brought("s3://evidence/logs/*/*", tmp_path)
    (file,) = take_in("api", listing.files, Bounds(), of_lines=True)
    assert (file.sha256, file.size, file.name) == (
        hashlib.sha256(content).hexdigest(),
        len(content),
        "17/api.ndjson.gz",
    )
    assert file.path.read_bytes() == content
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_the_room_that_is_needed_is_said_and_refused_where_the_disk_has_less(bucket, tmp_path):
    bucket.put("logs/a", b"x" * 2000)
    bucket.put("logs/b", b"y" * 3000)
    said = []
    listing = find("api", ["s3://evidence/logs"])
    fetched("api", listing, tmp_path, lambda words, share: said.append((words, share)))
    assert said == [("fetching api: 2 files, 5.0 kB", 0.5), ("fetching api: 2 files, 5.0 kB", 1.0)]
    with pytest.raises(
        Refused, match=r"^source api: its 2 files take 5\.0 kB, and .* has 4\.0 kB left; make room"
    ):
        fetched("api", listing, tmp_path / "full", silent, free=lambda folder: 4000)


class Flaky(ObjectStore):
    """A store whose line breaks off some times."""

    def __init__(self, store: ObjectStore, failures: int) -> None:
        self.store, self.failures = store, failures

    def at(self, address):
        return self.store.at(address)

    def blocks(self, address):
        for block in self.store.blocks(address):
            yield block[:100]
            if self.failures:
                self.failures -= 1
                raise StoreFailed(ConnectionError("the secret is s3cr3t"))
            yield block[100:]


@pytest.mark.parametrize(("failures", "paused"), [(0, []), (2, [2.0, 4.0]), (3, [2.0, 4.0])])
def test_a_line_that_breaks_off_is_tried_anew_and_ever_later(bucket, tmp_path, failures, paused):
    bucket.put("logs/a", b"x" * 2000)
    listing, pauses = find("api", ["s3://evidence/logs/a"]), []
    far = replace(listing.files[0], store=Flaky(listing.files[0].store, failures))
    listing = replace(listing, files=(far, *find("api", [bucket.put("else", b"y")]).files))
    done = fetched("api", listing, tmp_path, silent, pause=pauses.append)
    assert pauses == paused
    if failures < 3:
        assert done.files[0].copy.read_bytes() == b"x" * 2000
    else:
        assert [each.name for each in done.files] == ["else"]
        assert done.unread == (Unread("a", "cannot be fetched (ConnectionError)"),)


def test_what_changed_or_went_between_finding_and_fetching(bucket, tmp_path):
    for key in ("a", "b", "c"):
        bucket.put(f"logs/{key}", b"x" * 2000)
    listing = find("api", ["s3://evidence/logs"])
    bucket.put("logs/a", b"y" * 3000)
    bucket.drop("logs/b")
    done = fetched("api", listing, tmp_path, silent, pause=lambda seconds: None)
    assert [(each.name, each.copy.stat().st_size) for each in done.files] == [("a", 3000), ("c", 2000)]
    assert done.unread == (Unread("b", "is gone since it was found"),)


def scene(bucket) -> None:
    bucket.put("logs/a.ndjson", as_ndjson([request(-30, "c3", token="leaked"), *THEFT]))
    bucket.put("logs/b.ndjson", as_ndjson([request(7, "c2")]))


def asked(folder, **other):
    return ask(folder, log_source("s3://evidence/logs/*.ndjson"), LEAK, **other)


def test_logs_of_a_store_answer_as_those_of_a_disk(bucket, tmp_path):
    scene(bucket)
    found = asked(tmp_path)
    assert buckets(found) == {"c1": "confirmed", "c3": "excluded"}
    assert gaps(found) == {}
    assert [each.name for each in found.result.inputs if each.source == "api"] == ["a.ndjson", "b.ndjson"]
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("kind", ["changed-file", "gone", "late-file"])
def test_what_happens_in_the_store_while_logs_are_read_is_a_gap(bucket, tmp_path, kind):
    def meddle(words: str, share: float) -> None:
        if words == "checking the files":
            if kind == "gone":
                bucket.drop("logs/b.ndjson")
            else:
                name = "b" if kind == "changed-file" else "c"
                bucket.put(f"logs/{name}.ndjson", as_ndjson([request(9, "c2", token="leaked")]))

    scene(bucket)
    found = asked(tmp_path, progress=meddle)
    assert gaps(found) == {"changed-file" if kind == "gone" else kind: 1}
    assert buckets(found)["c3"] == "cannot-exclude"
    first, second = (each for each in found.result.inputs if each.source == "api")
    assert first.after == first.sha256
    other = hashlib.sha256(as_ndjson([request(9, "c2", token="leaked")])).hexdigest()
    assert second.after == {"gone": "", "late-file": second.sha256, "changed-file": other}[kind]
    if kind == "late-file":
        assert [each.detail for each in found.result.gaps] == [
            "c.ndjson came while the others were read; ask again"
        ]


def test_the_same_bytes_written_again_or_renamed_are_no_gap(bucket, tmp_path):
    def meddle(words: str, share: float) -> None:
        if words == "checking the files":
            content = as_ndjson([request(7, "c2")])
            bucket.put("logs/b.ndjson", content)
            bucket.put("logs/b-1.ndjson", content)

    scene(bucket)
    assert gaps(asked(tmp_path, progress=meddle)) == {}


def test_customers_may_lie_in_a_store(bucket, tmp_path):
    source = write_customers(tmp_path, CROWD)
    url = bucket.put("crm/people.csv", (tmp_path / "customers.csv").read_bytes())
    log = write_log(tmp_path, THEFT)
    found = ask(tmp_path, log, LEAK, customers=source.model_copy(update={"path": url}))
    assert set(told(found)) == {"c1"}
    assert {each.name for each in found.result.inputs} == {"log.ndjson", "people.csv"}


def test_folders_of_other_days_are_not_fetched(bucket, tmp_path):
    rows = [request(60 * hour + 1) for hour in range(3)] + [request(5, "c1", token="leaked")]
    for day in (12, 13, 14, 20, 21, 22):
        bucket.put(
            f"logs/2026/11/{day}/api.ndjson", as_ndjson(rows if day == 20 else [request(6, f"c{day}")])
        )
    for source in (
        log_source("s3://evidence/logs/**/*.ndjson", by_date="{year}/{month}/{day}"),
        log_source("s3://evidence/logs/%Y/%m/%d/*.ndjson"),
    ):
        found = ask(tmp_path, source, LEAK)
        read = [each.name for each in found.result.inputs if each.source == "api"]
        # Five days more before the window: by these it shows which of its hours are unusually thin.
        assert [name.split("/")[-2] for name in read] == ["14", "20", "21"]
        assert set(told(found)) == {"c1"}
        assert gaps(found) == {}
        # Where requests may hide, who used the token on another day cannot be excluded, and was not looked for.
        wide = ask(tmp_path, source, LEAK | {"until": LEAK["until"].replace(hour=14)})
        assert gaps(wide) == {"missing-hours": 1, "other-days": 3}


def test_of_a_question_with_several_windows_the_days_of_each_are_read(bucket, tmp_path):
    for day in range(10, 28):
        bucket.put(f"logs/2026-11-{day}.ndjson", as_ndjson([request(day, f"c{day}")]))
    windows = [(at(0), at(60)), (at(60 * 24 * 5), at(60 * 24 * 5 + 60))]
    listing = find("api", ["s3://evidence/logs/*"], "%Y-%m-%d", windows)
    assert [each.name[8:10] for each in listing.files] == ["19", "20", "21", "24", "25", "26"]
    assert listing.skipped == 12


def test_a_window_without_any_folder_is_missing_hours_and_no_refusal(bucket, tmp_path):
    bucket.put("logs/2026/01/01/api.ndjson", as_ndjson(THEFT))
    found = ask(tmp_path, log_source("s3://evidence/logs/%Y/%m/%d/*.ndjson"), LEAK)
    assert gaps(found) == {"missing-hours": 3, "other-days": 1, "empty-source": 1}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s4://bucket/x", r"s4:// is no store that fsspec knows; did you mean s3\?"),
        ("gs://bucket/x", r"gs:// wants a package more: pip install 'fsspec\[gs\]'"),
        ("s3://no-such-bucket/x/*", r"no file matches s3://no-such-bucket/x/\*"),
    ],
)
def test_a_store_that_cannot_be_opened_is_refused_in_one_line(bucket, url, words):
    with pytest.raises(Refused, match=words):
        find("api", [url])


def test_a_store_that_lets_nobody_in_is_refused_without_its_words(bucket, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(
        Refused, match=r"cannot be looked through \(NoCredentialsError\); check the address, and the"
    ):
        find("api", ["s3://evidence/logs/*"])


def test_any_store_that_fsspec_speaks_to(tmp_path):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe("/box/logs/a.ndjson", as_ndjson(THEFT))
    found = ask(tmp_path, log_source("memory://box/logs/*.ndjson"), LEAK)
    memory.rm("/box", recursive=True)
    assert set(told(found)) == {"c1"}
    (tmp_path / "logs").mkdir()
    write_log(tmp_path / "logs", THEFT)
    (tmp_path / "logs/out.ndjson").symlink_to("/etc/hostname")
    found = ask(tmp_path, log_source(f"file://{tmp_path}/logs/*.ndjson"), LEAK)
    assert set(told(found)) == {"c1"}
    assert gaps(found) == {"unread-file": 1}
