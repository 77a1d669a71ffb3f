"""The folders that Tocsin ships: what must be in them, whoever edits them."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from tocsin.catalog import default_folders
from tocsin.domain.catalog import Catalog
from tocsin.domain.checklist import PHASES, Step
from tocsin.domain.contacts import authority_for
from tocsin.domain.moments import parse_moment
from tocsin.domain.places import EEA
from tocsin.domain.turns import on_call

TEMPLATES, CONTACTS = default_folders()
TYPES = sorted(path.parent.name for path in TEMPLATES.glob("types/*/type.yaml"))
#: RFC 2606 and RFC 6761.
RESERVED = re.compile(r"@([a-z-]+\.)*(example|example\.(com|net|org)|test|invalid)$")


def all_steps(catalog: Catalog) -> list[Step]:
    return [step for type_ in catalog.types.values() for step in type_.steps]


@pytest.mark.parametrize("type_", TYPES)
def test_each_type_holds_the_whole_common_spine(shipped: Catalog, type_: str) -> None:
    ids = {step.id for step in shipped.type(type_).steps}
    assert {f"C{number}" for number in range(1, 19)} <= ids
    assert set(shipped.type(type_).phases) == set(PHASES)


#: Own steps of each type: the number before the dot, how many there are, and which of them are gates.
OWN = {
    "credential-leak": (1, 12, {2, 3, 4, 5, 6, 7, 8, 9}),
    "database-exposure": (2, 11, {1, 2, 3, 5, 6, 7, 8, 9}),
    "ransomware": (3, 14, {1, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14}),
    "insider": (4, 12, {1, 2, 3, 5, 6, 7, 8, 9, 10, 12}),
    "processor-breach": (5, 12, {1, 2, 3, 4, 7, 8, 9, 10, 11}),
    "lost-device": (6, 11, {1, 2, 3, 4, 5, 6, 7, 8, 10}),
    "misdirected-message": (7, 11, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}),
    "availability": (8, 11, {1, 2, 3, 5, 6, 7, 8, 9, 10, 11}),
    "web-compromise": (9, 11, {1, 2, 3, 5, 6, 7, 8, 9, 10}),
    "cloud-key": (10, 12, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12}),
    "account-takeover": (11, 9, {1, 2, 3, 4, 5, 6, 7, 9}),
    "unclassified": (0, 1, {1}),
}


def test_each_type_has_its_own_steps_and_gates(shipped: Catalog) -> None:
    assert set(OWN) == set(TYPES)
    for type_, (number, count, gates) in OWN.items():
        own = {step.id: step for step in shipped.type(type_).steps if step.id[0].isdigit()}
        assert set(own) == {f"{number}.{n}" for n in range(1, count + 1)}, type_
        assert {id_ for id_, step in own.items() if step.gate} == {f"{number}.{n}" for n in gates}, type_


def test_no_step_waits_for_one_of_a_later_phase(shipped: Catalog) -> None:
    for type_ in shipped.types.values():
        phase = {step.id: PHASES.index(step.phase) for step in type_.steps}
        late = [(s.id, b) for s in type_.steps for b in s.depends_on if phase[b] > phase[s.id]]
        assert late == [], type_.id


def test_backups_and_logs_are_saved_before_the_policy_deletes_them(shipped: Catalog) -> None:
    for type_ in TYPES:
        for id_, days, source in (("P1", 30, "Backup Procedures"), ("P2", 365, "12 months")):
            step = shipped.type(type_).step(id_)
            assert step is not None
            assert step.gate
            assert step.evidence_required
            assert step.perishes is not None
            assert (step.perishes.from_, step.perishes.within.days) == ("occurred_from", days)
            assert source in step.source


def test_the_promised_hardening_keeps_the_file_open(shipped: Catalog) -> None:
    for type_ in TYPES:
        hardening = [step for step in shipped.type(type_).steps if "hardening" in step.source]
        assert {step.phase for step in hardening} == {"recover", "review"}
        assert all(step.gate for step in hardening)


@pytest.mark.parametrize(
    ("promised", "phase"),
    [
        ("immediate containment measures", "contain"),
        ("forensic investigation", "scope"),
        ("system hardening to prevent recurrence", "recover"),
    ],
)
def test_what_the_policy_promises_of_a_response_is_a_gate_of_every_type(
    shipped: Catalog, promised: str, phase: str
) -> None:
    for type_ in TYPES:
        quoting = [step for step in shipped.type(type_).steps if f'"{promised}"' in step.source]
        assert any(step.gate and step.phase == phase for step in quoting)


def test_the_checklist_follows_the_law_where_folklore_differs(shipped: Catalog) -> None:
    warned = {step.id for step in all_steps(shipped) if step.warning}
    assert {"C5", "C12", "C14", "C15"} <= warned


def test_every_step_is_titled_in_both_languages_on_one_line(shipped: Catalog) -> None:
    for step in all_steps(shipped):
        assert set(step.title) >= {"en", "vi"}, step.id
        assert all(len(words) <= 72 for words in step.title.values()), step.id


def test_every_step_explains_itself_in_both_languages(shipped: Catalog) -> None:
    for step in all_steps(shipped):
        assert all(set(words) >= {"en", "vi"} for words in (step.text, step.warning or step.text)), step.id


def test_every_gate_says_what_to_keep_as_evidence(shipped: Catalog) -> None:
    assert [step.id for step in all_steps(shipped) if step.gate and not step.evidence] == []


def test_what_is_our_own_inference_is_marked(shipped: Catalog) -> None:
    marked = {step.id for step in all_steps(shipped) if step.verification == "practitioner-unconfirmed"}
    assert marked == {step.id for step in all_steps(shipped) if "inference" in step.source}
    assert marked


def test_every_step_can_be_done_by_somebody(shipped: Catalog) -> None:
    for step in all_steps(shipped):
        assert shipped.contacts.with_role(step.role), step.id


def test_every_person_is_a_sample_on_a_reserved_domain(shipped: Catalog) -> None:
    for person in shipped.contacts.people:
        assert person.sample
        assert RESERVED.search(person.email), person.id
    for processor in shipped.contacts.processors:
        assert processor.sample
        assert RESERVED.search(processor.email or ""), processor.id


def test_the_organisation_is_the_one_of_the_policy(shipped: Catalog) -> None:
    organisation = shipped.contacts.organisation
    assert (organisation.help_mail, organisation.phone) == ("help@streamonapi.com", "+84 98 909 4798")
    assert organisation.addresses[0].startswith("6 Lê Lăng, Phú Thọ Hoà, Tân Phú")
    assert organisation.eu_main_establishment is None
    assert organisation.approvals_needed == 2
    assert all(each.sample for each in organisation.identifiers)


@pytest.mark.parametrize("place", sorted({*EEA, "VN", "DE-BY", "DE-BE", "DE-HH", "DE-NW"}))
def test_every_country_of_the_eea_and_vietnam_has_an_authority(shipped: Catalog, place: str) -> None:
    authority = authority_for(shipped.contacts.authorities, place)
    assert authority is not None
    assert authority.place == place
    assert authority.name["en"]
    # Nobody has called these offices yet: no number may look as if somebody had.
    assert authority.contact_verification == "unconfirmed"


def test_each_rule_that_names_a_place_reaches_an_office_of_that_place(shipped: Catalog) -> None:
    offices = shipped.contacts.authorities
    asked = [
        (f"{regime.id}/{rule.id}", rule.place, authority_for(offices, rule.place, rule.competence))
        for regime in shipped.regimes.values()
        if regime.status == "in-force"
        for rule in regime.rules
        if rule.recipient == "authority" and rule.place
    ]
    assert len(asked) > 60
    assert {name: place for name, place, office in asked if office is None or office.place != place} == {}


def test_the_federal_authority_of_germany_says_that_it_only_stands_in(shipped: Catalog) -> None:
    federal = authority_for(shipped.contacts.authorities, "DE")
    assert federal is not None
    assert federal.note is not None
    assert "until the Land is known" in federal.note["en"]


def test_in_the_night_of_the_drill_linh_is_called_and_then_minh(shipped: Catalog) -> None:
    night = parse_moment("2026-11-24T02:40+07:00")
    ladder = shipped.contacts.ladder("incident-commander", "sev1")
    assert ladder is not None
    called = [shipped.contacts.called(level, night) for level in ladder.levels]
    assert called[:2] == [("linh",), ("minh",)]
    assert [level.after_minutes for level in ladder.levels][:2] == [0, 5]


@pytest.mark.parametrize("role", ["incident-commander", "dpo"])
@pytest.mark.parametrize("severity", ["sev1", "sev2", "sev3", "sev4", "sev5"])
def test_commander_and_dpo_each_answer_for_themselves_at_every_severity(
    shipped: Catalog, role: str, severity: str
) -> None:
    ladder = shipped.contacts.ladder(role, severity)
    assert ladder is not None
    now = parse_moment("2026-11-24T02:40+07:00")
    assert all(shipped.contacts.called(level, now) for level in ladder.levels)


def test_primary_and_secondary_are_never_the_same_person(shipped: Catalog) -> None:
    primary, secondary = (shipped.contacts.rotation(id_) for id_ in ("primary", "secondary"))
    for day in range(1, 29):
        at = datetime.fromisoformat(f"2027-02-{day:02}T03:00:00+07:00")
        assert on_call(primary, at) != on_call(secondary, at)


def test_the_data_map_holds_the_table_of_the_policy(shipped: Catalog) -> None:
    held = {kind.id: kind.retention.days for kind in shipped.data_map.kinds}
    table = {
        "api-logs": 365,
        "error-logs": 365,
        "payment-records": 2557,
        "support-communications": 1096,
        "usage-analytics": 730,
    }
    assert table.items() <= held.items()
    credentials = shipped.data_map.kind("account-credentials")
    assert credentials
    assert (credentials.retention.anchor, credentials.retention.days) == ("closed", 90)
    kept = [kind.id for kind in shipped.data_map.kinds if kind.retention.survives_deletion]
    assert kept == ["billing-details", "payment-records"]
    assert all(kind.retention.backup_days == 30 for kind in shipped.data_map.kinds)
    assert all(set(kind.name) >= {"en", "vi"} for kind in shipped.data_map.kinds)


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        ("/v1/account", {"account-info"}),
        ("/v1/billing/invoices/2026-10", {"billing-details", "payment-records"}),
        ("/v1/usage/daily", {"usage-analytics"}),
        ("/v1/support/tickets/81", {"support-communications"}),
        ("/v1/sessions", {"session-data", "device-info"}),
        ("/v1/keys", {"auth-tokens"}),
        ("/v1/streams/7/viewers", {"stream-viewers"}),
        ("/v1/health", set()),
    ],
)
def test_each_endpoint_shows_the_kinds_that_its_name_promises(
    shipped: Catalog, path: str, kinds: set[str]
) -> None:
    assert set(shipped.data_map.shown_by("GET", path)) == kinds


def test_viewers_of_customers_are_held_for_the_customers(shipped: Catalog) -> None:
    viewers = shipped.data_map.kind("stream-viewers")
    assert viewers is not None
    assert (viewers.role, viewers.group) == ("processor", "end-users-of-customers")


@pytest.mark.parametrize("path", sorted(CONTACTS.glob("*.yaml")), ids=lambda path: Path(path).name)
def test_every_file_of_contacts_opens_with_a_word_about_itself(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")
