"""Properties: whatever is done to whichever entry, the verifier names that place or one before it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from tests.exploring import times
from tocsin.actions import ack, declare, learn, note
from tocsin.actions.declaring import Declaration
from tocsin.actors import at_the_shell
from tocsin.app import App, open_app
from tocsin.engine import advance
from tocsin.evidence.story import heard
from tocsin.settings import Settings
from tocsin.storage import timeline

COLUMNS = ("at", "recorded_at", "actor", "kind", "body", "command_key", "previous_hash", "hash")
NUMBERS = ("version", "causation_seq")
#: A property of texts that a database can hold.
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
#: Any entry: the number is taken by the length of the timeline.
PLACES = st.integers(0, 10_000)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, str]]:
    """One incident of some length. Every tampering is taken back, so that all may share it."""
    folder: Path = tmp_path_factory.mktemp("tampering")
    app = open_app(Settings(mode="drill", home=folder))
    linh = at_the_shell(app, "linh")
    key = declare(
        app, linh, Declaration("Token in a public repository", type="credential-leak", drill=True)
    ).incident.key
    advance(app, key)
    ack(app, linh, key)
    for number in range(4):
        note(app, linh, key, f"gateway {number} is clean")
    learn(app, linh, key, {"kinds": "account-info", "our_role": "controller"}, source="gateway log")
    advance(app, key)
    yield app, key
    app.close()


class Undone(Exception):
    """Takes a tampering back."""


def found_after(app: App, key: str, deed: Any) -> int | None:
    """The entry that the verifier names after a deed in the very transaction, which is then taken back."""
    seq = None
    try:
        with app.database.write() as connection:
            deed(connection)
            _, fault = heard(connection, key)
            seq = fault.seq if fault else None
            raise Undone
    except Undone:
        return seq


def length(app: App, key: str) -> int:
    with app.database.read() as connection:
        return timeline.head(connection, key)


def stored(connection: Connection, seq: int) -> dict[str, Any]:
    row = connection.execute(text("SELECT * FROM entry WHERE seq = :seq"), {"seq": seq}).mappings().one()
    return dict(row)


@settings(max_examples=times(150))
@given(
    place=st.integers(0, 10_000),
    column=st.sampled_from((*COLUMNS, *NUMBERS)),
    value=WORDS,
    number=st.integers(-9, 99),
)
def test_any_change_of_any_column_is_named_at_its_entry(
    home: tuple[App, str], place: int, column: str, value: str, number: int
) -> None:
    app, key = home
    seq = place % length(app, key) + 1
    new: object = number if column in NUMBERS else value
    changed = True

    def deed(connection: Connection) -> None:
        nonlocal changed
        changed = stored(connection, seq)[column] != new
        statement = f"UPDATE entry SET {column} = :new WHERE seq = :seq"
        connection.execute(text(statement), {"new": new, "seq": seq})

    named = found_after(app, key, deed)

    assert named == (seq if changed else None)


@settings(max_examples=times(80))
@given(
    place=st.integers(0, 10_000),
    add=st.dictionaries(WORDS, WORDS | st.integers() | st.none(), min_size=1, max_size=2),
)
def test_anything_added_to_a_body_is_named_at_its_entry(
    home: tuple[App, str], place: int, add: dict[str, Any]
) -> None:
    app, key = home
    seq = place % length(app, key) + 1

    def deed(connection: Connection) -> None:
        body = json.loads(stored(connection, seq)["body"])
        forged = json.dumps(add | body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if json.loads(forged) == body:
            forged += " "
        connection.execute(
            text("UPDATE entry SET body = :body WHERE seq = :seq"), {"body": forged, "seq": seq}
        )

    assert found_after(app, key, deed) == seq


@settings(max_examples=times(60))
@given(st.lists(PLACES, min_size=1, max_size=4))
def test_whichever_entries_are_removed_the_first_gap_is_named(
    home: tuple[App, str], places: list[int]
) -> None:
    app, key = home
    end = length(app, key)
    gone = {place % (end - 1) + 1 for place in places}  # the last one shows against the head alone

    def deed(connection: Connection) -> None:
        for seq in gone:
            connection.execute(text("DELETE FROM entry WHERE seq = :seq"), {"seq": seq})

    assert found_after(app, key, deed) == min(gone)


@settings(max_examples=times(60))
@given(PLACES, PLACES)
def test_whichever_two_entries_change_places_the_first_of_them_is_named(
    home: tuple[App, str], one: int, other: int
) -> None:
    app, key = home
    end = length(app, key)
    first, second = sorted((one % end + 1, other % end + 1))

    def deed(connection: Connection) -> None:
        for old, new in ((first, -1), (second, first), (-1, second)):
            connection.execute(text("UPDATE entry SET seq = :new WHERE seq = :old"), {"old": old, "new": new})

    assert found_after(app, key, deed) == (None if first == second else first)


@settings(max_examples=times(60))
@given(PLACES, PLACES, WORDS)
def test_wherever_an_entry_is_inserted_that_place_is_named(
    home: tuple[App, str], place: int, copied: int, actor: str
) -> None:
    app, key = home
    end = length(app, key)
    at = place % end + 1

    def deed(connection: Connection) -> None:
        row = stored(connection, copied % end + 1)
        connection.execute(text("UPDATE entry SET seq = -seq - 1 WHERE seq >= :at"), {"at": at})
        connection.execute(text("UPDATE entry SET seq = -seq WHERE seq < 0"))
        row |= {"seq": at, "actor": actor, "command_key": None}
        names = ", ".join(row)
        connection.execute(
            text(f"INSERT INTO entry ({names}) VALUES ({', '.join(f':{name}' for name in row)})"), row
        )

    assert found_after(app, key, deed) == at


@pytest.mark.parametrize("blob", [b"\xff\xfe", b"{}"])
@pytest.mark.parametrize("column", ["body", "actor", "hash", "seq"])
def test_bytes_where_words_belong_are_a_fault_and_no_crash(
    home: tuple[App, str], column: str, blob: bytes
) -> None:
    app, key = home

    def deed(connection: Connection) -> None:
        connection.execute(text(f"UPDATE entry SET {column} = :blob WHERE seq = 3"), {"blob": blob})

    assert found_after(app, key, deed) is not None
