"""The doctor looks at real things: a relay, a workspace, files, clocks, rotas; a failure names the line to change."""

import json
import re
import shutil
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import delete, text

from tests.certificates import self_signed, server_context
from tests.conftest import lend_cache
from tocsin.app import App, open_app
from tocsin.catalog import default_folders, load_catalog
from tocsin.doctor import Finding, console, examine, gaps, oncall, people, routes, trials
from tocsin.doctor import home as house
from tocsin.doctor.finding import ago, setting
from tocsin.domain.contacts import Contacts
from tocsin.settings import Mail, Prefect, Settings, Slack
from tocsin.sinks.mail import Fault, MailSink
from tocsin.sinks.slack import SlackSink
from tocsin.storage import clock as beats
from tocsin.storage import tables, timeline
from tocsin.up import ground

NOW = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, mail: MailSink, slack: SlackSink, catalog_cache: Path) -> Settings:
    """A drill home whose routes are sinks."""
    lend_cache(tmp_path / "home", catalog_cache)
    return Settings(
        mode="drill",
        home=tmp_path / "home",
        mail=Mail(host="127.0.0.1", port=mail.port, tls="loopback-only"),
        slack=Slack(token=slack.token, base_url=slack.base_url),
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[App]:
    opened = open_app(settings)
    yield opened
    opened.close()


def said(findings: Iterator[Finding] | Sequence[Finding]) -> list[tuple[str, str]]:
    return [(finding.level, finding.words) for finding in findings]


def of(findings: Sequence[Finding], subject: str) -> list[Finding]:
    return [finding for finding in findings if finding.subject == subject]


# --- the house


def test_a_home_whose_bell_rings_is_well(app: App, settings: Settings) -> None:
    with app.database.write() as connection:
        beats.beat(connection, "bell", app.clock())

    found = examine(settings, None)

    assert (found.mode, found.schema, found.well) == ("DRILL", "1/1", True)


@pytest.mark.parametrize(("silent", "level"), [(1, "ok"), (60, "FAIL"), (-25_200, "FAIL")])
def test_a_bell_that_fell_silent_is_a_failure(app: App, silent: int, level: str) -> None:
    with app.database.write() as connection:
        beats.beat(connection, "bell", app.clock() - timedelta(seconds=silent))

    (found,) = house.heartbeats(app, None)

    assert found.level == level


def test_a_watch_that_fell_silent_is_told_of_though_the_shell_is_told_of_no_prefect(app: App) -> None:
    with app.database.write() as connection:
        beats.beat(connection, "bell", app.clock())
        beats.beat(connection, "watch", app.clock() - timedelta(minutes=5))

    _, found = house.heartbeats(app, None)

    assert (found.level, found.subject, found.words) == ("warn", "watch", "silent, last beat 5 min ago")


def test_a_watch_that_never_came_is_told_of_where_a_prefect_was_started(app: App) -> None:
    ground.prepare(app.settings, ground.free_port())

    _, found = house.heartbeats(app, None)

    assert (found.level, found.subject, found.words) == ("warn", "watch", "never beat")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"silence": 120}, []),
        ({"to": "linh@example.com", "host": "127.0.0.1", "tls": "loopback-only"}, ["ok"]),
        ({"to": "linh@example.com", "host": "smtp.example.com", "tls": "loopback-only"}, ["FAIL"]),
        ({"to": "linh@example.com"}, ["FAIL"]),
    ],
)
def test_the_table_of_the_watchdog_is_judged_before_it_is_needed(
    app: App, tmp_path: Path, table: dict[str, object], expected: list[str]
) -> None:
    config = tmp_path / "tocsin.toml"
    lines = [f"{name} = {json.dumps(value)}" for name, value in table.items()]
    config.write_text("\n".join(["[watchdog]", *lines]))
    told = replace(app, settings=app.settings.model_copy(update={"watchdog": table}))
    assert [finding.level for finding in house.watchdog(told, config)] == expected


def test_a_database_of_a_newer_release_is_a_failure_and_is_left_alone(app: App, settings: Settings) -> None:
    with app.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    found = examine(settings, None)

    assert not found.well
    (failure,) = of(found.findings, "database")
    assert "newer release" in failure.words


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/none", "oracle://x", "sqlite:////proc/nowhere/x.db"]
)
def test_a_database_that_cannot_be_opened_is_one_finding(settings: Settings, url: str) -> None:
    found = examine(settings.model_copy(update={"database": url}), None)

    assert [finding.level for finding in found.findings] == ["FAIL"]


def test_a_master_key_that_others_may_read_is_a_failure_with_its_command(app: App) -> None:
    key = app.settings.key_file
    key.chmod(0o644)

    (found,) = house.master_key(app, None)

    assert (found.level, found.remedy) == ("FAIL", f"chmod 600 {key}")


def test_a_config_file_with_a_secret_that_others_may_read_is_a_failure(
    settings: Settings, tmp_path: Path
) -> None:
    config = tmp_path / "tocsin.toml"
    config.write_text('[slack]\ntoken = "xoxb-1"\n', encoding="utf-8")
    config.chmod(0o644)
    (found,) = house.configuration(settings, config)
    assert (found.level, found.remedy) == ("FAIL", f"chmod 600 {config}")

    config.chmod(0o600)
    assert list(house.configuration(settings, config)) == []


def test_a_variable_that_nothing_reads_is_a_warning(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_CONTACS", "/etc/tocsin/contacts")
    (found,) = house.configuration(settings, None)
    assert (found.level, found.words) == ("warn", "TOCSIN_CONTACS is set, and nothing reads it")


def test_a_file_that_the_system_refuses_is_a_finding_with_its_path(
    settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "contacts" / "people.yaml"
    path.mkdir(parents=True)
    opened = settings.model_copy(update={"contacts": path.parent})
    words = [finding.words for finding in examine(opened, None).findings if finding.level == "FAIL"]
    assert f"{path}: Is a directory" in words


def test_a_clock_before_the_last_entry_is_a_failure(app: App) -> None:
    from tocsin.actions import declare
    from tocsin.actions.declaring import Declaration
    from tocsin.actors import at_the_shell

    declare(app, at_the_shell(app, "linh"), Declaration("A lost laptop", drill=True))
    (well,) = house.clock(app, None)
    behind = replace(app, now=lambda: datetime.now(UTC) - timedelta(hours=1))
    (found,) = house.clock(behind, None)

    assert (well.level, found.level) == ("ok", "FAIL")
    assert "before the last entry" in found.words


def test_an_incident_that_was_set_apart_is_named_with_the_way_out(app: App) -> None:
    from tocsin.actions import declare
    from tocsin.actions.declaring import Declaration
    from tocsin.actors import at_the_shell

    key = declare(app, at_the_shell(app, "linh"), Declaration("A lost laptop", drill=True)).incident.key
    with app.database.write() as connection:
        timeline.quarantine(connection, key, "KeyError: 'x'")

    (found, *_) = house.incidents(app, None)

    assert (found.subject, found.remedy) == (key, f"tocsin verify {key}")


def test_a_template_with_a_bad_line_is_named_by_file_and_line(settings: Settings, tmp_path: Path) -> None:
    overlay = tmp_path / "templates"
    overlay.mkdir()
    (overlay / "data_map.yaml").write_text("kinds:\n  - id: x\n    id: y\n", encoding="utf-8")

    found = examine(settings.model_copy(update={"templates": overlay}), None)

    assert f"{overlay / 'data_map.yaml'}:3: " in of(found.findings, "templates")[0].words


@pytest.mark.parametrize(("name", "line"), [("regimes/vn-pdpl/authority.typ", 3), ("papers/parts.typ", 2)])
def test_a_form_that_sets_no_page_is_named_by_file_and_line(
    settings: Settings, tmp_path: Path, name: str, line: int
) -> None:
    ours = tmp_path / "templates" / name
    ours.parent.mkdir(parents=True)
    lines = (default_folders()[0] / name).read_text(encoding="utf-8").splitlines()
    ours.write_text("\n".join([*lines[: line - 1], "#nowhere()", *lines[line - 1 :]]), encoding="utf-8")

    found = examine(settings.model_copy(update={"templates": tmp_path / "templates"}), None)

    assert {finding.level for finding in of(found.findings, "templates")} == {"ok"}
    failures = of(found.findings, "forms")
    assert f"{ours}:{line}: unknown variable: nowhere" in {failure.words for failure in failures}


@pytest.mark.parametrize(
    ("name", "there", "ours", "complaint"),
    [
        ("mail.html.j2", "label, link, look in links", "label, link, look in actions", "not enough values"),
        (
            "page.vi.j2",
            "{% block headline %}",
            "{% block headline %}{% for a, b in name %}{% endfor %}",
            "not enough values",
        ),
    ],
)
def test_a_message_that_cannot_be_written_is_named_by_file_and_line(
    settings: Settings, tmp_path: Path, name: str, there: str, ours: str, complaint: str
) -> None:
    own = tmp_path / "templates" / "messages" / name
    own.parent.mkdir(parents=True)
    shipped = (default_folders()[0] / "messages" / name).read_text(encoding="utf-8")
    own.write_text(shipped.replace(there, ours), encoding="utf-8")
    line = 1 + shipped[: shipped.index(there)].count("\n")

    found = examine(settings.model_copy(update={"templates": tmp_path / "templates"}), None)

    (failure,) = of(found.findings, "messages")
    assert failure.level == "FAIL"
    assert failure.words.startswith(f"{own}:{line}: {complaint}")


def test_an_incident_whose_packs_are_lost_is_named_though_those_of_today_are_the_same(app: App) -> None:
    from tocsin.actions import declare
    from tocsin.actions.declaring import Declaration
    from tocsin.actors import at_the_shell

    key = declare(app, at_the_shell(app, "linh"), Declaration("A lost laptop", drill=True)).incident.key
    assert list(house.packs(app, None)) == []
    with app.database.write() as connection:
        content = next(iter(app.catalog.files.values()))
        connection.execute(delete(tables.document).where(tables.document.c.content == content))

    (found,) = house.packs(app, None)

    assert (found.level, found.subject) == ("FAIL", "packs")
    assert found.words.startswith(f"{key}: ")
    assert "is not in this database; restore it" in found.words


def test_a_check_that_cannot_be_made_is_a_finding_and_the_next_ones_are_made(
    app: App, settings: Settings
) -> None:
    with app.database.write() as connection:
        connection.execute(text("DROP TABLE heartbeat"))

    found = examine(settings, None)

    assert [finding.level for finding in of(found.findings, "heartbeats")] == ["FAIL"]
    assert of(found.findings, "Slack")[0].level == "ok"


@pytest.mark.parametrize(
    ("table", "key", "line"),
    [("", "mode", 1), ("mail", "host", 4), ("mail", "sender", 3), ("slack", "token_file", 6)],
)
def test_the_line_of_a_setting_is_found_also_where_it_is_commented_out_or_missing(
    tmp_path: Path, table: str, key: str, line: int
) -> None:
    config = tmp_path / "tocsin.toml"
    config.write_text('mode = "demo"\n\n[mail]\n# host = "x"\n[slack]\ntoken_file = "y"\n', encoding="utf-8")

    assert setting(config, table, key).startswith(f"{config}:{line} ")


@pytest.mark.parametrize(
    ("span", "words"), [(3, "3 s"), (150, "2 min"), (7300, "2 hours"), (9 * 86400, "9 days"), (-4, "0 s")]
)
def test_spans_are_said_in_one_unit(span: int, words: str) -> None:
    assert ago(timedelta(seconds=span)) == words


# --- people


@pytest.fixture(scope="module")
def contacts() -> Contacts:
    templates, folder = default_folders()
    return load_catalog([templates], [folder]).contacts


def everybody(contacts: Contacts) -> set[str]:
    return {person.id for person in contacts.people}


def test_the_shipped_ladders_reach_somebody_at_every_hour(contacts: Contacts) -> None:
    assert list(gaps.level_gaps(contacts, everybody(contacts), NOW)) == []


def test_a_gap_lasts_exactly_as_long_as_the_turn_of_the_one_who_cannot_be_called(contacts: Contacts) -> None:
    found = list(gaps.level_gaps(contacts, everybody(contacts) - {"minh"}, NOW))

    first = next(gap for gap in found if gap.ladder.id == "commander-urgent" and gap.level == 0)
    assert first.named == ("minh",)
    assert first.start == datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
    assert first.end == datetime(2026, 12, 7, 3, 0, tzinfo=UTC)


def test_an_override_for_an_hour_that_nobody_takes_is_found(contacts: Contacts) -> None:
    from tocsin.domain.rota import Override

    start = NOW + timedelta(days=3)
    override = Override(start=start, end=start + timedelta(hours=1), person="giang")
    rotations = tuple(
        each.model_copy(update={"overrides": (override,)}) if each.id == "primary" else each
        for each in contacts.rotations
    )
    changed = contacts.model_copy(update={"rotations": rotations})

    found = list(gaps.level_gaps(changed, everybody(contacts) - {"giang"}, NOW))

    assert {(gap.ladder.id, gap.level, gap.start, gap.end) for gap in found} == {
        ("commander-urgent", 0, start, start + timedelta(hours=1)),
        ("commander-calm", 0, start, start + timedelta(hours=1)),
        ("triage", 0, start, start + timedelta(hours=1)),
    }


def test_in_production_sample_people_count_as_nobody(settings: Settings) -> None:
    opened = open_app(settings.model_copy(update={"mode": "production"}))
    try:
        (found,) = oncall.ladders(opened, None)
        offices = [finding.words for finding in people.organisation(opened, None)]
        forms = [finding.level for finding in trials.forms(opened)]
    finally:
        opened.close()
    assert (found.level, "all of them are samples" in found.words) == ("FAIL", True)
    assert any("dpo an is a sample" in words for words in offices)
    # Nor do they keep a form from being tried.
    assert forms == ["ok"]


def test_an_empty_level_names_the_line_of_the_level(settings: Settings, tmp_path: Path) -> None:
    """One real person commands; nobody real is listed for the roles of the other levels."""
    overlay = tmp_path / "contacts"
    overlay.mkdir()
    shipped = default_folders()[1]
    (overlay / "people.yaml").write_text(
        "people:\n  - {id: eva, name: Eva, email: eva@company.example, roles: [incident-commander], "
        "slack: U0EVA, unix: eva}\n",
        encoding="utf-8",
    )
    shipped_rota = (shipped / "oncall.yaml").read_text(encoding="utf-8")
    (overlay / "oncall.yaml").write_text(
        shipped_rota.replace("[linh, minh]", "[eva]").replace("[minh, linh]", "[eva]"), encoding="utf-8"
    )
    shutil.copy(shipped / "escalation.yaml", overlay)
    opened = open_app(settings.model_copy(update={"mode": "production", "contacts": overlay}))
    try:
        found = list(oncall.ladders(opened, None))
    finally:
        opened.close()

    remedies = [finding.remedy or "" for finding in found]
    assert all(remedy.startswith(f"{overlay / 'escalation.yaml'}:") for remedy in remedies)
    lines = (overlay / "escalation.yaml").read_text(encoding="utf-8").splitlines()
    named = [lines[int(remedy.rpartition(":")[2]) - 1] for remedy in remedies]
    assert "- {after_minutes: 15, call: [{role: accountable-officer}]}" in named[0]
    assert not any("rotation" in line for line in named)


def test_a_severity_at_which_nobody_is_called_is_named_with_its_line(
    settings: Settings, tmp_path: Path
) -> None:
    overlay = tmp_path / "contacts"
    shutil.copytree(default_folders()[1], overlay)
    path = overlay / "escalation.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("[sev1, sev2]", "[sev2]", 1), encoding="utf-8")

    (found,) = of(examine(settings.model_copy(update={"contacts": overlay}), None).findings, "on-call")

    assert found.level == "FAIL"
    line = 1 + path.read_text(encoding="utf-8").split("\n").index("    severities: [sev2]")
    assert found.words.startswith(f"{path}:{line}: no ladder calls the incident-commander at sev1")


def test_a_program_that_cannot_run_or_that_anybody_may_change_is_named_with_its_line(
    settings: Settings, tmp_path: Path
) -> None:
    overlay = tmp_path / "contacts"
    overlay.mkdir()
    programs = {name: tmp_path / name for name in ("plain", "open", "fine")}
    for name, mode in (("plain", 0o644), ("open", 0o757), ("fine", 0o755)):
        programs[name].write_text("#!/bin/sh\n", encoding="utf-8")
        programs[name].chmod(mode)
    steps = dict(zip(programs, ("P1", "P2", "P3"), strict=True))
    lines = [
        f"  - {{id: {name}, does: it, steps: [{steps[name]}], argv: [{program}], within: 1 min}}"
        for name, program in programs.items()
    ]
    path = overlay / "commands.yaml"
    path.write_text("\n".join(["commands:", *lines, ""]), encoding="utf-8")
    looked = settings.model_copy(update={"contacts": overlay})

    found = of(examine(looked, None).findings, "commands")
    assert [(each.level, each.remedy) for each in found] == [("FAIL", f"{path}:2"), ("FAIL", f"{path}:3")]
    assert [each.words for each in found] == [
        f"plain: {programs['plain']} may not be run by this account",
        f"open: {programs['open']} may be changed by anybody; chmod o-w {programs['open']}",
    ]
    programs["plain"].chmod(0o755)
    programs["open"].chmod(0o755)
    assert said(of(examine(looked, None).findings, "commands")) == [("ok", "3 can run, for P1, P2, P3")]
    programs["fine"].unlink()
    assert said(of(examine(looked, None).findings, "commands")) == [
        ("FAIL", f"fine: there is no program {programs['fine']}")
    ]


def test_a_telephone_that_cannot_ring_is_named_with_its_line(settings: Settings, tmp_path: Path) -> None:
    overlay = tmp_path / "contacts"
    shutil.copytree(default_folders()[1], overlay)
    script = tmp_path / "ring"
    path = overlay / "escalation.yaml"
    entry = f"gateways: [{{id: sms, does: rings, argv: [{script}], within: 5 s}}]"
    path.write_text(path.read_text(encoding="utf-8").replace("gateways: []", entry), encoding="utf-8")
    looked = settings.model_copy(update={"contacts": overlay})
    line = 1 + path.read_text(encoding="utf-8").split("\n").index(entry)

    (found,) = of(examine(looked, None).findings, "telephone")
    assert (found.level, found.words) == ("FAIL", f"sms: there is no program {script}")
    assert found.remedy == f"{path}:{line}"
    script.write_text("#!/bin/sh\n", encoding="utf-8")
    script.chmod(0o755)
    (found,) = of(examine(looked, None).findings, "telephone")
    assert (found.level, found.words) == (
        "warn",
        "1 can run, and ring nobody: no person has the route command",
    )
    people = overlay / "people.yaml"
    routes = people.read_text(encoding="utf-8").replace("[slack, email]", "[command, slack]", 1)
    people.write_text(routes, encoding="utf-8")
    assert said(of(examine(looked, None).findings, "telephone")) == [("ok", "1 can run, and ring linh")]


def test_commands_that_cannot_be_read_are_one_line_and_the_rest_is_looked_at(
    settings: Settings, tmp_path: Path
) -> None:
    overlay = tmp_path / "contacts"
    overlay.mkdir()
    path = overlay / "commands.yaml"
    path.write_text("commands:\n  - {id: [broken\n", encoding="utf-8")
    findings = examine(settings.model_copy(update={"contacts": overlay}), None).findings
    (found,) = of(findings, "commands")
    assert found.level == "FAIL"
    assert found.words.startswith(f"{path}:")
    assert len({each.subject for each in findings}) > 3


# --- roads


def test_a_relay_that_takes_mail_is_well(app: App, mail: MailSink) -> None:
    assert said(routes.mail(app, None)) == [("ok", f"127.0.0.1:{mail.port} takes mail (loopback-only)")]
    assert mail.messages == []


def test_what_a_crash_may_double_is_said_in_letters(app: App) -> None:
    ledger = app.settings.ledger.model_copy(update={"batch": 7})
    other = replace(app, settings=app.settings.model_copy(update={"ledger": ledger}))
    [(level, words)] = said(routes.letters(other, None))
    assert level == "ok"
    assert words.startswith("should a sender die, up to 7 letters of it are in doubt")


def test_a_relay_that_is_not_there_is_down_and_its_host_is_to_blame(
    settings: Settings, tmp_path: Path
) -> None:
    config = tmp_path / "tocsin.toml"
    config.write_text('[mail]\nhost = "127.0.0.1"\n', encoding="utf-8")
    gone = settings.model_copy(update={"mail": Mail(host="127.0.0.1", port=1, tls="loopback-only")})
    opened = open_app(gone)
    try:
        (found,) = routes.mail(opened, config)
    finally:
        opened.close()
    assert (found.level, found.words.startswith("DOWN: ")) == ("FAIL", True)
    assert found.remedy == f"{config}:2 [mail] host"


def test_a_relay_that_offers_no_encryption_is_down(settings: Settings, mail: MailSink) -> None:
    clear = settings.model_copy(update={"mail": Mail(host="127.0.0.1", port=mail.port, tls="starttls")})
    opened = open_app(clear)
    try:
        (found,) = routes.mail(opened, None)
    finally:
        opened.close()
    assert found.level == "FAIL"
    assert "[mail] tls" in (found.remedy or "")


def test_a_relay_that_refuses_to_greet_is_down(app: App, mail: MailSink) -> None:
    mail.misbehave(Fault(at="connect", reply="554 5.7.1 go away"))

    (found,) = routes.mail(app, None)

    assert (found.level, "go away" in found.words) == ("FAIL", True)


def test_where_letters_come_back_is_said(settings: Settings, mail: MailSink, tmp_path: Path) -> None:
    config = tmp_path / "tocsin.toml"
    config.write_text('[mail]\nbounces = "bounces@company.example"\n', encoding="utf-8")
    live = settings.model_copy(update={"mode": "production"})
    ours = live.model_copy(
        update={"mail": live.mail.model_copy(update={"bounces": "bounces@company.example"})}
    )
    found = []
    for each in (live, ours):
        opened = open_app(each)
        try:
            found.append(routes.returns(opened, config))
            assert routes.returns(opened, config) in routes.mail(opened, config)
        finally:
            opened.close()
    assert (found[0].level, found[0].remedy) == ("warn", f"{config}:2 [mail] bounces")
    assert found[0].words.endswith("and do not say which they are")
    assert (found[1].level, "bounces@company.example" in found[1].words) == ("ok", True)


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ({}, None, ""),
        ({"host": "smtp.example.com"}, "warn", "nobody declared in which country the relay stands"),
        ({"host": "smtp.example.com", "country": "VN"}, "ok", "the relay stands in VN"),
        (
            {"host": "smtp.example.com", "country": "US"},
            "FAIL",
            "through a relay in US, outside VN, on no basis",
        ),
        (
            {"host": "smtp.example.com", "country": "US", "transfer": "clauses of 2021"},
            "ok",
            "the relay stands in US, on the basis of clauses of 2021",
        ),
        ({"country": "US"}, "FAIL", "on no basis"),
    ],
)
def test_the_country_of_the_relay_is_declared(
    settings: Settings, change: dict[str, str], level: str | None, words: str
) -> None:
    mail = settings.mail.model_copy(update={"host": "127.0.0.1", "tls": "loopback-only", **change})
    opened = open_app(settings.model_copy(update={"mode": "production", "mail": mail}))
    try:
        found = list(routes.border(opened, None))
    finally:
        opened.close()
    assert [each.level for each in found] == ([level] if level else [])
    assert all(words in each.words for each in found)


def test_a_country_of_the_relay_is_one_that_there_is() -> None:
    with pytest.raises(ValueError, match="'XX' is no country; write its code of ISO 3166, like VN"):
        Mail(country="XX")


@contextmanager
def answering(
    answer: Callable[[str], tuple[int, dict[str, str], object]], tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """A server on loopback that answers a path with status, headers and a JSON body."""

    class Desk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self.path)
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Desk)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/api/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_updates_that_nobody_reads_are_named_with_the_line_to_change(app: App, settings: Settings) -> None:
    assert said(people.stakeholders(app, None)) == [("ok", "3 severities have a rhythm, 3 people read")]
    opened = open_app(settings.model_copy(update={"mode": "production"}))
    try:
        (found,) = people.stakeholders(opened, None)
    finally:
        opened.close()
    assert (found.level, found.words) == ("warn", "are asked for, and nobody reads them")
    assert re.search(r"escalation\.yaml:\d+$", found.remedy or "")


@pytest.mark.parametrize(
    ("granted", "level", "words"),
    [
        (",".join(sorted(routes.SCOPES | routes.ROOMS | {"users:read"})), "ok", "Acme as tocsin"),
        (", ".join(sorted((routes.SCOPES | routes.ROOMS) - {"im:write"})), "FAIL", "lacks im:write"),
        (
            ", ".join(sorted((routes.SCOPES | routes.ROOMS) - {"pins:write", "groups:write"})),
            "FAIL",
            "lacks groups:write, pins:write",
        ),
        ("", "ok", "Acme as tocsin; it does not say what we may do"),
    ],
)
def test_slack_scopes_that_are_lacking_are_named(
    settings: Settings, granted: str, level: str, words: str
) -> None:
    headers = {"X-OAuth-Scopes": granted} if granted else {}
    body = {"ok": True, "team": "Acme", "team_id": "T1", "user": "tocsin"}
    with answering(lambda path: (200, headers, body)) as url:
        opened = open_app(settings.model_copy(update={"slack": Slack(token="xoxb-1", base_url=url)}))
        try:
            (found,) = routes.slack(opened, None)
        finally:
            opened.close()
    assert (found.level, found.words) == (level, words)


def test_where_no_rooms_are_wanted_slack_need_not_allow_them(settings: Settings) -> None:
    headers = {"X-OAuth-Scopes": ",".join(sorted(routes.SCOPES))}
    with answering(
        lambda path: (200, headers, {"ok": True, "team": "Acme", "team_id": "T1", "user": "tocsin"})
    ) as url:
        wanted = Slack(token="xoxb-1", base_url=url, rooms=False)
        opened = open_app(settings.model_copy(update={"slack": wanted}))
        try:
            (found,) = routes.slack(opened, None)
        finally:
            opened.close()
    assert found.level == "ok"


def test_a_slack_token_that_is_not_known_is_down(settings: Settings, slack: SlackSink) -> None:
    wrong = settings.model_copy(update={"slack": Slack(token="xoxb-other", base_url=slack.base_url)})
    opened = open_app(wrong)
    try:
        (found,) = routes.slack(opened, None)
    finally:
        opened.close()
    assert (found.level, "invalid_auth" in found.words) == ("FAIL", True)
    assert "[slack] token_file" in (found.remedy or "")


@pytest.mark.parametrize(
    ("status", "level", "words"),
    [
        (200, "ok", "flows deployed"),
        (404, "FAIL", "does not know our flows"),
        (401, "FAIL", "wants another password"),
        (500, "FAIL", "answers 500"),
    ],
)
def test_prefect_is_asked_for_our_flows(settings: Settings, status: int, level: str, words: str) -> None:
    def answer(path: str) -> tuple[int, dict[str, str], object]:
        return (422, {}, {}) if "csrf" in path else (status, {}, {"id": "1"})

    with answering(answer) as url:
        opened = open_app(settings.model_copy(update={"prefect": Prefect(url=url)}))
        try:
            (found,) = routes.prefect(opened, None)
        finally:
            opened.close()
    assert (found.level, words in found.words) == (level, True)


def test_a_prefect_that_is_not_there_is_a_failure_and_none_at_all_a_warning(
    app: App, settings: Settings
) -> None:
    (none,) = routes.prefect(app, None)
    opened = open_app(settings.model_copy(update={"prefect": Prefect(url="http://127.0.0.1:1/api")}))
    try:
        (gone,) = routes.prefect(opened, None)
    finally:
        opened.close()

    assert (none.level, gone.level) == ("warn", "FAIL")
    assert "does not answer" in gone.words


def test_the_prefect_of_the_home_is_asked_at_the_port_that_it_was_given(app: App) -> None:
    port = ground.free_port()
    ground.prepare(app.settings, port)

    (found,) = routes.prefect(app, None)

    assert found.words.startswith(f"http://127.0.0.1:{port}/api does not answer")


@pytest.mark.parametrize(
    ("status", "body", "level", "words"),
    [
        (200, {"bell": 1.0, "watch": None}, "ok", "answers"),
        (503, {"bell": None, "watch": None}, "ok", "answers"),
        (502, "<html>Bad Gateway</html>", "FAIL", "answers 502, and is no console: no link in a mail opens"),
        (200, [], "FAIL", "answers 200, and is no console"),
    ],
)
def test_the_console_is_asked_and_no_proxy_in_its_stead(
    app: App, status: int, body: object, level: str, words: str
) -> None:
    with answering(lambda path: (status, {}, body) if path == "/api/healthz" else (404, {}, {})) as url:
        told = replace(app, settings=app.settings.model_copy(update={"console_url": url}))
        (found,) = console.console(told, None)
    assert (found.level, words in found.words) == (level, True)


def test_a_console_that_is_dead_is_a_failure_and_none_at_all_a_warning(app: App) -> None:
    (none,) = console.console(app, None)
    dead = app.settings.model_copy(update={"console_url": "http://127.0.0.1:1"})
    (gone,) = console.console(replace(app, settings=dead), None)
    elsewhere = app.settings.model_copy(update={"console_url": "https://tocsin.internal"})
    (other,) = console.console(replace(app, settings=elsewhere), None)

    assert (none.level, gone.level, other.level) == ("warn", "FAIL", "warn")
    assert "mails carry no links" in none.words
    assert gone.words.startswith("http://127.0.0.1:1 does not answer")
    assert "tocsin console" in str(gone.remedy)
    assert "not asked" in other.words


@pytest.mark.parametrize("url", ["https://tocsin..internal", "https://xn--zzzzzzzz.example"])
def test_an_address_that_cannot_even_be_asked_is_a_failure_of_the_console(app: App, url: str) -> None:
    told = app.settings.model_copy(update={"mode": "production", "console_url": url})
    (found,) = console.console(replace(app, settings=told), None)
    assert (found.level, found.words.startswith(f"{url} does not answer")) == ("FAIL", True)


def test_a_console_is_trusted_by_an_authority_of_the_system(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = self_signed(tmp_path / "authority.pem")
    with answering(lambda _: (200, {}, {"bell": 1.0}), server_context(authority)) as url:
        told = replace(app, settings=app.settings.model_copy(update={"console_url": url}))
        (stranger,) = console.console(told, None)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        (known,) = console.console(told, None)
    assert (stranger.level, known.level) == ("FAIL", "ok")


@contextmanager
def dns_of(records: dict[str, str]) -> Iterator[None]:
    """A name server on loopback with these TXT records, which everybody in this process asks."""
    import socket

    import dns.flags
    import dns.message
    import dns.rcode
    import dns.resolver
    import dns.rrset

    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                packet, who = door.recvfrom(4096)
            except OSError:
                return
            query = dns.message.from_wire(packet)
            answer = dns.message.make_response(query)
            answer.flags |= dns.flags.RA
            name = query.question[0].name
            if record := records.get(name.to_text(omit_final_dot=True)):
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", f'"{record}"'))
            else:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            door.sendto(answer.to_wire(), who)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], door.getsockname()[1]
    before, dns.resolver.default_resolver = dns.resolver.default_resolver, resolver
    try:
        yield
    finally:
        dns.resolver.default_resolver = before
        door.close()


def test_the_senders_domain_must_vouch_for_its_letters(app: App) -> None:
    whole = {"streamonapi.example": "v=spf1 mx -all", "_dmarc.streamonapi.example": "v=DMARC1; p=reject"}
    with dns_of(whole):
        assert [level for level, _ in said(routes.sender(app, None))] == ["ok", "ok"]
    with dns_of({"streamonapi.example": "v=spf1 mx -all"}):
        spf, dmarc = routes.sender(app, None)
    assert (spf.level, dmarc.level) == ("ok", "FAIL")
    assert "_dmarc.streamonapi.example" in (dmarc.remedy or "")
