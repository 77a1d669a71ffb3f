"""App: one home, wired in one place, by as many processes and threads as there are."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.actors import at_the_shell
from tocsin.app import open_app
from tocsin.channels import wiring
from tocsin.domain.errors import Refused
from tocsin.settings import Mail, Settings, Slack
from tocsin.storage import clock as stored


def test_an_incident_is_read_on_from_where_this_process_last_saw_it(story, settings_of_home):
    story.declare()
    other = open_app(settings_of_home, now=story.clock)
    before = other.incident(story.key)
    actions.note(story.app, story.actor("linh"), story.key, "meanwhile")
    assert other.incident(story.key).head_seq == before.head_seq + 1
    assert other.incident(story.key) == story.incident == replace(other, _incidents={}).incident(story.key)
    other.close()


def test_an_incident_that_is_not_there_is_refused_with_the_way_out(app):
    with pytest.raises(Refused, match="there is no incident INC-2026-0099; tocsin list"):
        app.incident("INC-2026-0099")


def test_sample_people_are_nobody_where_a_real_person_has_to_be_found(app):
    real = replace(app, settings=app.settings.model_copy(update={"mode": "production"}))
    assert app.catalog.contacts.people
    assert real.catalog.contacts.people == ()


def test_a_faulty_file_is_read_once_by_whoever_looks_for_faults(app, tmp_path):
    """Each of the doctor's checks asks, and to read everything anew takes seconds."""
    (tmp_path / "types").mkdir()
    faulty = tmp_path / "data_map.yaml"
    faulty.write_text("kinds: none\n", encoding="utf-8")
    settings = app.settings.model_copy(update={"templates": tmp_path})
    looking = replace(app, settings=settings, strict=True)
    with pytest.raises(Refused, match=r"data_map\.yaml:1"):
        _ = looking.catalog
    faulty.unlink()
    with pytest.raises(Refused, match=r"data_map\.yaml:1"):
        _ = looking.fault
    assert replace(looking).catalog


def test_a_drill_home_has_a_clock_of_its_own_that_all_its_processes_share(settings_of_home):
    one, two = open_app(settings_of_home), open_app(settings_of_home)
    with one.database.write() as connection:
        stored.set_offset(connection, timedelta(hours=70))
    for app in (one, two):
        ahead = app.now() - app.clock()
        assert timedelta(hours=69, minutes=59) < ahead < timedelta(hours=70, minutes=1)
        assert abs(app.real(app.now()) - datetime.now(UTC)) < timedelta(seconds=5)
        app.close()


def test_a_home_never_holds_both_drills_and_real_incidents(app, settings_of_home):
    actor = at_the_shell(app, "linh")
    real = settings_of_home.model_copy(update={"mode": "production"})
    open_app(real).close()
    with pytest.raises(Refused, match="a drill has a home of its own"):
        actions.declare(replace(app, settings=real), actor, Declaration("An exercise", drill=True))
    actions.declare(app, actor, Declaration("An exercise", drill=True))
    with pytest.raises(
        Refused, match="holds drills, and the mode is production; give each a home of its own"
    ):
        open_app(real)
    open_app(settings_of_home).close()


def test_a_real_home_is_not_opened_as_a_drill(app, settings_of_home):
    real = settings_of_home.model_copy(update={"mode": "production"})
    actions.declare(replace(app, settings=real), at_the_shell(app, "linh"), Declaration("In earnest"))
    with pytest.raises(Refused, match="holds real incidents, and the mode is drill"):
        open_app(settings_of_home)


def test_a_production_home_goes_by_the_real_clock(settings_of_home):
    app = open_app(settings_of_home.model_copy(update={"mode": "production"}))
    with app.database.write() as connection:
        stored.set_offset(connection, timedelta(hours=70))
    assert abs(app.now() - datetime.now(UTC)) < timedelta(seconds=5)
    app.close()


@pytest.fixture
def packs_of_its_own(app):
    """A home whose templates are laid out for no other."""
    (app.settings.home / "cache" / "packs").unlink()


@pytest.mark.usefixtures("packs_of_its_own")
def test_templates_are_laid_out_once_whole_and_by_any_number_of_threads(app):
    with ThreadPoolExecutor(8) as pool:
        folders = set(pool.map(lambda _: app.pack_folder(app.catalog), range(16)))
    (folder,) = folders
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == set(
        app.catalog.files
    )
    assert [path.name for path in folder.parent.iterdir()] == [app.catalog.digest]


@pytest.mark.usefixtures("packs_of_its_own")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notices/customer.en.txt.j2", b"Call this number."),
        ("notices/customer.vi.txt.j2", b""),  # as a power cut may leave it
        ("notices/customer.de.txt.j2", b"One language more."),
    ],
)
def test_templates_that_are_not_what_is_pinned_are_laid_out_anew(app, name, content):
    (app.pack_folder(app.catalog) / name).write_bytes(content)
    folder = app.pack_folder(app.catalog)
    there = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.relative_to(folder).as_posix(): path.read_bytes() for path in there} == app.catalog.files
    assert [path.name for path in folder.parent.iterdir()] == [app.catalog.digest]


def test_an_overlay_that_changes_is_read_anew(app, tmp_path, catalog):
    contacts = tmp_path / "contacts"
    contacts.mkdir()
    app = replace(app, settings=app.settings.model_copy(update={"contacts": contacts}))
    assert app.catalog.contacts.rotation("primary").people == ("linh", "minh")
    (contacts / "oncall.yaml").write_text(
        "rotations:\n  - {id: primary, zone: Asia/Ho_Chi_Minh, turn: weekly, since: 2026-11-23, "
        'hand_over: "10:00", people: [dung]}\n',
        encoding="utf-8",
    )
    assert app.catalog.contacts.rotation("primary").people == ("linh", "minh")
    assert app.renewed().catalog.contacts.rotation("primary").people == ("dung",)


@pytest.mark.parametrize("mode", ["drill", "demo"])
def test_a_drill_cannot_reach_a_configured_real_channel(app, mode):
    far = app.settings.model_copy(
        update={
            "mode": mode,
            "mail": Mail(host="mail.streamonapi.example", tls="starttls"),
            "slack": Slack(token="xoxb-real"),  # type: ignore[arg-type]
        }
    )
    for route in (wiring.mail, wiring.slack):
        with pytest.raises(Refused, match="speaks to this machine only"):
            route(replace(app, settings=far))
    assert wiring.mail(replace(app, settings=far.model_copy(update={"mode": "production"}))) is not None


def test_a_route_that_nobody_configured_is_down(app):
    bare = replace(app, settings=Settings(mode="drill", home=app.settings.home))
    assert (wiring.mail(bare), wiring.slack(bare)) == (None, None)


def test_two_apps_of_one_home_have_the_same_keys(story, settings_of_home):
    story.declare()
    other = open_app(settings_of_home, now=story.clock)
    assert other.record_key(story.key) == story.app.record_key(story.key)
    assert other.record_key(story.key) != other.people_key(story.key)
    other.close()
