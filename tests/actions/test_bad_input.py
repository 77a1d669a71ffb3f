"""Bad input: one line that names the place and the way out, and nothing written."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin import actions
from tocsin.actions.declaring import LONGEST_TITLE, Declaration
from tocsin.actors import Actor
from tocsin.domain.errors import Refused
from tocsin.domain.notice import CUSTOMERS

STRANGER = Actor("unix:mallory", None)
NAIVE, FUTURE = datetime(2026, 11, 23, 10), datetime(2030, 1, 1, tzinfo=UTC)  # noqa: DTZ001
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
PROMISE = "policy-promise/customers/individuals/controller"

#: Who says what, and words of the one line that answers.
WRONG = [
    ("an", "learn", ({"awareat": "2026-11-23T10:00:00Z"},), {"source": "x"}, "did you mean .*aware_at"),
    ("an", "learn", ({"risk": "enormous"},), {"source": "x"}, "risk"),
    ("an", "learn", ({"aware_at": "yesterday"},), {"source": "x"}, "yesterday"),
    ("an", "learn", ({"aware_at": "2026-11-23T10:00"},), {"source": "x"}, "zone"),
    ("an", "learn", ({"aware_at": "2030-01-01T00:00:00Z"},), {"source": "x"}, "future"),
    ("an", "learn", ({"cells": "many"},), {"source": "x"}, "cells"),
    ("an", "learn", ({"risk": "high"},), {"source": "  "}, "say where this is known from"),
    ("an", "learn", ({"occurred_from": "2026-11-23T10:00:00Z", "occurred_to": "2026-11-22T10:00:00Z"},),
     {"source": "x"}, "occurred_to lies before occurred_from"),
    ("hoa", "learn", ({"risk": "unlikely"},), {"source": "x"}, "risk is decided by the dpo or the acc.*ask them"),
    ("linh", "learn", ({"violation": "breach", "harm_tests": "sg-pdpa:not"},), {"source": "x"}, "harm_tests is dec"),
    ("linh", "learn", ({"individuals_exemption": "disproportionate"},), {"source": "x"}, "_exemption is decided"),
    ("giang", "learn", ({"cells": [{"place": "DE", "risk": "unlikely"}]},), {"source": "x"}, "risk is decided by"),
    ("chi", "learn", ({"impact_severity": "minor"},), {"source": "x"}, "impact_severity is decided by"),
    ("giang", "learn", ({"hold": {"authority": "Police"}},), {"source": "x"}, "hold is decided by.*or the counsel"),
    ("an", "learn", ({"kinds": "acount-info"},), {"source": "x"}, "no kind 'acount-info'; did you mean account-info"),
    ("an", "learn", ({"cells": [{"kinds": ["zzz"]}]},), {"source": "x"}, "the data map has no kind 'zzz'"),
    ("an", "learn", ({"harm_tests": "us-fll:not"},), {"source": "x"}, "no law 'us-fll'; did you mean us-fl"),
    ("an", "learn", ({"harm_tests": "us-co/attorney:not"},), {"source": "x"}, "us-co has no rule 'attorney'; did you"),
    ("an", "learn", ({"harm_tests": "bogus"},), {"source": "x"}, "'bogus' cannot be read; .* harm_tests=us-fl:met"),
    ("an", "learn", ({"harm_tests": "us-ca:met"},), {"source": "x"}, "harm_tests: us-ca asks for no harm test"),
    ("an", "learn", ({"harm_tests": "us-co/individuals:met"},), {"source": "x"},
     "us-co/individuals asks for no harm test; us-co asks for us-co, us-co/attorney-general"),
    ("an", "learn", ({"letter_parts": {"credit-monitorng": {"en": "x"}}},), {"source": "x"},
     "no law asks a letter for 'credit-monitorng'; did you mean credit-monitoring"),
    ("an", "learn", ({"direct_loss": "5 EUT"},), {"source": "x"}, "an amount and a currency, like 1200.50 EUR"),
    ("an", "learn", ({"hold": "yes"},), {"source": "x"}, "hold: 'yes' .* like hold={by: law-enforcement, auth"),
    ("an", "note", ("  ",), {}, "the note is empty"),
    ("an", "note", ("seen",), {"at": FUTURE}, "lies in the future"),
    ("an", "note", ("seen",), {"at": NAIVE}, "has no zone"),
    ("an", "take", ("captain",), {}, "there is no role 'captain'"),
    ("giang", "take", ("dpo",), {}, "giang is not listed for dpo.*listed: an"),
    ("an", "hand", ("incident-commander", "minh"), {}, "only the holder hands it over"),
    ("linh", "hand", ("incident-commander", "nobody"), {}, "no person 'nobody'"),
    ("an", "page", ("nobody",), {}, "no person or role 'nobody'"),
    ("linh", "done", ("C99",), {}, "has no step 'C99'"),
    ("linh", "done", ("1.3",), {}, "needs evidence"),
    ("linh", "done", ("C11",), {}, "waits for C10"),
    ("linh", "done", ("C1",), {"at": FUTURE}, "lies in the future"),
    ("linh", "done", ("C1",), {"at": LONG_AGO}, "2001-.* lies before detected_at .*tocsin learn"),
    ("an", "filed", (PROMISE,), {"reference": "1", "at": LONG_AGO}, "2001-.* lies before detected_at"),
    ("khoa", "done", ("C12",), {}, "step C12 is for the dpo, and khoa is not; ask them or the incident-commander"),
    ("linh", "done", ("C18",), {}, "step C18 waits for .*do or skip that first"),
    ("linh", "undo", ("C1",), {"because": "x"}, "is open already"),
    ("linh", "skip", ("C2",), {"because": " "}, "say why"),
    ("giang", "skip", ("C2",), {"because": "x"}, "giang may not do this"),
    ("an", "set_", ("type", "flood"), {"because": "x"}, "no incident type 'flood'"),
    ("an", "set_", ("severity", "sev0"), {"because": "x"}, "no severity 'sev0'"),
    ("an", "set_", ("restricted", "maybe"), {"because": "x"}, "yes or no"),
    ("an", "set_", ("title", " "), {"because": "x"}, "needs a title"),
    ("an", "set_", ("title", "x" * (LONGEST_TITLE + 1)), {"because": "x"}, "one line of at most"),
    ("an", "set_", ("title", "two\nlines"), {"because": "x"}, "one line of at most"),
    ("an", "set_", ("title", "red \x1b[31m"), {"because": "x"}, "one line of at most"),
    ("giang", "set_", ("severity", "sev2"), {"because": "x"}, "may not do this"),
    ("linh", "assess", ("high",), {"because": "x"}, "may not do this"),
    ("an", "assess", ("huge",), {"because": "x"}, "risk"),
    ("an", "filed", ("eu-gdpr/authority/xx/controller",), {"reference": "1"}, "has no duty"),
    ("an", "filed", (PROMISE,), {"reference": "1"}, "is met by telling the people"),
    ("an", "filed", (PROMISE,), {"reference": " "}, "is met by telling the people"),
    ("an", "filed", ("eu-gdpr/authority/xx/controller",), {"reference": " "}, "has no duty"),
    ("chi", "release_duty", (PROMISE + "s",), {"because": "x"}, "has no duty.*did you mean"),
    ("chi", "release_duty", (PROMISE,), {"because": ""}, "say why it is not owed"),
    ("giang", "release_duty", (PROMISE,), {"because": "x"}, "may not do this"),
    ("an", "approve", (CUSTOMERS,), {"digest": "0" * 64}, "has no draft yet"),
    ("an", "approve", ("customer",), {"digest": "0" * 64}, "no notice 'customer'.*customers"),
    ("an", "release", (CUSTOMERS,), {}, "has no draft yet"),
    ("an", "pause", (CUSTOMERS,), {"because": "x"}, "has no draft yet"),
    ("an", "resume", (CUSTOMERS,), {}, "has no draft yet"),
    ("an", "reject", (CUSTOMERS,), {"because": " "}, "has no draft yet"),
    ("linh", "skip", ("C22",), {"because": " "}, "no step 'C22'; did you mean C2"),
    ("linh", "skip", ("C2",), {"because": " "}, "say why step C2 does not apply"),
    ("linh", "undo", ("C22",), {"because": " "}, "no step 'C22'; did you mean C2"),
    ("an", "set_", ("severity", "sev0"), {"because": " "}, "no severity 'sev0'"),
    ("an", "set_", ("severity", "P2"), {"because": " "}, "did you mean sev2"),
    ("an", "set_", ("severity", "SEV2"), {"because": " "}, "say why its severity changes"),
    ("an", "assess", ("huge",), {"because": " "}, "risk cannot be 'huge'"),
    ("chi", "release_duty", (PROMISE + "s",), {"because": " "}, "has no duty.*did you mean"),
    ("chi", "confirm_duty", (PROMISE + "s",), {"because": " "}, "has no duty.*did you mean"),
    ("chi", "confirm_duty", (PROMISE,), {"because": " "}, "is no open candidate"),
    ("an", "not_notify", ("eu-gdpr/nobody",), {"because": " "}, "no duty of INC.*and no rule"),
    ("an", "notify_after_all", (PROMISE,), {"because": " "}, "nobody decided not to notify"),
    ("an", "dissent", ("risk",), {"because": " "}, "no decision 'risk' to dissent from"),
    ("an", "reopen", (), {"because": " "}, "is open, so there is nothing to reopen"),
    ("an", "learn", ({"colour": "red"},), {"source": " "}, "there is no fact 'colour'"),
    ("linh", "hand", ("boss", "an"), {}, "there is no role 'boss'"),
    ("an", "close", (), {}, "is open"),
    ("giang", "close", (), {}, "may not do this"),
    ("an", "decline", (), {"because": " "}, "say why"),
    ("an", "reopen", (), {"because": "x"}, "is open"),
    ("an", "erase", (), {"because": "x"}, "close it first"),
    ("an", "redact", ("words:" + "0" * 64,), {"because": "x"}, "there is no text"),
]  # fmt: skip


@pytest.fixture
def open_incident(tale):
    tale.declare(detected_at=tale.clock.moment - timedelta(minutes=9))
    tale.as_("linh").ack()
    return tale


@pytest.mark.parametrize(("who", "verb", "words", "more", "said"), WRONG, ids=lambda value: str(value)[:40])
def test_it_is_one_line_with_the_way_out_and_nothing_is_written(open_incident, who, verb, words, more, said):
    story, before = open_incident, open_incident.incident
    with pytest.raises(Refused, match=said) as refused:
        getattr(actions, verb)(story.app, story.actor(who), story.key, *words, **more)
    assert "\n" not in str(refused.value)
    assert story.app.incident(story.key) == before
    assert [entry.seq for entry in story.entries][-1] == before.head_seq


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": " "}, "needs a title"),
        ({"title": "x" * (LONGEST_TITLE + 1)}, "one line of at most"),
        ({"title": "two\nlines"}, "one line of at most"),
        ({"type": "credential-leek"}, "did you mean credential-leak"),
        ({"excluded": ["mallory"]}, "no person 'mallory'"),
        ({"aware_at": FUTURE}, "future"),
        ({"facts": {"colour": "red"}}, "colour"),
        ({"facts": {"kinds": "bilings"}}, "no kind 'bilings'; did you mean billing"),
        ({"facts": {"risk": "unlikely"}}, "risk is decided by the dpo .* tocsin assess INC --decide"),
        ({"facts": {"hold": {"authority": "Police"}}}, "hold is decided by .* tocsin learn INC hold="),
        ({"facts": {"cells": [{"risk": "unlikely"}]}}, "risk is decided by"),
        ({"occurred_from": datetime(2026, 11, 23, 10, tzinfo=UTC),
          "occurred_to": datetime(2026, 11, 22, 10, tzinfo=UTC)}, "lies before"),
    ],
)  # fmt: skip
def test_a_declaration_that_says_something_impossible_makes_no_incident(tale, change, said):
    with pytest.raises(Refused, match=said):
        actions.declare(tale.app, tale.actor("linh"), Declaration(**{"title": "A leak"} | change))
    with pytest.raises(Refused, match="there is no incident INC-2026-0001"):
        tale.app.incident("INC-2026-0001")


def test_a_stranger_may_declare_and_nothing_else(tale):
    key = actions.declare(tale.app, STRANGER, Declaration("I found a key")).incident.key
    with pytest.raises(Refused, match=r"nobody in contacts/people.yaml has the account mallory"):
        actions.note(tale.app, STRANGER, key, "hello")


def test_an_incident_does_not_exist_for_whom_it_excludes(tale):
    tale.declare(by="an", excluded=("dung",))
    for act in (lambda: tale.as_("dung").note("hello"), lambda: tale.as_("dung").ack()):
        with pytest.raises(Refused, match=f"there is no incident {tale.key}"):
            act()
    with pytest.raises(Refused, match="dung is excluded"):
        tale.as_("an").page("dung")
    tale.as_("linh").ack()
    with pytest.raises(Refused, match="dung is excluded"):
        tale.as_("linh").hand("incident-commander", "dung")


def test_a_closed_file_takes_notes_and_nothing_else(tale):
    tale.declare()
    tale.as_("an").decline(because="a test key")
    head = tale.incident.head_seq
    for verb, words in (
        ("learn", ({"risk": "high"},)),
        ("take", ("dpo",)),
        ("done", ("C1",)),
        ("page", ("linh",)),
    ):
        more = {"source": "x"} if verb == "learn" else {}
        with pytest.raises(Refused, match="is declined; tocsin reopen"):
            getattr(actions, verb)(tale.app, tale.actor("an"), tale.key, *words, **more)
    assert tale.incident.head_seq == head
    tale.as_("an").note("a word afterwards")
    tale.as_("an").reopen(because="it was none")
    assert tale.incident.open


def test_evidence_that_is_not_there_is_refused_by_its_name(open_incident, tmp_path):
    for path in (tmp_path / "gone.txt", tmp_path):
        with pytest.raises(Refused, match=f"evidence {path}"):
            open_incident.as_("linh").done("1.3", evidence=[path])
        with pytest.raises(Refused, match=f"evidence {path}"):
            open_incident.as_("linh").keep_evidence(path)


def test_a_proof_that_is_empty_or_of_a_step_that_is_not_there_is_refused(open_incident, tmp_path):
    empty, full = tmp_path / "empty.txt", tmp_path / "full.txt"
    empty.touch()
    full.write_text("revoked", encoding="utf-8")
    before = open_incident.incident
    for words in (
        lambda: open_incident.as_("linh").done("1.3", evidence=[empty]),
        lambda: open_incident.as_("linh").keep_evidence(empty),
        lambda: open_incident.as_("an").filed(PROMISE, reference="1", receipt=empty),
    ):
        with pytest.raises(Refused, match="the file is empty and proves nothing"):
            words()
    with pytest.raises(Refused, match="has no step 'nope'"):
        open_incident.as_("linh").keep_evidence(full, step="nope")
    assert open_incident.incident == before


def test_a_proof_that_is_larger_than_memory_bears_is_refused(open_incident, tmp_path, monkeypatch):
    monkeypatch.setattr("tocsin.actions.asking.LARGEST", 10)
    image = tmp_path / "disk.img"
    image.write_bytes(b"0" * 11)
    for endless in (image, Path("/dev/zero")):
        with pytest.raises(Refused, match=f"evidence {endless}: more than 10 bytes; .* its sha256sum"):
            open_incident.as_("linh").keep_evidence(endless)
    image.write_bytes(b"0" * 10)
    open_incident.as_("linh").keep_evidence(image)


def test_another_shell_cannot_act_as_somebody_outside_drills(tale):
    from tocsin.actors import at_the_shell
    from tocsin.app import open_app

    real = open_app(tale.app.settings.model_copy(update={"mode": "production"}))
    with pytest.raises(Refused, match="--as works only in drills"):
        at_the_shell(real, "an")
    real.close()


def test_when_it_happened_may_be_long_ago(open_incident):
    then = open_incident.clock.moment - timedelta(days=9)
    done = open_incident.as_("linh").note("first sign", at=then)
    assert (done.entries[0].at, done.entries[0].recorded_at) == (then, open_incident.clock.moment)


def test_who_may_decide_does_so_and_nobody_else_writes_over_it(open_incident):
    open_incident.as_("chi").learn({"hold": {"authority": "Police"}}, source="their letter")
    decided = [{"place": "DE", "risk": "unlikely", "count": 3}]
    open_incident.as_("bao").learn({"cells": decided}, source="with the DPO")
    assert open_incident.incident.facts.known("hold")
    with pytest.raises(Refused, match="risk is decided by"):
        open_incident.as_("giang").learn({"cells": [{"place": "DE", "count": 4}]}, source="gateway log")
    open_incident.as_("an").learn({"cells": [{"place": "DE", "count": 4}]}, source="gateway log")
    assert open_incident.incident.facts.people() == 4


def test_a_step_may_be_done_before_the_declaration_and_a_report_filed_since_it_was_found(open_incident):
    began, found = (open_incident.clock.moment - timedelta(minutes=minutes) for minutes in (60, 9))
    open_incident.as_("an").learn({"occurred_from": began.isoformat()}, source="gateway log")
    open_incident.as_("linh").done("C1", at=began)
    with pytest.raises(Refused, match="lies before detected_at"):
        open_incident.as_("an").filed(PROMISE, reference="1", at=found - timedelta(seconds=1))
    with pytest.raises(Refused, match="is met by telling the people"):
        open_incident.as_("an").filed(PROMISE, reference="1", at=found)


def test_one_key_is_one_command_of_one_person_at_one_moment(open_incident):
    for _ in range(2):
        open_incident.as_("an").assess("risk", because="live tokens", command="k1")
    with pytest.raises(Refused, match="k1"):
        open_incident.as_("bao").assess("risk", because="live tokens", command="k1")
    earlier = open_incident.clock.moment - timedelta(minutes=5)
    for _ in range(2):
        open_incident.as_("linh").note("seen", at=earlier, command="k2")
    for at in (None, earlier - timedelta(minutes=1)):
        with pytest.raises(Refused, match="k2"):
            open_incident.as_("linh").note("seen", at=at, command="k2")
    assert len(open_incident.told("Noted")) == 1
