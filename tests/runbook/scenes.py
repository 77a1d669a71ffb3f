"""What has happened at the desk before each section of RUNBOOK.md, and between its blocks.

A scene yields before each block of its section, as long as there is something to do before it; what follows its last
`yield` is looked at when the section is through.
"""

import re
import shutil
from collections.abc import Callable, Generator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

from sqlalchemy import text

from tests.intake.imap import Imap
from tests.intake.post import message
from tests.runbook.desk import Desk
from tests.runbook.house import approved, written
from tocsin.actions.intake import take_in
from tocsin.settings import load_settings
from tocsin.sinks.mail import Fault
from tocsin.storage import clock as stored_clock
from tocsin.up import started
from tocsin.up.ground import free_port, prepare

Played = Generator[None, None, None]
Scene = Callable[[Desk], Played]

#: What a stranger writes.
MESSAGE = message("URGENT: your keys are public")
#: By the heading of a section: how far the incident is, and what happens around the blocks.
SCENES: dict[str, tuple[str, Scene]] = {}


def scene(title: str, stage: str) -> Callable[[Scene], Scene]:
    """This happens around the blocks of a section, which begins when the incident has come to `stage`."""

    def named(play: Scene) -> Scene:
        SCENES[title] = (stage, play)
        return play

    return named


# --- the chapters


def _quiet(desk: Desk) -> Played:
    yield


for _title, _stage in {
    "0. The page for the wall": "nothing_yet",
    "1. I think data leaked": "nothing_yet",
    "2. I was paged": "declared",
    "9. Hand-over": "answered",
    "10. False alarm": "answered",
    "11. For the manager": "written",
    "6. Something of Tocsin is dead": "answered",
    "A colleague may be involved": "nothing_yet",
    "Upgrade": "answered",
}.items():
    scene(_title, _stage)(_quiet)


@scene("3. Nobody answers", "declared")
def _nobody_answers(desk: Desk) -> Played:
    desk.leap(minutes=4)
    desk.ring()
    yield


@scene("4. Stop a wrong letter", "approved")
def _a_wrong_letter(desk: Desk) -> Played:
    desk.mail.misbehave(Fault("rcpt", recipient="wei@example.com"))
    assert "letters wait" in desk.say_badly("send customers", by="bao", status=3)
    yield
    yield
    desk.mail.behave()
    desk.leap(minutes=10)
    before = len(desk.mail.messages)
    yield
    assert _customers_since(desk, before) == {"wei@example.com"}
    before = len(desk.mail.messages)
    yield
    assert _customers_since(desk, before) == {"mai@example.com"}


def _customers_since(desk: Desk, before: int) -> set[str]:
    told = {mail.recipients[0] for mail in desk.mail.messages[before:]}
    return {address for address in told if address.endswith((".com", ".org", ".net"))}


@scene("Whom no letter reached", "answered")
def _nobody_is_reached(desk: Desk) -> Played:
    everybody = "".join(f"cus_{number}\n" for number in range(1, 5))
    (desk.root / "desk" / "all.txt").write_text(everybody, encoding="utf-8")
    desk.say("set type credential-leak --because tokens")
    desk.say("learn aware_at=02:35 our_role=controller violation=breach --source 'alert 4711'")
    desk.say("scope --list all.txt", by="giang")
    desk.say("assess --decide high --because 'live tokens'", by="an")
    desk.say("learn 'consequences={en: Somebody may use them., vi: Ai đó có thể dùng chúng.}' --source team")
    written(desk)
    approved(desk)
    gone = ("mai@example.com", "jonas@example.org", "chloe@example.net", "wei@example.com")
    desk.mail.misbehave(*(Fault("rcpt", reply="550 5.1.1 no such user", recipient=each) for each in gone))
    desk.say_badly("send customers", by="bao", status=3)
    desk.mail.behave()
    before = len(desk.mail.messages)
    yield
    yield
    yield
    folder = desk.root / "desk"
    assert (folder / "posted" / "post.csv").exists()
    assert list((folder / "posted").glob("letters-*.pdf"))
    assert (folder / "shown" / "in-app.jsonl").read_text(encoding="utf-8").count("\n") == 2
    assert list((folder / "public").glob("notice.*.txt"))
    assert _customers_since(desk, before) == set(), "a list sends nothing"


@scene("A letter must leave, and an approver is missing", "written")
def _an_approver_is_missing(desk: Desk) -> Played:
    desk.leap(hours=61)
    desk.ring()
    yield


@scene("5. The attacker reads Slack or mail", "answered")
def _the_attacker_reads_slack(desk: Desk) -> Played:
    desk.say("set type credential-leak --because tokens")
    yield
    desk.edit("contacts/people.yaml", "routes: [slack, email]", "routes: [email]")
    before = len(desk.slack.messages)
    yield
    assert len(desk.slack.messages) == before
    yield


@scene("13. Something waits in triage", "nothing_yet")
def _a_message_came_in(desk: Desk) -> Played:
    desk.leap(minutes=-1)
    _hand_over(desk)
    yield
    desk.leap(minutes=2)
    yield


@scene("14. A new scope takes people out", "approved")
def _a_scope_narrows(desk: Desk) -> Played:
    (desk.root / "desk" / "fewer.txt").write_text("cus_1\ncus_2\n", encoding="utf-8")
    yield


@scene("Messages do not come in", "nothing_yet")
def _the_mailbox_is_dead(desk: Desk) -> Played:
    _hand_over(desk)
    with Imap() as imap:
        place = f'host = "127.0.0.1"\nusername = "help"\npassword = "wrong"\nport = {imap.port}'
        desk.edit("tocsin.toml", "port = 993", place)
        desk.edit("tocsin.toml", 'tls = "implicit"', 'tls = "loopback-only"')
        desk.say_badly("intake --mailbox", by="linh", status=1)
        yield
        (desk.root / "desk" / "message.eml").write_bytes(MESSAGE)
        yield


def _hand_over(desk: Desk) -> None:
    """A stranger's message is taken in, and calls."""
    with desk.app() as app:
        take_in(app, MESSAGE)
    desk.ring()


# --- chapter 6


@scene("Mail", "answered")
def _mail_is_dead(desk: Desk) -> Played:
    well = desk.config.read_text(encoding="utf-8")
    desk.edit("tocsin.toml", f"port = {desk.mail.port}", f"port = {free_port()}")
    yield
    desk.config.write_text(well, encoding="utf-8")
    yield


@scene("Slack", "answered")
def _slack_is_dead(desk: Desk) -> Played:
    well = desk.config.read_text(encoding="utf-8")
    desk.edit("tocsin.toml", desk.slack.base_url, f"http://127.0.0.1:{free_port()}/dead/")
    yield
    desk.config.write_text(well, encoding="utf-8")
    yield


@scene("Mail and Slack both", "nothing_yet")
def _both_are_dead(desk: Desk) -> Played:
    desk.edit("tocsin.toml", f"port = {desk.mail.port}", f"port = {free_port()}")
    desk.edit("tocsin.toml", desk.slack.base_url, f"http://127.0.0.1:{free_port()}/dead/")
    yield
    yield


@scene("The bell", "answered")
def _the_bell_is_dead(desk: Desk) -> Played:
    desk.bell = False
    (desk.root / "var" / "log" / "bell.log").write_text("Killed\n", encoding="utf-8")
    with desk.app() as app, app.database.write() as connection:
        stored_clock.beat(connection, "bell", app.clock() - timedelta(hours=1))
    yield
    yield
    desk.until(lambda: "bell    beat" in desk.say("status"), "the bell does not beat")
    yield


@scene("The watchdog", "answered")
def _the_watchdog_is_tried(desk: Desk) -> Played:
    relay = f'host = "127.0.0.1"\nport = {desk.mail.port}\ntls = "loopback-only"'
    desk.edit("tocsin.toml", '# to = ["oncall@your-company.com"]', 'to = ["oncall@your-company.com"]')
    desk.edit("tocsin.toml", '# host = "smtp.elsewhere"', relay)
    yield
    assert b"a test" in desk.mail.messages[-1].content


@scene("Prefect's server, the worker", "answered")
def _prefect_is_dead(desk: Desk) -> Played:
    port = free_port()
    desk.edit("tocsin.toml", "port = 4200", f"port = {port}")
    settings = load_settings()
    prepare(settings, port)
    yield
    with started(settings, port=port, bell=False, look_at_once=False):
        desk.ring()
        yield


@scene("Database", "answered")
def _the_database_is_dead(desk: Desk) -> Played:
    desk.bell = False
    dead = f"postgresql://tocsin@127.0.0.1:{free_port()}/tocsin"
    desk.patch.setenv("TOCSIN_DATABASE", dead)
    yield
    desk.patch.delenv("TOCSIN_DATABASE")
    desk.bell = True
    desk.ring()
    yield


@scene("Disk full", "answered")
def _the_disk_is_full(desk: Desk) -> Played:
    desk.bell, desk.disk = False, 8
    yield
    desk.bell, desk.disk = True, None
    yield


@scene("Clock stepped", "answered")
def _the_clock_steps(desk: Desk) -> Played:
    desk.leap(hours=-1)
    yield
    desk.leap(hours=1)
    yield


@scene("A faulty file", "answered")
def _a_file_is_faulty(desk: Desk) -> Played:
    desk.bell = False
    desk.edit(
        "contacts/people.yaml", "title: {en: Data protection officer", "titel: {en: Data protection officer"
    )
    yield
    desk.edit("contacts/people.yaml", "titel:", "title:")
    desk.ring()
    yield


@scene("An incident is set apart", "answered")
def _an_incident_is_set_apart(desk: Desk) -> Played:
    with desk.app() as app, app.database.write() as connection:
        query = text("SELECT body FROM entry WHERE seq = 3")
        body = connection.scalar(query)
        connection.execute(text("UPDATE entry SET body = '{}' WHERE seq = 3"))
    desk.leap(hours=2)
    desk.ring()
    yield
    with desk.app() as app, app.database.write() as connection:
        connection.execute(text("UPDATE entry SET body = :body WHERE seq = 3"), {"body": body})
    yield


# --- deadlines


def _later(hours: int) -> Scene:
    def play(desk: Desk) -> Played:
        desk.leap(hours=hours)
        desk.ring()
        yield

    return play


scene("7. Two hours left, and the file is incomplete", "scoped")(_later(70))
scene("8. A deadline was missed", "scoped")(_later(73))


# --- chapter 12


@scene("Back up", "answered")
def _a_backup(desk: Desk) -> Played:
    yield
    assert list((desk.root / "srv" / "backup").glob("home-*/tocsin.db"))
    assert not list((desk.root / "srv" / "backup").rglob("master.key"))


@scene("Restore", "scoped")
def _a_restore(desk: Desk) -> Played:
    desk.say("page dpo --because 'the mail that will be compared'")
    said = message_from_bytes(desk.mail.messages[-1].content, policy=default)
    body = said.get_body(("plain",))
    foot = re.search(r"INC-2026-0001 \(.*\), \S+ (\d+) (\w+)", str(body and body.get_content()))
    assert foot is not None
    backup = desk.root / "srv" / "backup" / "home-2026-11-23"
    shutil.copytree(desk.root / "var", backup)
    (backup / "restored").touch()
    (desk.root / "var" / "tocsin.db").write_bytes(b"broken" * 1000)
    desk.bell = False
    desk.exports = {"FOOT": f"{foot[1]}:{foot[2]}"}
    yield


@scene("Lost key", "answered")
def _a_lost_key(desk: Desk) -> Played:
    desk.bell = False
    shutil.copytree(desk.root / "etc", desk.root / "srv" / "keys" / "etc-2026-11-23")
    (desk.root / "etc" / "master.key").unlink()
    yield
    yield
