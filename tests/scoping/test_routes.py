"""How each person is told: exactly one route for everybody, with its reason."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoping.scenes import ask, request, write_log
from tests.scoping.test_identity import customers, found, people
from tocsin.domain.scope.buckets import TOLD, Bucket
from tocsin.domain.scope.flags import FLAGS
from tocsin.domain.scope.people import AffectedPerson
from tocsin.domain.scope.routes import (
    REASONS,
    WAYS,
    grown_since,
    of_age_on,
    route_of,
)
from tocsin.domain.scope.tally import CIRCUMSTANCES, Tally, circumstances

DAY = date(2026, 11, 26)
OPENERS = ("mailbox-password",)


def person(**change: Any) -> AffectedPerson:
    values = {
        "id": "c1", "bucket": Bucket.CONFIRMED, "kinds": ("account-info",), "first_seen": None, "last_seen": None,
        "hits": 1, "attempts": 0, "place": "VN", "group": "customers", "role": "controller", "email": "a@x.org",
    }  # fmt: skip
    return AffectedPerson(**values | change)


def told(**change: Any) -> tuple[str, str]:
    way = route_of(person(**change), OPENERS, DAY)
    return way.way, way.reason


@pytest.mark.parametrize(
    ("change", "way", "reason"),
    [
        ({}, "email", "reachable"),
        ({"email": None}, "post", "no-address"),
        ({"email": " "}, "post", "no-address"),
        ({"email": "not one"}, "post", "invalid-address"),
        ({"flags": ("bounced",)}, "post", "bounced"),
        ({"kinds": OPENERS}, "post", "mailbox-taken"),
        ({"flags": ("unsubscribed",)}, "email", "reachable"),
        ({"flags": ("closed",), "closed_at": "2020-01-01"}, "email", "reachable"),
        ({"flags": ("deleted",)}, "email", "reachable"),
        ({"flags": ("shared-mailbox",), "shared": ("a@x.org",)}, "email", "reachable"),
        ({"flags": ("uncertain-merge",)}, "email", "reachable"),
        ({"place": "unknown"}, "email", "reachable"),
        ({"flags": ("deceased",)}, "next-of-kin", "deceased"),
        ({"flags": ("deceased", "shared-id")}, "held", "shared-id"),
        ({"role": "processor", "controller": "c9"}, "controller", "through-controller"),
        ({"role": "processor", "controller": "c9", "email": None}, "controller", "through-controller"),
        ({"role": "processor", "controller": "c9", "flags": ("minor",)}, "controller", "through-controller"),
        (
            {"role": "processor", "controller": "c9", "flags": ("deceased",)},
            "controller",
            "through-controller",
        ),
        ({"role": "processor"}, "held", "controller-unknown"),
        ({"role": "processor", "controller": "c9", "flags": ("suspect",)}, "held", "suspect"),
        # What we decide about ourselves, we tell ourselves.
        ({"role": "controller-processor", "controller": "c9"}, "email", "reachable"),
        ({"flags": ("employee",)}, "internal", "employee"),
        ({"group": "employees"}, "internal", "employee"),
        ({"flags": ("suspect",)}, "held", "suspect"),
        ({"flags": ("attacker",)}, "held", "attacker"),
        ({"flags": ("employee", "suspect")}, "held", "suspect"),
        ({"flags": ("suspect", "deceased"), "email": None}, "held", "suspect"),
        ({"flags": ("named-only",)}, "email", "reachable"),
        ({"flags": ("named-only",), "email": None}, "held", "named-without-address"),
        ({"flags": ("minor",)}, "held", "minor-alone"),
        ({"flags": ("minor",), "guardian": "c2"}, "guardian", "minor"),
        ({"group": "children", "guardian": "m@x.org"}, "guardian", "minor"),
        ({"of_age_on": "2026-11-27", "guardian": "c2"}, "guardian", "minor"),
        ({"of_age_on": "2026-11-26", "guardian": "c2"}, "email", "reachable"),
        # What a birth date says, no older word of a source overrules.
        ({"of_age_on": "2020-01-01", "flags": ("minor",)}, "email", "reachable"),
    ],
)
def test_each_kind_of_person_has_its_route(change, way, reason):
    assert told(**change) == (way, reason)


@pytest.mark.parametrize(
    ("change", "address"),
    [
        ({}, "a@x.org"),
        ({"email": "none", "emails": ("b@x.org", "c@x.org")}, "b@x.org"),
        ({"emails": ("b@x.org",), "shared": ("a@x.org",)}, "b@x.org"),
        ({"emails": ("b@x.org",), "shared": ("a@x.org", "b@x.org")}, "a@x.org"),
        ({"email": None, "emails": ("b@x.org",)}, "b@x.org"),
    ],
)
def test_of_several_addresses_one_is_written_to_and_it_is_said_why(change, address):
    way = route_of(person(**change), OPENERS, DAY)
    assert way.address == address
    assert way.chosen


@pytest.mark.parametrize(
    ("born", "place", "day"),
    [
        ("2008-11-26", "VN", "2026-11-26"),
        ("2008-11-26", "US-AL", "2027-11-26"),
        ("2008-11-26", "US-CA", "2029-11-26"),
        ("2008-02-29", "VN", "2026-03-01"),
        # Nobody knows where: the strictest of all that are declared.
        ("2008-11-26", "unknown", "2029-11-26"),
        (None, "VN", None),
    ],
)
def test_she_comes_of_age_as_it_is_declared_for_her_place(born, place, day):
    assert of_age_on(born, place, {"US-AL": 19, "US": 21}) == day


anybody = st.builds(
    person,
    bucket=st.sampled_from(list(Bucket)),
    flags=st.lists(st.sampled_from([*FLAGS, "uncertain-merge"]), unique=True).map(tuple),
    email=st.sampled_from([None, "", "a@x.org", "not one"]),
    emails=st.lists(st.sampled_from(["b@x.org", "c d"]), unique=True).map(tuple),
    shared=st.lists(st.sampled_from(["a@x.org", "b@x.org"]), unique=True).map(tuple),
    kinds=st.sampled_from([(), ("account-info",), OPENERS]),
    place=st.sampled_from(["VN", "unknown"]),
    group=st.sampled_from(["customers", "children", "employees"]),
    guardian=st.sampled_from([None, "c2"]),
    guardian_email=st.sampled_from([None, "a@x.org", "g@x.org", "not one"]),
    role=st.sampled_from(["controller", "processor"]),
    controller=st.sampled_from([None, "c9"]),
    of_age_on=st.sampled_from([None, "2020-01-01", "2030-01-01"]),
    closed_at=st.sampled_from([None, "2020-01-01"]),
    deleted_at=st.sampled_from([None, "2020-01-01"]),
)


@given(st.lists(anybody, max_size=30))
def test_nobody_falls_out(everybody):
    tally = Tally(OPENERS, DAY)
    for each in everybody:
        tally.add(each)
    owed = [each for each in everybody if each.bucket in TOLD]
    routes = tally.routes()
    assert sum(each["people"] for each in routes) == len(owed)
    assert all(each["way"] in WAYS and each["reason"] in REASONS and each["people"] for each in routes)
    assert set(tally.circumstances()) <= set(CIRCUMSTANCES)
    for each in owed:
        way = route_of(each, OPENERS, DAY)
        assert way.address is not None or way.way != "email"
        assert way.address is None or way.way in ("email", "guardian", "internal")
        if {"suspect", "attacker"} & set(each.flags):
            assert way.way == "held"
        if set(each.flags) & {"deceased"}:
            assert way.way in ("held", "next-of-kin", "controller")


def test_what_is_particular_is_counted_whether_or_not_it_decides():
    said = circumstances(
        person(flags=("suspect", "unsubscribed"), closed_at="2020-01-01", place="unknown", accounts=("c2",)),
        DAY,
    )
    assert said == ("suspect", "closed", "unsubscribed", "unknown-country", "several-accounts")


def test_a_guardian_is_particular_about_whoever_is_no_child_that_is_told_by_way_of_him():
    ward = person(guardian="mother@x.org")
    assert circumstances(ward, DAY) == ("guardian-named",)
    assert circumstances(person(guardian="mother@x.org", flags=("minor",)), DAY) == ("minor",)


def test_a_guardian_is_known_by_an_address_or_as_somebody_whom_a_source_knows(tmp_path):
    rows = [
        {"id": "c1", "birth_date": "2015-01-01", "guardian": "c3"},
        {"id": "c2", "birth_date": "2015-01-01", "guardian": "mother@x.org"},
        {"id": "c3", "birth_date": "1980-01-01", "guardian": ""},
        {"id": "c4", "birth_date": "2015-01-01", "guardian": "c9"},
    ]
    who = people(found(tmp_path, customers(tmp_path, *rows), "c1", "c2", "c3", "c4"))
    routes = {name: route_of(each, OPENERS, DAY).reason for name, each in who.items()}
    assert routes == {"c1": "minor", "c2": "minor", "c3": "no-address", "c4": "minor-alone"}


def guardian_of(tmp_path, named, *rows, **other):
    """The route of the child c1, who was hit, with this guardian, beside others whom the source knows."""
    child = {
        "id": "c1",
        "email": "c1@x.org",
        "emails": "kid@x.org",
        "person": "k",
        "birth_date": "2015-01-01",
    }
    again = {"id": "c2", "email": "c2@x.org", "person": "k", "birth_date": "2015-01-01", "guardian": named}
    source = customers(tmp_path, child | {"guardian": named}, again, *rows)
    log = write_log(tmp_path, [request(1, "c1")])
    measured = ask(tmp_path, log, {"ips": ["192.0.2.1"]}, customers=source, **other)
    (child,) = measured.people()
    return route_of(child, OPENERS, DAY).reason


ADULT = {"id": "g1", "email": "g1@x.org", "birth_date": "1980-01-01"}


@pytest.mark.parametrize("named", ["c1", "c2", "c1@x.org", "KID@x.org", "c2@x.org", "g9"])
def test_nobody_is_her_own_guardian(tmp_path, named):
    assert guardian_of(tmp_path, named, ADULT) == "minor-alone"


@pytest.mark.parametrize("named", ["g1", "G1@x.org"])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "minor"),
        ({"birth_date": ""}, "minor"),
        ({"birth_date": "2008-11-26"}, "minor"),
        ({"birth_date": "2008-11-27"}, "minor-alone"),
        ({"birth_date": "", "flags": "minor"}, "minor-alone"),
        # What a birth date says, no older word of a source overrules.
        ({"flags": "minor"}, "minor"),
        ({"flags": "suspect"}, "minor-alone"),
        ({"flags": "attacker"}, "minor-alone"),
        ({"flags": "deceased"}, "minor-alone"),
        ({"flags": "closed"}, "minor"),
    ],
)
def test_a_guardian_is_alive_of_age_and_nobody_whom_a_letter_would_warn(tmp_path, named, change, reason):
    assert guardian_of(tmp_path, named, ADULT | {"country": "VN"} | change) == reason


@pytest.mark.parametrize(("also", "reason"), [("minor", "minor"), ("suspect", "minor-alone")])
def test_a_mailbox_of_several_is_a_guardians_where_one_is_of_age_and_none_is_a_suspect(
    tmp_path, also, reason
):
    other = {"id": "g2", "email": "g1@x.org", "flags": also}
    assert guardian_of(tmp_path, "g1@x.org", ADULT, other) == reason


@given(st.dates(date(2003, 1, 1), date(2012, 12, 31)), st.sampled_from(["VN", "US-AL", "US-CA", "unknown"]))
def test_who_is_of_age_on_a_day_is_so_by_birthday_as_by_date_of_birth(born, place):
    majority = {"US-AL": 19, "US": 21}
    by_birthday = of_age_on(born.isoformat(), place, majority) <= DAY.isoformat()
    assert (born.isoformat() <= grown_since(place, majority, DAY)) == by_birthday
