"""In which role data are held: whom to tell as the controller of other people's data."""

import csv

from tests.scoping.scenes import (
    ASKED,
    KEY,
    MAP,
    ask,
    at,
    every_hour,
    gaps,
    log_source,
    request,
    told,
    write_log,
)
from tests.scoping.test_identity import customers
from tocsin.domain.scope.question import read_question
from tocsin.domain.sources import CustomerFields, CustomerSource, Sources
from tocsin.scoping.measure import measure

LEAK = {"tokens": ["leaked"], "since": at(0), "until": at(180)}


def test_a_customer_whose_viewers_were_shown_is_told_as_their_controller(tmp_path):
    rows = [
        *every_hour(3),
        request(5, "c1", token="leaked", endpoint="/v1/streams/9"),
        request(6, "c1", token="leaked"),
        request(7, "c2", token="leaked"),
        request(8, "c3", token="leaked", endpoint="/v1/streams/9", status=403),
    ]
    found = ask(tmp_path, write_log(tmp_path, rows), LEAK)
    assert found.result.controllers == 1
    assert {person.id: person.controller_of for person in found.people()} == {
        "c1": ("viewers",),
        "c2": (),
        "c3": (),
    }


def test_people_of_a_customer_name_her_as_their_controller(tmp_path):
    path = tmp_path / "viewers.csv"
    with path.open("w", newline="") as out:
        people = [("v1", "c7"), ("v2", "c7"), ("v3", ""), ("v4", "c8")]
        csv.writer(out).writerows([("id", "customer"), *people])
    viewers = CustomerSource(
        name="viewers",
        path=str(path),
        fields=CustomerFields(id="id", controller="customer"),
        group="end-users-of-customers",
    )
    rows = [
        *every_hour(3),
        *(request(n, f"v{n}", token="leaked", endpoint="/v1/streams/9") for n in (1, 2, 3)),
    ]
    source = log_source(write_log(tmp_path, rows))
    sources = Sources(logs=(source,), customers=(viewers,))
    found = measure(
        read_question(LEAK), sources, MAP, workspace=tmp_path / "work", pseudonym_key=KEY, asked_at=ASKED
    )
    assert found.result.controllers == 1
    assert {who: person.controller for who, person in told(found).items()} == {
        "v1": "c7",
        "v2": "c7",
        "v3": None,
    }
    # Nobody knows for whom we hold v3, nor who c7 is.
    assert gaps(found) == {"controllers-unknown": 3}
    (gap,) = found.result.gaps
    assert "of 1 no source says for which" in gap.detail
    assert "2 are held for 1 whom no customer source knows" in gap.detail
    (cell,) = found.result.cells
    assert (cell.role, cell.group, cell.count) == ("processor", ("end-users-of-customers",), 3)


def test_a_controller_who_was_not_touched_is_known_by_name_and_address_from_any_source(tmp_path):
    path = tmp_path / "viewers.csv"
    path.write_text("id,email,customer\nv1,v1@x.org,a1\nv2,v2@x.org,a1\nv3,v3@x.org,A1\n")
    viewers = CustomerSource(
        name="viewers",
        path=str(path),
        fields=CustomerFields(id="id", email="email", controller="customer"),
        group="end-users-of-customers",
        role="processor",
    )
    rows = [request(n, f"v{n}", token="leaked", endpoint="/v1/streams/9") for n in (1, 2, 3)]
    sources = Sources(
        logs=(log_source(write_log(tmp_path, [*every_hour(3), *rows])),),
        customers=(viewers, customers(tmp_path, {"id": "a1", "email": "a1@x.org", "name": "Acme"})),
    )
    found = measure(
        read_question(LEAK), sources, MAP, workspace=tmp_path / "work", pseudonym_key=KEY, asked_at=ASKED
    )
    said = {
        who: (person.controller_known, person.controller_name, person.controller_email)
        for who, person in told(found).items()
    }
    acme = (True, "Acme", "a1@x.org")
    assert said == {"v1": acme, "v2": acme, "v3": (False, None, None)}
    assert (found.result.controllers, gaps(found)) == (2, {"controllers-unknown": 1})
