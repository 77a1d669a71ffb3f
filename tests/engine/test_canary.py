"""Nothing that singles out a person can be read anywhere but in what was sealed: canaries through a whole story."""

import contextlib
import json
import logging
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy import create_engine, text

from tests.story import KINDS
from tocsin import actions
from tocsin.actions.caching import keep_rows
from tocsin.domain.errors import Refused
from tocsin.domain.notice import CUSTOMERS
from tocsin.domain.scope.people import pseudonym
from tocsin.domain.scope.question import Listed, Question
from tocsin.evidence.verify import verify
from tocsin.sinks.mail import Fault
from tocsin.storage import accounts, affected

pytestmark = pytest.mark.rooms

CANARIES = (
    "kanarienvogel@example.org",
    "Kanarienvogel",
    "canary_cus_77",
    "soa_live_canary",
    "198.51.100.77",
    "zeisig",
)
READER = {"id": "canary_cus_77", "email": "kanarienvogel@example.org", "name": "Käthe Kanarienvogel"}


def sung(content):
    """The canaries that can be heard in some bytes, also as digits of a blob."""
    return [bird for bird in CANARIES if bird.lower().encode() in content.lower()]


def everything_stored(app):
    """Every value of every table, as bytes; and on SQLite the very pages of the file."""
    engine = create_engine(app.database.engine.url)
    with engine.connect() as connection:
        names = connection.dialect.get_table_names(connection)
        for name in names:
            for row in connection.execute(text(f'SELECT * FROM "{name}"')):
                for value in row:
                    yield name, bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
    engine.dispose()


def kept_rows(story):
    """The files in which the rows of the incident's logs wait for the next question."""
    folder = story.app.settings.home / "cache" / "logs" / story.key
    return [path for path in folder.rglob("*") if path.is_file()]


def in_the_files(app, content):
    """Whether these bytes lie anywhere in SQLite's file or its log; elsewhere files are not ours to read."""
    if not app.database.sqlite:
        return False
    base = Path(app.database.engine.url.database)
    return any(content in path.read_bytes() for path in base.parent.glob(f"{base.name}*"))


def test_what_was_redacted_lies_in_no_file_of_the_database(tale):
    tale.declare().as_("linh").note("Käthe called")
    words = tale.told("Noted")[-1].text
    with tale.app.database.read() as connection:
        row = connection.execute(text("SELECT sealed FROM text WHERE words = :words"), {"words": words}).one()
    assert in_the_files(tale.app, row.sealed) == tale.app.database.sqlite
    tale.as_("an").redact(words, because="it names a customer")
    assert not in_the_files(tale.app, row.sealed)


@pytest.fixture
def told(story, capfd, caplog):
    """A whole incident about one customer, with all that makes software talkative: refusals, doubts, failures."""
    caplog.set_level(logging.DEBUG)
    story.with_customers(3, c2=READER, c3={"email": "zeisig@example.org"})
    line = {"time": "2026-11-23T10:00:00Z", "account": READER["id"], "token": CANARIES[3], "ip": CANARIES[4]}
    log = {**line, "path": "/v1/account", "status": 200}
    nobodys = {**log, "account": "zeisig-77"}
    lines = "".join(json.dumps(each) + "\n" for each in (log, nobodys))
    (story.folder / "api.ndjson").write_text(lines, encoding="utf-8")
    with (story.folder / "sources.yaml").open("a", encoding="utf-8") as sources:
        sources.write(
            "logs:\n  - name: api\n    format: ndjson\n    paths: [api.ndjson]\n    country: VN\n    fields: "
            "{at: time, account: account, token: token, ip: ip, endpoint: path, status: status}\n"
        )
    address = READER["email"]
    story.mail.misbehave(
        Fault("dot", "drop", recipient=address, times=1),
        Fault("rcpt", reply=f"550 5.1.1 <{address}> unknown here", recipient=address),
        Fault("dot", reply="250 2.1.5 <zeisig@example.org> saved for zeisig", recipient="zeisig@example.org"),
    )
    story.declare()
    story.as_("linh").ack()
    story.as_("an").ack()
    people = tuple(Listed(who=each, kinds=KINDS) for each in ("c1", address, "c3"))
    question = Question(people=people, tokens=("soa_live_canary",), ips=("198.51.100.77",))
    done = actions.scope(story.app, story.actor("giang"), story.key, question)
    keep_rows(story.app, done.incident, question, lambda words, share: None)
    # The second question finds the rows of the first.
    actions.scope(story.app, story.actor("giang"), story.key, question)
    from tests.story import WORDS

    story.as_("an").learn(WORDS, source=f"call with {READER['name']}")
    story.as_("linh").note(f"{READER['name']} <{address}> called about canary_cus_77")
    story.approve().as_("an").release(CUSTOMERS)
    yield story
    out, err = capfd.readouterr()
    assert sung((out + err + caplog.text).encode()) == []


def test_no_canary_sings_but_where_the_people_are_kept(told):
    _not_in_the_database_the_home_or_what_our_people_got(told)
    _no_bare_hash_in_the_timeline(told)
    _not_in_exceptions(told)
    with told.app.database.read() as connection:
        key = told.app.people_key(told.key)
        person = affected.person(connection, told.key, 1, key, pseudonym(key, "canary_cus_77"))
        nobodys = [each.id for each in accounts.unowned(connection, told.key, 2, key)]
    assert person is not None
    assert (person.email, person.name) == (READER["email"], READER["name"])
    assert nobodys == ["zeisig-77"]


def _not_in_the_database_the_home_or_what_our_people_got(told):
    assert (told.counts["refused"], told.counts["handed_over"]) == (1, 2)
    assert [name for name, value in everything_stored(told.app) if sung(value)] == []
    files = [path for path in told.app.settings.home.rglob("*") if path.is_file()]
    assert any("vault" in path.parts for path in files)
    kept = kept_rows(told)
    assert {path.suffix for path in kept} == {".rows", ".card"}
    # In what a format packs tightly nobody would hear them: of Parquet and JSON nothing is to be read either.
    clear = re.compile(rb'PAR1|"rows"')
    assert [path for path in kept if clear.search(path.read_bytes())] == []
    assert [path for path in files if sung(path.read_bytes())] == []
    if told.app.database.sqlite:
        base = told.app.database.engine.url.database
        assert [name for name in (base, f"{base}-wal") if sung(open(name, "rb").read())] == []  # noqa: SIM115, PTH123
    assert sung(repr(told.slack.messages).encode()) == []
    assert sung(repr(told.slack.workspace.rooms).encode()) == []
    ours = [mail for mail in told.mail.messages if mail.recipients[0].endswith("@streamonapi.example")]
    assert [mail for mail in ours if sung(mail.content)] == []


def _no_bare_hash_in_the_timeline(told):
    import hashlib

    told_of = " ".join(
        value.decode(errors="replace") for name, value in everything_stored(told.app) if name == "entry"
    )
    for bird in (*CANARIES, READER["name"]):
        assert hashlib.sha256(bird.encode()).hexdigest() not in told_of


def _not_in_exceptions(told):
    for deed in (
        lambda: told.as_("an").exclude(CUSTOMERS, "canary_cus_77", because=""),
        lambda: told.as_("an").exclude(CUSTOMERS, "canary_cus_78", because="x"),
        lambda: Question(ips=("canary_cus_77",)),
    ):
        with pytest.raises(Exception) as raised:  # noqa: PT011
            deed()
        assert "canary_cus" not in re.sub(r"input_value=.*", "", str(raised.value))


def test_after_erasure_only_counts_and_proofs_are_left(told):
    for duty in [duty for duty in told.incident.duties if told.incident.duties[duty].mark == "open"]:
        told.as_("chi").release_duty(duty, because="a test")
    for step in [step.id for step in told.app.catalog.type("credential-leak").steps if step.gate]:
        actions.skip(told.app, told.actor("linh"), told.key, step, because="a test")
    told.as_("an").close(because="the one who was refused was telephoned")
    with pytest.raises(Refused, match="is kept until"):
        told.as_("an").erase(because="retention is over")
    told.clock.moment += timedelta(days=366)
    with pytest.raises(Refused, match="linh may not do this"):
        told.as_("linh").erase(because="retention is over")
    counts, key = told.counts, told.app.people_key(told.key)
    with told.app.database.read() as connection:
        wrapped = connection.scalar(text("SELECT wrapped FROM incident_key WHERE purpose = 'people'"))
    told.as_("an").erase(because="retention is over")
    assert not in_the_files(told.app, wrapped)
    with pytest.raises(Refused, match="was destroyed"):
        told.app.people_key(told.key)
    assert told.counts == counts
    assert {bytes(row.sealed) for row in told.rows} == {b""}
    assert kept_rows(told) == []
    with told.app.database.read() as connection:
        found = list(accounts.rows(connection, told.key, 2))
        assert [bytes(row.sealed) for row in found] == [b""]
    assert pseudonym(key, "canary_cus_77") in {row.person for row in told.rows}
    assert verify(told.app, told.key).fault is None
    with pytest.raises(Refused, match="were erased already"):
        told.as_("an").erase(because="again")
    with pytest.raises(Refused, match="were erased"):
        told.as_("an").reopen(because="more came up")


def test_a_failing_incident_logs_its_place_and_no_words(tale):
    from tocsin.bell import ring

    tale.declare()

    def shout(app):
        raise ValueError(READER["email"])

    tale.app = replace(tale.app, routes={"slack": shout, "email": shout})
    tale.leap(minutes=6)
    with structlog.testing.capture_logs() as logs:
        ring(tale.app)
    assert tale.told("Paged")[-1].person == "minh"
    assert sung(repr(logs).encode()) == []


@pytest.mark.parametrize("at", ["rcpt", "dot", "mail"])
@pytest.mark.parametrize("code", ["421 4.3.2", "451 4.7.1", "554 5.7.1", "550 5.1.1"])
def test_no_answer_of_a_relay_that_quotes_a_reader_is_said_anywhere(tale, at, code, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    words = f"{code} <{READER['email']}> {READER['name'].split()[1]} is not taken ({READER['email']})"
    tale.mail.misbehave(Fault(at=at, reply=words))
    tale.with_customers(4, c2=READER)
    with structlog.testing.capture_logs() as logs:
        tale.released()
        tale.leap(minutes=40).settle()
    assert tale.told("SendingStopped")
    assert [row for row in tale.rows if row.attempts]
    # What a server said is kept with addresses masked; a name that it quotes is in no entry and no log.
    assert [name for name, value in everything_stored(tale.app) if READER["email"].encode() in value] == []
    assert [name for name, value in everything_stored(tale.app) if name == "entry" and sung(value)] == []
    assert sung(repr(logs).encode()) == []
    assert sung(repr(tale.slack.messages).encode()) == []
    out, err = capfd.readouterr()
    assert sung((out + err + caplog.text).encode()) == []


def test_no_template_that_fails_at_a_reader_names_her(tale, capfd, caplog):
    """One whose letter cannot be built, and one at whom the writing itself breaks off."""
    from tocsin.engine import sending
    from tocsin.rendering.letter import Letters

    caplog.set_level(logging.DEBUG)
    tale.with_customers(3, c2=READER).approved()

    class Broken(Letters):
        def cut(self, reader, locale):
            if reader.name == READER["name"]:
                raise Refused(f"not an e-mail address: {READER['email']}")
            if reader.name == "Customer 3":
                raise ValueError(f"{READER['email']} and {READER['name']}")
            return super().cut(reader, locale)

    real = sending.writing
    sending.writing = lambda *words, **more: _with_class(real(*words, **more), Broken)
    try:
        # It comes to no rest: the bell tries again and again.
        with structlog.testing.capture_logs() as logs, contextlib.suppress(AssertionError):
            tale.as_("an").release(CUSTOMERS)
    finally:
        sending.writing = real
    assert logs, "the failure is told"
    assert [name for name, value in everything_stored(tale.app) if sung(value)] == []
    assert sung(repr(logs).encode()) == []
    out, err = capfd.readouterr()
    assert sung((out + err + caplog.text).encode()) == []


def _with_class(write, kind):
    write.letters.__class__ = kind
    return write


def test_who_writes_from_outside_is_sealed_and_said_nowhere(story, capfd, caplog):
    from tests.intake.post import message
    from tocsin.actions.intake import take_in
    from tocsin.rendering.artifact import board_page, incident_page
    from tocsin.storage import timeline

    caplog.set_level(logging.DEBUG)
    first = message(f"URGENT {READER['name']}", sender=f"{READER['name']} <{READER['email']}>", body="zeisig")
    second = message(
        "Re: zeisig",
        id_="kanarienvogel@example.org",
        sender="zeisig@example.org",
        In_Reply_To="<m1@example.org>",
    )
    for raw in (first, second):
        story.key = take_in(story.app, raw).incident
        story.settle()
    story.as_("linh").ack()
    with story.app.database.read() as connection:
        board = board_page(timeline.board(connection, closed=9), "Asia/Ho_Chi_Minh", story.clock.moment)
    shown = incident_page(story.incident, story.plan, story.app.catalog, story.clock.moment, {})
    story.as_("linh").confirm()
    assert len(story.incident.evidence) == 2
    assert [name for name, value in everything_stored(story.app) if sung(value)] == []
    files = [path for path in story.app.settings.home.rglob("*") if path.is_file()]
    assert [path for path in files if sung(path.read_bytes())] == []
    said = repr(story.slack.messages).encode() + b"".join(mail.content for mail in story.mail.messages)
    assert sung(said + (board + shown).encode()) == []
    out, err = capfd.readouterr()
    assert sung((out + err + caplog.text).encode()) == []
    assert "TRIAGE" in board
    assert "TRIAGE - linh looks at it" in shown
