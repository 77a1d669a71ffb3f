"""A poison incident is set apart and people are told, once; the others go on. What is not its fault is not held so."""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update
from structlog.testing import capture_logs

from tests.conftest import home
from tests.listening import mail_text
from tests.story import Story
from tocsin import actions
from tocsin.app import open_app
from tocsin.bell import ring
from tocsin.catalog import default_folders
from tocsin.domain.errors import BadFile, Refused
from tocsin.domain.timeline import Unreadable
from tocsin.engine import advance
from tocsin.engine.quarantine import release, tell_trouble
from tocsin.storage import timeline
from tocsin.storage.tables import document, entry, incident


def poison(story):
    """An entry of a kind that nobody knows, as a newer release would write it."""
    head = story.incident
    row = {
        "incident": story.key, "seq": head.head_seq + 1, "at": "2026-11-24T00:00:00+00:00",
        "recorded_at": "2026-11-24T00:00:00+00:00", "actor": "mallory", "kind": "Apocalypse", "version": 1,
        "body": "{}", "previous_hash": head.head_hash, "hash": "f" * 64,
    }  # fmt: skip
    with story.app.database.write() as connection:
        connection.execute(insert(entry).values(row))


def apart(story, key=None):
    with story.app.database.read() as connection:
        return connection.scalar(select(incident.c.quarantined).where(incident.c.key == (key or story.key)))


def calls(story):
    return [row for row in story.outbox if "/apart/" in row["key"]]


def test_a_poison_incident_is_set_apart_and_the_commander_on_duty_and_the_dpo_are_called_once(story):
    story.declare()
    poison(story)
    story.leap(minutes=6)
    assert [ring(story.app).failed for _ in range(3)] == [1, 0, 0]
    assert "Apocalypse" in (apart(story) or "")
    assert {(row["person"], row["route"]) for row in calls(story)} == {
        (who, route) for who in ("linh", "an") for route in ("slack", "email")
    }
    assert {row["state"] for row in calls(story)} == {"handed_over"}
    assert len(story.mails_to("linh")) == 2
    assert story.mails_to("linh")[-1].startswith("[DRILL] Tocsin bị kẹt: ")
    with pytest.raises(Unreadable):
        advance(story.app, story.key)
    assert len(calls(story)) == 4


def test_the_others_go_on(story):
    story.declare()
    poisoned = story.key
    poison(story)
    story.declare("Another one")
    story.fast_forward(minutes=16)
    assert apart(story, poisoned) is not None
    assert apart(story) is None
    assert ("incident-commander", "bao") in story.paged()


def test_a_poison_incident_with_pages_on_their_way_holds_up_no_other_message(story):
    plain = story.app
    story.app = replace(story.app, routes={})
    story.declare()
    poison(story)
    story.app = replace(plain, _incidents={})
    story.leap(minutes=1)
    ring(story.app)
    assert {row["state"] for row in story.outbox if row["page"]} == {"handed_over"}


def test_whom_the_incident_excludes_is_not_called_about_it(story):
    story.declare(excluded=("linh",))
    poison(story)
    story.leap(minutes=6)
    ring(story.app)
    assert {row["person"] for row in calls(story)} == {"an"}


def test_taken_back_it_goes_on_where_it_was(story):
    story.declare()
    poison(story)
    story.leap(minutes=6)
    ring(story.app)
    with story.app.database.write() as connection:
        connection.execute(entry.delete().where(entry.c.kind == "Apocalypse"))
    release(story.app, story.key)
    story.settle()
    assert ("incident-commander", "minh") in story.paged()


@pytest.fixture
def newer(tmp_path, sqlite_url, mail, slack, catalog_cache, clock):
    """A home in which an incident is bound to packs that the folders no longer hold."""
    settings = home(tmp_path, sqlite_url, mail, slack, catalog_cache)
    first = open_app(settings, now=clock)
    story = Story(first, clock, mail, slack, tmp_path).declare()
    overlay = tmp_path / "overlay" / "types" / "unclassified"
    overlay.mkdir(parents=True)
    templates, _ = default_folders()
    for path in (templates / "types" / "unclassified").iterdir():
        shutil.copy(path, overlay)
    text = (overlay / "type.yaml").read_text(encoding="utf-8")
    (overlay / "type.yaml").write_text(text.replace("Not classified yet", "Not sorted yet"), encoding="utf-8")
    shutil.copy(templates / "types" / "common-spine.yaml", overlay.parent)
    story.app = open_app(settings.model_copy(update={"templates": tmp_path / "overlay"}), now=clock)
    yield story
    first.close()
    story.app.close()


def break_pack(story):
    """The stored type of the incident is no longer what this release can read."""
    with story.app.database.write() as connection:
        rows = connection.execute(select(document)).all()
        (digest,) = (row.digest for row in rows if b'"id":"credential-leak"' in bytes(row.content))
        connection.execute(update(document).where(document.c.digest == digest).values(content=b'{"id": 5}'))


def test_an_incident_stays_bound_to_the_packs_of_its_declaration(newer):
    bound = newer.app.catalog_of(newer.incident)
    assert bound.digest == newer.incident.catalog != newer.app.catalog.digest
    assert bound.type("unclassified").title["en"] == "Not classified yet"


def test_a_pinned_catalog_that_no_longer_parses_is_poison_of_that_incident_alone(newer):
    poisoned = newer.key
    break_pack(newer)
    newer.leap(minutes=6)
    assert ring(newer.app).failed == 1
    assert apart(newer, poisoned) is not None
    newer.declare("Another one", type="unclassified")
    newer.fast_forward(minutes=6)
    assert len(newer.incident.pages) >= 3


def test_who_is_called_for_an_incident_whose_packs_cannot_be_read_is_called_all_the_same(newer):
    break_pack(newer)
    newer.as_("linh").page("minh", because="look at the gateway")
    assert newer.paged()[-1][1] == "minh"
    assert "look at the gateway" in mail_text(newer, "minh")


def test_a_person_can_still_write_into_an_incident_whose_plan_fails(newer):
    break_pack(newer)
    done = actions.note(newer.app, newer.actor("linh"), newer.key, "I write it all the same")
    assert len(done.entries) == 1
    with newer.app.database.read() as connection:
        row, _ = timeline.projected(connection, newer.key)
    assert row is not None
    assert row["wake_at"] == newer.clock.moment


def test_a_faulty_contacts_file_sets_no_incident_apart(tmp_path, tale):
    tale.declare()
    contacts = tmp_path / "contacts"
    contacts.mkdir()
    (contacts / "people.yaml").write_text("people: [{id: 5}]\n", encoding="utf-8")
    settings = tale.app.settings.model_copy(update={"contacts": contacts})
    tale.leap(minutes=6)
    for kept in tale.app.settings.home.rglob("catalog-last-good"):
        kept.unlink()
    broken = open_app(settings, now=tale.clock)
    with pytest.raises(BadFile):
        advance(broken, tale.key)
    broken.close()
    assert apart(tale) is None


@pytest.mark.parametrize(
    ("refusal", "offered"),
    [
        (
            f"{'very ' * 56}long; tocsin learn INC measures_taken='...'",
            "tocsin learn INC measures_taken='...'",
        ),
        ('no words; tocsin learn INC \'words={"vi": "..."}\'', 'tocsin learn INC \'words={"vi": "..."}\''),
        ("it is paused; tocsin resume INC customers", "tocsin resume INC customers"),
        ("no people; tocsin scope INC finds the people first", "tocsin show INC"),
        ("it is gone; tocsin doctor says which file", "tocsin show INC"),
    ],
)
def test_of_a_refusal_the_whole_command_is_offered_and_no_sentence_about_one(tale, refusal, offered):
    tale.declare()
    tell_trouble(tale.app, tale.key, "draft/customers", Refused(refusal))
    ring(tale.app)
    # It stands alone, in a line that is set in.
    assert f"  {offered.replace('INC', tale.key)}" in mail_text(tale, "an").splitlines()


@pytest.mark.parametrize(
    ("name", "there", "ours"),
    [
        ("mail.html.j2", "label, link, look in links", "label, link, look in actions"),
        ("page.vi.j2", "{% block headline %}", "{% block headline %}{% for a, b in name %}{% endfor %}"),
    ],
)
def test_a_message_template_that_fails_costs_nobody_a_page(
    tmp_path, sqlite_url, mail, slack, catalog_cache, clock, name, there, ours
):
    own = tmp_path / "overlay" / "messages" / name
    own.parent.mkdir(parents=True)
    shipped = (default_folders()[0] / "messages" / name).read_text(encoding="utf-8")
    own.write_text(shipped.replace(there, ours), encoding="utf-8")
    settings = home(tmp_path, sqlite_url, mail, slack, catalog_cache)
    overlaid = {"templates": tmp_path / "overlay", "console_url": "http://127.0.0.1:8080"}
    app = open_app(settings.model_copy(update=overlaid), now=clock)
    with capture_logs() as logs:
        story = Story(app, clock, mail, slack, tmp_path).declare()
    assert story.paged()
    assert {row["state"] for row in story.outbox if row["page"]} == {"handed_over"}
    said = next(line for line in logs if "template fails" in line["event"])
    assert said["at"].startswith(f"{name}:")
    assert said["incident"] == story.key


def test_a_database_that_is_away_for_a_moment_sets_no_incident_apart(tale, monkeypatch):
    import tocsin.engine as engine
    from tocsin.storage.database import Unavailable

    tale.declare().leap(minutes=6)

    def away(app, key):
        raise Unavailable("the database cannot be used")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "peek", away)
        assert ring(tale.app).failed == 1
    assert apart(tale) is None
    assert ring(tale.app).failed == 0


def test_a_plan_that_feeds_on_itself_is_set_apart(tale, monkeypatch):
    import tocsin.engine as engine
    from tocsin.domain.moves import RemindOfStep
    from tocsin.domain.plan import Plan

    tale.declare()

    def endless(incident, catalog, now, newer):
        return Plan(
            (RemindOfStep(incident.head_seq, "C1", "dpo", "declare"),), now + timedelta(hours=1), "nothing"
        )

    monkeypatch.setattr(engine, "plan", endless)
    engine.advance(tale.app, tale.key)
    assert "asks for more after 50 rounds" in (apart(tale) or "")
