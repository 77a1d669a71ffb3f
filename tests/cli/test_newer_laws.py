"""tocsin law diff INC and tocsin law accept: what newer laws would change, and the yes of a person."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tocsin.catalog import default_folders

GERMANY = "eu-gdpr/authority/de/controller"
HIT = "cells=[{role: controller, place: DE, count: 3, risk: risk, group: [customers]}]"


def amended(*changes: tuple[str, str]) -> None:
    """The company's own version of the GDPR."""
    (source,) = default_folders()[0].glob("*/eu-gdpr/regime.yaml")
    text = source.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    target = Path("templates/regimes/eu-gdpr/regime.yaml")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


@pytest.fixture
def german(tocsin: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """An incident with people in Germany, declared before counsel wrote a stricter law."""
    Path("templates").mkdir()
    monkeypatch.setenv("TOCSIN_TEMPLATES", "templates")
    tocsin("declare", "a leak", "--type", "credential-leak", "--drill")
    tocsin("ack")
    tocsin("ack", by="an")
    tocsin("learn", HIT, "--source", "scope", by="an")
    return tocsin


def test_nothing_is_said_of_newer_laws_where_there_are_none(german: Command) -> None:
    assert "NEWER" not in german("duties").out
    assert german("duties", "--json").json["newer_laws"] is None
    assert german("law", "diff", "1").out == "INC-2026-0001 and today say the same.\n"
    refused = german("law", "accept")
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "nothing newer to accept" in refused.err


def test_the_difference_is_shown_in_terms_of_the_incident_and_accepted_by_its_digest(german: Command) -> None:
    amended(("hours: 72", "hours: 48"))
    assert "NEWER   laws: 1 earlier     tocsin law diff INC-2026-0001" in german("duties").out
    assert german("duties", "--json").json["newer_laws"]["stricter"] is True
    said = german("law", "diff", "1").out
    assert f"EARLIER {GERMANY} due " in said
    assert "was: within 72 hours of awareness" in said
    document = german("law", "diff", "1", "--json").json
    # Of a law alone the other side is the only open incident.
    alone = german("law", "diff", "eu-gdpr", "--json").json
    assert (alone["a"], alone["b"], alone["mark"]) == ("INC-2026-0001", "eu-gdpr", "stricter")
    assert german("law", "diff", "us-ma").out == "INC-2026-0001 and us-ma say the same.\n"
    assert document["incident"]["stricter"] is True
    assert [each["key"] for each in document["incident"]["earlier"]] == [GERMANY]
    digest = document["incident"]["packs"][:12]
    assert f"tocsin law accept INC-2026-0001 --digest {digest}" in said
    without = german("law", "accept", "1")
    assert (without.status, without.err.count("\n")) == (2, 1)
    assert german("law", "accept", "1", "--digest", "0" * 12).status == 1
    done = german("law", "accept", "1", "--digest", digest, "--because", "in force now", "--key", "k")
    assert done.status == 0
    assert f"MOVED   {GERMANY} due" in done.out
    again = german("law", "accept", "1", "--digest", digest, "--because", "in force now", "--key", "k")
    assert (again.status, "first answer again" in again.err) == (0, True)
    assert "NEWER" not in german("duties").out
    assert "LawsAccepted" in german("timeline").out
    assert german("verify").status == 0


def test_a_law_that_asks_more_stands_on_the_card_once_the_dpo_was_told(german: Command) -> None:
    amended(("hours: 72", "hours: 48"))
    assert "LAW     " not in german("card").out
    german("note", "what becomes due at once then happens")
    assert (
        "LAW     newer laws ask more of this incident     tocsin law diff INC-2026-0001" in german("card").out
    )


def test_others_may_not_accept(german: Command) -> None:
    amended(("hours: 72", "hours: 48"))
    digest = german("law", "diff", "1", "--json").json["incident"]["packs"][:12]
    refused = german("law", "accept", "1", "--digest", digest, by="giang")
    assert (refused.status, refused.err.count("\n")) == (1, 1)


def test_the_laws_of_an_incident_are_a_side_of_any_comparison(german: Command) -> None:
    amended(("hours: 72", "hours: 48"))
    assert german("law", "diff", "eu-gdpr", "1", "--json").json["mark"] == "looser"
    assert german("law", "diff", "1", "eu-gdpr", "--json").json["mark"] == "stricter"
