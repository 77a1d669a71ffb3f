"""Small timelines for tests of the heart: bodies in, an incident out; and a small company."""

from datetime import UTC, datetime
from typing import Any

from tocsin.domain import kinds as k
from tocsin.domain.contacts import Organisation
from tocsin.domain.fold import fold
from tocsin.domain.incident import Incident
from tocsin.domain.rota import Rotation
from tocsin.domain.timeline import Draft, Entry, chain

START = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
WORDS, OTHER_WORDS = "words:" + "a" * 64, "words:" + "b" * 64
DIGEST = "d" * 64
PEOPLE = ("ada", "ben", "cem")
DUTY = "policy-promise/customers/individuals/controller"


def declared(**change: Any) -> k.Declared:
    """A declaration."""
    body = {
        "code_name": "Teal Wren",
        "title": WORDS,
        "type": "unclassified",
        "severity": "sev1",
        "catalog": "c",
    }
    return k.Declared(**body | change)


def opened(**change: Any) -> k.DutyOpened:
    """The duty to tell every customer in 72 hours."""
    body = {
        "key": DUTY, "regime": "policy-promise", "rule": "customers", "cite": "Policy", "recipient": "individuals",
        "authority": None, "place": None, "role": "controller", "stage": "full", "clock_from": "declared_at",
        "clock_start": START, "due_at": datetime(2026, 11, 26, 19, 40, tzinfo=UTC), "within": "72 h",
        "assumed": True, "because": (), "verification": "primary", "candidate": False,
    }  # fmt: skip
    return k.DutyOpened(**body | change)


def drafted(**change: Any) -> k.NoticeDrafted:
    """A letter before those who may approve it."""
    body = {
        "notice": "customers", "edition": 1, "digest": DIGEST, "inputs": "i", "recipients": 3,
        "recipients_digest": "r", "variants": 1, "sender": "notices@streamonapi.example", "dated": "2026-11-24",
    }  # fmt: skip
    return k.NoticeDrafted(**body | change)


def stopped(**change: Any) -> k.SendingStopped:
    """A stop of the sending."""
    body = {
        "notice": "customers",
        "counts": {"handed_over": 3},
        "root": "0",
        "attempts": "0",
        "complete": True,
    }
    return k.SendingStopped(**body | change)


def learned(name: str, value: Any) -> k.FactLearned:
    """A fact."""
    return k.FactLearned(name=name, value=value, source=WORDS)


def timeline(*bodies: k.Body, now: datetime = START) -> list[Entry]:
    """Entries with these bodies, behind a declaration where they bring none."""
    first = () if bodies and isinstance(bodies[0], k.Declared) else (declared(),)
    return list(chain("INC-1", [Draft(body) for body in (*first, *bodies)], actor="an", now=now))


def incident(*bodies: k.Body) -> Incident:
    """The incident after these."""
    return fold(timeline(*bodies))


def organisation(**changes: Any) -> Organisation:
    """A small company in Vietnam."""
    given = {
        "name": "Sample",
        "legal_name": "Sample",
        "established_in": "VN",
        "addresses": ("1 Sample Street",),
        "phone": "+84 98 909 4798",
        "incident_phone": "+84 98 909 4798",
        "help_mail": "help@example.com",
        "website": "https://example.com",
        "notice_sender": "notices@example.com",
        "notice_sender_name": "Sample",
        "reply_to": "help@example.com",
        "zone": "Asia/Ho_Chi_Minh",
        "languages": ("en",),
        "dpo": "an",
        "accountable_officer": "bao",
        "signatory": "bao",
    }
    return Organisation.model_validate({**given, **changes})


def rotation(**changes: Any) -> Rotation:
    """Ada, Ben and Cem in Berlin, who hand over on Mondays at ten."""
    given = {
        "id": "primary",
        "zone": "Europe/Berlin",
        "turn": "weekly",
        "since": "2026-03-02",
        "hand_over": "10:00",
        "people": PEOPLE,
    }
    return Rotation.model_validate({**given, **changes})
