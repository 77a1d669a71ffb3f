"""What people may do, as stories: answering, handing over, ticking, closing. On both kinds of database."""

import hashlib

import pytest

from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.domain.errors import Refused
from tocsin.domain.notice import CUSTOMERS
from tocsin.evidence import vault
from tocsin.evidence.verify import verify
from tocsin.sinks.mail import Fault
from tocsin.storage.texts import read_texts


def texts_of(story):
    with story.app.database.read() as connection:
        return set(read_texts(connection, story.key, story.app.record_key(story.key)).values())


def test_nobody_answers_so_the_next_is_called_and_who_answers_takes_the_role(story):
    story.declare().fast_forward(minutes=6)
    assert story.paged("incident-commander") == [
        ("incident-commander", "linh"),
        ("incident-commander", "minh"),
    ]
    story.as_("minh").ack()
    assert story.incident.roles["incident-commander"] == "minh"
    story.fast_forward(minutes=30)
    assert story.paged("incident-commander")[2:] == []
    assert len(story.paged("dpo")) >= 3
    with pytest.raises(Refused, match="nobody waits for an answer of minh"):
        story.as_("minh").ack()


def test_a_person_excluded_from_the_start_is_neither_called_nor_told(story):
    story.declare(by="an", excluded=("linh",)).fast_forward(minutes=20)
    assert story.paged("incident-commander")[0] == ("incident-commander", "minh")
    assert "linh" not in {person for _, person in story.paged()}
    assert "linh" not in {row["person"] for row in story.outbox}


def test_a_role_is_taken_and_handed_over(story):
    story.declare().as_("linh").ack()
    story.as_("minh").take("incident-commander")
    assert story.incident.roles["incident-commander"] == "minh"
    with pytest.raises(Refused, match="minh holds incident-commander already"):
        story.as_("minh").take("incident-commander")
    story.as_("minh").hand("incident-commander", "linh")
    assert story.incident.roles["incident-commander"] == "linh"
    assert story.told("RoleTaken")[-1].handed_by == "minh"


def test_steps_are_ticked_with_evidence_skipped_with_a_reason_and_opened_again(story, tmp_path):
    story.declare().as_("linh").ack()
    proof = tmp_path / "revoked.txt"
    proof.write_bytes(b"revoked at 19:50")
    story.as_("linh").done("1.3", evidence=[proof], note="revoked")
    state = story.incident.steps["1.3"]
    assert (state.mark, state.by, state.evidence) == ("done", "linh", ("E1",))
    assert vault.read(story.app, story.key, "E1") == b"revoked at 19:50"
    with pytest.raises(Refused, match=r"step 1.3 was done by linh"):
        story.as_("linh").done("1.3", evidence=[proof])
    story.as_("linh").skip("C4", because="mail is clean")
    story.as_("linh").undo("1.3", because="the wrong key")
    assert set(story.incident.steps) == {"C4"}
    assert vault.first_fault(story.app, story.key) is None


def test_a_step_done_twice_with_the_same_key_is_done_once(story, tmp_path):
    story.declare().as_("linh").ack()
    proof = tmp_path / "revoked.txt"
    proof.write_bytes(b"revoked")
    for _ in range(2):
        story.as_("linh").done("1.3", evidence=[proof], command="s1")
    assert story.incident.evidence == ("E1",)


def test_a_vault_file_that_was_changed_or_taken_away_is_named(story, tmp_path):
    story.declare()
    proof = tmp_path / "image.raw"
    proof.write_bytes(b"bytes of a disk")
    story.as_("giang").keep_evidence(proof)
    (kept,) = (path for path in story.app.vault_folder.rglob("*") if path.is_file())
    assert b"bytes of a disk" not in kept.read_bytes()
    content = kept.read_bytes()
    kept.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert "E1" in (vault.first_fault(story.app, story.key) or "")
    kept.unlink()
    with pytest.raises(Refused, match="restore it from a backup"):
        vault.read(story.app, story.key, "E1")


def test_a_review_waits_until_the_incident_is_stable(story):
    story.declare(type="unclassified").as_("linh").ack()
    steps = story.app.catalog.type("unclassified").steps
    with pytest.raises(Refused, match="step C18 waits for C7"):
        story.as_("linh").done("C18")
    for step in steps:
        if step.gate and step.phase in ("contain", "scope", "eradicate", "recover"):
            story.as_("linh").skip(step.id, because="a test")
    for other in story.app.catalog.type("unclassified").step("C18").depends_on:
        story.as_("linh").skip(other, because="a test")
    story.as_("linh").done("C18")
    assert "C18" in story.incident.steps


def test_a_step_is_done_by_its_role_or_by_whoever_commands(story):
    story.declare(type="unclassified").as_("linh").ack()
    with pytest.raises(Refused, match="step C5 is for the scribe, and giang is not"):
        story.as_("giang").done("C5")
    story.as_("khoa").done("C5")
    story.as_("minh").done("C2")
    assert [story.incident.steps[step].by for step in ("C5", "C2")] == ["khoa", "minh"]


def test_another_type_keeps_what_was_done(story):
    story.declare(type="unclassified").as_("linh").ack()
    story.as_("linh").done("C2")
    story.as_("linh").set_("type", "credential-leak", because="it is a token")
    assert story.incident.type == "credential-leak"
    assert "C2" in story.incident.steps
    with pytest.raises(Refused, match=r"step 0\.1 is no longer asked, since this is credential-leak now"):
        story.as_("linh").skip("0.1", because="a test")
    with pytest.raises(Refused, match="is credential-leak already"):
        story.as_("linh").set_("type", "credential-leak", because="again")


def test_free_text_stands_beside_the_chain_and_can_be_destroyed_alone(story):
    story.declare("Nguyễn's laptop").as_("linh").note("Nguyễn called")
    assert {"Nguyễn's laptop", "Nguyễn called"} <= texts_of(story)
    (note,) = story.told("Noted")
    story.as_("an").redact(note.text, because="names a person")
    assert "Nguyễn called" not in texts_of(story)
    assert story.told("Redacted")[0].words == note.text
    verdict = verify(story.app, story.key)
    assert verdict.fault is None, verdict
    with pytest.raises(Refused, match="there is no text"):
        story.as_("an").redact(note.text, because="again")


def test_facts_keep_their_source_and_their_history(story):
    story.declare()
    story.as_("an").learn({"risk": "high"}, source="first look")
    again = story.as_("an").learn({"risk": "high"}, source="first look")
    assert again.entries == ()
    story.as_("an").learn({"risk": "risk"}, source="second look")
    assert [body.value for body in story.told("FactLearned") if body.name == "risk"] == ["high", "risk"]
    story.as_("an").learn({"risk": "unknown"}, source="counsel")
    assert not story.incident.facts.known("risk")


def test_a_file_is_closed_when_every_end_is_tied_and_its_head_leaves_the_house(story):
    story.with_customers(2).released()
    story.as_("an").learn({"interests_at_risk": "honour"}, source="first look")
    assert [duty for duty in story.incident.duties.values() if duty.mark == "open"]
    with pytest.raises(Refused, match=r"duty .* is open|duties are open, .* first"):
        story.as_("an").close()
    for key, duty in story.incident.duties.items():
        if duty.mark == "open":
            story.as_("chi").release_duty(key, because="not owed here")
    with pytest.raises(
        Refused,
        match=r"^steps are open: declare C2, C3, C5 and 1 more; .*; review C18, S3; .*: tocsin next ",
    ):
        story.as_("an").close()
    for step in story.app.catalog.type("credential-leak").steps:
        if step.gate:
            actions.skip(story.app, story.actor("linh"), story.key, step.id, because="a test")
    with pytest.raises(Refused, match="letters of customers may still come back until"):
        story.as_("an").close()
    story.leap(days=5)
    with pytest.raises(Refused, match=r"whether \d+ duties are owed \(\w+ settles \d+ of them\); learn that"):
        story.settle().as_("an").close()
    story.as_("an").close(because="the rest is not ours to tell, says counsel")
    assert story.incident.status == "closed"
    assert story.told("HeadPublished")[-1].milestone == "closed"
    assert story.plan.moves == ()
    head = story.incident.head_seq
    story.fast_forward(hours=100)
    assert story.incident.head_seq == head
    assert verify(story.app, story.key).proven


def test_the_status_follows_the_gates(story):
    story.declare()
    assert story.incident.status == "declared"
    story.as_("linh").ack()
    assert story.incident.status == "containment"
    for step in story.app.catalog.type("credential-leak").steps:
        if step.gate and step.phase in ("contain", "scope"):
            story.as_("linh").skip(step.id, because="a test")
    assert story.incident.status == "eradication"
    assert [body.milestone for body in story.told("HeadPublished")] == ["containment", "eradication"]


def test_an_incident_that_was_none_is_declined_and_its_clocks_end(story):
    story.declare()
    with pytest.raises(Refused, match="giang may not do this"):
        story.as_("giang").decline(because="a test key")
    story.as_("an").decline(because="a test key")
    story.fast_forward(hours=80)
    assert story.told("DeadlineWarned") == []


def test_an_incident_of_which_people_were_told_is_not_declined_whatever_is_drafted_afterwards(story):
    story.with_customers(4).released("c1", "c2").scope("c1", "c2", "c3")
    assert story.letter.mark == "in-review"
    with pytest.raises(Refused, match=r"people were told already \(customers\); close"):
        story.as_("an").decline(because="a test key")
    assert story.incident.open


def test_an_incident_whose_sending_was_stopped_midway_is_not_declined(story):
    story.with_customers(6).approved()
    story.mail.misbehave(Fault(at="rcpt", reply="421 4.3.2 later", recipient="c6@example.org", times=99))
    story.as_("an").release(CUSTOMERS)
    story.as_("an").pause(CUSTOMERS, because="wrong advice")
    story.as_("an").learn({"measures_taken": {"en": "Else.", "vi": "Khác."}}, source="the team")
    assert (story.letter.mark, story.letter.told_at) == ("in-review", None)
    with pytest.raises(Refused, match="people were told already"):
        story.as_("an").decline(because="a test key")


def test_the_first_pages_leave_before_a_declaration_returns_with_nothing_else_running(story):
    from tocsin.delivery.outbox import deliver
    from tocsin.engine import advance

    what = Declaration("A leak", type="credential-leak")
    story.key = actions.declare(story.app, story.actor("linh"), what).incident.key
    advance(story.app, story.key)
    assert {attempt.outcome for attempt in deliver(story.app)} == {"handed_over"}
    assert len(story.mails_to("linh")) == len(story.mails_to("an")) == 1


def test_the_list_of_affected_people_leaves_with_a_role_a_reason_and_an_entry(story, tmp_path):
    story.with_customers(3, c2={"name": "=cmd()"}).declare()
    story.scope()
    target = tmp_path / "affected.csv"
    with pytest.raises(Refused, match="may not do this"):
        actions.export_affected(story.app, story.actor("hoa"), story.key, target, because="call centre")
    actions.export_affected(story.app, story.actor("an"), story.key, target, because="call centre")
    assert "'=cmd()" in target.read_text(encoding="utf-8")
    assert target.stat().st_mode & 0o777 == 0o600
    (said,) = story.told("PeopleExported")
    assert (said.rows, said.sha256) == (3, hashlib.sha256(target.read_bytes()).hexdigest())
    with pytest.raises(Refused, match="say why the list leaves"):
        actions.export_affected(story.app, story.actor("an"), story.key, tmp_path / "other.csv", because=" ")
    with pytest.raises(Refused, match="No such file"):
        actions.export_affected(
            story.app, story.actor("an"), story.key, tmp_path / "no" / "where.csv", because="call centre"
        )
    assert [
        path.name for path in tmp_path.iterdir() if "other" in path.name or "unfinished" in path.name
    ] == []
    assert len(story.told("PeopleExported")) == 1
    with pytest.raises(Refused, match="exists; choose another name"):
        actions.export_affected(story.app, story.actor("an"), story.key, target, because="call centre")
