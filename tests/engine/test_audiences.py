"""Guardians, our own people, and companies about their people: who gets which letter, and none the wrong one."""

from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from tests.story import WORDS
from tocsin import actions
from tocsin.actions.drafting import draft
from tocsin.catalog import default_folders
from tocsin.domain.errors import Refused
from tocsin.domain.notice import CUSTOMERS
from tocsin.domain.noticenames import CONTROLLERS
from tocsin.domain.scope.question import Listed, Question
from tocsin.engine.letters import leaving_digest, readers
from tocsin.evidence.verify import verify
from tocsin.storage import ledger
from tocsin.storage.ledger import STATES
from tocsin.views.controllers import controllers
from tocsin.views.letters import preview

CHILD = {"name": "Bé Na", "email": "na@kids.example", "birth_date": "2016-01-01"}


def parsed(mail):
    return message_from_bytes(mail.content, policy=policy.default)


def text_of(mail):
    return parsed(mail).get_body(("plain",)).get_content()


def to(tale, address):
    return [mail for mail in tale.letters if mail.recipients == (address,)]


def test_a_letter_about_a_child_goes_to_the_guardian_and_says_nothing_of_the_childs_address(tale):
    tale.with_customers(
        5,
        c2=CHILD | {"guardian": "mother@example.org", "locale": "vi"},
        c3=CHILD | {"name": "Bé Ti", "guardian": "c5", "email": "ti@kids.example", "locale": "en"},
        # The address that is named as the guardian's is the child's own, though another account has it.
        c4=CHILD | {"guardian": "c1", "email": "c1@example.org"},
        c5={"locale": "vi", "birth_date": "1980-01-01"},
    ).released()
    assert tale.readers == ["c1@example.org", "c5@example.org", "c5@example.org", "mother@example.org"]
    (mail,) = to(tale, "mother@example.org")
    message, text = parsed(mail), text_of(mail)
    assert message["To"] == "mother@example.org"
    assert "Quý phụ huynh" in text
    assert "data about your child" in text
    assert "Dear Bé Na" not in text
    # The guardian of c3 has an account: her letter is in her language, beside her own letter.
    letters = [text_of(each) for each in to(tale, "c5@example.org")]
    (childs,) = [each for each in letters if "Quý phụ huynh" in each]
    (own,) = [each for each in letters if "Kính gửi Customer 5" in each]
    assert "Bé Ti" in childs
    assert "Bé Ti" not in own
    assert not any(b"kids.example" in each.content for each in tale.letters)
    assert tale.told("LedgerFilled")[0].excluded == {"to the guardian: a minor": 1}
    assert sum(tale.counts[state] for state in STATES) == 5
    assert verify(tale.app, tale.key).fault is None


def test_where_no_letter_may_go_to_the_guardian_a_person_tells_her(tale):
    tale.with_customers(
        5,
        c2=CHILD | {"guardian": "not known here@"},
        c3=CHILD | {"guardian": "c4"},
        c4={"email": "", "birth_date": "1980-01-01"},
    ).released()
    assert tale.readers == ["c1@example.org", "c5@example.org"]
    assert tale.told("LedgerFilled")[0].excluded == {"to the guardian: a minor": 2, "no e-mail address": 1}


def test_no_letter_goes_to_a_guardians_mailbox_whose_key_was_taken(tale):
    ours = tale.folder / "templates" / "data_map.yaml"
    ours.parent.mkdir(parents=True, exist_ok=True)
    shipped = (default_folders()[0] / "data_map.yaml").read_text(encoding="utf-8")
    head, kind, rest = shipped.partition("  - id: account-credentials\n")
    ours.write_text(f"{head}{kind}    opens_mailbox: true\n{rest}", encoding="utf-8")
    tale.app = replace(tale.app, settings=tale.app.settings.model_copy(update={"templates": ours.parent}))
    assert tale.app.catalog.data_map.openers == ("account-credentials",)
    tale.with_customers(3, c2=CHILD | {"guardian": "c1"}, c1={"birth_date": "1980-01-01"})
    tale.declare()
    question = Question(
        people=(Listed(who="c1", kinds=("account-credentials",)), Listed(who="c2", kinds=("account-info",)))
    )
    actions.scope(tale.app, tale.actor("giang"), tale.key, question)
    tale.settle()
    found = {person.id: person for _, person in readers(tale.app, tale.incident)}
    assert found["c2"].guardian == "c1"
    assert found["c2"].guardian_email is None


def test_each_group_is_shown_before_it_is_approved_and_stands_in_the_digest(tale):
    tale.with_customers(
        4, c2=CHILD | {"guardian": "mother@example.org"}, c3={"flags": "employee"}, c4={"locale": "en"}
    ).drafted()
    shown = preview(tale.app, tale.actor("an"), tale.incident, CUSTOMERS)
    groups = {view.audience: dict(view.groups) for view in shown.variants}
    assert groups["guardian"] == {"guardians": 1}
    assert groups["employee"] == {"employees": 1}
    assert not any(view.problems for view in shown.variants)
    guardians = next(view for view in shown.variants if view.audience == "guardian")
    assert "To: alex.example@example.com" in guardians.raw
    assert "Alex Example" in guardians.letter.text
    assert "mother@example.org" not in guardians.raw
    assert "kids.example" not in guardians.raw
    assert shown.digest == shown.drafted_digest == leaving_digest(tale.app, tale.incident, CUSTOMERS)
    # What was approved for a customer is not what a guardian would get.
    tale.with_customers(4, c2=CHILD | {"guardian": ""}, c3={"flags": ""}, c4={"locale": "en"})
    tale.scope()
    assert leaving_digest(tale.app, tale.incident, CUSTOMERS) != shown.digest


#: What the source says of c2 by a later scope, where it said nothing of the kind before.
OTHERWISE = {
    "a guardian": CHILD | {"guardian": "mother@example.org"},
    "one of ours": {"flags": "employee"},
    "another language": {"locale": "de"},
    "no name": {"name": "https://evil.example/win"},
}


@pytest.mark.parametrize("said", OTHERWISE)
@pytest.mark.parametrize("approved", [True, False])
def test_how_somebody_is_spoken_to_changes_by_a_later_scope_and_the_letter_is_drafted_again(
    tale, said, approved
):
    # The columns are there from the first on, as of somebody else.
    others = dict.fromkeys(("birth_date", "guardian", "flags"), "")
    tale.with_customers(4, c1=others | {"locale": "en"})
    tale.approved() if approved else tale.drafted()
    before = tale.letter.digest
    tale.with_customers(4, c1=others | {"locale": "en"}, c2=OTHERWISE[said]).scope()
    voided = [each.because for each in tale.told("NoticeVoided")]
    assert voided == ([("the recipients changed",)] if approved else [])
    assert (tale.letter.mark, tale.letter.edition) == ("in-review", 2)
    assert tale.letter.digest == leaving_digest(tale.app, tale.incident, CUSTOMERS) != before
    tale.approve().as_("an").release(CUSTOMERS)
    assert tale.letter.mark == "sent"


def test_what_no_letter_says_otherwise_for_leaves_an_approval_alone(tale):
    tale.with_customers(4, c2={"locale": "vi"}, c4={"locale": "vi"}).approved()
    digest = tale.letter.digest
    # Another of hers, another address, the same language written otherwise, and another name.
    change = {"locale": "vi_VN.UTF-8", "email": "c2.b@example.org", "name": "Customer Two"}
    tale.with_customers(4, c2=change, c4={"locale": "vi"}).scope()
    assert (tale.letter.mark, tale.letter.digest) == ("approved", digest)
    tale.as_("an").release(CUSTOMERS)
    assert "c2.b@example.org" in tale.readers


def test_our_own_people_are_told_in_words_for_them_and_answer_to_human_resources(tale):
    ours = tale.folder / "contacts" / "organisation.yaml"
    ours.parent.mkdir(parents=True, exist_ok=True)
    shipped = (default_folders()[1] / "organisation.yaml").read_text(encoding="utf-8")
    ours.write_text(
        shipped.replace("staff_contact: null", "staff_contact: hr@streamonapi.example"), encoding="utf-8"
    )
    tale.app = replace(tale.app, settings=tale.app.settings.model_copy(update={"contacts": ours.parent}))
    firm = tale.app.catalog.contacts.organisation
    tale.with_customers(3, c2={"flags": "employee"}, c3={"flags": "employee", "email": ""}).released()
    (staff,), (customer,) = to(tale, "c2@example.org"), to(tale, "c1@example.org")
    assert parsed(staff)["Reply-To"] == "hr@streamonapi.example"
    assert parsed(customer)["Reply-To"] == firm.reply_to
    assert "hr@streamonapi.example" in text_of(staff)
    assert "because you work, or have worked, for us" in text_of(staff)
    assert "hr@streamonapi.example" not in text_of(customer)
    assert tale.told("LedgerFilled")[0].excluded == {"told in the house: works for us": 1}


VIEWERS = {"role": "processor", "controller": "acme"}


def companies(tale, **more):
    """Two people held for acme, which nobody asked about, one for c1, who is hit herself; and one customer."""
    held = {"c2": VIEWERS, "c3": VIEWERS | {"locale": "vi"}, "c4": VIEWERS | {"controller": "c1"}}
    tale.with_customers(5, **held | more)
    tale.customers.append(
        {
            "id": "acme",
            "email": "privacy@acme.example",
            "name": "Acme",
            "locale": "vi",
            "country": "VN",
            "agreed": "yes",
        }
    )
    import csv

    names = list(dict.fromkeys(name for row in tale.customers for name in row))
    with (tale.folder / "customers.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, names, restval="")
        table.writeheader()
        table.writerows(tale.customers)
    tale.customers.pop()
    return tale


def tell_companies(tale):
    state = tale.incident.notices[CONTROLLERS]
    for person in ("an", "chi"):
        tale.as_(person).approve(CONTROLLERS, digest=state.digest)
    tale.as_("an").release(CONTROLLERS)
    return tale


def test_a_company_is_told_of_her_people_and_they_get_no_letter_of_ours(tale):
    tell_companies(companies(tale).drafted())
    assert tale.readers == ["c1@example.org", "privacy@acme.example"]
    (mail,) = to(tale, "privacy@acme.example")
    text = text_of(mail)
    assert "as your processor" in text
    assert "as far as we know: 2." in text
    assert "bên xử lý dữ liệu" in text
    assert "account information" in text
    assert parsed(mail)["To"] == "Acme <privacy@acme.example>"
    # Nobody of hers is named in it.
    assert not any(f"Customer {n}" in text or f"c{n}@" in text for n in (2, 3, 4))
    assert tale.incident.notices[CONTROLLERS].mark == "sent"
    assert tale.incident.notices[CONTROLLERS].recipients == 2
    assert verify(tale.app, tale.key).fault is None
    with tale.app.database.read() as connection:
        rows = ledger.rows_of(connection, tale.key, CONTROLLERS)
    assert [row.state for row in rows] == ["handed_over", "handed_over"]
    # Their own letter goes to customers as ever.
    tale.approve().as_("an").release(CUSTOMERS)
    assert tale.readers == ["c1@example.org", "c1@example.org", "c5@example.org", "privacy@acme.example"]
    found = tale.told("LedgerFilled")[-1].excluded
    assert found == {"by the customer for whom we hold her data, and whom we tell": 3}


def test_the_duty_to_tell_companies_is_met_once_each_was_told(tale):
    tell_companies(companies(tale).drafted())
    duties = [duty for duty in tale.incident.duties.values() if duty.opened.recipient == "controller"]
    assert duties
    assert {duty.mark for duty in duties} == {"met"}


def test_the_duty_to_tell_companies_stays_open_while_one_of_them_has_no_address_or_is_unknown(tale):
    tell_companies(companies(tale, c5=VIEWERS | {"controller": "c9"}).drafted())
    duties = [duty for duty in tale.incident.duties.values() if duty.opened.recipient == "controller"]
    assert {duty.mark for duty in duties} == {"open"}
    with tale.app.database.read() as connection:
        rows = ledger.rows_of(connection, tale.key, CONTROLLERS)
    assert sorted(row.reason or row.state for row in rows) == [
        "handed_over",
        "handed_over",
        "no e-mail address",
    ]
    tale.as_("an").told_otherwise(CONTROLLERS, because="called c9")
    assert {duty.mark for duty in tale.incident.duties.values() if duty.opened.recipient == "controller"} == {
        "open"
    }


def test_a_company_that_is_a_suspect_is_held_and_one_whose_mailbox_was_taken_is_not_mailed(tale):
    companies(tale, c1={"flags": "suspect"}).drafted()
    found = {
        each.id: (each.email, each.people) for each in controllers(tale.app, tale.actor("an"), tale.incident)
    }
    assert found == {"acme": ("privacy@acme.example", 2), "c1": ("c1@example.org", 1)}
    tell_companies(tale)
    assert tale.readers == ["privacy@acme.example"]


def test_the_letter_to_companies_is_drafted_once_there_is_something_to_say(tale):
    companies(tale)
    tale.declare()
    tale.as_("linh").ack()
    tale.as_("an").ack()
    tale.scope()
    assert CONTROLLERS not in tale.incident.notices
    tale.as_("an").learn({"measures_taken": WORDS["measures_taken"]}, source="the team")
    assert CONTROLLERS not in tale.incident.notices
    tale.as_("an").learn({"advice_to_people": WORDS["advice_to_people"]}, source="the team")
    state = tale.incident.notices[CONTROLLERS]
    assert (state.mark, state.edition, state.recipients) == ("in-review", 1, 2)
    assert state.asked_seq is not None
    # Asked for by hand as well, it is the same one.
    draft(tale.app, tale.actor("an"), tale.key, CONTROLLERS)
    assert tale.incident.notices[CONTROLLERS].edition == 1


def test_a_company_that_a_later_scope_finds_gets_the_letter_in_a_further_batch(tale):
    tell_companies(companies(tale).drafted())
    assert tale.incident.notices[CONTROLLERS].mark == "sent"
    # Another of c1's people makes no other company of her.
    companies(tale, c5=VIEWERS | {"controller": "c1", "locale": "de"}).scope()
    assert tale.incident.notices[CONTROLLERS].edition == 1
    companies(tale, c1={"role": "processor", "controller": "c5"}).scope()
    state = tale.incident.notices[CONTROLLERS]
    assert (state.mark, state.edition, state.recipients) == ("in-review", 2, 3)
    sent = tale.readers
    tell_companies(tale)
    assert sorted([*sent, "c5@example.org"]) == tale.readers


def test_a_company_that_takes_the_place_of_another_gets_the_letter_too(tale):
    tell_companies(companies(tale).drafted())
    # As many as before, and one of them is another.
    others = {"controller": "c5"}
    companies(tale, c2=VIEWERS | others, c3=VIEWERS | others).scope()
    assert [each.id for each in controllers(tale.app, tale.actor("an"), tale.incident)] == ["c1", "c5"]
    state = tale.incident.notices[CONTROLLERS]
    assert (state.mark, state.edition, state.recipients) == ("in-review", 2, 2)
    sent = tale.readers
    tell_companies(tale)
    assert sorted([*sent, "c5@example.org"]) == tale.readers
    # Who was told before is told no second time, and the letter is not drafted again for her.
    companies(tale).scope()
    state = tale.incident.notices[CONTROLLERS]
    assert (state.mark, state.edition) == ("sent", 2)
    assert tale.incident.scope.controllers_new == 0


def test_the_letter_to_companies_is_not_drafted_again_for_those_who_had_it(tale):
    tell_companies(companies(tale).drafted())
    companies(tale, c5=VIEWERS | {"controller": "c5"}).scope()
    tell_companies(tale)
    edition = tale.incident.notices[CONTROLLERS].edition
    assert tale.incident.scope.controllers_new == 1, "as it was when that scope was measured"
    # Neither another scope with the same ones nor fewer of them is anything new.
    companies(tale, c1={"locale": "de"}, c5=VIEWERS | {"controller": "c5"}).scope()
    companies(tale).scope()
    state = tale.incident.notices[CONTROLLERS]
    assert (state.mark, state.edition) == ("sent", edition)
    duties = [duty for duty in tale.incident.duties.values() if duty.opened.recipient == "controller"]
    assert {duty.mark for duty in duties} == {"met"}


@pytest.mark.parametrize("released", [True, False])
def test_another_company_before_the_letter_left_voids_it(tale, released):
    companies(tale).drafted()
    state = tale.incident.notices[CONTROLLERS]
    for person in ("an", "chi"):
        tale.as_(person).approve(CONTROLLERS, digest=state.digest)
    companies(tale, c5=VIEWERS | {"controller": "c1"})
    if released:
        actions.release(tale.app, tale.actor("an"), tale.key, CONTROLLERS)
    tale.scope()
    assert tale.told("NoticeVoided")[-1].because == ("the recipients changed",)
    state = tale.incident.notices[CONTROLLERS]
    assert (state.mark, state.edition) == ("in-review", 2)
    assert state.digest == leaving_digest(tale.app, tale.incident, CONTROLLERS)


def test_without_a_company_there_is_no_such_letter(tale):
    tale.with_customers(2).drafted()
    with pytest.raises(Refused, match="we hold data for no customer whose people were hit"):
        draft(tale.app, tale.actor("an"), tale.key, CONTROLLERS)
    assert (
        WORDS["measures_taken"]["en"]
        in preview(tale.app, tale.actor("an"), tale.incident, CUSTOMERS).variants[0].letter.text
    )
