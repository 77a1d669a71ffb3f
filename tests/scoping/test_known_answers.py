"""Known answers: everybody whose data were read is found, and who is told beside them is told for a reason."""

import gzip

import pyarrow as pa
import pytest

from tests.scoping.scenes import ask, buckets, gaps, log_source, told, write_customers, write_log
from tests.scoping.truth import DARK, world

SHAPES = [
    ("ndjson", "plain"),
    ("ndjson", "gzip"),
    ("ndjson", "zstd"),
    ("csv", "plain"),
    ("csv", "gzip"),
    ("tsv", "plain"),
    ("parquet", "plain"),
]


def packed(path, packing):
    """The file packed anew, as `packing` says."""
    content = path.read_bytes()
    if packing == "gzip":
        path = path.with_name(f"{path.name}.gz")
        path.write_bytes(gzip.compress(content, mtime=0))
    elif packing == "zstd":
        path = path.with_name(f"{path.name}.zst")
        path.write_bytes(pa.Codec("zstd").compress(content, asbytes=True))
    return path


def logs_of(made, folder, form, packing):
    """Three rotated files that overlap, and the second of them once more under another name."""
    rows = sorted(made.rows, key=lambda row: row["at"])
    third = len(rows) // 3
    parts = [
        rows[: third + 20],
        rows[third : 2 * third + 20],
        rows[2 * third :],
        rows[third : 2 * third + 20],
    ]
    paths = [
        packed(write_log(folder, part, form, f"log-{number}"), packing) for number, part in enumerate(parts)
    ]
    return log_source(*paths, form=form)


def measured(made, folder, form="ndjson", packing="plain", *, tools=False):
    people = [(person, f"{person}@example.org", "VN") for person in made.people]
    source = logs_of(made, folder, form, packing)
    return ask(folder, source, made.question(tools=tools), customers=write_customers(folder, people))


@pytest.mark.parametrize(("form", "packing"), SHAPES)
@pytest.mark.parametrize("seed", [1, 2])
def test_everybody_who_was_read_is_found_and_nobody_else_without_a_reason(
    tmp_path, record_property, seed, form, packing
):
    made = world(seed)
    found = measured(made, tmp_path, form, packing)
    people = told(found)
    assert set(made.read) <= set(people)  # recall 1.0
    assert {person: set(people[person].kinds) for person in made.read} == made.read
    assert set(people) - set(made.read) == set(made.extra)
    precision = len(made.read) / len(people)
    record_property("precision", precision)
    assert precision == made.precision == pytest.approx(15 / 27)
    assert found.result.method == "exact"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("tools", [False, True])
def test_each_extra_person_is_told_for_the_reason_that_holds_for_her(tmp_path, dark, tools):
    made = world(3, dark=dark, tools=tools)
    found = buckets(measured(made, tmp_path, tools=tools))
    assert {person: found[person] for person in made.extra} == {
        person: bucket for person, (bucket, _) in made.extra.items()
    }
    assert all(why for _, why in made.extra.values())


def test_who_was_only_tried_is_counted_apart(tmp_path):
    made = world(4)
    found = buckets(measured(made, tmp_path))
    assert {person for person, bucket in found.items() if bucket == "attempted"} == made.tried
    assert {person for person, bucket in found.items() if bucket == "excluded"} == made.cleared


def test_an_attacker_who_switches_the_log_off_clears_nobody(tmp_path):
    made = world(5, dark=True)
    found = measured(made, tmp_path)
    assert made.told == set(told(found))
    assert gaps(found) == {"missing-hours": DARK[1] - DARK[0]}
    assert found.result.method == "approximate"
    assert "excluded" not in buckets(found).values()
