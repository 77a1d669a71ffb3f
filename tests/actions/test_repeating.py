"""A scope is measured again from what was kept of it, and a second analyst stands for it."""

import json
from dataclasses import replace

import pytest
import yaml
from sqlalchemy import create_engine, text

from tocsin import actions
from tocsin.domain.errors import NotYours, Refused
from tocsin.domain.scope.question import Question
from tocsin.evidence.vault import read
from tocsin.evidence.verify import verify
from tocsin.storage import affected

LOG = {
    "name": "gateway",
    "format": "ndjson",
    "paths": ["logs/*.ndjson"],
    "country": "VN",
    "fields": {"at": "time", "account": "account", "token": "token", "endpoint": "path", "status": "status"},
}


@pytest.fixture
def asked(tale):
    """giang asked two files about a token; the customers stand in a file."""
    tale.with_customers(6)
    folder = tale.folder / "logs"
    folder.mkdir()
    for day in (1, 2):
        rows = [
            {
                "time": f"2026-11-0{day}T0{hour}:00:00Z",
                "account": f"c{hour}",
                "token": "t",
                "path": "/v1/account",
            }
            for hour in range(1, 7)
        ]
        lines = "".join(json.dumps({**row, "status": "200"}) + "\n" for row in rows)
        (folder / f"day-{day}.ndjson").write_text(lines, encoding="utf-8")
    declared(tale)
    tale.declare()
    actions.scope(tale.app, tale.actor("giang"), tale.key, Question(tokens=("t",)))
    return tale.settle()


def declared(tale, customers=None):
    path = tale.folder / "sources.yaml"
    known = yaml.safe_load(path.read_text(encoding="utf-8"))
    known["logs"] = [LOG]
    if customers:
        known["customers"] = [customers]
    path.write_text(yaml.safe_dump(known), encoding="utf-8")


def repetitions(tale):
    return tale.told("ScopeRepeated")


def test_the_question_the_declaration_and_the_hashes_that_were_kept_give_the_same_people(asked):
    body = asked.incident.scope
    assert json.loads(read(asked.app, asked.key, body.asked)) == {"tokens": ["t"]}
    assert "gateway" in read(asked.app, asked.key, body.declared).decode()
    assert {"tocsin", "duckdb", "ibis-framework"} <= set(body.engine)
    # Whatever today's sources.yaml says, it is measured by the declaration of then.
    (asked.folder / "sources.yaml").write_text("logs: []\n", encoding="utf-8")
    asked.as_("an").repeat()
    (again,) = repetitions(asked)
    assert (again.revision, again.same, again.differs, again.otherwise) == (1, True, 0, ())
    assert (again.set_digest, again.rows_digest) == (body.set_digest, body.rows_digest)
    assert (again.same_why, again.why_digest) == (True, body.why_digest)
    with asked.app.database.read() as connection:
        assert affected.number(connection, asked.key, -1) == 0
        assert affected.number(connection, asked.key, 1) == 6
    assert verify(asked.app, asked.key).fault is None


def test_a_file_that_differs_is_missing_or_new_is_named_before_anything_is_measured(asked):
    folder, head = asked.folder / "logs", asked.incident.head_seq
    (folder / "day-1.ndjson").write_text("{}\n", encoding="utf-8")
    (folder / "day-2.ndjson").unlink()
    (folder / "day-3.ndjson").write_text("{}{}\n", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        asked.as_("an").repeat()
    for words in ("day-1.ndjson differs", "day-2.ndjson is missing", "day-3.ndjson is new"):
        assert words in str(refused.value)
    assert asked.incident.head_seq == head


def test_a_customer_file_that_differs_is_named_too(asked):
    path = asked.folder / "customers.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("Customer 1", "Somebody"), encoding="utf-8")
    with pytest.raises(Refused, match=r"customers: customers\.csv differs"):
        asked.as_("an").repeat()


@pytest.fixture
def live(tale, asked):
    """A second revision, for which the customers stand in a database that goes on living."""
    url = f"sqlite:///{tale.folder / 'crm.db'}"
    with create_engine(url).begin() as connection:
        connection.execute(text("CREATE TABLE people (id TEXT, email TEXT, country TEXT)"))
        for n in range(1, 9):
            values = {"id": f"c{n}", "email": f"c{n}@example.org"}
            connection.execute(text("INSERT INTO people VALUES (:id, :email, 'DE')"), values)
    fields = {"id": "id", "email": "email", "country": "country"}
    declared(tale, {"name": "crm", "url": url, "table": "people", "country": "VN", "fields": fields})
    actions.scope(tale.app, tale.actor("giang"), tale.key, Question(tokens=("t",)))
    return url


def changed(url, statement):
    with create_engine(url).begin() as connection:
        connection.execute(text(statement))


def test_a_live_table_that_reads_otherwise_is_said_and_does_not_hide_that_the_people_are_the_same(
    asked, live
):
    changed(live, "DELETE FROM people WHERE id = 'c8'")
    asked.as_("an").repeat()
    assert [(each.same, each.otherwise) for each in repetitions(asked)] == [(True, ("crm",))]


def with_lists(tale, **lists):
    path = tale.folder / "sources.yaml"
    known = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(known | lists), encoding="utf-8")


ERASURES = {
    "name": "erasures",
    "paths": ["erasures.csv"],
    "country": "VN",
    "fields": {"id": "id", "at": "at"},
}
RETURNED = {
    "name": "returned", "paths": ["returned.csv"], "country": "VN",
    "fields": {"email": "email"}, "kind_of_all": "bounced",
}  # fmt: skip


def test_with_lists_of_deletions_and_of_suppressions_it_is_repeated_too_and_one_that_differs_is_named(
    tale, asked
):
    erasures, returned = tale.folder / "erasures.csv", tale.folder / "returned.csv"
    erasures.write_text("id,at\nc1,2020-01-01T00:00:00Z\n", encoding="utf-8")
    returned.write_text("email\nc2@example.org\n", encoding="utf-8")
    with_lists(tale, deletions=[ERASURES], suppressions=[RETURNED])
    actions.scope(tale.app, tale.actor("giang"), tale.key, Question(tokens=("t",)))
    asked.as_("an").repeat()
    assert [(each.revision, each.same, each.otherwise) for each in repetitions(asked)] == [(2, True, ())]
    for path in (erasures, returned):
        kept = path.read_text(encoding="utf-8")
        path.write_text(f"{kept}{kept.splitlines()[-1]}9\n", encoding="utf-8")
        with pytest.raises(Refused, match=rf"{path.stem}: {path.name} differs"):
            asked.as_("an").repeat()
        path.write_text(kept, encoding="utf-8")


def test_a_list_out_of_a_database_that_reads_otherwise_is_said(tale, asked, live):
    changed(live, "CREATE TABLE erased (id TEXT, at TEXT)")
    fields = {"id": "id", "at": "at"}
    with_lists(
        tale,
        deletions=[{"name": "register", "url": live, "table": "erased", "country": "VN", "fields": fields}],
    )
    actions.scope(tale.app, tale.actor("giang"), tale.key, Question(tokens=("t",)))
    asked.as_("an").repeat()
    changed(live, "INSERT INTO erased VALUES ('c8', '2020-01-01T00:00:00Z')")
    asked.as_("an").repeat()
    assert [(each.same, each.otherwise) for each in repetitions(asked)] == [(True, ()), (True, ("register",))]


def test_other_people_are_counted_and_cannot_be_signed(asked, live):
    changed(live, "UPDATE people SET country = 'FR' WHERE id IN ('c1', 'c2')")
    asked.as_("an").repeat()
    (again,) = repetitions(asked)
    assert (again.same, again.differs, again.otherwise) == (False, 2, ("crm",))
    with pytest.raises(Refused, match="found other people when repeating revision 2"):
        asked.as_("an").sign(because="x")
    assert verify(asked.app, asked.key).fault is None


def test_a_former_revision_can_be_repeated_too(asked, live):
    asked.as_("an").repeat(1)
    assert [(each.revision, each.same) for each in repetitions(asked)] == [(1, True)]
    for none in (0, 3, -1):
        with pytest.raises(Refused, match="has revisions 1 to 2"):
            asked.as_("an").repeat(none)


def bounded(tale, **bounds):
    scoping = tale.app.settings.scoping.model_copy(update=bounds)
    tale.app = replace(tale.app, settings=tale.app.settings.model_copy(update={"scoping": scoping}))


def test_it_is_repeated_within_the_bounds_of_then_and_asked_anew_within_those_of_now(asked):
    row = {"time": "2026-11-03T01:00:00Z", "token": "u", "path": "/v1/account", "status": "200"}
    rows = [row | {"account": "c1"}, row | {"account": "c2", "filler": "x" * (1 << 20)}]
    text = "".join(json.dumps(each) + "\n" for each in rows)
    (asked.folder / "logs" / "day-3.ndjson").write_text(text, encoding="utf-8")
    bounded(asked, longest_line=1)
    actions.scope(asked.app, asked.actor("giang"), asked.key, Question(tokens=("u",)))
    then = asked.incident.scope
    assert (then.buckets["confirmed"], then.bounds) == (1, {"longest_line": 1, "unpack_ratio": 250})
    bounded(asked, longest_line=8, unpack_ratio=10)
    asked.as_("an").repeat()
    (again,) = repetitions(asked)
    assert (again.revision, again.same, again.set_digest) == (2, True, then.set_digest)
    actions.scope(asked.app, asked.actor("giang"), asked.key, Question(tokens=("u",)))
    now = asked.incident.scope
    assert (now.buckets["confirmed"], now.bounds) == (2, {"longest_line": 8, "unpack_ratio": 10})


def test_a_scope_of_a_closed_incident_is_not_repeated(asked):
    asked.as_("linh").decline(because="a false alarm")
    head = asked.incident.head_seq
    with pytest.raises(Refused, match="is declined"):
        asked.as_("an").repeat()
    assert asked.incident.head_seq == head


def test_a_repetition_says_whether_the_reasons_are_the_same_and_verify_holds_it_to_that(asked):
    from tocsin.evidence.case import Bad, Case
    from tocsin.evidence.scopes import scopes
    from tocsin.evidence.story import heard

    asked.as_("an").repeat()
    with asked.app.database.read() as connection:
        story, _ = heard(connection, asked.key)
        case = Case(asked.app, asked.key, connection, story)
        (seq, again) = story.repetitions[0]
        for change in ({"same_why": False}, {"why_digest": "0"}, {"same_why": None}):
            story.repetitions[0] = (seq, {**again, **change})
            with pytest.raises(Bad, match=f"entry {seq}"):
                scopes(case)
        # A revision of before reasons were kept says nothing of them.
        story.scopes[0] = (story.scopes[0][0], {**story.scopes[0][1], "why_digest": ""})
        assert scopes(case).count == 0


def test_somebody_else_who_repeated_it_signs(asked):
    with pytest.raises(Refused, match="measure it again yourself first"):
        asked.as_("an").sign(because="read the logs")
    asked.as_("giang").repeat()
    with pytest.raises(NotYours, match="giang asked revision 1"):
        asked.as_("giang").sign(because="read the logs")
    with pytest.raises(NotYours, match="may not do this"):
        asked.as_("linh").repeat()
    asked.as_("an").repeat()
    with pytest.raises(Refused, match="say what you looked at"):
        asked.as_("an").sign(because=" ")
    asked.as_("an").sign(because="read the same files on another machine")
    (signed,) = asked.told("ScopeSigned")
    body = asked.incident.scope
    assert (signed.set_digest, signed.question) == (body.set_digest, body.question)
    assert [each.by for each in asked.incident.signed_by] == ["an"]
    with pytest.raises(Refused, match="has signed revision 1"):
        asked.as_("an").sign(because="again")
    assert verify(asked.app, asked.key).fault is None
    # A new revision is another scope, which nobody has signed.
    actions.scope(asked.app, asked.actor("giang"), asked.key, Question(tokens=("t",)))
    assert asked.incident.signed_by == ()


def test_a_signature_that_the_timeline_does_not_carry_is_found(asked):
    from tocsin.evidence.case import Bad, Case
    from tocsin.evidence.scopes import scopes
    from tocsin.evidence.story import heard

    asked.as_("an").repeat()
    asked.as_("an").sign(because="read the logs")
    with asked.app.database.read() as connection:
        story, _ = heard(connection, asked.key)
        case = Case(asked.app, asked.key, connection, story)
        assert scopes(case).count == 1
        (seq, signed), (again_seq, again) = story.signatures[0], story.repetitions[0]
        for change in ({"set_digest": "0"}, {"by": "giang"}, {"repetition": 1}, {"revision": 7}):
            story.signatures[0] = (seq, {**signed, **change})
            with pytest.raises(Bad, match=f"entry {seq}"):
                scopes(case)
        story.signatures[0] = (seq, signed)
        story.repetitions[0] = (again_seq, {**again, "set_digest": "0"})
        with pytest.raises(Bad, match=f"entry {again_seq}"):
            scopes(replace(case))
