"""Whatever was tampered with, the verifier names the first bad place; what was left alone is proven."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.evidence.conftest import put_back
from tocsin.actions import declare, decline, keep_evidence, note, redact
from tocsin.actions.declaring import Declaration
from tocsin.actions.proving import prove
from tocsin.actors import Actor, at_the_shell
from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import HeadPublished
from tocsin.domain.timeline import GENESIS, row_hash
from tocsin.engine import advance
from tocsin.engine.quarantine import set_apart
from tocsin.evidence.verify import Verdict, incidents, verify
from tocsin.storage import keys, timeline


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is found does not depend on the kind of database; `test_sound` looks at both kinds."""
    return sqlite_url


def tamper(app: App, statement: str, **values: Any) -> int:
    """What somebody with the database in hand can do."""
    with app.database.write() as connection:
        return connection.execute(text(statement), values).rowcount


def entries(app: App, key: str) -> list[dict[str, Any]]:
    with app.database.read() as connection:
        return list(timeline.raw_rows(connection, key))


def last(app: App, key: str) -> int:
    return int(entries(app, key)[-1]["seq"])


def words(verdict: Verdict) -> dict[str, str]:
    return {check.name: check.words for check in verdict.checks}


# --- what was left alone


def test_proving_writes_nothing_into_the_timeline(app: App, linh: Actor, key: str) -> None:
    before = entries(app, key)

    prove(app, linh, key)

    assert entries(app, key) == before


def test_an_unknown_incident_is_refused(app: App) -> None:
    with pytest.raises(Refused, match="there is no incident INC-2026-0099"):
        verify(app, "INC-2026-0099")


def test_a_kind_of_a_later_release_is_proven_as_far_as_this_one_can_see(app: App, key: str) -> None:
    row = entries(app, key)[-1]
    later = {**row, "seq": row["seq"] + 1, "kind": "MoonPhaseNoted", "body": {"moon": "full"}}
    later |= {"previous_hash": row["hash"], "command_key": None}
    append(app, later)
    tamper(app, "UPDATE incident SET head_seq = :s, head_hash = :h", s=later["seq"], h=row_hash(later))

    verdict = verify(app, key)

    assert verdict.fault is None
    assert verdict.unchecked is not None
    assert "MoonPhaseNoted" in verdict.unchecked
    assert not verdict.proven


def append(app: App, row: dict[str, Any]) -> None:
    stored = {
        **row,
        "hash": row_hash(row),
        "body": json.dumps(row["body"], sort_keys=True, separators=(",", ":")),
    }
    columns = ", ".join(stored)
    tamper(
        app, f"INSERT INTO entry ({columns}) VALUES ({', '.join(f':{name}' for name in stored)})", **stored
    )


# --- the chain


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2020-01-01T00:00:00+00:00"),
        ("recorded_at", "2020-01-01T00:00:00+00:00"),
        ("actor", "somebody-else"),
        ("kind", "Noted"),
        ("version", 2),
        ("body", "{}"),
        ("causation_seq", 99),
        ("command_key", "another"),
        ("previous_hash", "f" * 64),
        ("hash", "f" * 64),
    ],
)
def test_a_changed_column_is_named_with_its_entry(app: App, key: str, column: str, value: object) -> None:
    tamper(app, f"UPDATE entry SET {column} = :value WHERE seq = 4", value=value)

    verdict = verify(app, key)

    assert verdict.bad_seq == 4
    assert f"{key} entry 4 " in (verdict.fault or "")


def test_even_a_blank_in_the_stored_body_shows(app: App, key: str) -> None:
    tamper(app, "UPDATE entry SET body = replace(body, ',', ', ') WHERE seq = 1")

    assert verify(app, key).bad_seq == 1


def test_a_removed_entry_is_named(app: App, key: str) -> None:
    tamper(app, "DELETE FROM entry WHERE seq = 5")

    verdict = verify(app, key)

    assert verdict.bad_seq == 5
    assert "entry 5 is missing" in (verdict.fault or "")


def test_two_entries_that_changed_places_are_named_at_the_first_of_them(app: App, key: str) -> None:
    for old, new in ((4, -4), (6, 4), (-4, 6)):
        tamper(app, "UPDATE entry SET seq = :new WHERE seq = :old", old=old, new=new)

    assert verify(app, key).bad_seq == 4


def test_an_inserted_entry_is_named(app: App, key: str) -> None:
    row = entries(app, key)[3]
    tamper(app, "UPDATE entry SET seq = -seq - 1 WHERE seq >= 4")
    tamper(app, "UPDATE entry SET seq = -seq WHERE seq < 0")
    append(app, {**row, "kind": "Noted", "body": {"text": "words:" + "0" * 64}, "command_key": None})

    verdict = verify(app, key)

    assert verdict.bad_seq == 5
    assert "removed, reordered or inserted" in (verdict.fault or "")


def test_a_timeline_that_was_taken_away_whole_is_named(app: App, key: str) -> None:
    tamper(app, "DELETE FROM entry")

    verdict = verify(app, key)

    assert verdict.fault == f"{key} entry 1 is missing: its whole timeline is gone"


# --- the head


def test_a_tail_that_was_cut_off_shows_in_the_list_of_incidents(app: App, key: str) -> None:
    end = last(app, key)
    tamper(app, "DELETE FROM entry WHERE seq >= :end", end=end)

    verdict = verify(app, key)

    assert verdict.bad_seq == end
    assert f"the chain ends at entry {end - 1}" in (verdict.fault or "")


def test_a_tail_that_was_cut_off_with_its_head_moved_back_shows_in_the_messages_it_caused(
    app: App, key: str
) -> None:
    with app.database.read() as connection:
        caused = connection.scalar(text("SELECT max(cause) FROM outbox"))
    tamper(app, "DELETE FROM entry WHERE seq >= :end", end=caused)
    head = entries(app, key)[-1]
    tamper(app, "UPDATE incident SET head_seq = :s, head_hash = :h", s=head["seq"], h=head["hash"])

    assert "a message in the outbox names entry" in (verify(app, key).fault or "")


def test_a_chain_that_was_made_anew_shows_against_the_head_that_it_published(app: App, key: str) -> None:
    published = next(row["body"] for row in entries(app, key) if row["kind"] == HeadPublished.__name__)
    rewritten(app, key, lambda row: row | {"actor": "nobody"} if row["seq"] == 2 else row)

    verdict = verify(app, key)

    assert verdict.bad_seq == published["seq"]
    assert published["head"][:12] in (verdict.fault or "")


def test_a_chain_that_was_made_anew_with_all_it_published_shows_against_a_mail(app: App, key: str) -> None:
    old = entries(app, key)[2]
    rewritten(app, key, lambda row: row | {"actor": "nobody"} if row["seq"] == 2 else row, heads_too=True)

    assert verify(app, key).fault is None
    verdict = verify(app, key, known_head=(3, old["hash"][:12]))
    assert verdict.bad_seq == 3
    assert "that you say stood there" in (verdict.fault or "")


def rewritten(
    app: App, key: str, change: Callable[[dict[str, Any]], dict[str, Any]], *, heads_too: bool = False
) -> None:
    """Forge the whole chain, every hash in its place."""
    previous, hashes = GENESIS, {}
    for old in entries(app, key):
        row = change({**old}) | {"previous_hash": previous}
        if heads_too and row["kind"] == HeadPublished.__name__:
            row["body"] = row["body"] | {"head": hashes[row["body"]["seq"]]}
        previous = hashes[row["seq"]] = row_hash(row)
        tamper(app, "DELETE FROM entry WHERE seq = :seq", seq=row["seq"])
        append(app, row)
    tamper(app, "UPDATE incident SET head_hash = :head", head=previous)


def test_a_head_from_a_mail_that_stands_in_the_chain_is_no_fault(app: App, key: str) -> None:
    assert verify(app, key, known_head=(3, entries(app, key)[2]["hash"][:12])).fault is None


# --- what lies beside the chain


def test_a_changed_text_is_named_with_the_entry_that_commits_to_it(app: App, key: str) -> None:
    noted = next(row for row in entries(app, key) if row["kind"] == "Noted")
    tamper(
        app,
        "UPDATE text SET sealed = :forged WHERE words = :words",
        words=noted["body"]["text"],
        forged=b"x" * 40,
    )

    assert verify(app, key).bad_seq == noted["seq"]


def test_a_text_that_was_emptied_is_named_with_its_entry(app: App, key: str) -> None:
    tamper(app, "UPDATE text SET sealed = :nothing", nothing=b"")

    assert ": its text was changed" in (verify(app, key).fault or "")


def test_a_text_that_would_not_be_found_again_is_named(app: App, key: str) -> None:
    noted = next(row for row in entries(app, key) if row["kind"] == "Noted")
    tamper(app, "UPDATE text SET said = 'x' WHERE words = :words", words=noted["body"]["text"])

    assert verify(app, key).bad_seq == noted["seq"]


def test_a_text_that_was_moved_to_another_commitment_is_named(app: App, key: str) -> None:
    noted = next(row for row in entries(app, key) if row["kind"] == "Noted")
    title = entries(app, key)[0]["body"]["title"]
    tamper(
        app,
        "UPDATE text SET sealed = (SELECT sealed FROM text WHERE words = :title) WHERE words = :words",
        title=title,
        words=noted["body"]["text"],
    )

    assert verify(app, key).bad_seq == noted["seq"]


def test_a_text_that_vanished_without_an_entry_is_named(app: App, key: str) -> None:
    noted = next(row for row in entries(app, key) if row["kind"] == "Noted")
    tamper(app, "DELETE FROM text WHERE words = :words", words=noted["body"]["text"])

    verdict = verify(app, key)

    assert verdict.bad_seq == noted["seq"]
    assert "no entry says that it was erased" in (verdict.fault or "")


def test_a_redacted_text_is_erased_and_no_fault(app: App, key: str) -> None:
    noted = next(row for row in entries(app, key) if row["kind"] == "Noted")
    redact(app, at_the_shell(app, "an"), key, noted["body"]["text"], because="it named a customer")

    verdict = verify(app, key)

    assert verdict.fault is None
    assert "1 erased" in words(verdict)["texts"]


def test_a_changed_document_of_the_pinned_pack_is_named(app: App, key: str) -> None:
    tamper(
        app,
        "UPDATE document SET content = :forged WHERE length(content) = (SELECT min(length(content)) FROM document)",
        forged=b"x",
    )

    assert "pinned pack" in (verify(app, key).fault or "")


def test_evidence_whose_file_was_changed_is_named(app: App, key: str) -> None:
    (file,) = (app.vault_folder / key).iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"x")

    assert f"{key} evidence E1" in (verify(app, key).fault or "")


def test_evidence_whose_file_was_changed_is_mended_by_keeping_it_again(
    app: App, linh: Actor, key: str, tmp_path: Path
) -> None:
    (file,) = (app.vault_folder / key).iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"x")

    keep_evidence(app, linh, key, tmp_path / "gateway.log")

    assert verify(app, key).fault is None
    assert list((app.vault_folder / key).iterdir()) == [file]


def test_evidence_is_on_the_disk_before_it_is_spoken_of(
    app: App, linh: Actor, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, int]] = []
    folder, real = app.vault_folder / key, os.fsync

    def fsync(descriptor: int) -> None:
        synced.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), len(list(folder.glob("[!.]*")))))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    proof = tmp_path / "second.log"
    proof.write_bytes(b"another proof")
    keep_evidence(app, linh, key, proof)

    # First the bytes, and then, when the file has its name, the folder.
    assert Path(synced[0][0]).parent == folder
    assert synced[1] == (str(folder), 2)
    assert [place for place, _ in synced[2:]] == [str(app.vault_folder), str(app.settings.home)]


def test_evidence_whose_file_is_gone_is_named(app: App, key: str) -> None:
    (file,) = (app.vault_folder / key).iterdir()
    file.unlink()

    assert f"{key} evidence E1" in (verify(app, key).fault or "")


def test_evidence_that_was_taken_from_the_list_is_named_with_its_entry(app: App, key: str) -> None:
    kept = next(row for row in entries(app, key) if row["kind"] == "EvidenceKept")
    tamper(app, "DELETE FROM vault")

    assert verify(app, key).bad_seq == kept["seq"]


def test_evidence_that_was_exchanged_for_another_item_is_named(
    app: App, linh: Actor, key: str, tmp_path: Any
) -> None:
    other = tmp_path / "other.log"
    other.write_bytes(b"another file")
    keep_evidence(app, linh, key, other)
    tamper(
        app,
        "UPDATE vault SET content = o.content, size = o.size, path = o.path "
        "FROM (SELECT content, size, path FROM vault WHERE item = 'E2') AS o WHERE item = 'E1'",
    )

    assert "evidence E1 is not what was kept" in (verify(app, key).fault or "")


def test_a_column_of_the_vault_that_was_changed_is_named_with_its_entry(app: App, key: str) -> None:
    kept = next(row["seq"] for row in entries(app, key) if row["kind"] == "EvidenceKept")

    for column, forged in (
        ("name", f"'{entries(app, key)[0]['body']['title']}'"),
        ("kept_by", "'hoa'"),
        ("kept_at", "replace(kept_at, '2026', '2025')"),
        ("purpose", "'record'"),
        ("path", "'elsewhere'"),
    ):
        with put_back(app, "vault"):
            tamper(app, f"UPDATE vault SET {column} = {forged}")
            verdict = verify(app, key)
        assert verdict.fault == f"{key} entry {kept}: evidence E1 is not what was kept ({column})"
        assert verdict.bad_seq == kept


def test_a_key_that_was_destroyed_without_an_entry_is_a_fault(app: App, key: str) -> None:
    with app.database.write() as connection:
        keys.destroy_key(connection, key, "people", app.now())

    assert "no entry says that it was destroyed" in (verify(app, key).fault or "")


def test_an_attempt_that_was_taken_away_is_noticed(app: App, key: str) -> None:
    tamper(app, "DELETE FROM attempt WHERE id = (SELECT max(id) FROM attempt)")

    assert "says what no attempt recorded" in (verify(app, key).fault or "")


def test_a_message_that_was_changed_or_taken_away_is_named_with_its_entry(
    app: App, linh: Actor, key: str
) -> None:
    decline(app, linh, key, because="a test token")
    advance(app, key)  # publishes the head, and with it what was said up to it
    call = "(SELECT min(id) FROM outbox WHERE page > 0)"
    status = "(SELECT id FROM outbox WHERE lane = 2 ORDER BY cause, id LIMIT 1)"
    another = f"(SELECT sealed FROM outbox WHERE id = {status})"
    assert verify(app, key).fault is None

    for statement, named in (
        (f"UPDATE outbox SET person = 'hoa' WHERE id = {call}", "or not to whom"),
        (f"UPDATE outbox SET lane = 0 WHERE id = {status}", "or not to whom"),
        (f"UPDATE outbox SET sealed = {another} WHERE id = {call}", "is not what entry"),
        (f"UPDATE outbox SET key = key || 'x' WHERE id = {call}", "does not have the id"),
        ("DELETE FROM outbox WHERE page > 0", "its message page/"),
        (f"DELETE FROM outbox WHERE id = {status}", "are not those that it counted"),
    ):
        with put_back(app, "outbox"):
            tamper(app, statement)
            verdict = verify(app, key)
        assert named in (verdict.fault or ""), statement
        assert verdict.bad_seq is not None


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("state = 'pending'", "says what no attempt recorded"),
        ("outcome = 'refused'", "says what no attempt recorded"),
        ("settled_at = NULL", "says what no attempt recorded"),
        ("state = 'excluded', outcome = 'answered'", "says what no attempt recorded"),
        ("doubtful = true", "is doubtful, and no attempt at it was"),
    ],
)
def test_a_message_that_stands_otherwise_than_its_last_attempt_left_it_is_noticed(
    app: App, key: str, change: str, named: str
) -> None:
    left = "(SELECT min(id) FROM outbox WHERE state = 'handed_over')"

    assert tamper(app, f"UPDATE outbox SET {change} WHERE id = {left}")

    assert named in (verify(app, key).fault or "")


def test_an_attempt_that_was_invented_is_noticed(app: App, key: str) -> None:
    tamper(
        app,
        'INSERT INTO attempt (door, "row", number, at, outcome) '
        "SELECT 'outbox', id, attempts + 1, created_at, 'handed_over' FROM outbox LIMIT 1",
    )

    assert "attempts are recorded that their rows do not count" in (verify(app, key).fault or "")


# --- projections


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE incident SET status = 'closed'", "status is closed"),
        ("UPDATE incident SET open = false", "open is False"),
        ("UPDATE incident SET severity = 'sev5'", "severity is sev5"),
        ("UPDATE incident SET wake_at = '2099-01-01T00:00:00.000000+00:00'", "too late"),
        ("UPDATE incident SET wake_at = NULL", "wake_at is None"),
        ("UPDATE incident SET wake_at = 'soon'", "cannot be read"),
        ("UPDATE duty SET due_at = 'never'", "cannot be read"),
        ("UPDATE duty SET due_at = '2099-01-01T00:00:00.000000+00:00'", "due_at is 2099"),
        ("UPDATE duty SET state = 'met'", "state is met"),
        ("DELETE FROM duty", "is not listed"),
        ("DELETE FROM incident", "missing from the list"),
        ("UPDATE duty SET key = 'eu-gdpr/invented'", "eu-gdpr/invented is listed, and no entry opened it"),
    ],
)
def test_a_projection_that_says_otherwise_is_named_and_made_anew(
    app: App, key: str, statement: str, named: str
) -> None:
    tamper(app, statement)

    fault = verify(app, key).fault or ""
    rebuilt = verify(app, key, anew=True)

    assert named in fault
    assert "--rebuild" in fault
    assert any(named in wrong for wrong in rebuilt.mended)
    assert verify(app, key).fault is None


def test_projections_are_not_made_anew_over_a_chain_that_lost_its_tail(app: App, key: str) -> None:
    end = last(app, key)
    tamper(app, "DELETE FROM entry WHERE seq = :end", end=end)

    verify(app, key, anew=True)

    with app.database.read() as connection:
        row, _ = timeline.projected(connection, key)
    assert row is not None
    assert row["head_seq"] == end


def test_an_incident_whose_row_was_taken_away_is_still_found(app: App, key: str) -> None:
    tamper(app, "DELETE FROM incident")

    assert incidents(app) == [key]


# --- quarantine


def test_an_incident_that_was_set_apart_and_is_sound_goes_back_to_work(
    app: App, linh: Actor, key: str
) -> None:
    set_apart(app, key, RuntimeError("a plan that failed"))

    assert prove(app, linh, key).released
    assert not prove(app, linh, key).released
    with app.database.read() as connection:
        assert timeline.projected(connection, key)[0]["quarantined"] is None  # type: ignore[index]


def test_an_incident_that_is_not_sound_stays_set_apart(app: App, linh: Actor, key: str) -> None:
    set_apart(app, key, RuntimeError("a plan that failed"))
    tamper(app, "UPDATE entry SET actor = 'x' WHERE seq = 3")

    assert not prove(app, linh, key).released


def test_one_bad_incident_says_nothing_about_another(app: App, linh: Actor, key: str) -> None:
    other = declare(app, linh, Declaration("A lost laptop", drill=True)).incident.key
    advance(app, other)
    tamper(app, "UPDATE entry SET actor = 'x' WHERE incident = :key AND seq = 3", key=key)

    assert verify(app, key).fault is not None
    assert verify(app, other).fault is None


def test_entries_that_arrive_meanwhile_are_no_fault(app: App, linh: Actor, key: str) -> None:
    """The view does not move: what is written behind it is proven the next time."""
    from tocsin.evidence.case import Case
    from tocsin.evidence.keeping import head
    from tocsin.evidence.story import heard

    with app.database.read() as connection:
        story, fault = heard(connection, key)
        note(app, linh, key, "written while the verifier reads")
        assert head(Case(app, key, connection, story)).name == "head"
    assert fault is None


def test_a_wake_that_has_passed_is_no_fault(app: App, key: str) -> None:
    with app.database.write() as connection:
        past = app.now() - timedelta(hours=1)
        timeline.replan(connection, key, last(app, key), past, "somebody")

    assert verify(app, key).fault is None
