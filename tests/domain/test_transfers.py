"""Borders: data are read where they are kept at home, or abroad on a basis that is named."""

import pytest
from pydantic import ValidationError

from tocsin.domain.errors import Refused
from tocsin.domain.sources import CustomerFields, CustomerSource, LogFields, LogSource, Sources
from tocsin.domain.transfers import abroad, refuse_unfounded, refuse_unfounded_engine


def log(**other):
    return LogSource(
        name="api", format="ndjson", paths=("x",), fields=LogFields(at="at", account="account"), **other
    )


def crm(**other):
    return CustomerSource(name="crm", path="x.csv", fields=CustomerFields(id="id"), **other)


def sources(log_place="VN", crm_place="VN", **transfers):
    return Sources(
        logs=(log(country=log_place, transfer=transfers.get("log")),),
        customers=(crm(country=crm_place, transfer=transfers.get("crm")),),
    )


@pytest.mark.parametrize(
    ("place", "home", "away"),
    [
        ("VN", "VN", False),
        ("SG", "VN", True),
        ("DE", "FR", False),
        ("NO", "DE-BY", False),
        ("RE", "DE", False),
        ("CH", "DE", True),
        ("US-CA", "US-NY", False),
        ("PR", "US", False),
        ("GB", "IE", True),
    ],
)
def test_abroad_is_outside_the_country_or_the_economic_area(place, home, away):
    assert abroad(place, home) is away


def test_at_home_nothing_has_to_be_named():
    refuse_unfounded(sources(), "VN", "VN", None)


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        (sources(log_place=None), "source api does not say in which country it is kept; add `country: VN`"),
        (sources(crm_place=None), "source crm does not say in which country"),
        (sources(log_place="US"), "source api is kept in US, outside VN, on no basis"),
        (sources(crm_place="DE", log="a contract"), "source crm is kept in DE, outside VN"),
    ],
)
def test_a_source_without_a_country_or_abroad_without_a_basis_is_refused(declared, words):
    with pytest.raises(Refused, match=words):
        refuse_unfounded(declared, "VN", "VN", None)


def test_abroad_with_a_basis_is_read():
    refuse_unfounded(sources(log_place="US", log="standard contractual clauses"), "VN", "VN", None)
    refuse_unfounded(sources(), "VN", "SG", "standard contractual clauses")


@pytest.mark.parametrize("model", [log, crm])
def test_blanks_are_no_basis(model):
    with pytest.raises(ValidationError, match="is empty; write it, or leave the key out"):
        model(country="US", transfer="  ")


def test_an_engine_abroad_needs_a_basis_of_its_own():
    with pytest.raises(Refused, match=r"would be read in SG, outside VN, .*table \[scoping\]"):
        refuse_unfounded(sources(), "VN", "SG", None)


def test_an_engine_of_many_machines_is_refused_by_its_own_table():
    with pytest.raises(Refused, match=r"would be read in US, outside VN, .*table \[scoping\.spark\]"):
        refuse_unfounded_engine("VN", "US", None, "scoping.spark")
    refuse_unfounded_engine("VN", "US", "standard contractual clauses", "scoping.spark")
