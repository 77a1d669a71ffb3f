"""Whom a letter does not reach: who is told in another way, who is held for a decision, who is no longer supported."""

import pytest

from tocsin.domain.errors import Refused
from tocsin.domain.notice import CUSTOMERS
from tocsin.evidence.verify import verify
from tocsin.sinks.mail import Fault
from tocsin.storage import ledger
from tocsin.views.sending import course

ALL = ("c1", "c2", "c3", "c4", "c5", "c6")


@pytest.fixture
def sent(tale):
    """Two suspects, one without an address, one whose server says no; c1 and c6 have their letters."""
    tale.with_customers(6, c2={"flags": "suspect"}, c3={"email": ""}, c5={"flags": "suspect"})
    no = "550 5.1.1 no such user"
    tale.mail.misbehave(Fault(at="rcpt", reply=no, recipient="c4@example.org"))
    return tale.released(*ALL)


def left(tale):
    """Who is left to be told otherwise, who to be decided about, and who is no longer supported."""
    found = course(tale.app, tale.incident, CUSTOMERS)
    assert verify(tale.app, tale.key).fault is None
    return found.untold, found.undecided, found.unsupported


def promise(tale):
    (duty,) = (each for each in tale.incident.duties.values() if each.opened.recipient == "individuals")
    return duty.mark


def told_otherwise(tale, **how):
    tale.as_("an").told_otherwise(CUSTOMERS, because="posted on 25 November", **how)
    body = tale.told("ToldOtherwise")[-1]
    return sum(body.people.values()), body.held


def test_who_is_held_for_a_decision_is_not_told_by_the_way(sent):
    assert left(sent) == (2, 2, 0)
    assert told_otherwise(sent) == (2, 0)
    assert (left(sent), promise(sent)) == ((0, 2, 0), "open")
    with pytest.raises(Refused, match=r"held for a decision \(2\)"):
        told_otherwise(sent)
    assert told_otherwise(sent, held=True) == (2, 2)
    assert (left(sent), promise(sent)) == ((0, 0, 0), "met")
    with pytest.raises(Refused, match="reached everybody"):
        told_otherwise(sent, held=True)


def test_a_suspect_is_settled_by_name_and_once(sent):
    sent.as_("an").exclude(CUSTOMERS, "c2", because="told by the police")
    (body,) = sent.told("LetterExcluded")
    assert (body.before, bool(body.readers)) == ("held for a decision: a suspect", True)
    assert left(sent) == (2, 1, 0)
    with pytest.raises(Refused, match="was settled before"):
        sent.as_("an").exclude(CUSTOMERS, "c2", because="told by the police")
    assert told_otherwise(sent, held=True) == (3, 1)
    assert promise(sent) == "met"


def test_whom_the_scope_no_longer_supports_is_told_by_nobody_before_that_is_decided(sent):
    sent.scope("c1", "c5", "c6")
    # The suspect c2, c3 without an address, and c4 whose letter was refused.
    assert left(sent) == (0, 1, 3)
    assert told_otherwise(sent, held=True) == (1, 1)
    with pytest.raises(Refused, match=r"no longer supported by the scope \(3\)"):
        told_otherwise(sent, held=True)
    sent.as_("an").release_people(["c2", "c4"], because="another token")
    assert (left(sent), promise(sent)) == ((0, 0, 1), "open")
    sent.as_("an").release_people(["c3"], because="another token")
    assert (left(sent), promise(sent)) == ((0, 0, 0), "met")


def test_a_suspect_who_is_upheld_is_one_to_be_decided_about_again(sent):
    sent.scope("c1", "c5", "c6")
    sent.as_("an").uphold_people(["c2", "c4"], because="their keys were in the dump")
    assert left(sent) == (1, 2, 1)
    sent.approve().as_("an").release(CUSTOMERS)
    assert left(sent) == (1, 2, 1)
    assert told_otherwise(sent) == (1, 0)
    assert told_otherwise(sent, held=True) == (2, 2)
    # Who was accounted for stays so when the scope names her no more, and when it does again.
    sent.scope("c1", "c6").scope(*ALL)
    assert left(sent) == (1, 0, 0)


def test_whom_a_scope_supports_again_is_left_as_she_was(sent):
    sent.scope("c1", "c6")
    assert left(sent) == (0, 0, 4)
    sent.scope(*ALL)
    assert left(sent) == (2, 2, 0)
    assert sum(sent.counts[state] for state in ledger.STATES) == 6
