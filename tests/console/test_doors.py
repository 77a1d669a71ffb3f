"""Links in mails: GET shows, POST acts once, and whatever is forged, used, over or outdated says what to do instead."""

import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes

import pytest

from tests.actions.test_offers import refusals
from tests.child import opened, together
from tests.console.conftest import served
from tests.listening import slack_words
from tocsin.console import doors
from tocsin.domain.notice import CUSTOMERS
from tocsin.domain.offers import Offer
from tocsin.evidence.verify import verify
from tocsin.links import Ticket, key_of, read, signed
from tocsin.links import link as make_link
from tocsin.sealing import Keyring
from tocsin.views.words import in_words


def acknowledged(visited) -> list[str]:
    return [each.role for each in visited.told("Acknowledged")]


def test_a_page_by_mail_is_answered_by_its_link_and_by_nothing_less_than_a_press(visited, browser):
    visited.declare()
    (link,) = visited.links("linh", "ack")
    before = visited.entries
    for ask in (browser.get, browser.head, browser.get):
        found = ask(link)
        assert found.status_code == 200
    assert "Trần Mỹ Linh" in found.text
    assert visited.incident.code_name in found.text
    assert visited.entries == before, "a scanner that follows links does nothing"
    done = browser.post(link)
    assert done.status_code == 200
    assert acknowledged(visited) == ["incident-commander"]
    (taken,) = visited.told("TakenUp")
    assert in_words(taken, {}) == "ack incident-commander in a mail"
    assert visited.incident.roles["incident-commander"] == "linh"


def test_a_link_acts_once_and_a_thousand_replays_are_one_entry(visited, browser):
    visited.declare()
    (link,) = visited.links("linh", "ack")
    browser.post(link)
    for _ in range(5):
        again = browser.post(link)
        assert again.status_code == 410
        assert "2026-11-24 02:40 (+07) by Trần Mỹ Linh" in again.text
    assert browser.get(link).status_code == 410
    assert refusals(visited) == [("linh", "ack", "incident-commander", "replayed")]


def test_a_link_that_was_changed_in_any_way_opens_nothing(visited, browser):
    visited.declare()
    (link,) = visited.links("linh", "ack")
    ticket = read(key_of(visited.app), link.removeprefix("/o/"))
    others = [
        signed(b"another home's key, 32 bytes long..", ticket),
        signed(Keyring(b"m" * 32).derived("links"), replace(ticket, person="minh")),
        link[3:-1] + ("A" if link[-1] != "A" else "B"),
        link[3:] + "A",
        "A" + link[4:],
    ]
    for token in others:
        for ask in (browser.get, browser.post):
            found = ask(f"/o/{token}")
            assert found.status_code == 403
    assert [each.kind for each in visited.entries if each.kind in ("TakenUp", "Refusal")] == []


def test_a_link_whose_time_is_over_says_so(visited, browser):
    visited.declare()
    (link,) = visited.links("an", "ack")
    visited.leap(hours=25)
    assert browser.get(link).status_code == 410
    assert visited.told("Refusal") == [], "looking writes nothing"
    refused = browser.post(link)
    assert refused.status_code == 410
    assert "tocsin show" in refused.text
    assert [why for *_, why in refusals(visited)] == ["expired"]


def test_an_approval_of_a_letter_that_was_written_anew_is_outdated(visited, browser):
    visited.drafted()
    old = visited.links("chi", "approve")[-1]
    assert visited.letter.digest[:12] in browser.get(old).text
    visited.as_("an").learn({"advice_to_people": {"en": "Other.", "vi": "Khác."}}, source="the team")
    for ask in (browser.get, browser.post):
        found = ask(old)
        assert found.status_code == 409
        assert visited.letter.digest[:12] in found.text
    assert visited.letter.approvals == ()
    new = visited.links("chi", "approve")[-1]
    assert browser.post(new).status_code == 200
    assert [each.person for each in visited.letter.approvals] == ["chi"]
    assert visited.told("TakenUp")[-1].stand == visited.letter.digest


def test_the_letters_can_be_read_before_they_are_approved(visited, browser):
    visited.drafted()
    link = visited.links("chi", "approve")[-1]
    assert f"{link.removeprefix('/o/')}/letters" in browser.get(link).text
    found = browser.get(f"{link}/letters")
    assert found.status_code == 200
    assert "We revoked the keys." in found.text
    assert visited.letter.digest[:12] in found.text
    ack = visited.links("an", "ack")[-1]
    assert browser.get(f"{ack}/letters").status_code == 409


def broken_glass(visited) -> None:
    """bao lets the letters leave alone."""
    visited.drafted().as_("bao").release(
        CUSTOMERS, break_glass=True, digest=visited.letter.digest, because="all are on the plane"
    )


def test_what_one_person_released_alone_is_countersigned_by_a_link(visited, browser):
    broken_glass(visited)
    for person in ("bao", "linh"):
        assert visited.links(person, "countersign") == [], "no link for who may not"
    (link,) = visited.links("chi", "countersign")
    page = browser.get(link).text
    assert "Duyệt bổ sung thư: customers" in page
    assert visited.letter.digest[:12] in page
    letters = browser.get(f"{link}/letters")
    assert letters.status_code == 200
    assert "We revoked the keys." in letters.text
    assert "không phải là thư đã gửi" not in letters.text
    assert visited.told("Countersigned") == [], "looking signs nothing"

    done = browser.post(link)
    assert done.status_code == 200
    assert "Đã ghi nhận bạn duyệt bổ sung customers" in done.text
    (signed_by,) = visited.told("Countersigned")
    assert (signed_by.person, signed_by.digest) == ("chi", visited.letter.digest)
    assert (visited.letter.alone[0].lacking, visited.letter.approvals) == (0, ())
    assert [each.deed for each in visited.told("TakenUp")] == ["countersign"]

    again = browser.post(link)
    assert again.status_code == 410, "replayed"
    (other,) = visited.links("an", "countersign")
    late = browser.post(other)
    assert late.status_code == 409
    assert "is countersigned already" in late.text
    assert len(visited.told("Countersigned")) == 1
    assert [why for *_, why in refusals(visited)] == ["replayed", "stale"]
    assert verify(visited.app, visited.key).fault is None


def test_who_released_alone_countersigns_by_no_link_and_neither_does_a_stranger(visited, browser):
    broken_glass(visited)
    offer = Offer("countersign", visited.key, CUSTOMERS, visited.letter.digest)
    until = visited.clock.moment + timedelta(hours=1)
    wants = {
        "bao": "Bao released it alone; another person must countersign",
        "giang": "Giang may not do this",
    }
    for person, said in wants.items():
        ticket = Ticket(person, visited.key, offer, until, person)
        refused = browser.post(f"/o/{signed(key_of(visited.app), ticket)}")
        assert refused.status_code == 403
        assert said in refused.text
    forged = signed(b"another home's key, 32 bytes long..", Ticket("chi", visited.key, offer, until, "n"))
    assert browser.post(f"/o/{forged}").status_code == 403
    other = replace(offer, stand="ab" * 32)
    stale = browser.post(f"/o/{signed(key_of(visited.app), Ticket('chi', visited.key, other, until, 'm'))}")
    assert stale.status_code == 409
    assert visited.told("Countersigned") == []
    assert [(who, why) for who, *_, why in refusals(visited)] == [
        ("bao", "not-allowed"),
        ("giang", "wrong-person"),
        ("chi", "stale"),
    ]


def test_the_reminder_to_countersign_brings_a_link_to_the_letters(visited, browser):
    broken_glass(visited)
    visited.fast_forward(hours=5)
    assert visited.links("bao", "countersign") == []
    links = visited.links("an", "countersign")
    assert len(links) == 2, "the first word, and the reminder"
    assert browser.get(f"{links[-1]}/letters").status_code == 200
    assert browser.post(links[-1]).status_code == 200
    assert [each.person for each in visited.told("Countersigned")] == ["an"]


def test_a_link_to_approve_countersigns_what_left_meanwhile_and_says_so(visited, browser):
    broken_glass(visited)
    done = browser.post(visited.links("chi", "approve")[-1])
    assert "Đã ghi nhận bạn duyệt bổ sung customers" in done.text
    assert [each.person for each in visited.told("Countersigned")] == ["chi"]


def test_the_letters_behind_a_countersignature_say_that_they_are_no_longer_those_that_left(visited, browser):
    broken_glass(visited)
    (link,) = visited.links("chi", "countersign")
    visited.as_("an").learn({"advice_to_people": {"en": "Other.", "vi": "Khác."}}, source="the team")
    letters = browser.get(f"{link}/letters")
    assert letters.status_code == 200
    assert "không phải là thư đã gửi" in letters.text
    assert browser.post(link).status_code == 200
    assert len(visited.told("Countersigned")) == 1


def test_a_rejection_asks_why(visited, browser):
    visited.drafted()
    link = visited.links("chi", "reject")[-1]
    assert "<textarea" in browser.get(link).text
    unsaid = browser.post(link, data={"because": " "})
    assert unsaid.status_code == 422
    assert "<textarea" in unsaid.text, "the form stands there once more, in the reader's words"
    assert "tocsin reject" not in unsaid.text
    assert visited.letter.mark == "in-review"
    assert browser.post(link, data={"because": "the wrong tone"}).status_code == 200
    assert visited.letter.mark == "rejected"


def test_an_update_is_written_on_the_page_behind_its_link(visited, browser):
    visited.declare()
    visited.as_("linh").ack()
    offer = Offer("update", visited.key)
    ticket = Ticket("linh", visited.key, offer, visited.clock.moment, "n")
    link = f"/o/{signed(key_of(visited.app), ticket)}"
    assert browser.get(link).text.count("<textarea") == 3
    assert browser.post(link).status_code == 422
    can = {"conditions": "Two keys leaked.", "actions": "Revoking them.", "needs": "none"}
    assert browser.post(link, data=can).status_code == 200
    assert len(visited.told("StatusUpdated")) == 1


def test_once_mail_is_silenced_what_was_sent_by_it_opens_nothing_any_more(visited, browser):
    visited.declare()
    link, opens = visited.links("linh", "ack")[0], visited.links("linh")[0]
    browser.post(visited.links("an")[0])
    assert browser.get(f"/inc/{visited.key}").status_code == 200
    entered = {"Cookie": f"tocsin={browser.cookies['tocsin']}"}
    visited.as_("an").silence("email", because="the attacker reads it")
    for path in (link, opens):
        for ask in (browser.get, browser.post):
            found = ask(path)
            assert found.status_code == 403
            assert "Mail is silenced" in found.text
    assert acknowledged(visited) == []
    assert browser.get(f"/inc/{visited.key}", headers=entered).status_code == 401, "nor who came in by it"
    printed = make_link(visited.app, "linh", visited.key, visited.clock.moment, "console")
    assert browser.post("/o/" + printed.partition("/o/")[2]).status_code == 303, "a shell's link is no mail"


def test_a_mail_that_was_forwarded_says_in_whose_name_it_acts(visited, browser):
    visited.declare()
    (link,) = visited.links("linh", "ack")
    assert "Nếu bạn không phải là Trần Mỹ Linh, hãy đóng trang này" in browser.get(link).text


def test_a_link_of_somebody_who_lost_the_role_since_does_nothing(visited, browser):
    visited.drafted()
    link = visited.links("chi", "approve")[-1]
    catalog, chi = visited.app.catalog, visited.app.catalog.contacts.person("chi")
    people = [each for each in catalog.contacts.people if each.id != "chi"]
    people.append(chi.model_copy(update={"roles": ("liaison",)}))
    contacts = catalog.contacts.model_copy(update={"people": tuple(people)})
    visited.app.__dict__["_read"] = (replace(catalog, contacts=contacts), None)
    assert browser.post(link).status_code == 403
    assert visited.letter.approvals == ()
    assert [why for *_, why in refusals(visited)] == ["wrong-person"]


def test_a_person_whom_the_incident_excludes_is_told_that_there_is_none(visited, browser):
    visited.declare(by="an", excluded=("linh",))
    ticket = Ticket(
        "linh", visited.key, Offer("ack", visited.key, "incident-commander"), visited.clock.moment, "n"
    )
    for what in (ticket, replace(ticket, offer=None)):
        link = f"/o/{signed(key_of(visited.app), what)}"
        for ask in (browser.get, browser.post):
            found = ask(link)
            assert found.status_code == 403
            assert f"There is no incident {visited.key}" in found.text
            assert visited.incident.code_name not in found.text


def test_somebody_who_left_the_house_has_no_door(visited, browser):
    visited.declare()
    ticket = read(key_of(visited.app), visited.links("linh", "ack")[0].removeprefix("/o/"))
    gone = f"/o/{signed(key_of(visited.app), replace(ticket, person='zoe'))}"
    assert browser.get(gone).status_code == 403
    assert browser.post(gone).status_code == 403
    assert [why for *_, why in refusals(visited)] == ["unknown-person"]


def test_of_two_presses_at_once_one_acts(visited, browser):
    visited.declare()
    (link,) = visited.links("linh", "ack")
    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(lambda _: browser.post(link).status_code, range(2)))
    assert found[0] == 200
    assert found[1] in (409, 410)
    assert acknowledged(visited) == ["incident-commander"]


def press_and_die(settings, moment, url, listening, link) -> None:
    """A server that dies when the deed is written, and before anybody hears of it."""
    app = opened(settings.model_copy(update={"console_url": url}), moment)
    doors.answer = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
    with served(app, listening) as client:
        client.post(link)


def test_a_door_that_dies_before_it_answers_has_acted_once(visited, listening):
    visited.declare()
    (link,) = visited.links("linh", "ack")
    url = visited.app.settings.console_url
    words = (visited.app.settings, visited.clock.moment, url, listening, link)
    assert together((press_and_die, words)) == [-signal.SIGKILL]
    assert acknowledged(visited) == ["incident-commander"]
    with served(visited.app, listening) as browser:
        for ask in (browser.get, browser.post):
            found = ask(link)
            assert found.status_code == 410
            assert "by Trần Mỹ Linh" in found.text
    assert acknowledged(visited) == ["incident-commander"]
    assert verify(visited.app, visited.key).proven


def test_mails_of_one_incident_are_one_conversation_and_say_that_a_machine_wrote_them(visited):
    visited.drafted()
    address = visited.app.catalog.contacts.person("chi").email
    visited.as_("linh").page("chi")
    found = [
        message_from_bytes(mail.content) for mail in visited.mail.messages if mail.recipients == (address,)
    ]
    assert len(found) > 1
    for mail in found:
        assert mail["In-Reply-To"] == mail["References"] == f"<{visited.key}@streamonapi.example>"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["X-Tocsin-Incident"] == visited.key
    assert len({mail["Message-ID"] for mail in found}) == len(found)


def test_every_answer_keeps_its_address_to_itself(visited, browser):
    visited.declare()
    (link,) = visited.links("linh", "ack")
    for path in (link, "/o/x", "/nowhere", "/inc/INC-2026-0001", "/robots.txt"):
        headers = browser.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert "noindex" in headers["x-robots-tag"]
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "form-action 'self'" in policy
    assert "<script" not in browser.get(link).text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_no_other_method_opens_a_door(visited, browser, method):
    visited.declare()
    (link,) = visited.links("linh", "ack")
    assert browser.request(method, link).status_code == 405


def test_a_form_that_is_too_long_is_not_read(visited, browser):
    visited.drafted()
    link = visited.links("chi", "reject")[-1]
    assert browser.post(link, content=b"because=" + b"x" * 40_000).status_code == 413
    assert browser.post(link, content=b"\xff\x00&&&=;because").status_code == 422
    assert browser.post(link, content="&".join(f"a{n}=b" for n in range(30))).status_code == 413
    assert visited.letter.mark == "in-review"


def test_links_stand_in_no_log_and_in_no_timeline(visited, browser, capfd):
    visited.declare()
    links = [*visited.links("linh"), *visited.links("linh", "ack")]
    for link in links:
        browser.get(link)
        browser.post(link)
        browser.post(f"{link}x")
    told = "".join(capfd.readouterr()) + str(visited.entries)
    assert [link for link in links if link[3:20] in told] == []


def test_words_are_those_of_the_person(visited, browser):
    visited.declare()
    (link,) = visited.links("linh", "ack")
    found = browser.get(link)
    assert '<html lang="vi">' in found.text
    assert "Tôi nhận, với vai trò chỉ huy ứng phó sự cố" in found.text
    stranger = browser.get("/o/x", headers={"Accept-Language": "vi-VN,vi;q=0.9"})
    assert "Liên kết không dùng được" in stranger.text
    assert "This link does not work" in browser.get("/o/x").text


def overdue(visited) -> str:
    """The commander's step that wants evidence becomes due, alone."""
    visited.as_("linh").done("C1")
    visited.as_("linh").done("C2")
    visited.leap(minutes=11).settle()
    visited.leap(minutes=5).settle()
    assert visited.told("StepReminded")[-1].step == "1.3"
    return Offer("done", visited.key, "1.3").value


def test_an_overdue_step_that_needs_evidence_has_its_button_in_slack_which_asks_for_the_file(
    visited, browser
):
    visited.declare()
    visited.as_("linh").ack()
    value = overdue(visited)
    slack = visited.app.catalog.contacts.person("linh").slack
    (last,) = [each for each in visited.slack.messages if each.channel == visited.slack.room(slack).id][-1:]
    offered = [each.get("value") for block in last.blocks for each in block.get("elements", ())]
    assert value in offered


def test_and_no_link_in_a_mail_which_could_bring_no_file(visited, browser):
    visited.declare()
    visited.as_("linh").ack()
    visited.as_("linh").silence("slack", because="the attacker reads it")
    overdue(visited)
    assert "1.3" in visited.mail_texts("linh")[-1]
    done = [
        read(key_of(visited.app), link.removeprefix("/o/")).offer for link in visited.links("linh", "done")
    ]
    assert "1.3" not in {each.subject for each in done}


def test_the_mail_of_an_approval_leads_to_the_letters_before_it_offers_a_yes(visited, browser):
    visited.drafted()
    text = visited.mail_texts("chi")[-1]
    reads, approves, rejects = re.findall(r"http://[^/\s]+(/o/\S+)", text)[:3]
    assert f"{approves}/letters" == reads
    assert (visited.deed(approves), visited.deed(rejects)) == ("approve", "reject")
    assert "We revoked the keys." in browser.get(reads).text
    assert browser.post(approves).status_code == 200


def test_who_is_asked_in_slack_for_an_approval_gets_the_link_to_the_letters_by_mail(visited, browser):
    visited.drafted()
    told = slack_words(visited, "an")
    assert "Hãy đọc các thư trước. Liên kết trong email" in told
    link = visited.links("an", "approve")[-1]
    assert browser.get(f"{link}/letters").status_code == 200
