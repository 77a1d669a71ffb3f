"""The mailbox: a message leaves it only once it is kept, whoever dies and whatever the server does."""

import os
import signal
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event

import pytest
from pydantic import SecretStr

from tests.certificates import self_signed, server_context
from tests.child import together
from tests.intake.imap import Imap
from tests.intake.post import items, message, received
from tests.story import Story
from tocsin.actions import mailbox as room
from tocsin.actions.intake import take_in
from tocsin.actions.mailbox import Mailroom, look
from tocsin.app import App, open_app
from tocsin.bell import ring
from tocsin.domain.errors import Refused
from tocsin.engine.mailroom import config_of
from tocsin.settings import Mailbox, Settings
from tocsin.sources.mailbox import Bookmark, opened
from tocsin.sources.mailbox import Mailbox as Opened


@pytest.fixture
def imap():
    with Imap() as server:
        yield server


def with_mailbox(app: App, imap: Imap, **change) -> App:
    ours = {"host": "127.0.0.1", "port": imap.port, "tls": "loopback-only", "username": "help", "timeout": 5}
    intake = Mailbox(**ours | {"password": SecretStr("secret")} | change)
    return replace(app, settings=app.settings.model_copy(update={"intake": intake}))


@pytest.fixture
def app_(tale: Story, imap: Imap) -> App:
    return with_mailbox(tale.app, imap)


def test_messages_are_taken_in_and_moved_away(tale, app_, imap):
    when = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
    imap.put(message("URGENT"), when)
    imap.put(message("Question", id_="m2@x", sender="b@x.example"))
    found = look(app_)
    assert [each.outcome for each in found.taken] == ["opened", "opened"]
    assert (imap.lies_in("INBOX"), len(imap.lies_in("Tocsin"))) == ([], 2)
    assert imap.folders["Tocsin"][1].flags == {"\\Seen"}
    tale.key = found.taken[0].incident
    assert tale.incident.opened_at == when
    tale.settle()
    assert tale.paged() == [("triage", "linh")]
    assert look(app_).taken == ()


@pytest.mark.parametrize("capabilities", ["IMAP4rev1", "IMAP4rev1 UIDPLUS"])
def test_a_server_without_move_is_told_to_copy_and_nothing_is_taken_in_twice(tale, app_, imap, capabilities):
    imap.capabilities = capabilities
    imap.put(message())
    look(app_)
    assert len(imap.lies_in("Tocsin")) == 1
    assert len(imap.lies_in("INBOX")) == (0 if "UIDPLUS" in capabilities else 1)
    assert look(app_).taken == ()
    assert "EXPUNGE" not in imap.asked


def test_what_the_server_will_not_move_is_taken_in_once_all_the_same(tale, app_, imap):
    imap.put(message())
    imap.at, imap.fault = "UID MOVE", "no"
    first, second = look(app_), look(app_)
    assert (first.unmoved, second.unmoved) == (1, 1)
    assert [each.outcome for each in (*first.taken, *second.taken)] == ["opened", "known"]
    assert len(items(app_)) == 1


def test_what_is_too_large_stays_in_the_mailbox_and_its_head_calls(tale, app_, imap):
    imap.put(message("URGENT", body="x" * app_.settings.intake.largest))
    found = look(app_)
    assert (found.too_large, len(imap.lies_in("INBOX"))) == (1, 1)
    tale.key = found.taken[0].incident
    tale.settle()
    assert tale.paged() == [("triage", "linh")]
    assert look(app_).too_large == 1
    assert len(received(app_, tale.key)) == 1


def test_however_many_messages_stay_a_new_one_is_read_at_the_next_look(tale, app_, imap, monkeypatch):
    monkeypatch.setattr(room, "MOST", 3)
    imap.at, imap.fault = "UID MOVE", "no"
    numbers = iter(range(100))

    def arrive(many: int) -> list[str]:
        """So many come; what the look after that finds new, and what it looks at again."""
        for n in [next(numbers) for _ in range(many)]:
            imap.put(message(id_=f"m{n}@x", sender=f"s{n}@x.example"))
        return [each.outcome for each in look(app_).taken]

    # So many are listed at a time, and the look goes on while new ones lie there.
    assert arrive(4) == ["opened"] * 4
    assert arrive(1) == ["opened", "known", "known"]
    assert arrive(1) == ["opened", "known", "known"]
    # Those that stayed have their turn, one after the other: the server may move them by now.
    imap.at = ""
    assert arrive(0) == ["known"] * 3
    assert len(look(app_).taken) == 3
    assert imap.lies_in("INBOX") == []
    # The numbers of another mailbox begin anew.
    imap.folders["INBOX"], imap._number, imap.validity = {}, 0, 2
    assert arrive(1) == ["opened"]


def test_a_message_over_which_the_line_breaks_each_time_keeps_no_other_from_its_turn(tale, app_, imap):
    imap.cursed = imap.put(message())
    assert "the mailbox at 127.0.0.1" in (look(app_).trouble or "")
    imap.put(message("Question", id_="m2@x", sender="b@x.example"))
    found = look(app_)
    assert ([each.outcome for each in found.taken], len(imap.lies_in("INBOX"))) == (["opened"], 1)
    imap.cursed = 0
    assert [each.outcome for each in look(app_).taken] == ["opened"]


def test_one_message_that_cannot_be_kept_keeps_no_other(tale, app_, imap, monkeypatch):
    def unlucky(app, raw, **more):
        if b"poison" in raw:
            raise ValueError(raw.decode())
        return taken_in(app, raw, **more)

    taken_in = room.take_in
    monkeypatch.setattr(room, "take_in", unlucky)
    imap.put(message("poison"))
    imap.put(message("Question", id_="m2@x"))
    found = look(app_)
    assert (found.failed, len(found.taken), len(imap.lies_in("INBOX"))) == (1, 1, 1)


@pytest.mark.parametrize("fault", ["drop", "no", "garbage"])
@pytest.mark.parametrize("at", ["LOGIN", "SELECT", "UID SEARCH", "UID FETCH", "UID STORE", "CREATE"])
def test_whatever_the_server_does_is_one_line_of_trouble_and_loses_nothing(tale, app_, imap, at, fault):
    imap.put(message())
    imap.at, imap.fault = at, fault
    found = look(app_)
    assert found.trouble is None or (
        "\n" not in found.trouble and "the mailbox at 127.0.0.1" in found.trouble
    )
    assert found.trouble or found.taken
    imap.fault = ""
    imap.at = ""
    look(app_)
    assert (imap.lies_in("INBOX"), len(items(app_))) == ([], 1)


def test_a_server_that_hangs_is_left_after_its_time(tale, imap):
    imap.put(message())
    imap.at, imap.fault = "UID SEARCH", "hang"
    found = look(with_mailbox(tale.app, imap, timeout=0.2))
    assert found.trouble is not None
    assert items(tale.app) == []


def test_a_wrong_password_says_what_to_check_and_a_dead_port_that_it_is_dead(tale, imap):
    found = look(with_mailbox(tale.app, imap, password=SecretStr("wrong")))
    assert "check intake.username and its password" in (found.trouble or "")
    assert "wrong" not in (found.trouble or "")
    found = look(with_mailbox(tale.app, imap, port=1))
    assert "Connection refused" in (found.trouble or "")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"host": "imap.example.org"}, "speaks to this machine only"),
        ({"username": None}, "needs intake.username"),
        ({"password": None}, "needs intake.username"),
    ],
)
def test_a_mailbox_that_must_not_be_opened_is_refused_before_a_socket_is(tale, imap, change, why):
    with pytest.raises(Refused, match=why):
        config_of(with_mailbox(tale.app, imap, **change))


def test_clear_text_is_for_this_machine_only(tale, imap):
    app = with_mailbox(tale.app, imap, host="imap.example.org")
    production = app.settings.model_copy(update={"mode": "production"})
    with pytest.raises(Refused, match="would travel in clear text"):
        config_of(replace(app, settings=production))


def test_a_server_whom_nobody_vouches_for_is_told_no_password(tale, tmp_path):
    certificate = self_signed(tmp_path / "server.pem")
    with Imap(context=server_context(certificate)) as imap:
        imap.put(message())
        app = with_mailbox(tale.app, imap, tls="implicit")
        assert "certificate" in (look(app).trouble or "").lower()
        assert "LOGIN" not in imap.asked
        trusting = replace(config_of(app), tls_context=ssl.create_default_context(cafile=str(certificate)))
        with opened(trusting) as mailbox:
            assert len(mailbox.lying(9, Bookmark())) == 1


# --- who dies in between


def look_and_die(settings: Settings, moment: datetime, intake: dict) -> None:
    """A look that is killed after the message is kept, before the server hears of it."""

    def die(self, message):
        os.kill(os.getpid(), signal.SIGKILL)

    Opened.put_away = die  # type: ignore[method-assign]
    app = open_app(settings, now=lambda: moment)
    look(replace(app, settings=settings.model_copy(update={"intake": Mailbox(**intake)})))


def test_killed_between_keeping_and_moving_it_is_no_second_item(tale, app_, imap):
    imap.put(message("URGENT"))
    ours = app_.settings.intake.model_dump() | {"password": "secret"}
    assert together((look_and_die, (tale.app.settings, tale.clock.moment, ours))) == [-signal.SIGKILL]
    assert (len(items(app_)), len(imap.lies_in("INBOX"))) == (1, 1)
    found = look(app_)
    assert [each.outcome for each in found.taken] == ["known"]
    assert (len(items(app_)), imap.lies_in("INBOX")) == (1, [])
    assert len(received(app_, items(app_)[0])) == 1


# --- the bell


def test_a_hanging_mailbox_delays_no_page(tale, imap):
    imap.put(message())
    imap.at, imap.fault = "UID SEARCH", "hang"
    app = with_mailbox(tale.app, imap, timeout=60)
    mailroom = Mailroom()
    mailroom.look(app)
    tale.declare()
    ring(app)
    assert len(tale.mails_to("linh")) == 1
    # One look at a time: the next begins when this one has ended.
    mailroom.look(app)
    assert imap.asked.count("LOGIN") <= 1


def test_the_bell_looks_once_in_a_while(tale, imap, monkeypatch):
    seen, looks = Event(), []

    def looked(app):
        looks.append(app.clock())
        seen.set()

    monkeypatch.setattr(room, "look", looked)
    moments = iter([0.0, 30.0, 61.0])
    mailroom = Mailroom()
    for second in moments:
        seen.clear()
        at = datetime(2026, 11, 24, tzinfo=UTC).timestamp() + second
        app = replace(with_mailbox(tale.app, imap), clock=lambda at=at: datetime.fromtimestamp(at, UTC))
        mailroom.look(app)
        if mailroom._looking:
            mailroom._looking.join(10)
    assert [moment.second + 60 * moment.minute for moment in looks] == [0, 61]
    mailroom = Mailroom()
    mailroom.look(tale.app)
    assert mailroom._looking is None


# --- the doctor


def findings(app: App) -> list[str]:
    from tocsin.doctor.intake import mailbox

    return [f"{each.level} {each.words}" for each in mailbox(app, None)]


def test_the_doctor_logs_in_looks_and_takes_nothing(tale, app_, imap):
    imap.put(message())
    (found,) = findings(app_)
    assert found.startswith("ok 127.0.0.1:")
    assert found.endswith("a message lies there")
    assert (len(imap.lies_in("INBOX")), items(app_)) == (1, [])
    imap.at, imap.fault = "LOGIN", "no"
    assert "refuses the login" in findings(app_)[0]


def test_the_doctor_asks_who_takes_messages_in_until_one_was_piped(tale):
    assert findings(tale.app) == [
        "warn nobody takes in what comes to help@streamonapi.example: name a mailbox, or pipe it to tocsin intake"
    ]
    take_in(tale.app, message())
    assert findings(tale.app) == ["ok messages are piped in, the last 2026-11-23"]
