"""Who is one person: what the rows of a customer source say of somebody, together and apart."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.scoping.scenes import ASKED, KEY, MAP, ask, log_source, request, write_log
from tocsin.domain.scope.people import AffectedPerson
from tocsin.domain.scope.question import read_question
from tocsin.domain.scope.routes import route_of
from tocsin.domain.scope.tally import circumstances
from tocsin.domain.sources import CustomerFields, CustomerSource, Sources
from tocsin.scoping.identity import MOST_ACCOUNTS
from tocsin.scoping.measure import Measurement, measure
from tocsin.storage import affected


def customers(folder: Path, *rows: dict[str, str], **declared: Any) -> CustomerSource:
    """A CSV with the columns that these rows name, each mapped to ours of that name."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    path = folder / f"{declared.get('name', 'crm')}.csv"
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, header, restval="")
        writer.writeheader()
        writer.writerows(rows)
    fields = CustomerFields(**{name: name for name in header})
    return CustomerSource(**({"name": "crm", "path": str(path), "fields": fields} | declared))


def found(folder: Path, source: CustomerSource, *accounts: str) -> Measurement:
    """One answered request of each of these accounts, all by the attacker's address."""
    log = write_log(folder, [request(1 + minute, who) for minute, who in enumerate(accounts)])
    return ask(folder, log, {"ips": ["192.0.2.1"]}, customers=source)


def people(measurement: Measurement) -> dict[str, AffectedPerson]:
    return {person.id: person for person in measurement.people()}


def test_what_a_source_says_of_somebody_reaches_her_record_and_comes_back_from_the_store(tmp_path):
    row = {
        "id": "c1", "email": "a@x.org", "emails": "b@x.org", "created_at": "2020-01-01", "closed_at": "2025-01-01",
        "deleted_at": "2025-02-01", "verified": "yes", "birth_date": "2010-05-01", "guardian": "c2",
        "flags": "closed|unsubscribed",
    }  # fmt: skip
    person = people(found(tmp_path, customers(tmp_path, row, {"id": "c2"}), "c1"))["c1"]
    expected = row | {"emails": ("b@x.org",), "flags": ("closed", "unsubscribed")}
    assert {name: getattr(person, name) for name in row} == expected
    row = affected.row("IR-1", 1, person, KEY)
    assert affected.opened(_Row(row), KEY) == person


class _Row:
    """A row as the database gives it."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__ |= values


@pytest.mark.parametrize("ends", [("2025-01-01", "2026-01-01"), ("2025-01-01", "")])
def test_an_account_is_closed_only_when_every_row_of_it_says_so(tmp_path, ends):
    flags = ["closed" if end else "" for end in ends]
    rows = [
        {"id": "c1", "email": f"{number}@x.org", "closed_at": end, "flags": flag}
        for number, (end, flag) in enumerate(zip(ends, flags, strict=True))
    ]
    person = people(found(tmp_path, customers(tmp_path, *rows), "c1"))["c1"]
    assert (person.closed_at, person.flags) == (("2026-01-01", ("closed",)) if all(ends) else (None, ()))
    assert (person.email, person.emails) == ("0@x.org", ("1@x.org",))


def test_an_address_in_other_letters_is_no_second_one(tmp_path):
    rows = [
        {"id": "c1", "email": "a@x.org", "emails": "A@X.org", "person": "p"},
        {"id": "c2", "email": "A@x.org", "emails": "B@x.org", "person": "p"},
        {"id": "c3", "email": "c@x.org", "emails": "C@x.org", "person": "q"},
    ]
    who = people(found(tmp_path, customers(tmp_path, *rows), "c1", "c3"))
    assert (who["c1"].email.lower(), who["c1"].emails) == ("a@x.org", ("B@x.org",))
    assert circumstances(who["c1"], ASKED.date()) == (
        "unknown-country",
        "several-accounts",
        "several-addresses",
    )
    assert circumstances(who["c3"], ASKED.date()) == ("unknown-country",)


def gap(measurement: Measurement, kind: str) -> int:
    return sum(each.count for each in measurement.result.gaps if each.kind == kind)


def told(measurement: Measurement) -> dict[str, tuple[str, ...]]:
    """Id to the other accounts of everybody who is told."""
    return {person.id: person.accounts for person in measurement.people() if person.told}


def test_accounts_with_one_declared_key_are_one_person_with_all_that_they_showed(tmp_path):
    rows = [
        {"id": "c1", "email": "z@x.org", "country": "VN", "person": "p", "closed_at": "2025-01-01"},
        {"id": "c2", "email": "b@x.org", "country": "VN", "person": "p"},
        {"id": "c3", "email": "c@x.org", "country": "VN", "person": "q"},
        {"id": "c4", "email": "d@x.org", "country": "VN", "person": ""},
        {"id": "c5", "email": "e@x.org", "country": "VN", "person": ""},
    ]
    measured = found(tmp_path, customers(tmp_path, *rows), "c2", "c1", "c3", "c4", "c5")
    assert told(measured) == {"c1": ("c2",), "c3": (), "c4": (), "c5": ()}
    person = people(measured)["c1"]
    assert (person.hits, person.closed_at) == (2, None)
    # The account that is open speaks first.
    assert (person.email, person.emails) == ("b@x.org", ("z@x.org",))
    assert measured.result.people_count == 4
    assert gap(measured, "uncertain-merges") == 0


def test_the_person_has_the_same_id_whichever_of_her_accounts_was_hit(tmp_path):
    source = customers(tmp_path, {"id": "c1", "person": "p"}, {"id": "c9", "person": "p"})
    assert told(found(tmp_path, source, "c9")) == {"c1": ("c9",)}


def test_keys_of_two_sources_have_nothing_to_do_with_each_other(tmp_path):
    one = customers(tmp_path, {"id": "c1", "person": "1"}, name="crm")
    two = customers(tmp_path, {"id": "c2", "person": "1"}, name="billing")
    log = write_log(tmp_path, [request(1, "c1"), request(2, "c2")])
    sources = Sources(logs=(log_source(log),), customers=(one, two))
    question = read_question({"ips": ["192.0.2.1"]})
    measured = measure(question, sources, MAP, workspace=tmp_path / "work", pseudonym_key=KEY, asked_at=ASKED)
    assert told(measured) == {"c1": (), "c2": ()}


VERIFIED = [
    {"id": "c1", "email": "A@x.org", "verified": "yes"},
    {"id": "c2", "email": "a@x.org", "verified": "true"},
    {"id": "c3", "email": "a@x.org", "verified": "no"},
]


def test_one_verified_address_is_one_person_only_where_the_source_says_so(tmp_path):
    declared = customers(tmp_path, *VERIFIED, verified_address_is_person=True)
    measured = found(tmp_path, declared, "c1", "c2", "c3")
    assert told(measured) == {"c1": ("c2",), "c3": ()}
    assert gap(measured, "uncertain-merges") == 2
    undeclared = found(tmp_path, customers(tmp_path, *VERIFIED), "c1", "c2", "c3")
    assert told(undeclared) == {"c1": (), "c2": (), "c3": ()}
    assert gap(undeclared, "uncertain-merges") == 3
    assert undeclared.result.method == "approximate"


def test_keys_and_addresses_together_join_a_chain_of_accounts(tmp_path):
    rows = [
        {"id": f"c{n:02}", "person": f"p{n // 2}", "email": f"m{(n + 1) // 2}@x.org", "verified": "yes"}
        for n in range(30)
    ]
    # Alone, a key joins 0-1, 2-3, ...; an address 1-2, 3-4, ...: but two keys at one address are two people.
    source = customers(tmp_path, *rows, verified_address_is_person=True)
    assert len(told(found(tmp_path, source, *(row["id"] for row in rows)))) == 15
    # Where a source has no keys, an address joins what another source's keys joined.
    keys = customers(tmp_path, *({k: row[k] for k in ("id", "person")} for row in rows), name="keys")
    mails = customers(
        tmp_path,
        *({k: row[k] for k in ("id", "email", "verified")} for row in rows),
        name="mails",
        verified_address_is_person=True,
    )
    log = write_log(tmp_path, [request(1, row["id"]) for row in rows])
    sources = Sources(logs=(log_source(log),), customers=(keys, mails))
    question = read_question({"ips": ["192.0.2.1"]})
    measured = measure(question, sources, MAP, workspace=tmp_path / "work", pseudonym_key=KEY, asked_at=ASKED)
    assert told(measured) == {"c00": tuple(f"c{n:02}" for n in range(1, 30))}


def test_two_keys_at_one_address_are_two_people_who_share_a_mailbox(tmp_path):
    rows = [
        {"id": f"c{n}", "email": "office@x.org", "emails": f"own{n}@x.org", "person": f"p{n}"} for n in (1, 2)
    ]
    measured = found(tmp_path, customers(tmp_path, *rows), "c1")
    person = people(measured)["c1"]
    assert person.shared == ("office@x.org",)
    assert person.flags == ("shared-mailbox",)
    assert gap(measured, "uncertain-merges") == 0
    # Of the other, who was not hit, nothing stands anywhere.
    assert told(measured) == {"c1": ()}


def test_a_mailbox_that_somebody_calls_shared_is_no_doubt_about_who_is_one(tmp_path):
    rows = [{"id": "c1", "email": "a@x.org", "flags": "shared-mailbox"}, {"id": "c2", "email": "A@x.org"}]
    measured = found(tmp_path, customers(tmp_path, *rows), "c1", "c2")
    assert {person.flags for person in measured.people()} == {("shared-mailbox",)}
    assert gap(measured, "uncertain-merges") == 0


@pytest.mark.parametrize(
    ("one", "two", "doubt"),
    [
        (("Vo Thi Sau", "2001-12-31"), ("vo thi sau", "2001-12-31"), 2),
        (("Vo Thi Sau", "2001-12-31"), ("Vo Thi Sau", "2001-12-30"), 0),
        (("Vo Thi Sau", ""), ("Vo Thi Sau", ""), 0),
        (("", "2001-12-31"), ("", "2001-12-31"), 0),
    ],
)
def test_one_name_and_birth_date_merge_nobody_and_are_counted(tmp_path, one, two, doubt):
    rows = [
        {"id": f"c{n}", "email": f"{n}@x.org", "name": name, "birth_date": born}
        for n, (name, born) in enumerate((one, two), 1)
    ]
    measured = found(tmp_path, customers(tmp_path, *rows), "c1", "c2")
    assert told(measured) == {"c1": (), "c2": ()}
    assert gap(measured, "uncertain-merges") == doubt
    assert all(("uncertain-merge" in person.flags) == bool(doubt) for person in measured.people())


def test_a_key_that_a_crowd_has_is_nobodys(tmp_path):
    rows = [{"id": f"c{n:03}", "person": "0"} for n in range(MOST_ACCOUNTS + 1)]
    measured = found(tmp_path, customers(tmp_path, *rows), "c000", "c001")
    assert told(measured) == {"c000": (), "c001": ()}
    assert gap(measured, "uncertain-merges") == 2


def test_a_list_may_name_any_account_or_address_of_a_person(tmp_path):
    rows = [
        {"id": "c1", "email": "a@x.org", "emails": "old@x.org", "person": "p"},
        {"id": "c2", "email": "b@x.org", "emails": "", "person": "p"},
    ]
    log = write_log(tmp_path, [])
    for who in ("c2", "c1", "OLD@x.org", "b@x.org"):
        measured = ask(tmp_path, log, {"people": [{"who": who}]}, customers=customers(tmp_path, *rows))
        assert told(measured) == {"c1": ("c2",)}, who


def test_accounts_of_one_person_in_two_countries_leave_her_place_open(tmp_path):
    rows = [{"id": "c1", "country": "VN", "person": "p"}, {"id": "c2", "country": "DE", "person": "p"}]
    measured = found(tmp_path, customers(tmp_path, *rows), "c1", "c2")
    assert people(measured)["c1"].place == "unknown"
    assert gap(measured, "listed-differently") == 1


def test_what_nobody_can_read_or_explain_is_counted(tmp_path):
    rows = [
        {"id": "c1", "birth_date": "31.12.", "flags": "x"},
        {"id": "c2", "birth_date": "", "flags": "vip"},
    ]
    measured = found(tmp_path, customers(tmp_path, *rows, flags={"vip": None}), "c1", "c2")
    assert (gap(measured, "unreadable-birth-dates"), gap(measured, "unexplained-flags")) == (1, 1)


def test_a_customer_source_may_be_several_files_and_a_person_may_stand_in_each(tmp_path):
    for name, rows in (
        ("a", ["c1,a@x.org,VN", "c2,b@x.org,VN"]),
        ("b", ["c2,b@x.org,VN", "c3,,DE", "broken"]),
    ):
        (tmp_path / f"people-{name}.csv").write_text("\n".join(["id,email,country", *rows]) + "\n")
    fields = CustomerFields(id="id", email="email", country="country")
    source = CustomerSource(name="crm", path=str(tmp_path / "people-*.csv"), fields=fields)
    measured = found(tmp_path, source, "c1", "c2", "c3")
    assert {who: each.place for who, each in people(measured).items()} == {"c1": "VN", "c2": "VN", "c3": "DE"}
    read = [(each.name, each.rows) for each in measured.result.inputs if each.source == "crm"]
    assert read == [("people-a.csv", 2), ("people-b.csv", 3)]
    assert gap(measured, "unreadable-lines") == 1


ALICE = {"id": "17", "name": "Alice", "email": "alice@a.example", "birth_date": "1980-01-01"}
BOB = {"id": "17", "name": "Bob", "email": "bob@b.example", "birth_date": "1990-02-02"}


@pytest.mark.parametrize(
    ("other", "held"),
    [
        (BOB, True),
        (BOB | {"birth_date": ""}, True),
        (ALICE | {"birth_date": "1980-01-02"}, True),
        (ALICE | {"name": "ALICE "}, False),
        (ALICE | {"name": "Alice Nguyen"}, False),
        (ALICE | {"email": "alice@home.example"}, False),
        ({"id": "17", "name": "", "email": "", "birth_date": ""}, False),
    ],
)
def test_an_id_under_which_two_sources_keep_different_people_is_held(tmp_path, other, held):
    sources = (customers(tmp_path, ALICE, name="crm"), customers(tmp_path, other, name="shop"))
    log = write_log(tmp_path, [request(1, "17")])
    declared = Sources(logs=(log_source(log),), customers=sources)
    measured = measure(
        read_question({"ips": ["192.0.2.1"]}),
        declared,
        MAP,
        workspace=tmp_path / "work",
        pseudonym_key=KEY,
        asked_at=ASKED,
    )
    (person,) = measured.people()
    assert ("shared-id" in person.flags) == held
    assert route_of(person, (), date(2026, 11, 26)).way == ("held" if held else "email")
    assert gap(measured, "shared-ids") == held


def test_accounts_of_one_key_may_be_written_otherwise(tmp_path):
    rows = [
        row | {"id": each, "person": "k1"}
        for each, row in (("c1", ALICE), ("c2", ALICE | {"name": "A. Nguyen", "email": "a@x.org"}))
    ]
    measured = found(tmp_path, customers(tmp_path, *rows), "c1", "c2")
    assert gap(measured, "shared-ids") == 0
    assert len(people(measured)) == 1
