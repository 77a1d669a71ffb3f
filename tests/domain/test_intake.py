"""By when the policy promises an answer: 48 hours during business days."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tocsin.domain.intake import Answer, Intake, answer_due

ZONE = "Asia/Ho_Chi_Minh"
INTAKE = Intake(answer=Answer(working_days=2, working_days_of="VN"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE))


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-11-17T10:00", "2026-11-19T10:00:00"),  # Tuesday to Thursday
        ("2026-11-26T10:00", "2026-11-30T10:00:00"),  # Thursday to Monday, over a weekend
        ("2026-11-28T10:00", "2026-12-01T23:59:59"),  # Saturday: all of Monday and Tuesday
        ("2026-04-29T10:00", "2026-05-05T10:00:00"),  # before two public holidays and a weekend
    ],
)
def test_two_working_days_of_vietnam(received, due):
    found = answer_due(at(received), INTAKE, ZONE)
    assert found is not None
    assert found.replace(tzinfo=None).isoformat() == due


def test_a_day_off_by_decree_counts_too_and_who_promises_nothing_owes_nothing():
    off = {"VN": frozenset({at("2026-11-18T00:00").date()})}
    assert answer_due(at("2026-11-17T10:00"), INTAKE, ZONE, off) == at("2026-11-20T10:00")
    assert answer_due(at("2026-11-24T10:00"), Intake(), ZONE) is None
