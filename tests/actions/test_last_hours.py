"""The last hours before a letter's first deadline: deputies hear once that one may release what lacks approvals."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.actions.test_releasing import broken_glass, due_of, to_the_last_hours
from tests.engine.test_sets_of_letters import abroad  # noqa: F401
from tests.listening import KindEar, mail_text
from tests.story import with_organisation
from tocsin.channels.wiring import ROUTES
from tocsin.domain.letters import letters_of
from tocsin.domain.moments import END_OF_TIME
from tocsin.domain.notice import CUSTOMERS
from tocsin.evidence.verify import verify
from tocsin.storage.outbox import LANES
from tocsin.views.words import in_words


def to_deputies(tale):
    """The messages that tell deputies, as the outbox has them."""
    return [row for row in tale.outbox if "tell-deputies/" in row["key"]]


def told_to(tale):
    return {(row["person"], row["route"]) for row in to_deputies(tale)}


def just_before(tale, hours=12):
    """A second before the last hours begin."""
    tale.drafted()
    left = due_of(tale) - timedelta(hours=hours, seconds=1) - tale.clock.moment
    return tale.fast_forward(seconds=left.total_seconds())


def test_deputies_and_who_leads_hear_once_by_every_route_and_with_the_command(story):
    just_before(story)
    assert (story.told("LastHoursBegun"), to_deputies(story)) == ([], [])
    begin = due_of(story) - timedelta(hours=12)
    assert story.plan.wake_at <= begin, "nothing need happen for it but that time passes"
    story.fast_forward(seconds=1)

    (entry,) = story.told("LastHoursBegun")
    assert (entry.notice, entry.due_at, entry.needed) == (CUSTOMERS, due_of(story), 2)
    assert told_to(story) == {(who, by) for who in ("linh", "minh") for by in ("slack", "email")}
    assert {row["lane"] for row in to_deputies(story)} == {LANES["warning"]}
    said = " ".join(mail_text(story, "minh").split())
    assert "customers có 0 trên 2 lượt duyệt: phó chỉ huy nay được tự cho gửi" in said
    assert f"Hãy đọc bản xem trước: mã băm {story.letter.digest[:12]}" in said
    assert f"tocsin send {story.key} customers --alone" in said
    line = next(in_words(each.body, {}) for each in story.entries if each.kind == "LastHoursBegun")
    assert line.endswith("a deputy may release it alone")

    story.fast_forward(hours=13)
    assert len(story.told("LastHoursBegun")) == 1, "once, the deadline itself included"
    story.as_("minh").release(CUSTOMERS, alone=True, digest=story.letter.digest)
    assert len(story.letters) == 6
    assert verify(story.app, story.key).fault is None


def test_a_flow_or_bell_that_wakes_late_tells_them_then(tale):
    just_before(tale).leap(hours=3).settle()
    assert len(tale.told("LastHoursBegun")) == 1


def test_what_is_approved_or_on_its_way_by_then_is_told_to_nobody(tale):
    just_before(tale).approve()
    tale.fast_forward(hours=2)
    assert tale.letter.mark == "approved"
    assert (tale.told("LastHoursBegun"), to_deputies(tale)) == ([], [])
    tale.as_("an").release(CUSTOMERS)
    tale.fast_forward(hours=2)
    assert to_deputies(tale) == []


def test_what_one_person_released_by_then_is_told_to_nobody(tale):
    broken_glass(tale)
    tale.fast_forward(seconds=(due_of_letter(tale) - tale.clock.moment).total_seconds())
    assert tale.told("LastHoursBegun") == []


def due_of_letter(tale):
    return tale.told("ReleasedAlone")[0].due_at


def test_one_of_two_approvals_is_too_few(tale):
    just_before(tale).approve("an")
    tale.fast_forward(seconds=1)
    assert len(tale.told("LastHoursBegun")) == 1
    assert "customers có 1 trên 2 lượt duyệt" in " ".join(mail_text(tale, "minh").split())


def test_a_company_that_lets_no_deputy_tells_none(tale):
    tale.app = with_organisation(tale, "deputy_releases_hours: 12", "deputy_releases_hours: 0")
    to_the_last_hours(tale, hours=1)
    assert tale.told("LastHoursBegun") == []


def test_a_draft_that_is_written_anew_in_those_hours_is_not_told_again(tale):
    to_the_last_hours(tale)
    tale.as_("an").learn({"advice_to_people": {"en": "Other.", "vi": "Khác."}}, source="the team")
    tale.fast_forward(hours=1)
    assert (tale.letter.mark, tale.letter.edition) == ("in-review", 2)
    assert len(tale.told("LastHoursBegun")) == 1


def test_a_draft_that_comes_only_in_those_hours_is_told_of_at_once(tale):
    just_before(tale).as_("chi").reject(CUSTOMERS, because="the tone")
    tale.fast_forward(hours=1)
    assert tale.told("LastHoursBegun") == [], "there is nothing to release"
    tale.as_("an").learn({"advice_to_people": {"en": "Other.", "vi": "Khác."}}, source="the team")
    assert [each.notice for each in tale.told("LastHoursBegun")] == [CUSTOMERS]


def test_what_waited_for_a_route_is_not_said_any_more_once_it_is_approved(tale):
    just_before(tale)
    ear = KindEar(tale).hush()
    tale.app = replace(tale.app, routes={})
    tale.fast_forward(seconds=1)
    assert len(tale.told("LastHoursBegun")) == 1
    tale.approve()
    tale.app = replace(tale.app, routes=ROUTES)
    tale.leap(seconds=31).settle().fast_forward(seconds=31)
    assert "tell-deputies" not in {what for _, _, what in ear.all()}


def test_what_waited_for_a_route_is_said_late_while_approvals_lack(tale):
    just_before(tale)
    tale.app = replace(tale.app, routes={})
    tale.fast_forward(seconds=1)
    tale.approve("an")
    tale.app = replace(tale.app, routes=ROUTES)
    tale.leap(seconds=31).settle().fast_forward(seconds=31)
    assert ("minh", "slack", "tell-deputies") in KindEar(tale).all()


def test_a_countersignature_that_is_there_is_not_asked_for_late(tale):
    broken_glass(tale)
    tale.app = replace(tale.app, routes={})
    tale.fast_forward(hours=5)
    assert len(tale.told("CountersignatureAsked")) == 1
    tale.as_("chi").approve(CUSTOMERS, digest=tale.letter.digest)
    tale.app = replace(tale.app, routes=ROUTES)
    tale.leap(seconds=31).settle().fast_forward(seconds=31)
    assert "ask-countersignature" not in {what for _, _, what in KindEar(tale).all()}


@pytest.mark.parametrize("until", ["2026-12-24T00:00Z", "in an hour", None])
def test_while_an_authority_holds_a_letter_back_no_deputy_is_told_to_release_it(abroad, until):  # noqa: F811
    held, free = "customers-sg-pdpa", CUSTOMERS
    plans = {each.id: each for each in letters_of(abroad.incident, abroad.app.catalog_of(abroad.incident))}
    begin = plans[held].due_at - timedelta(hours=12)
    assert plans[free].due_at <= plans[held].due_at
    ends = begin + timedelta(hours=1) if until == "in an hour" else None
    hold = {
        "by": "law-enforcement",
        "authority": "FBI",
        "reference": "L-7",
        **({"until": f"{ends:%Y-%m-%dT%H:%MZ}" if ends else until} if until else {}),
    }
    abroad.as_("an").learn({"hold": hold}, source="their letter")
    abroad.fast_forward(seconds=(begin - abroad.clock.moment).total_seconds())
    told = {each.notice for each in abroad.told("LastHoursBegun")}
    assert free in told
    assert held not in told
    assert abroad.plan.wake_at < END_OF_TIME
    abroad.fast_forward(hours=2)
    assert (held in {each.notice for each in abroad.told("LastHoursBegun")}) == (ends is not None)
    if not ends:
        abroad.as_("an").learn({"hold": "unknown"}, source="their second letter")
        assert held in {each.notice for each in abroad.told("LastHoursBegun")}
