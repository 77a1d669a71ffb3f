"""A bad line anywhere in the two folders is refused with its file, its line and the way out."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tocsin.catalog import load_catalog
from tocsin.domain.errors import BadFile, Refused

if TYPE_CHECKING:
    from tests.catalog.conftest import Copy

TYPE = "types/credential-leak/type.yaml"
SPINE = "types/common-spine.yaml"
COMMANDS, NONE = "contacts/commands.yaml", "commands: []"


def one_command(step: str, argv: str, **more: str) -> str:
    """A commands.yaml with one command, on one line."""
    keys = {"id": "revoke", "does": "revokes", "steps": f'["{step}"]', "argv": argv, "within": "1 min"} | more
    return f"commands: [{{{', '.join(f'{key}: {value}' for key, value in keys.items())}}}]"


#: file, what stands there, what is put in its place, the complaint
MISTAKES = [
    ("data_map.yaml", "purpose:", "pupose:", "unknown key 'pupose'; did you mean purpose?"),
    ("data_map.yaml", "      backup_days: 30\n", "", "key 'backup_days' is missing"),
    (
        "data_map.yaml",
        "categories: [account, password-hash]",
        "categories: [account, passwd]",
        "no category of data",
    ),
    ("data_map.yaml", "id: account-credentials", "id: account-info", "'account-info' stands here twice"),
    ("data_map.yaml", "days: 365", "days: many", "is no whole number"),
    (TYPE, "includes: [common-spine]", "includes: [common-spin]", "did you mean common-spine?"),
    (TYPE, "data_at_risk: [account-info", "data_at_risk: [acount-info", "did you mean account-info?"),
    (TYPE, "violation: breach", "violation: breech", "did you mean breach"),
    (TYPE, "violation: breach", "violatoin: breach", "did you mean violation"),
    (TYPE, "id: credential-leak", "id: credentials", "stands in the folder 'credential-leak'"),
    (TYPE, 'id: "1.2"', 'id: "1.1"', "this id is taken"),
    (TYPE, 'id: "1.2"', "id: C2", "this id is taken"),
    (TYPE, 'id: "1.10"', "id: 1.10", "put it in quotes"),
    (TYPE, 'depends_on: ["1.6"]', 'depends_on: ["1.66"]', "did you mean 1.6"),
    (TYPE, 'depends_on: ["1.3"]', 'depends_on: ["1.3", "1.8"]', "waits for itself: 1.6 -> 1.8 -> 1.6"),
    (TYPE, "role: operations", "role: operation", "'operation' is unknown; did you mean operations?"),
    (TYPE, "phase: contain", "phase: containment", "did you mean contain?"),
    (TYPE, "within: 5 min", "within: 5 minutes", "15 min, 4 h or 30 days"),
    (TYPE, "from: declared_at", "from: declard_at", "did you mean declared_at?"),
    (SPINE, "only_if: {fact: intent,", "only_if: {fact: intend,", "did you mean intent"),
    (SPINE, "is: malicious}", "is: malice}", "did you mean malicious"),
    (SPINE, "only_if: {fact:", "only_if: {fakt:", "a condition is one of"),
    (SPINE, "perishes: {from: occurred_from", "perishes: {from: ocurred_from", "did you mean occurred_from?"),
    (SPINE, "gate: true", "gate: true\n    gate: true", "key 'gate' stands here twice"),
    (
        "types/credential-leak/what_happened.en.j2",
        "{{ contained_at }}",
        "{{ contaned_at }}",
        "did you mean contained_at",
    ),
    # A fact that no approval binds has no place in a letter.
    (
        "types/credential-leak/what_happened.en.j2",
        "{{ contained_at }}",
        "{{ root_cause }}",
        "unknown variable 'root_cause'",
    ),
    ("types/credential-leak/what_happened.vi.j2", "{% endif %}", "{% endfi %}", "endfi"),
    (
        "notices/customer.en.txt.j2",
        "{{ dated }}",
        "{{ datd }}",
        "unknown variable 'datd'; did you mean dated",
    ),
    ("messages/page.en.j2", "{{ severity }}", "{{ severity|nofilter }}", "unknown filter 'nofilter'"),
    ("messages/frame.en.j2", "{% if due %}", "{% if due is odd %}", "unknown test 'odd'"),
    ("messages/mail.html.j2", "{{ headline }}", "{{ headline.text }}", "has no .text; print it whole"),
    ("messages/mail.html.j2", "{{ headline }}", "{{ headline['text'] }}", "has no [...]; print it whole"),
    ("notices/customer.en.html.j2", '"frame.html.j2"', '"fram.html.j2"', "no template 'fram.html.j2'"),
    ("papers/words.vi.yaml", "thousands:", "thousand:", "did you mean thousands?"),
    ("papers/words.vi.yaml", "language: vi", "language: de", "is not the one of papers/words.vi.yaml"),
    ("papers/words.en.yaml", "{minutes} min", "{minute} min", "nobody fills the blank 'minute'"),
    ("papers/words.en.yaml", "{minutes} min", "{minutes min", "a brace has no partner"),
    ("regimes/vn-pdpl/authority.yaml", "answer: organisation.name", "answer: company.name", "unknown answer"),
    ("regimes/vn-pdpl/authority.yaml", "{organisation}", "{company}", "nobody fills the blank 'company'"),
    ("regimes/eu-gdpr/authority.yaml", "signature:", "signatur:", "did you mean signature?"),
    ("regimes/vn-pdpl/examples.yaml", "- name:", "- nam:", "example 1 lacks 'name'"),
    ("regimes/eu-gdpr/regime.yaml", "id: eu-gdpr", "id: eu-gdrp", "stands in the folder 'eu-gdpr'"),
    ("contacts/organisation.yaml", "dpo: an", "dpo: ann", "there is no person 'ann'; did you mean an"),
    ("contacts/organisation.yaml", "dpo: an", "dpo: chi", "chi lacks the role 'dpo'"),
    ("contacts/organisation.yaml", "established_in: VN", "established_in: Vietnam", "'Vietnam' is no place"),
    (
        "contacts/organisation.yaml",
        "zone: Asia/Ho_Chi_Minh",
        "zone: Asia/Hanoi",
        "is not a zone of the IANA database",
    ),
    (
        "contacts/organisation.yaml",
        "eu_main_establishment: null",
        "eu_main_establishment: DE-HH",
        "none of them is in DE, where eu_main_establishment (DE-HH) is",
    ),
    ("contacts/organisation.yaml", "sectors: []", "sectors: [health, telco]", "'telco' is unknown"),
    ("contacts/organisation.yaml", "phone: +84", "phone: 0084", "does not fit; write a number like +84"),
    (
        "contacts/organisation.yaml",
        "languages: [",
        "languages: [] # [",
        "languages: is empty; write at least 1",
    ),
    (
        "contacts/people.yaml",
        "id: minh",
        "id: Minh T",
        "does not fit; write small letters, digits and hyphens",
    ),
    ("contacts/people.yaml", "email: minh@", "email: minh at ", "does not fit; write an address like linh@"),
    ("contacts/people.yaml", "routes: [slack, email]", "routes: slack", "write a list here, like [a, b]"),
    ("contacts/escalation.yaml", "again_after_minutes: 20", "again_after_minutes: 0", "must be more than 0"),
    ("contacts/people.yaml", "roles: [dpo]", "roles: [dpo, consul]", "did you mean counsel?"),
    ("contacts/people.yaml", "id: minh", "id: linh", "'linh' stands here twice"),
    ("contacts/people.yaml", "unix: minh", "unix: linh", "unix 'linh' already belongs to 'linh'"),
    ("contacts/people.yaml", "email: minh@", "email: Linh@", "already belongs to 'linh'"),
    ("contacts/people.yaml", "routes: [slack, email]", "routes: [slack, fax]", "'fax' is unknown"),
    (
        "contacts/people.yaml",
        "routes: [slack, email]",
        "routes: [slack, command]",
        "the route 'command' wants a gateway",
    ),
    (
        "contacts/people.yaml",
        "routes: [slack, email]",
        "routes: [slack, 'command:vioce']",
        "there is no gateway 'vioce'",
    ),
    ("contacts/people.yaml", "routes: [slack, email]", "routes: [slack, slack]", "stands here twice"),
    (
        "contacts/people.yaml",
        "routes: [slack, email]",
        "routes: [{by: slack, after_minutes: 2}]",
        "one route must be used at once",
    ),
    ("contacts/escalation.yaml", "[{rotation: primary}]", "[{everyone: false}]", "everyone"),
    (
        "contacts/escalation.yaml",
        "[{rotation: primary}]",
        "[{rotation: primary, everyone: true}]",
        "name exactly one of rotation, person, role, everyone",
    ),
    (
        "contacts/escalation.yaml",
        "gateways: []",
        "gateways: [{id: sms, does: rings, argv: [ring], within: 5 s}]",
        "with its whole path",
    ),
    (
        "contacts/escalation.yaml",
        "gateways: []",
        "gateways: [{id: sms, does: rings, argv: [/bin/ring], within: 2 min}]",
        "40 s",
    ),
    ("contacts/people.yaml", "people:", "persons:", "unknown key 'persons'"),
    ("contacts/oncall.yaml", "people: [linh, minh]", "people: [linh, min]", "did you mean minh"),
    (
        "contacts/oncall.yaml",
        "turn: weekly",
        "turn: monthly",
        "'monthly' is no turn; write daily, weekly, or",
    ),
    ("contacts/escalation.yaml", "{rotation: primary}", "{rotation: primry}", "did you mean primary"),
    (
        "contacts/escalation.yaml",
        "{role: accountable-officer}",
        "{role: forensic}",
        "did you mean forensics?",
    ),
    (
        "contacts/escalation.yaml",
        "[sev3, sev4, sev5]",
        "[sev2, sev4, sev5]",
        "has the ladder 'commander-urgent' already",
    ),
    (
        "contacts/escalation.yaml",
        "severities: [sev1, sev2]",
        "severities: [sev2]",
        "no ladder calls the incident-commander at sev1; add sev1 to the severities of one",
    ),
    (
        "contacts/escalation.yaml",
        "{id: sev1, every_minutes: 30",
        "{id: sev9, every_minutes: 30",
        "'sev9' is unknown",
    ),
    ("contacts/escalation.yaml", "every_minutes: 30,", "every_minutes: 0,", "must be more than 0"),
    ("contacts/escalation.yaml", "{id: sev2, every", "{id: sev1, every", "'sev1' stands here twice"),
    (
        "contacts/escalation.yaml",
        "{id: legal, role: counsel}",
        "{id: legal, person: chy}",
        "did you mean chi",
    ),
    (
        "contacts/escalation.yaml",
        "{id: legal, role: counsel}",
        "{id: legal, rotation: primry}",
        "did you mean primary",
    ),
    (
        "contacts/escalation.yaml",
        "{id: legal, role: counsel}",
        "{id: legal, role: counsel, person: chi}",
        "name exactly one of",
    ),
    ("contacts/escalation.yaml", "stakeholders:", "stakholders:", "did you mean stakeholders"),
    ("contacts/authorities.yaml", "place: DE-BY", "place: DE-BAY", "'DE-BAY' is no place"),
    ("contacts/authorities.yaml", "verification: primary", "verification: sure", "'sure' is unknown"),
    (
        "contacts/processors.yaml",
        "kinds: [account-info]",
        "kinds: [accounts]",
        "the data map has no kind 'accounts'",
    ),
]

#: Where the complaint cannot stand on the very line: a missing key is missed above it, a doubled one below.
BESIDE = {
    "none of them is in DE, where eu_main_establishment (DE-HH) is": 1,
    "key 'backup_days' is missing": -2,
    "key 'gate' stands here twice": 1,
    # The words are folded, and the line is that of their language.
    "nobody fills the blank 'company'": -1,
}


@pytest.mark.parametrize(("name", "old", "new", "complaint"), MISTAKES)
def test_a_mistake_is_named_with_its_line(
    copy: "Copy", name: str, old: str, new: str, complaint: str
) -> None:
    line = copy.edit(name, old, new)
    with pytest.raises(BadFile) as caught:
        copy.load()
    message = str(caught.value)
    assert complaint in message
    assert caught.value.path == copy.path(name)
    assert "\n" not in message
    assert caught.value.line == line + BESIDE.get(complaint, 0)


@pytest.mark.parametrize(
    ("name", "written", "complaint"),
    [
        ("contacts/processors.yaml", "processors: none\n", "write one list under the key 'processors'"),
        ("contacts/escalation.yaml", "ladders: none\n", "write one list under the key 'ladders'"),
        ("contacts/escalation.yaml", "[]\n", "write one list under the key 'ladders'"),
        ("contacts/escalation.yaml", "gateways: []\n", "no ladder calls the incident-commander at sev1"),
        ("contacts/organisation.yaml", "- a\n", "write keys and their values here"),
        ("stray/letter.en.txt.j2", "{{ name }}", "no variables.yaml beside it"),
        ("messages/page.vi.j2", "{% block subject %}{{ name }}{% endblock %}\n", "has no block 'headline'"),
        (
            "messages/page.de.j2",
            "{% block subject %}{{ name }}{% endblock %}\n",
            "there is no frame.de.j2 beside it",
        ),
    ],
)
def test_a_file_that_is_something_else_is_refused_at_its_first_line(
    copy: "Copy", name: str, written: str, complaint: str
) -> None:
    path = copy.path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(written)
    with pytest.raises(BadFile) as caught:
        copy.load()
    assert (caught.value.path, caught.value.line) == (path, 1)
    assert complaint in str(caught.value)


def test_a_role_that_must_always_be_called_and_has_no_ladder_is_refused(copy: "Copy") -> None:
    path = copy.path("contacts/escalation.yaml")
    path.write_text(path.read_text(encoding="utf-8").replace("    role: dpo\n", "    role: counsel\n"))
    with pytest.raises(BadFile, match=r"escalation\.yaml:1: no ladder calls the dpo at sev1"):
        copy.load()


@pytest.mark.parametrize(
    "name",
    [
        "messages/page.vi.j2",
        "papers/parts.typ",
        "papers/words.vi.yaml",
        "regimes/vn-pdpl/authority.typ",
        "regimes/vn-pdpl/authority.yaml",
        "regimes/vn-pdpl/examples.yaml",
    ],
)
@pytest.mark.parametrize(
    ("content", "complaint"), [(b"\n", "1: is empty"), (b"a\n\xff\x00", "2: is not UTF-8")]
)
def test_a_file_that_is_empty_or_no_text_is_refused_before_anything_needs_it(
    copy: "Copy", name: str, content: bytes, complaint: str
) -> None:
    copy.path(name).write_bytes(content)
    with pytest.raises(BadFile, match=complaint):
        copy.load()


def test_a_phrase_that_a_language_lacks_is_missed_where_its_phrases_stand(copy: "Copy") -> None:
    line = copy.edit("papers/words.vi.yaml", "phrases:", "phrases:")
    copy.edit("papers/words.vi.yaml", "  minutes: ", "  minute: ")
    with pytest.raises(BadFile, match=rf"words\.vi\.yaml:{line}: phrase 'minutes' is missing"):
        copy.load()


def test_words_that_are_written_as_json_are_refused_with_the_name_that_they_should_have(copy: "Copy") -> None:
    copy.path("papers/words.fr.json").write_text("{}")
    with pytest.raises(
        BadFile, match=r"words\.fr\.json:1: words are written as YAML; call it words\.fr\.yaml"
    ):
        copy.load()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("papers/words.en.yaml", "words.en.yaml is missing; restore it"),
        ("data_map.yaml", "data_map.yaml is missing"),
        ("contacts/people.yaml", "people.yaml is missing"),
        ("contacts/organisation.yaml", "organisation.yaml is missing"),
    ],
)
def test_a_file_that_must_be_there_is_missed_by_name(copy: "Copy", name: str, complaint: str) -> None:
    copy.path(name).unlink()
    with pytest.raises(Refused, match=complaint):
        copy.load()


def test_a_folder_that_is_not_there_is_refused(copy: "Copy") -> None:
    missing = copy.templates / "none"
    with pytest.raises(Refused, match="no such folder"):
        load_catalog([copy.templates, missing], [copy.contacts])
    with pytest.raises(Refused, match="no such folder"):
        load_catalog([copy.templates], [copy.contacts, missing])


def test_a_clock_that_follows_a_rule_which_another_law_does_not_have_is_refused(copy: "Copy") -> None:
    copy.edit("regimes/policy-promise/regime.yaml", "from: violation_found_at", "after: [vn-pdpl/authorty]")
    with pytest.raises(BadFile, match="vn-pdpl has no rule 'authorty'; did you mean authority"):
        copy.load()


@pytest.mark.parametrize(
    ("code", "was", "now", "said"),
    [
        ("policy-promise", "from: violation_found_at", "after: [vn-pdlp/authority]", "did you mean vn-pdpl"),
        ("us-fl", "of: us-fl, is: not", "of: us-fll, is: not", "of: there is no law 'us-fll'"),
        ("us-fl", "of: us-fl, is: not", "of: us-fl/nobody, is: not", "of: us-fl has no rule 'nobody'"),
        ("us-fl", "from: harm_ruled_out_at", "after: [individual]", "harm-waiver: the regime has no rule"),
        ("us-fl", "from: harm_ruled_out_at", "after: [harm-waiver]", "its clock waits for itself"),
        ("us-fl", "valid_from: 2014-07-01", "valid_from: 2014-02-30", "valid_from: write a day"),
        ("us-fl", "within: {calendar_days: 10}", "within: {calendar_days: true}", "is no whole number"),
        ("us-fl", "within: {calendar_days: 10}", "within: {calendar_days: 99999999999}", "3650"),
    ],
)  # fmt: skip
def test_what_a_law_cannot_mean_is_refused_with_the_line_of_its_rule(
    copy: "Copy", code: str, was: str, now: str, said: str
) -> None:
    path = copy.path(f"regimes/{code}/regime.yaml")
    lines = path.read_text(encoding="utf-8").split("\n")
    line = 1 + next(number for number, text in enumerate(lines) if was in text)
    copy.edit(f"regimes/{code}/regime.yaml", was, now)
    with pytest.raises(BadFile, match=said.replace("(", r"\(")) as refusal:
        copy.load()
    # At the very line, or at the top of the rule in which it stands.
    top = 1 + max(
        number for number, text in enumerate(lines[:line]) if text.startswith("  - id:") or number == 0
    )
    assert refusal.value.line in (line, top)
    assert "\n" not in str(refusal.value)


def test_clocks_of_two_laws_that_wait_for_each_other_are_refused(copy: "Copy") -> None:
    copy.edit("regimes/policy-promise/regime.yaml", "from: violation_found_at", "after: [vn-pdpl/authority]")
    copy.edit("regimes/vn-pdpl/regime.yaml", "from: violation_found_at", "after: [policy-promise/customers]")
    with pytest.raises(BadFile, match="policy-promise/customers: its clock waits for itself through"):
        copy.load()


#: What is put in the place of no commands, the complaint
COMMAND_MISTAKES = [
    (one_command("1.33", "[/bin/true]"), "no incident type has a step '1.33'; did you mean"),
    (one_command("1.3", "[revoke]"), "write the program with its whole path, like /usr/"),
    (one_command("1.3", "/bin/true --all"), "argv: write a list"),
    (one_command("1.3", "[]"), "argv: "),
    (one_command("1.3", '[/bin/sh, "-c", "a\\nb"]'), "argv[2]: "),
    (one_command("1.3", "[/bin/true]", within="2 h"), "a command may take 1 h at most"),
    (one_command("1.3", "[/bin/true]", shell="true"), "unknown key 'shell'"),
    (one_command("1.3", "[/bin/true]", within="30 sec"), "'30 sec' is no span of time"),
]


@pytest.mark.parametrize(("written", "complaint"), COMMAND_MISTAKES)
def test_a_mistake_in_the_commands_costs_the_commands_and_nothing_else(
    copy: "Copy", written: str, complaint: str
) -> None:
    line = copy.edit(COMMANDS, NONE, written)
    contacts = copy.load().contacts
    assert contacts.commands == ()
    assert contacts.commands_fault.startswith(f"{copy.path(COMMANDS)}:{line}: ")
    assert complaint in contacts.commands_fault
    assert "\n" not in contacts.commands_fault


def test_a_command_may_have_seconds(copy: "Copy") -> None:
    copy.edit(COMMANDS, NONE, one_command("1.3", "[/bin/true]", within="30 s"))
    (command,) = copy.load().contacts.commands
    assert command.within == timedelta(seconds=30)


def test_a_step_has_one_command_or_nobody_could_say_which_one_ran(copy: "Copy") -> None:
    both = "\n".join(
        f"  - {{id: {name}, does: it, steps: [P2], argv: [/bin/true], within: 1 min}}" for name in ("a", "b")
    )
    copy.edit(COMMANDS, NONE, f"commands:\n{both}")
    line = copy.edit(COMMANDS, both.splitlines()[1], both.splitlines()[1])
    complaint = f"{copy.path(COMMANDS)}:{line}: step P2 has the command 'a' already; let one program do both"
    assert copy.load().contacts.commands_fault == complaint


def test_a_house_without_commands_is_no_fault(copy: "Copy") -> None:
    copy.path(COMMANDS).unlink()
    assert copy.load().contacts.commands == ()
