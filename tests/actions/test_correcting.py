"""A wrong letter: the rest stops within one message, who has it is known, and exactly they get a correction."""

import csv
import json

import pytest

from tests.engine.test_letters import adds_up, everybody, in_the_middle, text_of
from tests.listening import mail_text
from tests.story import with_organisation
from tocsin import actions
from tocsin.actions.correcting import refuse_uncorrected
from tocsin.actions.drafting import draft
from tocsin.actors import Actor
from tocsin.bell import ring
from tocsin.domain.errors import NotYours, Refused
from tocsin.domain.notice import CUSTOMERS
from tocsin.evidence.verify import verify
from tocsin.storage import ledger
from tocsin.views.card import card
from tocsin.views.words import in_words
from tocsin.views.wrong import who_got, wrong

WHY = "It tells them to keep their keys."
RIGHT = {
    "letter_correction": {
        "en": "We wrote that you may keep your keys. You must replace them.",
        "vi": "Chúng tôi đã viết rằng bạn có thể giữ khóa. Bạn phải thay khóa.",
    }
}
ADVICE = {"advice_to_people": {"en": "Replace your keys.", "vi": "Hãy thay khóa."}}
NEW = {"letter_addition": {"en": "The thief was caught.", "vi": "Kẻ trộm đã bị bắt."}}


def stopped_after(story, people=6, at=2):
    """So many letters had left when somebody said that they are wrong."""
    story.with_customers(people).approved()
    plain = in_the_middle(
        story,
        lambda: actions.found_wrong(plain, story.actor("hoa"), story.key, CUSTOMERS, because=WHY),
        at=at,
    )
    story.as_("an").release(CUSTOMERS)
    story.app = plain
    return story


def approve_and_send(story, notice):
    for person in ("an", "chi"):
        story.as_(person).approve(notice, digest=story.incident.notices[notice].digest)
    story.as_("an").release(notice)


def counts(story, notice):
    with story.app.database.read() as connection:
        return ledger.counts(connection, story.key, notice)


def had(story):
    """To whom a letter had left when it was found wrong."""
    return sorted(mail.recipients[0] for mail in story.letters)


def test_the_rest_stops_within_one_letter_and_a_correction_is_proposed(story):
    stopped_after(story)
    assert len(story.letters) == 2  # the one that was on the wire left
    (found,) = story.told("WrongLetterFound")
    assert (found.notice, found.digests, found.stops) == (CUSTOMERS, (story.letter.digest,), True)
    assert found.correction == "correction"
    assert (story.letter.mark, story.counts["pending"]) == ("rejected", 4)
    assert story.told("SendingStopped")[-1].why == "stopped: rejected"
    adds_up(story, 6)
    story.fast_forward(hours=1)
    assert len(story.letters) == 2
    with pytest.raises(Refused, match="customers is rejected, not paused"):
        story.as_("an").resume(CUSTOMERS)
    with pytest.raises(Refused, match="needs the approval of 2 different people, has nobody"):
        story.as_("an").release(CUSTOMERS)
    assert verify(story.app, story.key).fault is None


def test_who_got_it_is_listed_under_pseudonyms_and_named_only_in_an_export(tale, tmp_path):
    stopped_after(tale)
    got = who_got(tale.app, tale.incident, CUSTOMERS)
    assert [each["state"] for each in got] == ["handed_over"] * 2
    assert {each["person"] for each in got} == {row.person for row in tale.rows if row.state == "handed_over"}
    (entry,) = (each for each in tale.entries if each.kind == "WrongLetterFound")
    said = json.dumps(entry.body.model_dump(mode="json")) + in_words(entry.body, {})
    assert "example.org" not in said
    assert "Customer" not in said
    target = tmp_path / "wrong.csv"
    with pytest.raises(NotYours, match="hoa may not do this"):
        tale.as_("hoa").export_wrong(CUSTOMERS, target, because="to call them")
    with pytest.raises(Refused, match="say why the list leaves the system"):
        tale.as_("an").export_wrong(CUSTOMERS, target, because=" ")
    tale.as_("an").export_wrong(CUSTOMERS, target, because="to call them")
    with target.open(encoding="utf-8", newline="") as file:
        assert sorted(row["email"] for row in csv.DictReader(file)) == had(tale)
    assert tale.told("PeopleExported")[-1].rows == 2


def test_exactly_those_who_got_it_get_the_correction_under_approvals_of_its_own(story):
    stopped_after(story)
    first = had(story)
    story.as_("an").learn(RIGHT, source="the team")
    state = story.incident.notices["correction"]
    assert (state.mark, state.recipients) == ("in-review", 2)
    with pytest.raises(Refused, match="correction needs the approval of 2 different people, has nobody"):
        story.as_("an").release("correction")
    approve_and_send(story, "correction")
    new = story.letters[2:]
    assert sorted(mail.recipients[0] for mail in new) == first
    assert all("CORRECTION OF OUR NOTICE OF DATA BREACH" in text_of(mail) for mail in new)
    assert all("You must replace them." in text_of(mail) for mail in new)
    found = counts(story, "correction")
    assert (found["handed_over"], sum(found[each] for each in ledger.STATES)) == (2, 2)
    assert story.incident.notices["correction"].mark == "sent"
    assert verify(story.app, story.key).fault is None
    (shown,) = wrong(story.app, story.actor("an"), story.incident)
    assert (shown.got, shown.correction, shown.state, shown.because) == (2, "correction", "sent", WHY)


def test_the_others_get_the_right_letter_and_nobody_both(story):
    stopped_after(story)
    first = had(story)
    story.as_("an").learn(ADVICE, source="the team")
    assert (story.letter.mark, story.letter.edition) == ("in-review", 2)
    story.as_("an").learn(RIGHT, source="the team")
    approve_and_send(story, CUSTOMERS)
    approve_and_send(story, "correction")
    right = [mail for mail in story.letters[2:] if "CORRECTION" not in text_of(mail)]
    assert sorted(mail.recipients[0] for mail in right) == sorted({*everybody(6)} - {*first})
    corrected = [mail.recipients[0] for mail in story.letters if "CORRECTION" in text_of(mail)]
    assert sorted(corrected) == first
    found = counts(story, CUSTOMERS)
    assert (found["handed_over"], sum(found[each] for each in ledger.STATES)) == (6, 6)
    promise = "policy-promise/customers/individuals/controller"
    assert story.incident.duties[promise].mark == "met"


def test_whose_letter_came_back_needs_no_correction(tale):
    stopped_after(tale, at=3)
    assert len(tale.letters) == 3
    row = next(row for row in tale.rows if row.state == "handed_over")
    from tests.bouncing import mark_of, report  # noqa: F401  the way that letters come back
    from tocsin.storage.tables import ledger as table

    with tale.app.database.write() as connection:
        connection.execute(table.update().where(table.c.id == row.id).values(reported="bounced"))
    tale.as_("an").learn(RIGHT, source="the team")
    assert tale.incident.notices["correction"].recipients == 3
    approve_and_send(tale, "correction")
    assert len(tale.letters) == 5
    assert tale.told("LedgerFilled")[-1].excluded == {"the letter before came back unread": 1}


def test_people_are_called_and_the_card_asks_what_is_right(tale):
    stopped_after(tale)
    seq = next(entry.seq for entry in tale.entries if entry.kind == "WrongLetterFound")
    called = {row["person"] for row in tale.outbox if f"wrong/{seq}/" in row["key"]}
    assert called == {"linh", "an", "bao", "chi"}
    assert WHY in mail_text(tale, "an")
    blocked = card(tale.app, tale.actor("an"), tale.key, tale.clock.moment).blocked
    assert (
        blocked.what
        == "what was wrong in customers, and what is right, for the correction to those who got it"
    )
    assert blocked.command == f"tocsin learn {tale.key} 'letter_correction={{en: ...}}' --source '...'"
    with pytest.raises(Refused, match="customers was found wrong, and those who got it have no correction"):
        refuse_uncorrected(tale.incident)
    tale.as_("an").learn(RIGHT, source="the team")
    refuse_uncorrected(tale.incident)


def test_it_needs_a_reason_a_person_of_the_house_and_something_that_left(tale):
    tale.drafted()
    with pytest.raises(Refused, match=r"nothing of customers was let leave; tocsin reject"):
        tale.as_("hoa").found_wrong(CUSTOMERS, because=WHY)
    tale.approve().as_("an").release(CUSTOMERS)
    for because in ("", "  "):
        with pytest.raises(Refused, match="say what is wrong with customers"):
            tale.as_("hoa").found_wrong(CUSTOMERS, because=because)
    with pytest.raises(Refused, match="nobody in contacts"):
        actions.found_wrong(tale.app, Actor("unix:x", None), tale.key, CUSTOMERS, because=WHY)
    tale.as_("hoa").found_wrong(CUSTOMERS, because=WHY)
    with pytest.raises(Refused, match=r"customers was found wrong already; tocsin draft .* correction"):
        tale.as_("hoa").found_wrong(CUSTOMERS, because=WHY)


def test_what_was_sent_to_everybody_stays_sent_and_all_are_corrected(tale):
    tale.released().as_("hoa").found_wrong(CUSTOMERS, because=WHY)
    assert tale.letter.mark == "sent"
    tale.as_("an").learn(RIGHT, source="the team")
    approve_and_send(tale, "correction")
    assert sorted(tale.readers) == sorted([*everybody(6)] * 2)


def test_an_earlier_edition_is_named_and_only_its_readers_are_corrected(tale):
    tale.with_customers(4).released("c1", "c2")
    first = had(tale)
    tale.as_("an").learn(ADVICE, source="the team")
    tale.scope("c1", "c2", "c3", "c4")
    approve_and_send(tale, CUSTOMERS)
    assert tale.letter.edition >= 2
    with pytest.raises(Refused, match="edition 9 of customers was not let leave; there are 1, "):
        tale.as_("hoa").found_wrong(CUSTOMERS, because=WHY, edition=9)
    tale.as_("hoa").found_wrong(CUSTOMERS, because=WHY, edition=1)
    assert tale.letter.mark == "sent"
    tale.as_("an").learn(RIGHT, source="the team")
    approve_and_send(tale, "correction")
    assert sorted(mail.recipients[0] for mail in tale.letters[4:]) == first


def test_a_second_mistake_gets_a_correction_of_its_own(tale):
    tale.released().as_("hoa").found_wrong(CUSTOMERS, because=WHY)
    tale.as_("an").learn(RIGHT, source="the team")
    approve_and_send(tale, "correction")
    tale.as_("hoa").found_wrong("correction", because="That was wrong too.")
    assert tale.told("WrongLetterFound")[-1].correction == "correction-2"
    assert "correction-2" not in tale.incident.notices  # the words of the first one would say the same again
    with pytest.raises(Refused, match="nobody has said what the correction-2 says"):
        draft(tale.app, tale.actor("an"), tale.key, "correction-2")
    tale.as_("an").learn({"letter_correction": {"en": "Both.", "vi": "Cả hai."}}, source="the team")
    assert tale.incident.notices["correction-2"].recipients == 6


def test_it_is_void_like_any_letter_when_what_it_prints_changes(tale):
    tale.released().as_("hoa").found_wrong(CUSTOMERS, because=WHY)
    tale.as_("an").learn(RIGHT, source="the team")
    for person in ("an", "chi"):
        tale.as_(person).approve("correction", digest=tale.incident.notices["correction"].digest)
    tale.as_("an").learn({"root_cause": {"en": "A commit."}}, source="forensics")
    assert tale.incident.notices["correction"].mark == "approved"
    # A new scope decides nothing about who had a letter.
    tale.scope("c1", "c2")
    assert tale.incident.notices["correction"].mark == "approved"
    tale.as_("an").learn({"letter_correction": {"en": "Otherwise.", "vi": "Khác."}}, source="the team")
    assert (tale.incident.notices["correction"].mark, tale.incident.notices["correction"].edition) == (
        "in-review",
        2,
    )


def test_somebody_misdirected_who_is_in_no_scope_any_more_is_corrected(tale):
    tale.with_customers(3).released()
    tale.scope("c1", "c2")
    tale.as_("hoa").found_wrong(CUSTOMERS, because="It went to Customer 3 by mistake.")
    tale.as_("an").learn(RIGHT, source="the team")
    approve_and_send(tale, "correction")
    assert sorted(mail.recipients[0] for mail in tale.letters[3:]) == everybody(3)


# --- a follow-up


def test_what_is_new_goes_to_everybody_who_had_a_letter_in_a_follow_up(story):
    story.released()
    story.as_("an").learn(NEW, source="the police")
    state = story.incident.notices["follow-up"]
    assert (state.mark, state.recipients, story.letter.mark) == ("in-review", 6, "sent")
    approve_and_send(story, "follow-up")
    new = story.letters[6:]
    assert sorted(mail.recipients[0] for mail in new) == everybody(6)
    assert all("The thief was caught." in text_of(mail) for mail in new)
    theirs = {mail.recipients[0] for mail in new if "Kẻ trộm đã bị bắt." in text_of(mail)}
    assert theirs == {"c2@example.org", "c4@example.org", "c6@example.org"}, "each in the reader's language"
    assert verify(story.app, story.key).fault is None
    # And what is newer still, in another one.
    story.as_("an").learn({"letter_addition": {"en": "All is back.", "vi": "Đã khôi phục."}}, source="x")
    assert story.incident.notices["follow-up-2"].mark == "in-review"


def test_no_follow_up_is_written_before_a_letter_left_nor_while_one_leaves(tale):
    tale.drafted().as_("an").learn(NEW, source="the police")
    assert "follow-up" not in tale.incident.notices
    with pytest.raises(Refused, match="there is no notice 'follow-up'"):
        draft(tale.app, tale.actor("an"), tale.key, "follow-up")
    tale.approve()
    plain = in_the_middle(
        tale, lambda: actions.pause(plain, tale.actor("hoa"), tale.key, CUSTOMERS, because="a doubt")
    )
    tale.as_("an").release(CUSTOMERS)
    tale.app = plain
    with pytest.raises(Refused, match="customers is still leaving; wait until its sending has ended"):
        draft(tale.app, tale.actor("an"), tale.key, "follow-up")
    tale.as_("an").resume(CUSTOMERS)
    ring(tale.app)
    assert tale.incident.notices["follow-up"].recipients == 6


def test_what_no_letter_prints_of_the_company_changes_no_further_letter_either(tale):
    tale.released().as_("an").learn(NEW, source="the police")
    digest = tale.incident.notices["follow-up"].digest
    tale.app = with_organisation(tale, "deputy_releases_hours: 12", "deputy_releases_hours: 6")
    tale.as_("an").approve("follow-up", digest=digest)
