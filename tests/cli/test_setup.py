"""init, doctor and status at the shell."""

import os
import pwd
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Result
from tocsin.app import App
from tocsin.bell import ring
from tocsin.cli import main
from tocsin.settings import Settings, load_settings
from tocsin.setup import set_up
from tocsin.sinks.mail import Fault, MailSink
from tocsin.sinks.slack import SlackSink
from tocsin.storage import clock as beats
from tocsin.storage import inbound
from tocsin.storage.runs import Runs
from tocsin.watchdog.settings import Table


def plain(capfd: pytest.CaptureFixture[str], *words: str) -> Result:
    """A command that takes no --as."""
    capfd.readouterr()
    status = main(list(words))
    said = capfd.readouterr()
    return Result(status, said.out, said.err)


# --- init


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nothing was set up."""
    for name in [name for name in os.environ if name.startswith("TOCSIN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_init_writes_settings_that_load_and_overlays_that_are_read(
    fresh: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = fresh / "etc" / "tocsin.toml"
    said = plain(capfd, "init", "--home", str(fresh / "data"), "--config", str(config))
    assert said.status == 0
    assert f"export TOCSIN_CONFIG={config}" in said.out
    assert "tocsin doctor" in said.out
    assert f"belongs to {pwd.getpwuid(os.getuid()).pw_name}" in said.out
    assert "sudo tocsin" in said.out
    settings = load_settings(config)
    assert (settings.mode, settings.home) == ("production", fresh / "data")
    assert settings.contacts == fresh / "etc" / "contacts"
    people = settings.contacts / "people.yaml"
    assert "sample: true" in people.read_text(encoding="utf-8")


@pytest.mark.parametrize(("user", "wanted"), [(0, "machine"), (1000, "data/tocsin")])
def test_root_sets_up_the_home_of_the_machine_and_anybody_else_their_own(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, user: int, wanted: str
) -> None:
    monkeypatch.setattr("tocsin.setup.SYSTEM_HOME", fresh / "machine")
    monkeypatch.setattr("tocsin.settings.SYSTEM_HOME", fresh / "machine")
    monkeypatch.setenv("XDG_DATA_HOME", str(fresh / "data"))
    monkeypatch.setattr(os, "geteuid", lambda: user)
    house = set_up(config=fresh / "etc" / "tocsin.toml")
    assert house.home == load_settings(house.config).home == fresh / wanted


def test_every_setting_is_explained_in_the_file(fresh: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config = fresh / "etc" / "tocsin.toml"
    plain(capfd, "init", "--home", str(fresh / "data"), "--config", str(config))
    text = config.read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        # The engine keeps this table unread: the watchdog alone judges it.
        kind = Table if name == "watchdog" else field.annotation
        table = getattr(kind, "model_fields", None)
        assert f"[{name}]" in text if table else f"{name} = " in text
        for key, inner in (table or {}).items():
            within = getattr(inner.annotation, "model_fields", None)
            # Secrets have no line of their own: they stand alone in the file that *_file names.
            said = f"[{name}.{key}]" if within else f"{key} = "
            assert said in text or f"{key}_file" in table, f"[{name}] {key}"
            assert all(f"{each} = " in text for each in within or ()), f"[{name}.{key}]"
    assert "password =" not in text
    assert "token =" not in text


def test_the_lines_that_are_commented_out_are_settings_too(
    fresh: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = fresh / "etc" / "tocsin.toml"
    plain(capfd, "init", "--home", str(fresh / "data"), "--config", str(config))
    lines = config.read_text(encoding="utf-8").splitlines()
    uncommented = [line.removeprefix("# ") if " = " in line else line for line in lines]
    values = tomllib.loads("\n".join(uncommented))
    for secret in ("password_file", "token_file", "auth_file"):
        for table in values.values():
            if isinstance(table, dict):
                table.pop(secret, None)
    Settings.model_validate(values)
    Table.model_validate(values["watchdog"])


def test_init_never_touches_what_is_there(fresh: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config = fresh / "etc" / "tocsin.toml"
    words = ["init", "--home", str(fresh / "data"), "--config", str(config)]
    plain(capfd, *words)
    people = fresh / "etc" / "contacts" / "people.yaml"
    people.write_text("people: []\n", encoding="utf-8")
    config.write_text('mode = "demo"\n', encoding="utf-8")
    said = plain(capfd, *words)
    assert said.status == 0
    assert f"kept  {config}" in said.out
    assert people.read_text(encoding="utf-8") == "people: []\n"
    assert config.read_text(encoding="utf-8") == 'mode = "demo"\n'


def test_a_home_that_has_its_key_already_goes_on_finding_it(
    fresh: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    key = fresh / "data" / "keys" / "master.key"
    key.parent.mkdir(parents=True)
    key.write_text("old", encoding="utf-8")
    config = fresh / "etc" / "tocsin.toml"
    plain(capfd, "init", "--home", str(fresh / "data"), "--config", str(config))
    assert load_settings(config).key_file == key


def test_a_place_that_cannot_be_written_is_one_line(fresh: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (fresh / "file").write_text("", encoding="utf-8")
    said = plain(capfd, "init", "--config", str(fresh / "file" / "tocsin.toml"))
    assert (said.status, said.err.count("\n"), "--config" in said.err) == (1, 1, True)


def test_a_house_that_was_only_set_up_is_told_all_that_is_missing(
    fresh: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = fresh / "etc" / "tocsin.toml"
    plain(capfd, "init", "--home", str(fresh / "data"), "--config", str(config))
    monkeypatch.setenv("TOCSIN_CONFIG", str(config))
    said = plain(capfd, "doctor")
    assert said.status == 1
    assert said.out.startswith(f"PRODUCTION {config}    schema ")
    for wanted in (
        "is still the sample",
        "no level calls anybody: all of them are samples",
        "[mail] host",
        "[slack] token_file",
        "never beat",
    ):
        assert wanted in said.out
    line = next(line for line in said.out.splitlines() if "still the sample" in line)
    path, number = line.rpartition("-> ")[2].rsplit(":", 1)
    assert Path(path).read_text(encoding="utf-8").splitlines()[int(number) - 1].startswith("sample:")


# --- doctor


def test_a_home_in_which_all_is_well_has_nothing_to_fail(
    tocsin: Command, capfd: pytest.CaptureFixture[str], app: App
) -> None:
    with app.database.write() as connection:
        beats.beat(connection, "bell", app.clock())
    said = plain(capfd, "doctor")
    assert (said.status, "FAIL" in said.out) == (0, False)
    assert "takes mail (loopback-only)" in said.out
    document = plain(capfd, "doctor", "--json").json
    assert (document["mode"], document["well"]) == ("drill", True)
    assert {finding["level"] for finding in document["findings"]} <= {"ok", "warn"}


def test_a_test_page_goes_out_by_each_route_and_is_remembered(
    tocsin: Command, mail: MailSink, slack: SlackSink, app: App
) -> None:
    said = tocsin("doctor", "--page", "me")
    assert said.status == 0
    assert said.out.count("taken: ") == 2
    assert mail.messages[0].recipients == ("linh@streamonapi.example",)
    assert "nothing happened" in slack.messages[0].text
    with app.database.read() as connection:
        assert "page:linh" in beats.beats(connection)


def test_a_test_page_that_a_route_refused_ends_with_exit_status_3(tocsin: Command, mail: MailSink) -> None:
    mail.misbehave(Fault(at="rcpt", reply="550 5.1.1 no such user"))
    said = tocsin("doctor", "--page", "minh", "--json")
    assert said.status == 3
    assert [(each["route"], each["taken"]) for each in said.json["routes"]] == [
        ("slack", True),
        ("email", False),
    ]


def test_a_test_page_to_nobody_is_refused(tocsin: Command, home: Path) -> None:
    said = tocsin("doctor", "--page", "nobody")
    assert (said.status, "there is no person 'nobody'" in said.err) == (1, True)


# --- status


def test_status_shows_routes_parts_and_what_waits(tocsin: Command, declared: str, app: App) -> None:
    document = tocsin("status", "--json").json
    routes = {each["route"]: each for each in document["routes"]}
    assert set(routes) == {"email", "slack"}
    assert routes["slack"]["last_success"] is not None
    assert (routes["email"]["down"], document["open"], document["quarantined"]) == (None, 1, {})
    said = tocsin("status").out
    assert "bell    SILENT, never beat" in said
    with app.database.write() as connection:
        beats.beat(connection, "bell", app.clock())
    assert "never beat" not in tocsin("status").out.splitlines()[2]
    with app.database.write() as connection:
        beats.beat(connection, "bell", app.clock() + timedelta(hours=7, seconds=30))
    assert "bell    SILENT, last beat 7 hours ahead of this clock" in tocsin("status").out
    assert "nothing; 1 incident open" in said


def test_a_watch_that_rings_makes_no_bell_of_itself_and_says_so(
    tocsin: Command, capfd: pytest.CaptureFixture[str], app: App
) -> None:
    with app.database.write() as connection:
        beats.beat(connection, "bell", app.clock() - timedelta(minutes=5))
    ring(app, ringer="watch")
    assert "bell    SILENT, last beat 5 min ago; watch rings in its stead" in tocsin("status").out
    assert "silent, last beat 5 min ago; watch rings in its stead" in plain(capfd, "doctor").out
    with app.database.write() as connection:
        beats.beat(connection, "watch", app.clock())
    assert "stead" not in tocsin("status").out


def test_status_shows_a_watch_that_never_came_as_silent_only_where_there_is_prefect(
    tocsin: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def watch() -> str:
        lines = tocsin("status").out.splitlines()
        return next(line for line in lines if line.startswith("watch"))

    assert watch() == "watch   never beat"
    monkeypatch.setenv("TOCSIN_PREFECT__URL", "http://127.0.0.1:9/api")
    assert watch() == "watch   SILENT, never beat"


def test_status_says_of_a_parked_run_that_it_sleeps(tocsin: Command, declared: str, app: App) -> None:
    assert "runner  never beat" in tocsin("status").out
    runs = Runs(app.database)
    runs.adopt(declared, runs.next_generation(declared, app.clock()), "a-run")
    runs.park(declared, runs.begin_execution(declared, "a-run", app.clock()) or 0, seq=1)
    assert "runner  asleep, last woken 0 s ago" in tocsin("status").out


def test_status_says_what_came_from_slack_and_is_not_worked_off(
    tocsin: Command, home: Path, app: App
) -> None:
    with app.database.write() as connection:
        beats.beat(connection, "slack", app.clock())
    assert "worked off" not in tocsin("status").out
    with app.database.write() as connection:
        inbound.put(connection, "command:1", "command", b"sealed", app.clock() - timedelta(minutes=5))
    assert "; 1 to be worked off, the oldest for 5 min" in tocsin("status").out
    assert tocsin("status", "--json").json["inbox"]["waiting"] == 1


def test_status_says_that_the_console_is_dead_where_mails_lead_to_one(
    tocsin: Command, home: Path, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "console" not in tocsin("status").out
    monkeypatch.setenv("TOCSIN_CONSOLE_URL", "http://127.0.0.1:4242")
    assert "console SILENT, never beat; no link in a mail opens anything" in tocsin("status").out
    with app.database.write() as connection:
        beats.beat(connection, "console", app.clock())
    assert "console beat 0 s ago\n" in tocsin("status").out
    with app.database.write() as connection:
        beats.beat(connection, "console", app.clock() - timedelta(minutes=5))
    assert "console SILENT, last beat 5 min ago; no link in a mail opens anything" in tocsin("status").out


def test_status_says_which_route_is_down_and_which_incident_is_set_apart(
    tocsin: Command, declared: str, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tocsin.storage import timeline

    with app.database.write() as connection:
        timeline.quarantine(connection, declared, "KeyError: 'x'")
    monkeypatch.delenv("TOCSIN_SLACK__TOKEN")
    said = tocsin("status").out
    assert "slack   DOWN: not configured" in said
    assert f"SET APART: KeyError: 'x'; tocsin verify {declared}" in said
    assert "back from quarantine" in tocsin("verify").out


def test_a_home_that_was_restored_says_what_it_holds_back_until_it_is_let_go(
    tocsin: Command, declared: str, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert tocsin("status", "--json").json["restored"] is None
    (home / "restored").touch()
    assert "outbox  letters and old messages are HELD since a restore" in tocsin("status").out
    doctored = plain(capfd, "doctor")
    assert doctored.status == 1
    assert "FAIL  restored" in doctored.out
    assert tocsin("resume", declared, "customers", "--restored", "--because", "x").status == 2
    assert f"Noted in {declared}" in tocsin("resume", "--restored", "--because", "compared", by="an").out
    assert "HELD" not in tocsin("status").out
