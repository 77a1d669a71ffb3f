"""Suppressions: addresses that mail came back from change how somebody is told, and never whether."""

import pytest

from tests.scoping.scenes import ASKED, KEY, gaps, write_customers
from tests.scoping.test_datamap_deletions import OPEN, RULES
from tests.scoping.test_routes import DAY, person
from tocsin.domain.lists import SuppressionSource
from tocsin.domain.scope.question import read_question
from tocsin.domain.scope.routes import route_of
from tocsin.domain.scope.tally import Tally
from tocsin.domain.sources import Sources
from tocsin.scoping.measure import measure
from tocsin.storage import affected

PEOPLE = [(f"c{n}", f"C{n}@example.org", "VN") for n in range(6)]
FIELDS = {"email": "address", "kind": "type", "at": "since"}
ROWS = """address,type,since
c0@EXAMPLE.org,hard,2026-01-02T03:04:05Z
C0@example.org,hard,2026-05-06T00:00:00Z
c1@example.org,Unsubscribed,2026-02-01T00:00:00Z
c2@example.org,invalid,never
c3@example.org,slow,2026-02-01T00:00:00Z
c4@example.org,strange,2026-02-01T00:00:00Z
nobody@example.org,hard,2026-02-01T00:00:00Z
"""


def found(tmp_path, text=ROWS, **declared):
    path = tmp_path / "suppressions.csv"
    path.write_text(text)
    known = {
        "name": "provider",
        "paths": [str(path)],
        "fields": FIELDS,
        "kinds": {"HARD": "bounced", "slow": None},
    }
    crm = write_customers(tmp_path, PEOPLE).model_copy(update={"tables": ("accounts",)})
    sources = Sources(customers=(crm,), suppressions=(SuppressionSource.model_validate(known | declared),))
    return measure(
        read_question(OPEN), sources, RULES, workspace=tmp_path / "work", pseudonym_key=KEY, asked_at=ASKED
    )


def ways(measured):
    return {
        each.id: (route_of(each, (), DAY).way, route_of(each, (), DAY).reason) for each in measured.people()
    }


def test_whose_mail_came_back_is_told_by_post_and_who_unsubscribed_is_told_as_all_others(tmp_path):
    measured = found(tmp_path)
    assert ways(measured) == {
        "c0": ("post", "bounced"),
        "c1": ("email", "reachable"),
        "c2": ("post", "invalid-address"),
        "c3": ("email", "reachable"),
        "c4": ("email", "reachable"),
        "c5": ("email", "reachable"),
    }
    assert gaps(measured) == {"unexplained-flags": 1, "deleted-since-exposure": 1}
    known = {each.id: each.suppressed for each in measured.people() if each.suppressed}
    assert known == {
        "c0": (("c0@example.org", "bounced", "2026-05-06T00:00:00+00:00"),),
        "c1": (("c1@example.org", "unsubscribed", "2026-02-01T00:00:00+00:00"),),
        "c2": (("c2@example.org", "invalid", None),),
    }


def test_routes_and_circumstances_count_them(tmp_path):
    tally = Tally((), DAY)
    assert len(list(tally.each(found(tmp_path).people()))) == 6
    assert tally.routes() == (
        {"way": "post", "reason": "invalid-address", "people": 1},
        {"way": "post", "reason": "bounced", "people": 1},
        {"way": "email", "reason": "reachable", "people": 4},
    )
    assert tally.circumstances() == {
        "bounced-address": 1,
        "invalid-address": 1,
        "unsubscribed-address": 1,
    }


@pytest.mark.parametrize(
    ("suppressed", "address", "reason"),
    [
        ((("a@x.org", "bounced", None),), "b@x.org", "reachable"),
        ((("a@x.org", "invalid", None),), "b@x.org", "reachable"),
        ((("a@x.org", "unsubscribed", None),), "A@x.org", "reachable"),
        ((("a@x.org", "bounced", None), ("b@x.org", "invalid", None)), None, "bounced"),
        ((("a@x.org", "invalid", None), ("b@x.org", "invalid", None)), None, "invalid-address"),
    ],
)
def test_of_several_addresses_one_that_takes_mail_is_written_to(suppressed, address, reason):
    route = route_of(person(email="A@x.org", emails=("b@x.org",), suppressed=suppressed), (), DAY)
    assert (route.address, route.reason) == (address, reason)
    assert route.chosen != "the first of hers" or address == "A@x.org"


def test_a_list_may_be_of_one_kind_and_say_nothing_else(tmp_path):
    measured = found(
        tmp_path, "address\nc5@example.org\n", fields={"email": "address"}, kinds={}, kind_of_all="bounced"
    )
    assert {who for who, way in ways(measured).items() if way == ("post", "bounced")} == {"c5"}


def test_a_lost_line_is_told_and_makes_nobody_less_excluded(tmp_path):
    measured = found(tmp_path, ROWS + "broken\n")
    assert gaps(measured) == {"unexplained-flags": 1, "incomplete-list": 1, "deleted-since-exposure": 1}
    (detail,) = [gap.detail for gap in measured.result.gaps if gap.kind == "incomplete-list"]
    assert "line 9: too few values" in detail


def test_what_is_known_of_an_address_is_kept_sealed_with_its_person(tmp_path):
    for each in found(tmp_path).people():
        row = affected.row("INC-1", 1, each, KEY)
        assert "example.org" not in str({name: row[name] for name in row if name != "sealed"})
        assert affected.opened(type("Row", (), row), KEY) == each


@pytest.mark.parametrize(
    "wrong", [{"fields": {"email": "address"}}, {"kind_of_all": "bounced"}, {"kinds": {"x": "y"}}]
)
def test_a_kind_is_a_column_or_holds_for_all(wrong):
    raw = {"name": "provider", "paths": ["x.csv"], "fields": FIELDS} | wrong
    with pytest.raises(ValueError, match=r"kind"):
        SuppressionSource.model_validate(raw)
