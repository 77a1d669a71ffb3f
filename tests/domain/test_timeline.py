"""The chain: canonical bytes, and the first entry that is not as it was written."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain import kinds as k
from tocsin.domain.canonical import canonical, canonical_rows
from tocsin.domain.timeline import (
    GENESIS,
    Draft,
    Entry,
    Unreadable,
    as_row,
    chain,
    first_fault,
    from_row,
    row_hash,
    text_hash,
)

#: What a command pays for the kinds of entries that it does not write.
UNUSED = """
import tocsin.domain.catalog
from tocsin.domain.kinds import KINDS
print([kind.__name__ for kind in KINDS.values() if kind.__pydantic_complete__])
"""

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
WORDS = "words:" + "a" * 64
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def a_chain(length: int = 5) -> list[Entry]:
    declared = k.Declared(code_name="Teal Wren", title=WORDS, type="x", severity="sev1", catalog="c")
    drafts = [Draft(declared), *(Draft(k.StepReminded(step=f"C{n}")) for n in range(1, length))]
    return list(chain("INC-1", drafts, actor="an", now=NOON))


def rows_of(entries: list[Entry]) -> list[dict]:
    return [as_row(entry) for entry in entries]


@given(PLAIN)
def test_canonical_bytes_read_back_as_the_same_value_and_do_not_depend_on_order(value):
    assert json.loads(canonical(value)) == value
    assert canonical(json.loads(canonical(value))) == canonical(value)


def test_keys_are_sorted_and_nothing_is_escaped_that_need_not_be():
    assert canonical({"b": 1, "a": ["Thư", None, True]}) == '{"a":["Thư",null,true],"b":1}'.encode()


@pytest.mark.parametrize("value", [1.5, {"a": [float("nan")]}, {1: "a number as a name"}, NOON, b"bytes"])
def test_what_has_no_single_text_has_no_canonical_form(value):
    with pytest.raises(TypeError, match="no canonical form"):
        canonical(value)
    with pytest.raises(TypeError, match="no canonical form"):
        list(canonical_rows([[value]]))


@given(st.lists(st.lists(st.none() | st.booleans() | st.integers() | st.text(), min_size=3, max_size=3)))
def test_many_flat_rows_are_written_as_each_by_itself(rows):
    names = ("a", "b%s", "ä")
    assert list(canonical_rows(rows, names)) == [
        canonical(dict(zip(names, row, strict=True))) for row in rows
    ]
    assert list(canonical_rows(rows)) == [canonical(row) for row in rows]


def test_flat_rows_whose_names_are_not_in_order_have_no_canonical_form():
    with pytest.raises(ValueError, match="not in order"):
        list(canonical_rows([], ("b", "a")))


def test_a_chain_begins_at_genesis_and_each_entry_names_the_one_before():
    entries = a_chain()
    assert entries[0].previous_hash == GENESIS
    assert [entry.previous_hash for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]
    assert first_fault(rows_of(entries)) is None


def test_a_row_reads_back_as_the_entry_that_it_was():
    for entry in a_chain():
        row = json.loads(json.dumps(as_row(entry)))
        assert from_row(row) == entry
        assert row_hash(row) == entry.hash


def test_the_stored_text_has_the_same_hash_as_the_plain_row():
    for row in rows_of(a_chain()):
        assert text_hash(row | {"body": canonical(row["body"]).decode()}) == row["hash"]


def test_a_moment_is_hashed_in_utc_whatever_zone_it_was_stated_in():
    saigon = timezone(timedelta(hours=7))
    stopped = {"notice": "customers", "counts": {}, "root": "", "attempts": "", "complete": False}
    one = k.SendingStopped(**stopped, resume_at=NOON)
    other = k.SendingStopped(**stopped, resume_at=NOON.astimezone(saigon))
    assert one.model_dump(mode="json")["resume_at"] == "2026-11-24T12:00:00+00:00"
    first, second = (chain("INC-1", [Draft(body)], actor="an", now=NOON)[0] for body in (one, other))
    assert first.hash == second.hash


@given(st.lists(st.timedeltas(timedelta(days=-2), timedelta(days=2)), min_size=1, max_size=12))
def test_recorded_at_never_goes_back_however_the_clock_steps(steps):
    entries: list[Entry] = []
    now = NOON
    for step in steps:
        now += step
        last = entries[-1] if entries else None
        entries += chain(
            "INC-1",
            [Draft(k.StepReminded(step="C1"))],
            actor="an",
            now=now,
            after_seq=last.seq if last else 0,
            after_hash=last.hash if last else GENESIS,
            after_recorded=last.recorded_at if last else None,
        )
    written = [entry.recorded_at for entry in entries]
    assert written == sorted(written)
    assert first_fault(rows_of(entries)) is None


def test_when_it_happened_is_kept_beside_when_it_was_written():
    yesterday = NOON - timedelta(days=1)
    (entry,) = chain("INC-1", [Draft(k.Noted(text=WORDS), at=yesterday)], actor="an", now=NOON)
    assert (entry.at, entry.recorded_at) == (yesterday, NOON)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2026-11-24T12:00:01+00:00"),
        ("recorded_at", "2020-01-01T00:00:00+00:00"),
        ("actor", "bao"),
        ("kind", "StepUndone"),
        ("version", 2),
        ("body", {"step": "C9"}),
        ("causation_seq", 1),
        ("command_key", "x"),
    ],
)
def test_a_changed_column_names_the_entry(column, value):
    rows = rows_of(a_chain())
    rows[2] = rows[2] | {column: value}
    fault = first_fault(rows)
    assert fault is not None
    assert (fault.seq, "changed after it was written" in fault.words) == (3, True)


def test_a_changed_entry_with_a_hash_to_match_breaks_the_next_one():
    rows = rows_of(a_chain())
    rows[2] = rows[2] | {"actor": "bao"}
    rows[2]["hash"] = row_hash(rows[2])
    fault = first_fault(rows)
    assert fault is not None
    assert (fault.seq, "does not follow entry 3" in fault.words) == (4, True)


@given(st.integers(0, 4), st.data())
def test_one_removed_reordered_or_inserted_entry_is_named_at_its_place(place, data):
    rows = rows_of(a_chain())
    deed = data.draw(st.sampled_from(["remove", "swap", "insert"]))
    if deed == "remove" and place == 4:
        head = rows[-1]["seq"], rows[-1]["hash"]
        fault = first_fault(rows[:-1], head=head)  # the end alone shows only against a head known elsewhere
        assert fault is not None
        return
    if deed == "remove":
        del rows[place]
    elif deed == "swap":
        place = min(place, 3)
        rows[place], rows[place + 1] = rows[place + 1], rows[place]
    else:
        rows.insert(place, rows[data.draw(st.integers(0, 4))] | {"actor": "mallory"})
    fault = first_fault(rows)
    assert fault is not None
    assert fault.seq == place + 1


def test_a_sound_chain_with_another_head_than_the_published_one_is_rewritten():
    rows = rows_of(a_chain(3))
    fault = first_fault(rows, head=(4, "f" * 64))
    assert fault is not None
    assert "known as entry 4" in fault.words


@pytest.mark.parametrize("change", [{"kind": "Apocalypse"}, {"version": 99}, {"body": {"step": 5}}])
def test_an_entry_that_this_release_cannot_read_is_refused_by_name(change):
    row = rows_of(a_chain())[1] | change
    with pytest.raises(Unreadable, match="INC-1 entry 2"):
        from_row(row)


def test_a_kind_of_entry_costs_nothing_until_it_is_used() -> None:
    done = subprocess.run([sys.executable, "-c", UNUSED], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
