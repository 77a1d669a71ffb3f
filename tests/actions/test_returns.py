"""What comes back on letters: taken in once, by rank and not by what came first, proven, and never guessed."""

import mailbox
from dataclasses import replace
from functools import partial

import pytest
from pydantic import SecretStr
from sqlalchemy import text, update

from tests.bouncing import BOX, complaint, mark_of, prose, report
from tests.evidence.conftest import put_back
from tests.intake.imap import Imap
from tocsin import actions
from tocsin.actions import returns, unread
from tocsin.actions.erasing import forget_people
from tocsin.bell import Hands
from tocsin.domain.errors import NotYours, Refused
from tocsin.domain.notice import CUSTOMERS
from tocsin.engine import advance, peek, perform, quick_only
from tocsin.evidence.verify import verify
from tocsin.rounds import rounds
from tocsin.settings import Mailbox
from tocsin.sinks.mail import Fault
from tocsin.sources.mailfiles import messages
from tocsin.storage import ledger, returned
from tocsin.storage.tables import ledger as ledger_table
from tocsin.views.person import story
from tocsin.views.sending import course, unreached
from tocsin.views.words import in_words

STATUS = {"delivered": "2.0.0", "failed": "5.1.1"}
PROMISE = "policy-promise/customers/individuals/controller"


@pytest.fixture
def sent(tale):
    """Six letters that left; the clock goes on a little, as mail systems take theirs."""
    tale.with_customers(6).released()
    return tale.leap(minutes=5)


def letter_to(tale, who):
    return mark_of(next(mail for mail in tale.letters if mail.recipients == (f"{who}@example.org",)))


def take_in(tale, *raw):
    noted = returns.take_in(tale.app, raw)
    assert verify(tale.app, tale.key).fault is None
    assert sum(tale.counts.values()) - tale.counts["possible_duplicates"] == len(tale.rows)
    return noted


def states(tale):
    return {state: count for state, count in tale.counts.items() if count}


def waiting(tale):
    with tale.app.database.read() as connection:
        return [(row.id, row.notice) for row in returned.unread(connection)]


def test_a_letter_that_came_back_did_not_reach_its_reader(sent):
    assert sent.incident.duties[PROMISE].mark == "met"
    noted = take_in(sent, report(letter_to(sent, "c1")))
    assert (dict(noted.reports), noted.known) == ({"failed": 1}, 0)
    assert states(sent) == {"handed_over": 5, "bounced": 1}
    (body,) = sent.told("LettersReturned")
    assert (body.reports, body.counts["bounced"], sum(body.untold.values())) == ({"failed": 1}, 1, 1)
    assert (sent.letter.counts, sum(sent.letter.untold.values())) == (body.counts, 1)
    (person,) = unreached(sent.app, sent.incident, CUSTOMERS)
    assert (person["id"], person["state"]) == ("c1", "bounced")
    assert course(sent.app, sent.incident, CUSTOMERS).untold == 1


def test_a_report_that_comes_twice_is_one(sent):
    raw = report(letter_to(sent, "c1"))
    take_in(sent, raw, raw)
    again = take_in(sent, raw)
    assert (again.new, again.known, again.notices) == (0, 1, [])
    assert len(sent.told("LettersReturned")) == 1


@pytest.mark.parametrize("order", [("failed", "delivered"), ("delivered", "failed")])
def test_what_came_back_outranks_what_arrived_whichever_is_first(sent, order):
    for number, action in enumerate(order):
        take_in(sent, report(letter_to(sent, "c1"), action, STATUS[action], number=number))
    assert states(sent) == {"handed_over": 5, "bounced": 1}


def test_delays_and_complaints_are_noted_and_change_nothing(sent):
    mark = letter_to(sent, "c2")
    noted = take_in(sent, report(mark, "delayed", "4.4.1"), complaint(mark), report(mark, "relayed", "2.0.0"))
    assert dict(noted.reports) == {"delayed": 1, "complained": 1, "relayed": 1}
    assert states(sent) == {"handed_over": 6}
    (body,) = sent.told("LettersReturned")
    assert body.reports == {"complained": 1, "delayed": 1, "relayed": 1}


def test_one_persons_story_tells_what_came_back_without_her_address(sent):
    words = "550 5.1.1 <c1@example.org>: c1 is unknown here"
    take_in(sent, report(letter_to(sent, "c1"), words=words))
    (letter,) = story(sent.app, sent.actor("an"), sent.incident, "c1").letters
    assert letter.state == "bounced"
    (came,) = letter.came_back
    # Prose may name anybody, and stays sealed.
    assert "c1" not in str(came)
    assert (came["action"], came["status"], came["code"]) == ("failed", "5.1.1", "550")
    assert came["reporter"] == "mx.example.org"


def in_doubt(tale):
    """One letter whose server kept it, and whose answer was lost; it is not tried again yet."""
    tale.with_customers(1).approved()
    tale.mail.misbehave(Fault(at="dot", do="drop", times=1))
    app = tale.app
    actions.release(app, tale.actor("an"), tale.key, CUSTOMERS)
    advance(app, tale.key, wanted=quick_only, holder="test")
    for kind in ("FillLedger", "SendLetters"):
        (move,) = [each for each in peek(app, tale.key).plan.moves if type(each).__name__ == kind]
        perform(app, tale.key, move, holder="test", stop=lambda: len(tale.letters) > 0)


@pytest.mark.parametrize(
    ("action", "state", "left"), [("delivered", "delivered", 0), ("failed", "bounced", 1)]
)
def test_a_letter_in_doubt_of_which_a_report_speaks_is_not_sent_again(tale, action, state, left):
    """Its server had kept it, and the answer was lost; the sending is paused before it is tried again."""
    in_doubt(tale)
    assert states(tale) == {"ambiguous": 1}
    assert sum(tale.letter.untold.values()) == 1
    take_in(tale, report(letter_to(tale, "c1"), action, STATUS[action]))
    tale.settle()
    assert (states(tale), len(tale.letters)) == ({state: 1}, 1)
    assert (tale.letter.mark, sum(tale.letter.untold.values())) == ("sent", left)
    assert verify(tale.app, tale.key).fault is None


#: A reader, how a report names her (RFC 3464, 2.3.2; RFC 6533, 3), and the kind of that report.
RARE = {
    '"john doe"@example.org': ('rfc822; "john doe"@example.org', "message/delivery-status"),
    '"a,b"@example.org': (r'rfc822; "a\,b"@example.org', "message/delivery-status"),
    "dùng@example.org": (r"utf-8; d\x{F9}ng@example.org", "message/global-delivery-status"),
    "用户@example.org": ("utf-8; 用户@example.org", "message/global-delivery-status"),
}


@pytest.mark.parametrize("address", RARE)
def test_what_comes_back_for_a_rare_address_is_known_and_names_nobody(tale, address):
    tale.mail.utf8 = True
    tale.with_customers(2, c1={"email": address}).released()
    named, kind = RARE[address]
    raw = report(mark_of(next(mail for mail in tale.letters if mail.recipients == (address,))))
    raw = raw.replace(b"rfc822; c1@example.org", named.encode()).replace(
        b"message/delivery-status", kind.encode()
    )
    assert dict(take_in(tale, raw).notices[0][1].reports) == {"failed": 1}
    assert states(tale) == {"bounced": 1, "handed_over": 1}
    # Nothing of her stands in clear: neither in entries, nor in what servers said.
    local = address.rpartition("@")[0].strip('"')
    assert local not in repr([entry.body for entry in tale.entries])
    assert local not in repr([(row.reply, row.reason) for row in tale.rows])


def test_a_forged_report_speaks_of_no_letter(sent):
    noted = take_in(sent, report("0" * 32), report("f" * 32, to=BOX))
    assert dict(noted.reports) == {"unread": 2}
    assert states(sent) == {"handed_over": 6}
    assert sent.told("LettersReturned") == []


def test_a_report_that_names_two_letters_is_for_a_person(sent):
    one, two = letter_to(sent, "c1"), letter_to(sent, "c2")
    raw = report(one, to=f"bounces+{one}@x.example, bounces+{two}@x.example")
    assert dict(take_in(sent, raw).reports) == {"unread": 1}
    assert waiting(sent) == [(1, None)]


def test_a_person_reads_what_no_machine_can(sent):
    raw = prose(letter_to(sent, "c1"))
    take_in(sent, raw)
    ((number, notice),) = waiting(sent)
    assert notice == CUSTOMERS
    assert unread.message(sent.app, sent.actor("an"), number) == raw
    (seen,) = sent.told("PeopleSeen")
    assert (seen.what, seen.notice, seen.people, "dpo" in seen.roles) == ("returned", CUSTOMERS, 1, True)
    assert in_words(seen, {}).startswith("1 mail that came back on customers, as ")
    for who, because, why in (("linh", "gone", "may not do this"), ("an", " ", "say what stands in it")):
        with pytest.raises(Refused, match=why):
            unread.settle(sent.app, sent.actor(who), number, "failed", because=because)
    unread.settle(sent.app, sent.actor("an"), number, "failed", because="no mailbox by that name")
    assert states(sent) == {"handed_over": 5, "bounced": 1}
    assert verify(sent.app, sent.key).fault is None
    (body,) = sent.told("ReturnRead")
    assert (body.means, body.notice) == ("failed", CUSTOMERS)
    assert waiting(sent) == []
    with pytest.raises(Refused, match="was read already"):
        unread.settle(sent.app, sent.actor("an"), number, "nothing", because="again")


def test_a_person_names_the_letter_where_the_message_does_not(sent):
    take_in(sent, prose("0" * 32), prose("1" * 32))
    (first, _), (second, _) = waiting(sent)
    with pytest.raises(Refused, match="name it: --of"):
        unread.settle(sent.app, sent.actor("an"), first, "failed", because="gone")
    with pytest.raises(NotYours):
        unread.settle(sent.app, sent.actor("minh"), first, "nothing", because="")
    stranger = unread.Letter(sent.key, CUSTOMERS, "c99")
    with pytest.raises(Refused, match="nobody with that id"):
        unread.settle(sent.app, sent.actor("an"), first, "failed", because="gone", of=stranger)
    of = unread.Letter(sent.key, CUSTOMERS, "c2")
    unread.settle(sent.app, sent.actor("an"), first, "failed", because="gone", of=of)
    assert unread.settle(sent.app, sent.actor("an"), second, "nothing", because="") is None
    assert states(sent) == {"handed_over": 5, "bounced": 1}
    assert (waiting(sent), verify(sent.app, sent.key).fault) == ([], None)


def test_whoever_dies_between_keeping_and_noting_loses_nothing(sent, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    raw = report(letter_to(sent, "c1"))
    with monkeypatch.context() as patched:
        patched.setattr(returned, "take_note", die)
        with pytest.raises(KeyboardInterrupt):
            returns.take_in(sent.app, [raw])
    assert states(sent) == {"handed_over": 6}
    assert verify(sent.app, sent.key).fault is None
    assert take_in(sent, raw).known == 1
    assert states(sent) == {"handed_over": 5, "bounced": 1}


def test_a_letter_on_the_wire_is_spoken_of_once_that_is_over(sent):
    mark = letter_to(sent, "c1")
    with sent.app.database.write() as connection:
        connection.execute(text("UPDATE ledger SET state = 'sending' WHERE mark = :mark"), {"mark": mark})
    assert returns.take_in(sent.app, [report(mark)]).notices == []
    with sent.app.database.write() as connection:
        connection.execute(text("UPDATE ledger SET state = 'handed_over' WHERE mark = :mark"), {"mark": mark})
    assert take_in(sent).notices[0][1].reports == {"failed": 1}


def test_people_whose_letters_came_back_are_told_otherwise(sent):
    take_in(sent, report(letter_to(sent, "c1")), report(letter_to(sent, "c2")))
    sent.as_("an").exclude(CUSTOMERS, "c1", because="called by telephone")
    sent.as_("an").told_otherwise(CUSTOMERS, because="posted")
    assert states(sent) == {"handed_over": 4, "bounced": 1, "excluded": 1}
    assert sum(sent.letter.untold.values()) == 0
    # What comes later on them changes nothing: they were told.
    take_in(
        sent,
        report(letter_to(sent, "c2"), "delivered", "2.0.0", number=2),
        report(letter_to(sent, "c3"), "delivered", "2.0.0"),
    )
    assert states(sent) == {"handed_over": 3, "delivered": 1, "bounced": 1, "excluded": 1}
    assert (sent.letter.settled, sum(sent.letter.untold.values())) == (1, 0)


def test_the_verifier_sees_what_was_changed_since(sent):
    take_in(sent, report(letter_to(sent, "c1")), report(letter_to(sent, "c2"), "delivered", "2.0.0"))
    for statement in (
        "UPDATE ledger SET reported = NULL WHERE reported = 'bounced'",
        "UPDATE ledger SET reported = 'delivered' WHERE reported IS NULL",
        "UPDATE ledger SET mark = 'abc' WHERE id = 1",
        'UPDATE mark SET "row" = 2 WHERE "row" = 1',
        'UPDATE mark SET address = 0 WHERE "row" = 1',
        'DELETE FROM mark WHERE "row" = 1',
        "UPDATE returned SET action = 'delivered' WHERE action = 'failed'",
        "UPDATE returned SET code = '250'",
        "UPDATE returned SET entry = NULL",
        "UPDATE returned SET entry = 3",
        "UPDATE returned SET sealed = x'00'",
        "UPDATE returned SET sealed = x''",
        "DELETE FROM returned WHERE action = 'failed'",
    ):
        with put_back(sent.app, "ledger", "mark", "returned"):
            with sent.app.database.write() as connection:
                assert connection.execute(text(statement)).rowcount > 0
            assert verify(sent.app, sent.key).fault, statement
    assert verify(sent.app, sent.key).fault is None


def tied(sent):
    """Every end that a file has, but for letters that may come back."""
    for step in sent.app.catalog_of(sent.incident).type(sent.incident.type).steps:
        if step.gate:
            sent.as_("linh").skip(step.id, because="a test")
    for duty in sent.incident.duties.values():
        if duty.mark == "open":
            sent.as_("chi").release_duty(duty.opened.key, because="a test")


def test_a_file_cannot_be_closed_while_letters_may_come_back(sent):
    tied(sent)
    close = sent.as_("an").close
    later = "may still come back until 2026-11-29; wait, tocsin bounces takes them in"
    with pytest.raises(Refused, match=later):
        close()
    # Of what came back, and of what arrived, nobody waits for more.
    take_in(sent, *(report(letter_to(sent, f"c{n}"), "delivered", "2.0.0") for n in range(1, 7)))
    with pytest.raises(Refused, match="nobody can tell yet whether"):
        close()


def test_a_file_may_be_closed_before_if_somebody_says_why_and_after_five_days(sent):
    tied(sent)
    with pytest.raises(Refused, match="may still come back"):
        sent.leap(days=4).as_("an").close()
    with pytest.raises(Refused, match="nobody can tell yet whether"):
        sent.leap(days=1).as_("an").close()
    sent.as_("an").close(because="our relay delivers or refuses at once; the rest is not ours, says counsel")
    assert not sent.incident.open


def test_what_came_back_is_erased_with_the_people(sent):
    take_in(sent, report(letter_to(sent, "c1")))
    with sent.app.database.write() as connection:
        forget_people(connection, sent.key, sent.app.now())
        (row,) = [row for row in sent.rows if row.mark == letter_to(sent, "c1")]
        came = returned.of_letter(connection, row)
    assert [(each.sealed, address) for each, address in came] == [(b"", 1)]
    # Later ones are noted all the same; nothing of whom they are about is kept.
    returns.take_in(sent.app, [report(letter_to(sent, "c2"))])
    assert states(sent) == {"handed_over": 4, "bounced": 2}


def test_a_maildir_an_mbox_a_folder_and_a_message_are_read(sent, tmp_path):
    raw = [report(letter_to(sent, f"c{n}")) for n in range(1, 5)]
    maildir = mailbox.Maildir(tmp_path / "maildir")
    maildir.add(raw[0])
    box = mailbox.mbox(tmp_path / "box")
    box.add(raw[1])
    box.add(prose(letter_to(sent, "c1")))
    box.close()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "1.eml").write_bytes(raw[2])
    (tmp_path / "one.eml").write_bytes(raw[3])
    for name, count in (("maildir", 1), ("box", 2), ("folder", 1), ("one.eml", 1)):
        assert take_in(sent, *messages(str(tmp_path / name))).new == count
    assert states(sent) == {"handed_over": 2, "bounced": 4}
    assert take_in(sent, *messages(str(tmp_path / "box"))).known == 2
    (tmp_path / "empty").mkdir()
    for name, why in (("nothing", "No such file"), ("empty", "no message lies there")):
        with pytest.raises(Refused, match=why):
            list(messages(str(tmp_path / name)))


def test_the_mailbox_is_read_and_its_messages_are_moved_away(sent):
    with Imap() as imap:
        ours = {"host": "127.0.0.1", "port": imap.port, "tls": "loopback-only", "username": "b", "timeout": 5}
        box = Mailbox(**ours, password=SecretStr("secret"))
        app = replace(sent.app, settings=sent.app.settings.model_copy(update={"bounces": box}))
        imap.put(report(letter_to(sent, "c1")))
        imap.put(prose("0" * 32))
        noted, walked = returns.look(app)
        assert (dict(noted.reports), walked.trouble) == ({"failed": 1, "unread": 1}, None)
        assert (imap.lies_in("INBOX"), len(imap.lies_in("Tocsin"))) == ([], 2)
        assert returns.look(app)[0].new == 0
        imap.password = "another"
        assert "bounces.username" in returns.look(app)[1].trouble
    assert states(sent) == {"handed_over": 5, "bounced": 1}
    assert returns.look(sent.app) is None


def test_what_belongs_to_no_letter_goes_after_a_year(sent):
    take_in(sent, prose("0" * 32), prose(letter_to(sent, "c1")))
    assert len(waiting(sent)) == 2
    sent.leap(days=365, seconds=1)
    take_in(sent, prose("1" * 32))
    assert [notice for _, notice in waiting(sent)] == [CUSTOMERS, None]


@pytest.mark.parametrize(("action", "state"), [("delivered", "delivered"), ("failed", "bounced")])
def test_a_letter_that_was_refused_after_it_had_left_stands_as_its_report_says(tale, action, state):
    """In doubt, then refused for our fault: what came of the first copy counts, and nobody is forgotten on resume."""
    in_doubt(tale)
    tale.mail.misbehave(Fault(at="rcpt", reply="554 5.7.1 blocked for spam", times=1))
    tale.settle()
    assert (tale.letter.mark, tale.counts["refused"]) == ("paused", 1)
    first = mark_of(tale.letters[0])
    take_in(tale, report(first, action, STATUS[action]))
    assert tale.counts[state] == 1
    tale.as_("an").resume(CUSTOMERS, because="mended")
    assert (tale.letter.mark, tale.counts[state], len(tale.letters)) == ("sent", 1, 1)
    assert verify(tale.app, tale.key).fault is None


def test_the_bell_speaks_of_what_waited(sent):
    mark = letter_to(sent, "c1")
    with sent.app.database.write() as connection:
        connection.execute(text("UPDATE ledger SET state = 'sending' WHERE mark = :mark"), {"mark": mark})
    returns.take_in(sent.app, [report(mark)])
    with sent.app.database.write() as connection:
        connection.execute(text("UPDATE ledger SET state = 'handed_over' WHERE mark = :mark"), {"mark": mark})
    rounds(sent.app, Hands(), lambda: True, guard=None, rest=0)
    assert states(sent) == {"handed_over": 5, "bounced": 1}


def test_the_same_message_has_other_line_ends_elsewhere_and_is_one(sent):
    raw = report(letter_to(sent, "c1"))
    assert take_in(sent, raw, raw.replace(b"\n", b"\r\n")).new == 1


def test_bytes_that_no_database_holds_stand_in_nobodys_way(story):
    story.with_customers(2).released()
    mark = letter_to(story, "c1")
    take_in(story, report(mark, words="550 \0 no"), report(letter_to(story, "c2"), "deliv\0ered", "2.0.0"))
    assert story.counts["bounced"] == 1


def test_a_file_is_not_closed_over_what_nobody_read(sent):
    tied(sent)
    take_in(sent, prose(letter_to(sent, "c1")))
    sent.leap(days=6)
    with pytest.raises(Refused, match="1 message waits for a person, which came back"):
        sent.as_("an").close()


AWAY = "From: Hoa <c1@example.org>\nTo: {to}\nSubject: away\nAuto-Submitted: auto-replied\n\nI am away, {number}.\n"


def away(mark, number=1):
    return AWAY.format(to=BOX.replace("@", f"+{mark}@") if mark else BOX, number=number).encode()


def test_automatic_answers_are_set_aside_in_bulk_and_counted(sent):
    noted = take_in(sent, *(away(letter_to(sent, f"c{n}")) for n in range(1, 6)), away(""), away("", 2))
    assert dict(noted.reports) == {"auto-replied": 7}
    assert waiting(sent) == []
    (body,) = sent.told("LettersReturned")
    assert body.reports == {"auto-replied": 5}
    # They say nothing of what became of the letters.
    assert states(sent) == {"handed_over": 6}
    assert body.untold == dict.fromkeys(body.untold, 0)


def test_who_was_accounted_for_is_settled_as_long_as_the_letter_did_not_surely_reach_her(tale):
    tale.with_customers(4)
    tale.mail.misbehave(Fault(at="dot", do="drop", recipient="c1@example.org", times=9))
    tale.mail.misbehave(Fault(at="dot", do="drop", recipient="c2@example.org", times=9))
    tale.released()
    tale.leap(minutes=30).settle()
    assert states(tale)["ambiguous"] == 2
    # One that was in doubt, then refused, and for whose reader somebody accounted, stands so.
    with tale.app.database.write() as connection:
        doubted = ledger_table.c.state == "ambiguous"
        connection.execute(update(ledger_table).where(doubted).values(accounted_at=tale.app.now()))
    with tale.app.database.read() as connection:
        assert ledger.accounted(connection, tale.key, CUSTOMERS) == 2
    first, second = [row.mark for row in tale.rows if row.state == "ambiguous"]
    for raw, counted, settled in (
        # It arrived: it counts as delivered, and no more as one for whom somebody had to account.
        (report(first, "delivered", "2.0.0"), "delivered", 1),
        (report(second, number=2), "bounced", 1),
    ):
        returns.take_in(tale.app, [raw])
        body = tale.told("LettersReturned")[-1]
        assert (body.counts[counted], body.settled) == (1, settled)
        with tale.app.database.read() as connection:
            assert ledger.accounted(connection, tale.key, CUSTOMERS) == settled == tale.letter.settled


def imap_of(tale, server, **more):
    ours = Mailbox(
        host="127.0.0.1",
        port=server.port,
        tls="loopback-only",
        username="b",
        password=SecretStr("secret"),
        **more,
    )
    tale.app = replace(tale.app, settings=tale.app.settings.model_copy(update={"bounces": ours}))


def test_a_look_goes_on_while_new_messages_lie_there(tale):
    with Imap() as server:
        imap_of(tale, server)
        for number in range(450):
            server.put(away("", number))
        looked = returns.look(tale.app)
        assert looked is not None
        noted, walked = looked
        assert (noted.reports["auto-replied"], walked.trouble) == (450, None)
        assert server.lies_in("INBOX") == []


def test_a_message_that_another_bell_moved_meanwhile_does_not_end_the_look(tale):
    with Imap() as server:
        imap_of(tale, server)
        for number in range(3):
            server.put(away("", number))
        real = server._answer

        def gone(verb, words):
            if verb == "UID FETCH" and "BODY" in words[1] and words[0] == "1":
                server.folders["INBOX"].pop(1, None)
            return real(verb, words)

        server._answer = gone
        looked = returns.look(tale.app)
        assert looked is not None
        noted, walked = looked
        assert (noted.new, walked.trouble, walked.failed) == (2, None, 0)


def test_letters_that_come_back_for_our_fault_call_people_and_stop_what_still_leaves(tale):
    ledger_settings = tale.app.settings.ledger.model_copy(update={"refused_least": 3, "refused_share": 0.2})
    tale.app = replace(tale.app, settings=tale.app.settings.model_copy(update={"ledger": ledger_settings}))
    tale.with_customers(8)
    # One is put off, so that the sending goes on.
    tale.mail.misbehave(Fault(at="rcpt", reply="451 4.7.1 later", recipient="c8@example.org"))
    tale.released()
    tale.leap(minutes=1)
    called = len(tale.paged())
    take_in(
        tale,
        report(letter_to(tale, "c1"), status="5.7.1"),
        report(letter_to(tale, "c2"), status="5.1.1", number=2),
    )
    assert len(tale.paged()) == called
    take_in(tale, report(letter_to(tale, "c3"), status="5.7.1", number=3))
    assert tale.letter.mark == "sending"
    take_in(tale, report(letter_to(tale, "c4"), status="5.7.26", number=4))
    assert tale.letter.mark == "paused"
    assert {person for _, person in tale.paged()[called:]} >= {"linh", "an"}
    after = len(tale.paged())
    # The next one calls nobody again.
    take_in(tale, report(letter_to(tale, "c5"), status="5.7.1", number=5))
    assert len(tale.paged()) == after
    assert states(tale)["bounced"] == 5


def test_who_is_kept_away_from_an_incident_reads_no_mail_that_may_be_about_it(tale):
    tale.declare = partial(tale.declare, excluded=("hoa",))
    sent = tale.with_customers(6).released().leap(minutes=5)
    take_in(sent, b"From: x@y.example\nTo: bounces@streamonapi.example\nSubject: hello\n\nWhat?\n")
    ((number, _),) = waiting(sent)
    unread.message(sent.app, sent.actor("chi"), number, command="k1")
    unread.message(sent.app, sent.actor("chi"), number, command="k1")
    assert len(sent.told("PeopleSeen")) == 1, "said again, it is the same look"
    with pytest.raises(NotYours, match="hoa may not read what came back"):
        unread.message(sent.app, sent.actor("hoa"), number)
    assert len(sent.told("PeopleSeen")) == 1


def test_what_names_no_letter_is_set_aside_with_an_entry(sent):
    take_in(sent, b"From: x@y.example\nTo: bounces@streamonapi.example\nSubject: hello\n\nWhat?\n")
    ((number, notice),) = waiting(sent)
    assert notice is None
    assert b"What?" in unread.message(sent.app, sent.actor("an"), number)
    assert [(each.what, each.notice) for each in sent.told("PeopleSeen")] == [("returned", "")]
    assert unread.settle(sent.app, sent.actor("an"), number, "nothing", because="an advertisement") is None
    assert waiting(sent) == []
    (body,) = sent.told("ReturnSetAside")
    assert (len(body.seen), body.because is not None) == (64, True)
    with pytest.raises(Refused, match="was read already"):
        unread.settle(sent.app, sent.actor("an"), number, "nothing", because="an advertisement")
    assert len(sent.told("ReturnSetAside")) == 1
    assert verify(sent.app, sent.key).fault is None
