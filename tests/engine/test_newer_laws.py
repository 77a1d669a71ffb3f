"""Newer laws and an open incident: nothing changes until a person has seen the difference and said yes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.story import Story
from tocsin.catalog import default_folders
from tocsin.domain.errors import Refused
from tocsin.domain.newer import Newer
from tocsin.evidence.verify import verify
from tocsin.storage import documents
from tocsin.storage.tables import document
from tocsin.views.newer import asks_more, newer_laws

PROMISE = "policy-promise/customers/individuals/controller"
GERMANY = "eu-gdpr/authority/de/controller"
PEOPLE = "eu-gdpr/individuals/individuals/controller"
HIT = {"cells": [{"role": "controller", "place": "DE", "count": 3, "risk": "risk", "group": ["customers"]}]}


@pytest.fixture(autouse=True)
def _closed(tale: Story) -> Iterator[None]:
    yield
    tale.app.close()


def amend(story: Story, code: str, *changes: tuple[str, str]) -> None:
    """Counsel edits a law in the company's own folder; the bell reads it anew."""
    target = story.folder / "templates" / "regimes" / code / "regime.yaml"
    if not target.exists():
        (source,) = default_folders()[0].glob(f"*/{code}/regime.yaml")
        target.parent.mkdir(parents=True)
        target.write_bytes(source.read_bytes())
    text = target.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    target.write_text(text, encoding="utf-8")
    settings = story.app.settings.model_copy(update={"templates": story.folder / "templates"})
    story.app = replace(story.app.renewed(), settings=settings)


def german(story: Story) -> Story:
    story.declare()
    story.as_("linh").ack()
    story.as_("an").ack()
    story.as_("an").learn(HIT, source="scope")
    story.as_("an").learn({"aware_at": "2026-11-23T19:00:00Z"}, source="the log")
    return story


def difference(story: Story) -> Newer:
    found = newer_laws(story.app, story.incident)
    assert found is not None
    return found


def told(story: Story) -> list[tuple[str, str]]:
    """Who heard of newer laws, and how."""
    return sorted((row["person"], row["route"]) for row in story.outbox if "/newer-laws/" in row["key"])


def test_a_stricter_law_pages_the_dpo_once_and_changes_nothing_by_itself(tale: Story) -> None:
    due, moves = german(tale).incident.duties[GERMANY].due_at, len(tale.told("DutyMoved"))
    amend(tale, "eu-gdpr", ("hours: 72", "hours: 48"))
    tale.settle().settle()
    (seen,) = tale.told("NewerLawsSeen")
    assert seen.because == (
        f"{GERMANY} would be due 2026-11-25T19:00:00+00:00 instead of 2026-11-26T19:00:00+00:00",
    )
    assert told(tale) == [("an", "email"), ("an", "slack")]
    assert tale.incident.duties[GERMANY].due_at == due
    assert len(tale.told("DutyMoved")) == moves
    assert asks_more(tale.app, tale.incident)
    assert any("Stricter law" in subject or "chặt chẽ" in subject for subject in tale.mails_to("an"))
    # The next version is another matter, and is told once as well.
    amend(tale, "eu-gdpr", ("hours: 48", "hours: 24"))
    tale.settle().settle()
    assert len(tale.told("NewerLawsSeen")) == 2


def test_what_became_stricter_elsewhere_pages_nobody_until_it_concerns_the_incident(tale: Story) -> None:
    tale.declare()
    tale.as_("linh").ack()
    tale.as_("an").ack()
    tale.as_("an").learn({"our_role": "controller", "people_by_country": {"VN": 4}}, source="scope")
    tale.as_("an").learn({"risk": "unlikely"}, source="decided")
    amend(tale, "eu-gdpr", ("hours: 72", "hours: 48"))
    tale.settle()
    assert told(tale) == []
    assert not difference(tale).stricter
    tale.as_("an").learn({"people_by_country": {"DE": 4}, "risk": "risk"}, source="a better list")
    assert told(tale) == [("an", "email"), ("an", "slack")]


def test_a_looser_law_is_shown_and_pages_nobody(tale: Story) -> None:
    german(tale)
    amend(tale, "eu-gdpr", ("hours: 72", "hours: 96"))
    tale.settle()
    assert told(tale) == []
    found = difference(tale)
    assert ([each.now.key for each in found.later], found.stricter) == ([GERMANY], False)


def test_a_law_that_comes_or_asks_for_more_is_stricter(tale: Story) -> None:
    german(tale)
    amend(tale, "eu-gdpr", ("- contact-point", "- contact-point\n      - root-cause"))
    found = difference(tale)
    assert [
        (each.rule, each.mark, each.terms) for each in found.restated if each.rule == "eu-gdpr/authority"
    ] == [("eu-gdpr/authority", "stricter", ("content",))]
    assert found.stricter
    amend(tale, "uk-gdpr")
    tale.as_("an").learn({"people_by_country": {"GB": 4}}, source="a better list")
    assert [duty.regime for duty in difference(tale).comes] == ["uk-gdpr"] * len(difference(tale).comes)
    assert tale.told("NewerLawsSeen")


def test_another_remark_in_a_law_asks_nothing(tale: Story) -> None:
    german(tale)
    amend(tale, "eu-gdpr", ("note: Every breach, without weighing", "note: Each breach, without weighing"))
    tale.settle()
    found = difference(tale)
    assert (found.stricter, found.comes, found.later, found.restated) == (False, (), (), ())
    assert [law.mark for law in found.laws] == ["reworded"]
    assert told(tale) == []


def test_whoever_accepts_lets_the_incident_be_judged_by_the_newer_law(tale: Story) -> None:
    german(tale)
    before = tale.incident.catalog
    amend(
        tale, "eu-gdpr", ("hours: 72", "hours: 48"), ("reasons_when_late: true", "reasons_when_late: false")
    )
    tale.settle()
    digest = difference(tale).packs
    tale.as_("an").accept_laws(digest=digest[:12], because="the amendment is in force")
    (accepted,) = tale.told("LawsAccepted")
    assert (accepted.before, accepted.packs, tale.incident.catalog) == (before, digest, digest)
    duty = tale.incident.duties[GERMANY]
    assert duty.due_at is not None
    assert duty.due_at.isoformat() == "2026-11-25T19:00:00+00:00"
    assert duty.opened.reasons_when_late is False
    assert len(tale.told("DutyAmended")) == 1
    assert newer_laws(tale.app, tale.incident) is None
    assert not asks_more(tale.app, tale.incident)
    with pytest.raises(Refused, match="nothing newer to accept"):
        tale.as_("an").accept_laws(digest=digest)
    # Everybody who reads it later judges by the same packs, and both are kept.
    assert tale.app.renewed().catalog_of(tale.incident).digest == digest
    found = verify(tale.app, tale.key)
    assert found.proven, found.fault
    assert "2 packs" in next(check.words for check in found.checks if check.name == "pack")


def test_a_tampered_pack_is_found_also_when_it_was_accepted_later(tale: Story) -> None:
    german(tale)
    amend(tale, "eu-gdpr", ("hours: 72", "hours: 48"))
    tale.as_("an").accept_laws(digest=difference(tale).packs)
    with tale.app.database.read() as connection:
        kept = documents.get_pack(connection, tale.incident.catalog)
    changed = kept["regimes/eu-gdpr.json"]
    with tale.app.database.write() as connection:
        connection.execute(
            document.update()
            .where(document.c.content == changed)
            .values(content=changed.replace(b"48", b"72"))
        )
    found = verify(tale.app, tale.key)
    assert found.fault is not None
    assert "regimes/eu-gdpr.json was changed" in found.fault
    accepted = next(entry.seq for entry in tale.entries if entry.kind == "LawsAccepted")
    assert found.bad_seq == accepted


@pytest.mark.parametrize(
    ("person", "digest", "says"),
    [
        ("giang", None, "giang"),
        ("an", "", "is not the digest"),
        ("an", "0123456789ab", "is not the digest"),
        ("an", "abc", "is not the digest"),
    ],
)
def test_it_takes_the_right_person_and_exactly_what_was_read(
    tale: Story, person: str, digest: str | None, says: str
) -> None:
    german(tale)
    amend(tale, "eu-gdpr", ("hours: 72", "hours: 48"))
    with pytest.raises(Refused, match=says):
        tale.as_(person).accept_laws(digest=difference(tale).packs if digest is None else digest)
    assert tale.told("LawsAccepted") == []


def test_laws_that_changed_after_they_were_read_are_not_accepted(tale: Story) -> None:
    german(tale)
    amend(tale, "eu-gdpr", ("hours: 72", "hours: 48"))
    read = difference(tale).packs
    amend(tale, "eu-gdpr", ("hours: 48", "hours: 24"))
    with pytest.raises(Refused, match="is not the digest of today's laws"):
        tale.as_("an").accept_laws(digest=read)


def test_a_letter_that_was_approved_stays_approved_under_newer_laws_and_newer_words(tale: Story) -> None:
    tale.drafted()
    tale.approve()
    before = tale.letter
    letters = tale.folder / "templates" / "notices" / "customer.en.txt.j2"
    letters.parent.mkdir(parents=True)
    shipped = default_folders()[0] / "notices" / "customer.en.txt.j2"
    letters.write_text(
        shipped.read_text(encoding="utf-8").replace("WHAT HAPPENED", "WHAT WENT WRONG"), encoding="utf-8"
    )
    amend(tale, "policy-promise", ("hours: 72", "hours: 60"))
    tale.as_("an").accept_laws(digest=difference(tale).packs)
    assert tale.letter == before
    assert tale.told("NoticeVoided") == []
    assert tale.incident.duties[PROMISE].due_at is not None


def test_a_duty_that_the_newer_law_does_not_know_waits_for_a_person(tale: Story) -> None:
    german(tale)
    amend(tale, "eu-gdpr", ("risk: [risk, high]", "risk: [high]"))
    assert difference(tale).goes == (GERMANY,)
    tale.settle()
    assert told(tale) == []
    tale.as_("an").accept_laws(digest=difference(tale).packs)
    assert tale.incident.duties[GERMANY].mark == "open"
    assert tale.incident.duties[GERMANY].doubted


def test_what_was_met_stays_met(tale: Story) -> None:
    german(tale)
    tale.as_("an").filed(GERMANY, reference="A-1")
    amend(tale, "eu-gdpr", ("hours: 72", "hours: 48"))
    tale.settle()
    assert told(tale) == []
    tale.as_("an").accept_laws(digest=difference(tale).packs)
    assert tale.incident.duties[GERMANY].mark == "met"


def test_a_closed_file_is_judged_no_more(tale: Story) -> None:
    tale.declare()
    tale.as_("linh").ack()
    tale.as_("linh").decline(because="a test key")
    amend(tale, "eu-gdpr", ("hours: 72", "hours: 48"))
    tale.settle()
    assert told(tale) == []
    assert newer_laws(tale.app, tale.incident) is None
    with pytest.raises(Refused, match="tocsin reopen"):
        tale.as_("linh").accept_laws(digest="0" * 12)


def test_the_plan_has_nothing_to_say_twice(tale: Story) -> None:
    german(tale)
    amend(tale, "eu-gdpr", ("hours: 72", "hours: 48"))
    tale.settle()
    assert [move for move in tale.plan.moves if move.kind == "newer-laws"] == []
    tale.as_("an").accept_laws(digest=difference(tale).packs)
    assert tale.plan.moves == ()
    assert Path(tale.app.pack_folder(tale.app.catalog_of(tale.incident))).is_dir()
