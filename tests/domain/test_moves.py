"""A move's key makes it happen once, and again only for a new cause."""

from dataclasses import fields

import pytest

from tests.domain.bodies import DUTY, START
from tocsin.domain import moves as m


def every_kind() -> list[type[m.Move]]:
    found, rest = [], list(m.Move.__subclasses__())
    while rest:
        each = rest.pop()
        rest += each.__subclasses__()
        found += [each] if each.kind else []
    return found


def one(kind: type[m.Move], cause: int) -> m.Move:
    given = {
        "told_at": START,
        "role": "dpo",
        "person": "an",
        "level": 0,
        "round": 1,
        "duty": DUTY,
        "because": (),
        "percent": 50,
        "repeat": 0,
        "routes": ("slack", "email"),
    }
    given |= {"packs": "0" * 64, "missed": 2, "number": 1, "seconds": 3600, "holder": "linh", "to": "minh"}
    given |= {"decisions": ("risk",), "people": 3, "revision": 2, "due_at": START, "needed": 2}
    given |= {"step": "C1", "status": "review", "milestone": "closed", "notice": "customers", "of": "recover"}
    names = {each.name for each in fields(kind)} - {"cause"}
    if kind in (m.OpenDuty, m.MoveDuty, m.AmendDuty):
        return kind(cause, type("Owed", (), {"key": DUTY})())
    return kind(cause, **{name: given[name] for name in names})


@pytest.mark.parametrize("kind", every_kind(), ids=lambda kind: kind.kind)
def test_the_same_move_for_the_same_cause_has_the_same_key_and_another_cause_another(kind):
    assert one(kind, 7).key == one(kind, 7).key != one(kind, 8).key
    assert one(kind, 7).key.startswith(f"{kind.kind}/")
    assert one(kind, 7).words


@pytest.mark.parametrize(
    ("status", "phase"),
    [("containment", "contain"), ("eradication", "eradicate"), ("recovery", "recover"), ("stable", "review")],
)
def test_a_status_is_shown_in_the_phase_that_begins_with_it(status, phase):
    assert m.EnterStatus(7, status).phase == phase


def test_no_two_kinds_of_move_share_a_name():
    names = [kind.kind for kind in every_kind()]
    assert len(names) == len(set(names)) >= 12


def test_what_never_waits_is_never_long():
    assert all(not kind.long for kind in every_kind() if kind.urgent)
    assert m.WarnOfDeadline.urgent
    assert m.CallPerson.urgent
