"""One person lets letters leave that lack approvals: by what right, who hears of it, and who countersigns it."""

import json
from datetime import timedelta

import pytest

from tests.engine.test_newer_laws import amend
from tests.listening import mail_text
from tests.story import with_organisation
from tocsin import actions
from tocsin.actions.alone import refuse_uncountersigned
from tocsin.domain.errors import NotYours, Refused
from tocsin.domain.notice import CUSTOMERS
from tocsin.domain.offers import Offer
from tocsin.domain.outdated import outdated
from tocsin.engine.events import events
from tocsin.evidence.verify import verify
from tocsin.storage.outbox import LANES
from tocsin.views.alone import lone, may_be_alone
from tocsin.views.card import card
from tocsin.views.document import document
from tocsin.views.words import in_words

BECAUSE = "Everybody who may approve is on the plane."


def broken_glass(tale, by="bao"):
    """Released by one person alone, with none of the two approvals."""
    tale.drafted()
    tale.as_(by).release(CUSTOMERS, break_glass=True, digest=tale.letter.digest[:12], because=BECAUSE)
    return tale


def to_the_last_hours(tale, hours=12):
    """Drafted, and so many hours are left until the first deadline of the letter."""
    tale.drafted()
    tale.fast_forward(seconds=(due_of(tale) - timedelta(hours=hours) - tale.clock.moment).total_seconds())
    return tale


def due_of(tale):
    return min(
        duty.soonest
        for duty in tale.incident.duties.values()
        if duty.opened.recipient == "individuals" and duty.mark == "open" and duty.soonest
    )


# --- break-glass


def test_one_person_breaks_the_glass_and_the_entry_says_who_why_and_what_lacked(story):
    broken_glass(story)
    (entry,) = story.told("ReleasedAlone")
    assert (entry.person, entry.ground, entry.needed, entry.given) == ("bao", "break-glass", 2, ())
    assert entry.digest == story.letter.digest
    assert entry.due_at == due_of_letter(story)
    assert len(story.letters) == 6
    assert story.told("NoticeReleased")[0].digest == entry.digest
    assert verify(story.app, story.key).fault is None


def due_of_letter(story):
    return next(
        duty.due_at or duty.target_at
        for duty in story.incident.duties.values()
        if duty.opened.recipient == "individuals"
    )


def test_the_glass_is_not_broken_without_a_reason_nor_without_the_digest_of_what_was_read(tale):
    tale.drafted()
    digest = tale.letter.digest
    for because in (None, "", "  "):
        with pytest.raises(Refused, match=r"say why customers must leave without its approvals: --because"):
            tale.as_("an").release(CUSTOMERS, break_glass=True, digest=digest, because=because)
    with pytest.raises(Refused, match="name what you have read: --digest"):
        tale.as_("an").release(CUSTOMERS, break_glass=True, because=BECAUSE)
    for wrong in ("0" * 12, digest[:7], ""):
        with pytest.raises(Refused, match="is not the digest of what would leave"):
            tale.as_("an").release(CUSTOMERS, break_glass=True, digest=wrong, because=BECAUSE)
    assert (tale.letter.mark, tale.letters, tale.letter.alone) == ("in-review", [], ())


@pytest.mark.parametrize("person", ["an", "bao", "chi", "linh", "minh"])
def test_whoever_answers_for_letters_or_for_the_incident_may_break_the_glass(tale, person):
    assert len(broken_glass(tale, person).letters) == 6


def test_nobody_else_may(tale):
    tale.drafted()
    for person in ("giang", "hoa", "khoa", "dung"):
        with pytest.raises(NotYours, match=f"{person} may not do this"):
            tale.as_(person).release(CUSTOMERS, break_glass=True, digest=tale.letter.digest, because=BECAUSE)


def test_what_has_all_its_approvals_leaves_in_the_plain_way(tale):
    tale.approved()
    with pytest.raises(Refused, match="has all its approvals; tocsin send"):
        tale.as_("an").release(CUSTOMERS, break_glass=True, digest=tale.letter.digest, because=BECAUSE)


def test_what_changed_since_it_was_read_does_not_leave(tale):
    tale.drafted()
    old = tale.letter.digest
    tale.as_("an").learn(
        {"measures_taken": {"en": "We revoked all keys.", "vi": "Đã thu hồi mọi khóa."}}, source="x"
    )
    with pytest.raises(Refused, match="is not the digest of what would leave"):
        tale.as_("an").release(CUSTOMERS, break_glass=True, digest=old, because=BECAUSE)


def test_everybody_who_must_know_hears_at_once_by_every_route_and_can_stop_it(tale):
    broken_glass(tale)
    seq = tale.letter.alone[0].seq
    called = [row for row in tale.outbox if f"alone/{seq}/" in row["key"]]
    by_person = {
        person: {row["route"] for row in called if row["person"] == person}
        for person in ("linh", "an", "bao", "chi")
    }
    assert by_person == {who: {"slack", "email"} for who in ("linh", "an", "bao", "chi")}
    assert {row["lane"] for row in called} == {LANES["page"]}
    assert "MỘT NGƯỜI TỰ CHO GỬI" in tale.mails_to("an")[-1]
    said = " ".join(mail_text(tale, "an").split())
    assert "bao đã cho gửi khẩn cấp: customers được gửi khi mới có 0 trên 2 lượt duyệt" in said
    assert f"Lý do: {BECAUSE}" in said
    assert "Ai cũng có thể tạm dừng customers" in said
    assert f"tocsin preview {tale.key} customers" in said


def test_it_is_loud_wherever_the_letter_is_told_of(tale):
    broken_glass(tale)
    alone = "BREAK-GLASS: released by bao alone (0 of 2 approvals), awaits 1 countersignature"
    (shown,) = lone(tale.app, tale.actor("an"), tale.incident)
    assert (shown.words, shown.because) == (alone, BECAUSE)
    found = card(tale.app, tale.actor("linh"), tale.key, tale.clock.moment)
    assert [each.words for each in found.alone] == [alone]
    (notice,) = document(tale.app, tale.actor("an"), tale.incident)["notices"]
    assert (notice["approvals_needed"], notice["released_alone"][0]["because"]) == (2, BECAUSE)
    line = next(in_words(entry.body, {}) for entry in tale.entries if entry.kind == "ReleasedAlone")
    assert line.startswith("BREAK-GLASS: customers by bao ALONE with 0 of 2 approvals (nobody)")
    told = events(tale.entries, tale.app.catalog_of(tale.incident), {}, lambda person: person)
    (event,) = (each for each in told if each.what == "alone_break_glass")
    assert (event.values["person"], event.values["given"], event.values["needed"]) == ("bao", "0", "2")


def test_the_approvals_that_there_were_stand_in_the_entry(tale):
    tale.drafted().approve("an")
    tale.as_("linh").release(CUSTOMERS, break_glass=True, digest=tale.letter.digest, because=BECAUSE)
    (alone,) = tale.letter.alone
    assert (alone.given, alone.lacking) == (("an",), 1)
    with pytest.raises(Refused, match="an has approved these letters already; another person must"):
        tale.as_("an").approve(CUSTOMERS, digest=alone.digest)


# --- the countersignature


def test_another_person_who_may_approve_countersigns_by_approving_what_left(story):
    broken_glass(story)
    digest = story.letter.digest
    with pytest.raises(Refused, match="bao released it alone; another person must countersign"):
        story.as_("bao").approve(CUSTOMERS, digest=digest)
    with pytest.raises(NotYours, match="giang may not do this"):
        story.as_("giang").approve(CUSTOMERS, digest=digest)
    story.as_("chi").approve(CUSTOMERS, digest=digest[:12])
    (signed,) = story.told("Countersigned")
    assert (signed.person, signed.digest, signed.released) == ("chi", digest, story.letter.alone[0].seq)
    assert story.letter.alone[0].lacking == 0
    assert story.letter.mark == "sent"
    with pytest.raises(Refused, match="customers is sent; there is nothing to approve now"):
        story.as_("an").approve(CUSTOMERS, digest=digest)
    assert card(story.app, story.actor("linh"), story.key, story.clock.moment).alone == ()
    (shown,) = lone(story.app, story.actor("an"), story.incident)
    assert shown.words.endswith("countersigned by chi")
    assert verify(story.app, story.key).fault is None


def test_it_is_countersigned_by_the_button_of_the_message_too(tale):
    broken_glass(tale)
    offer = Offer("approve", tale.key, CUSTOMERS, tale.letter.digest)
    assert outdated(tale.incident, offer) == ""
    tale.as_("an").approve(CUSTOMERS, digest=tale.letter.digest)
    assert "is countersigned already" in outdated(tale.incident, offer)


def test_what_was_drafted_anew_meanwhile_is_countersigned_by_its_own_digest(tale):
    tale.with_customers(6).drafted("c1", "c2", "c3")
    first = tale.letter.digest
    tale.as_("linh").release(CUSTOMERS, break_glass=True, digest=first, because=BECAUSE)
    tale.scope("c1", "c2", "c3", "c4")
    assert (tale.letter.mark, tale.letter.edition, len(tale.letter.alone)) == ("in-review", 2, 1)
    tale.as_("chi").approve(CUSTOMERS, digest=first)
    assert (tale.letter.approvals, tale.letter.alone[0].lacking) == ((), 0)
    # What left under it is no approval of the further batch.
    with pytest.raises(Refused, match="needs the approval of 2 different people, has nobody"):
        tale.as_("an").release(CUSTOMERS)


def test_it_is_asked_for_again_until_it_is_there_and_later_by_every_route(tale):
    broken_glass(tale)
    tale.fast_forward(hours=13)
    asked = tale.told("CountersignatureAsked")
    assert [each.number for each in asked] == [1, 2]
    rows = [row for row in tale.outbox if "ask-countersignature" in row["key"]]
    assert {row["person"] for row in rows} == {"an", "chi"}  # not who released it
    assert {row["lane"] for row in rows} == {LANES["warning"]}
    tale.fast_forward(hours=12)
    loud = [row for row in tale.outbox if "ask-countersignature/customers.3" in row["key"]]
    assert {row["person"] for row in loud} == {"an", "bao", "chi", "linh"}
    assert {(row["lane"], row["route"]) for row in loud} == {
        (LANES["page"], "slack"),
        (LANES["page"], "email"),
    }
    tale.as_("an").approve(CUSTOMERS, digest=tale.letter.digest)
    tale.fast_forward(days=3)
    assert [each.number for each in tale.told("CountersignatureAsked")] == [1, 2, 3]


def test_the_file_is_not_closed_before_unless_somebody_says_why(tale):
    broken_glass(tale)
    with pytest.raises(
        Refused, match=r"customers was released by bao alone and awaits 1 countersignature; tocsin"
    ):
        refuse_uncountersigned(tale.incident)
    tale.as_("an").approve(CUSTOMERS, digest=tale.letter.digest)
    refuse_uncountersigned(tale.incident)


# --- the last hours


def test_from_twelve_hours_before_the_deadline_a_deputy_releases_alone(tale):
    to_the_last_hours(tale)
    due = due_of(tale)
    tale.as_("minh").release(CUSTOMERS, alone=True, digest=tale.letter.digest)
    (entry,) = tale.told("ReleasedAlone")
    assert (entry.person, entry.ground, entry.due_at, entry.because) == ("minh", "last-hours", due, None)
    assert len(tale.letters) == 6
    line = next(in_words(each.body, {}) for each in tale.entries if each.kind == "ReleasedAlone")
    assert "awaits countersignature" in line
    assert "minh một mình cho gửi customers trong những giờ cuối" in " ".join(mail_text(tale, "an").split())
    tale.as_("an").approve(CUSTOMERS, digest=tale.letter.digest)
    assert tale.letter.alone[0].lacking == 0


def test_a_moment_earlier_the_deputy_may_not_and_is_told_from_when(tale):
    to_the_last_hours(tale)
    tale.clock.moment -= timedelta(seconds=1)
    begin = f"{tale.clock.moment + timedelta(seconds=1):%Y-%m-%dT%H:%M}"
    with pytest.raises(
        Refused, match=rf"a deputy may release customers alone from {begin}.* 12 hours before"
    ):
        tale.as_("minh").release(CUSTOMERS, alone=True, digest=tale.letter.digest)
    assert tale.letters == []


def test_in_the_last_hours_only_a_deputy_may_and_only_the_letters_that_were_read(tale):
    to_the_last_hours(tale, hours=1)
    for person in ("an", "bao", "chi"):
        with pytest.raises(Refused, match=f"a deputy may release customers alone, and {person} is none"):
            tale.as_(person).release(CUSTOMERS, alone=True, digest=tale.letter.digest)
    with pytest.raises(NotYours, match="giang may not do this"):
        tale.as_("giang").release(CUSTOMERS, alone=True, digest=tale.letter.digest)
    with pytest.raises(Refused, match="is not the digest of what would leave"):
        tale.as_("minh").release(CUSTOMERS, alone=True, digest="0" * 12)
    # Without saying so, nobody releases alone: the way is named instead.
    with pytest.raises(
        Refused, match=r"since its last hours have begun you may release it alone: .* --alone"
    ):
        tale.as_("linh").release(CUSTOMERS)


@pytest.mark.parametrize(("hours", "left", "may"), [(0, 1, False), (48, 47, True), (48, 49, False)])
def test_the_organisation_says_how_many_hours_and_none_is_never(tale, hours, left, may):
    to_the_last_hours(tale, hours=left)
    # What a letter does not print changes neither its draft nor its approvals.
    tale.app = with_organisation(tale, "deputy_releases_hours: 12", f"deputy_releases_hours: {hours}")
    if may:
        tale.as_("minh").release(CUSTOMERS, alone=True, digest=tale.letter.digest)
        assert len(tale.letters) == 6
    else:
        with pytest.raises(Refused, match=r"deputy_releases_hours: 0|may release customers alone from"):
            tale.as_("minh").release(CUSTOMERS, alone=True, digest=tale.letter.digest)


def test_the_card_says_that_a_deputy_may(tale):
    to_the_last_hours(tale)
    (may,) = may_be_alone(tale.app, tale.incident, tale.clock.moment)
    assert may.why == "the last hours of customers have begun: a deputy may release it alone"
    assert may.command == f"tocsin send {tale.key} customers --alone"
    assert card(tale.app, tale.actor("minh"), tale.key, tale.clock.moment).may_be_alone == (may,)
    assert list(may_be_alone(tale.app, tale.incident, tale.clock.moment - timedelta(seconds=1))) == []


# --- danger to life

DANGERS = [
    ({"interests_at_risk": ["property", "life"]}, "interests_at_risk=life"),
    ({"service_impact": "danger"}, "service_impact=danger"),
]


@pytest.mark.parametrize(("facts", "named"), DANGERS)
@pytest.mark.parametrize("person", ["chi", "linh"])
def test_where_life_is_in_danger_one_person_releases_at_once(tale, facts, named, person):
    tale.drafted().as_("an").learn(facts, source="the hospital")
    tale.as_(person).release(CUSTOMERS, alone=True, digest=tale.letter.digest)
    (entry,) = tale.told("ReleasedAlone")
    assert (entry.person, entry.ground, entry.facts) == (person, "danger", (named,))
    assert len(tale.letters) == 6
    assert tale.letter.alone[0].lacking == 1


@pytest.mark.parametrize(
    "facts", [{"interests_at_risk": ["property", "honour"]}, {"service_impact": "serious"}, {"risk": "high"}]
)
def test_other_harm_is_no_danger_to_life(tale, facts):
    tale.drafted().as_("an").learn(facts, source="the team")
    with pytest.raises(Refused, match="a deputy may release customers alone from"):
        tale.as_("an").release(CUSTOMERS, alone=True, digest=tale.letter.digest)


def test_who_may_not_release_alone_may_not_in_danger_either(tale):
    tale.drafted().as_("an").learn({"service_impact": "danger"}, source="the hospital")
    with pytest.raises(NotYours, match="hoa may not do this"):
        tale.as_("hoa").release(CUSTOMERS, alone=True, digest=tale.letter.digest)
    (may,) = may_be_alone(tale.app, tale.incident, tale.clock.moment)
    assert may.why == "life is in danger (service_impact=danger): one person may release customers now"


# --- several at once, and said again


def test_said_again_with_its_key_it_is_one_release(tale):
    tale.drafted()
    for _ in range(2):
        tale.as_("bao").release(
            CUSTOMERS, break_glass=True, digest=tale.letter.digest, because=BECAUSE, command="k"
        )
    assert (len(tale.told("ReleasedAlone")), len(tale.told("NoticeReleased"))) == (1, 1)
    for _ in range(2):
        tale.as_("chi").approve(CUSTOMERS, digest=tale.letter.digest, command="c")
    assert len(tale.told("Countersigned")) == 1


def test_the_paper_of_proof_says_it_loudly(tale):
    from tocsin.engine.notice_proof import notice_proof, proven
    from tocsin.rendering.proof import proof_content

    broken_glass(tale)

    def paper(language):
        with tale.app.database.read() as connection:
            proof = notice_proof(tale.app, connection, tale.incident, CUSTOMERS)
            found = proven(tale.app, proof, "head")
        return json.dumps(
            proof_content(found, tale.app.pack_folder(tale.app.catalog), language), ensure_ascii=False
        )

    assert "LET GO BY ONE PERSON ALONE" in paper("en")
    assert "by breaking the glass: 0 of 2 approvals" in paper("en")
    assert BECAUSE in paper("en")
    assert "BY NOBODY YET" in paper("en")
    assert "MỘT NGƯỜI TỰ CHO GỬI" in paper("vi")
    tale.as_("chi").approve(CUSTOMERS, digest=tale.letter.digest)
    assert "BY NOBODY YET" not in paper("en")


def test_the_reason_is_words_that_can_be_redacted(tale):
    broken_glass(tale)
    words = tale.told("ReleasedAlone")[0].because
    actions.redact(tale.app, tale.actor("an"), tale.key, words, because="it names somebody")
    (shown,) = lone(tale.app, tale.actor("an"), tale.incident)
    assert BECAUSE not in str(shown)


# --- a law that asks for more


def test_a_letter_under_a_law_that_asks_for_three_needs_three(tale):
    amend(tale, "policy-promise", ("    phased: true\n", "    phased: true\n    approvals: 3\n"))
    tale.approved()
    with pytest.raises(Refused, match="needs the approval of 3 different people, has an, chi"):
        tale.as_("an").release(CUSTOMERS)
    assert document(tale.app, tale.actor("an"), tale.incident)["notices"][0]["state"] == "in-review"
    tale.as_("bao").approve(CUSTOMERS, digest=tale.letter.digest)
    tale.as_("an").release(CUSTOMERS)
    assert len(tale.letters) == 6


def test_who_releases_alone_under_such_a_law_is_countersigned_by_two(tale):
    amend(tale, "policy-promise", ("    phased: true\n", "    phased: true\n    approvals: 3\n"))
    broken_glass(tale)
    assert (tale.letter.alone[0].needed, tale.letter.alone[0].lacking) == (3, 2)
    tale.as_("an").approve(CUSTOMERS, digest=tale.letter.digest)
    with pytest.raises(Refused, match="an has approved these letters already"):
        tale.as_("an").approve(CUSTOMERS, digest=tale.letter.digest)
    assert tale.letter.alone[0].lacking == 1
    tale.as_("chi").approve(CUSTOMERS, digest=tale.letter.digest)
    assert tale.letter.alone[0].lacking == 0
