"""The holding letter, approved before anything happened: it may leave at once, and only as it was read."""

import pytest

from tests.story import WORDS, with_organisation
from tocsin.actions.drafting import draft
from tocsin.doctor import people
from tocsin.domain.ahead import HOLDING, holding_digest, stands_ahead
from tocsin.domain.errors import Refused
from tocsin.evidence.verify import verify
from tocsin.views.words import in_words


def ahead(tale, *who, digest=None):
    """The same home, in which these approved the holding letter on the first of November."""
    digest = digest or holding_digest(tale.app.catalog)[:12]
    given = ", ".join(f"{{by: {each}, on: 2026-11-01, digest: '{digest}'}}" for each in who)
    tale.app = with_organisation(tale, "holding_approved: []", f"holding_approved: [{given}]")
    return tale


def begun(tale):
    tale.with_customers(4).declare()
    tale.as_("linh").ack()
    tale.as_("an").ack()
    return tale.scope()


def holding(tale):
    return tale.incident.notices[HOLDING]


def test_it_leaves_at_once_and_the_entry_says_who_read_it_when(tale):
    begun(ahead(tale, "an", "bao"))
    draft(tale.app, tale.actor("linh"), tale.key, HOLDING)
    assert (holding(tale).mark, [each.person for each in holding(tale).approvals]) == (
        "approved",
        ["an", "bao"],
    )
    tale.as_("linh").release(HOLDING)
    assert len(tale.letters) == 4
    (entry,) = tale.told("ApprovedAhead")
    assert entry.ahead == holding_digest(tale.app.catalog)
    assert "by an on 2026-11-01, bao on 2026-11-01" in in_words(entry, {})
    assert tale.told("ApprovalAsked") == []
    assert verify(tale.app, tale.key).fault is None


@pytest.mark.parametrize("who", [("an",), ("an", "an"), ("an", "hoa"), ()])
def test_too_few_or_whoever_may_not_approve_are_no_approval(tale, who):
    begun(ahead(tale, *who))
    draft(tale.app, tale.actor("linh"), tale.key, HOLDING)
    assert (holding(tale).mark, tale.told("ApprovedAhead")) == ("in-review", [])
    with pytest.raises(Refused, match="needs the approval of 2 different people"):
        tale.as_("linh").release(HOLDING)


def test_a_changed_sender_makes_it_void_and_what_is_not_printed_does_not(tale):
    ahead(tale, "an", "bao")
    before = holding_digest(tale.app.catalog)
    text = (tale.folder / "contacts" / "organisation.yaml").read_text(encoding="utf-8")
    for old, new, stands in (
        ("approvals_needed: 2", "approvals_needed: 1", 2),
        ("notice_sender_name: StreamOnApi", "notice_sender_name: Stream", 0),
        ("reply_to: help", "reply_to: other", 0),
    ):
        (tale.folder / "contacts" / "organisation.yaml").write_text(text.replace(old, new), encoding="utf-8")
        catalog = tale.app.renewed().catalog
        assert len(stands_ahead(catalog)) == stands
        assert (holding_digest(catalog) == before) is bool(stands)


def test_another_digest_than_that_of_now_is_no_approval(tale):
    begun(ahead(tale, "an", "bao", digest="abcdef012345"))
    draft(tale.app, tale.actor("linh"), tale.key, HOLDING)
    assert holding(tale).mark == "in-review"
    (finding,) = people.holding(tale.app, None)
    assert (finding.level, "is void or not enough" in finding.words) == ("warn", True)


def test_words_that_somebody_wrote_meanwhile_nobody_has_read_ahead(tale):
    begun(ahead(tale, "an", "bao"))
    draft(tale.app, tale.actor("linh"), tale.key, HOLDING)
    tale.as_("an").learn({"measures_taken": WORDS["measures_taken"]}, source="the team")
    assert (holding(tale).mark, holding(tale).edition) == ("in-review", 2)
    with pytest.raises(Refused, match="needs the approval of 2 different people, has nobody"):
        tale.as_("linh").release(HOLDING)


def test_the_doctor_says_the_digest_and_who_approved(tale):
    (finding,) = people.holding(tale.app, None)
    assert holding_digest(tale.app.catalog)[:12] in finding.words
    (finding,) = people.holding(ahead(tale, "an", "bao").app, None)
    assert (finding.level, "approved ahead by an, bao" in finding.words) == ("ok", True)
