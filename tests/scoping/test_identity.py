"""Who is one person: what the rows of a customer source say of somebody, together and apart."""

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.scoping.scenes import KEY, ask, request, write_log
from tocsin.domain.scope.people import AffectedPerson
from tocsin.domain.sources import CustomerFields, CustomerSource
from tocsin.scoping.measure import Measurement
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
