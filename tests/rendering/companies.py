"""The sample company and one incident, as plain values for the tests of this room."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tocsin.domain.contacts import Organisation, Person
from tocsin.domain.facts import Facts, read_facts
from tocsin.rendering.letter import LetterFacts
from tocsin.rendering.paperfacts import Owed, PaperFacts

TEMPLATES = Path(__file__).parents[2] / "incident_templates"
AS_OF = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

COMPANY = Organisation.model_validate(
    {
        "name": "StreamOnApi",
        "legal_name": "Công ty TNHH StreamOnApi",
        "established_in": "VN",
        "identifiers": [{"scheme": "tax code", "value": "0312345678"}],
        "licence": {"scheme": "business registration", "value": "0000000000", "sample": True},
        "addresses": ["6 Lê Lăng, Phú Thọ Hoà, Thành phố Hồ Chí Minh, Việt Nam"],
        "phone": "+84 28 0000 0000",
        "incident_phone": "+84 28 0000 0001",
        "help_mail": "help@streamonapi.example",
        "website": "https://streamonapi.example",
        "notice_sender": "notices@streamonapi.example",
        "notice_sender_name": "StreamOnApi",
        "reply_to": "help@streamonapi.example",
        "zone": "Asia/Ho_Chi_Minh",
        "languages": ["vi", "en"],
        "dpo": "an",
        "accountable_officer": "bao",
        "signatory": "bao",
    }
)
DPO = Person(
    id="an", name="Phạm Hoài An", email="an@streamonapi.example", phone="+44 7700 900003", roles=("dpo",)
)
DIRECTOR = Person(id="bao", name="Võ Quốc Bảo", email="bao@streamonapi.example", title="Managing director")

CELLS = [
    {
        "role": "controller-processor",
        "place": place,
        "group": ["customers"],
        "kinds": ["account-info"],
        "categories": ["identity", "contact"],
        "count": count,
        "method": "exact",
    }
    for place, count in (("VN", 2210), ("DE-BE", 640), ("FR", 310), ("US-CA", 402), ("unknown", 5))
]
KNOWN = read_facts(
    {
        "detected_at": "2026-11-24T02:31+07:00",
        "aware_at": "2026-11-24T03:05+07:00",
        "occurred_from": "2026-11-20T22:10+07:00 estimated",
        "occurred_to": "2026-11-24T02:58+07:00",
        "contained_at": "2026-11-24T03:20+07:00",
        "breach_of": ["confidentiality"],
        "nature": ["data-theft"],
        "actor": "external",
        "intent": "malicious",
        "discovered_by": "controller",
        "discovered_how": {"en": "An alarm on unusual token use.", "vi": "Cảnh báo sử dụng mã bất thường."},
        "root_cause": {
            "en": "A token stood in a public file.",
            "vi": "Mã truy cập nằm trong một tệp công khai.",
        },
        "systems": {"en": "API gateway", "vi": "Cổng API"},
        "place_of_systems": {"en": "Data centre in Singapore"},
        "parties": {"en": "None other is known.", "vi": "Chưa biết bên nào khác."},
        "measures_before": {"en": "Tokens expired after a year.", "vi": "Mã truy cập hết hạn sau một năm."},
        "measures_taken": {"en": "All leaked tokens were revoked.", "vi": "Đã thu hồi mọi mã bị lộ."},
        "measures_planned": {"en": "Tokens will expire daily.", "vi": "Mã sẽ hết hạn mỗi ngày."},
        "consequences": {"en": "Unwanted messages.", "vi": "Tin nhắn không mong muốn."},
        "advice_to_people": {"en": "Replace your keys.", "vi": "Hãy thay khóa."},
        "interests_at_risk": ["property"],
        "log_coverage": "complete",
        "records": 9000,
        "records_method": "exact",
        "police_report": "PC-77/2026",
        "risk": "high",
        "cells": CELLS,
    }
)
NOTHING = Facts({})
VN_DUTY = Owed(
    "vn-pdpl/authority/a05/controller-processor",
    "Law 91/2025/QH15 Art. 23(1)",
    "primary",
    datetime(2026, 11, 26, 19, 31, tzinfo=UTC),
    datetime(2026, 11, 23, 19, 31, tzinfo=UTC),
    language="vi",
    place="VN",
)
DE_DUTY = Owed(
    "eu-gdpr/authority/de-be/controller-processor",
    "GDPR Art. 33(1)",
    "primary",
    datetime(2026, 11, 26, 20, 5, tzinfo=UTC),
    datetime(2026, 11, 23, 20, 5, tzinfo=UTC),
    language="de",
    place="DE",
)


def paper(**changes: Any) -> PaperFacts:
    """A paper for Vietnam about an incident of which nearly everything is known."""
    values: dict[str, Any] = {
        "incident": "INC-2026-0007",
        "code_name": "Copper Heron",
        "organisation": COMPANY,
        "dpo": DPO,
        "signatory": DIRECTOR,
        "duty": VN_DUTY,
        "facts": KNOWN,
        "as_of": AS_OF,
        "what_happened": {
            "en": "Tokens were exposed and used.",
            "vi": "Mã truy cập bị lộ và bị sử dụng.",
        },
        "kind_names": {"account-info": {"en": "account information", "vi": "thông tin tài khoản"}},
    }
    return PaperFacts(**{**values, **changes})


def own(text: str) -> str:
    """The part of a letter in its own language, without the English beside it."""
    return text.partition("-" * 60)[0]


def letter_facts(**changes: Any) -> LetterFacts:
    """What all readers of a letter are told."""
    values: dict[str, Any] = {
        "reference": "ABCD-EFGH",
        "dated": date(2026, 11, 25),
        "organisation": COMPANY,
        "dpo": DPO,
        "signer": DIRECTOR,
        "kind_names": {
            "account-info": {"en": "account information", "vi": "thông tin tài khoản", "de": "Kontodaten"},
            "auth-tokens": {"en": "API keys", "vi": "khóa API", "de": "API-Schlüssel"},
        },
        "kind_categories": {"account-info": ("identity", "contact"), "auth-tokens": ("credentials",)},
        "what_happened": {
            "en": "A key became known.\n\nWe shut it.",
            "vi": "Một khóa bị lộ.\n\nĐã vô hiệu hóa.",
            "de": "Ein Schlüssel wurde bekannt.\n\nWir haben ihn gesperrt.",
        },
        "consequences": {
            "en": "Unwanted messages.",
            "vi": "Tin nhắn không mong muốn.",
            "de": "Unerwünschte Nachrichten.",
        },
        "measures_taken": {
            "en": "We revoked every leaked key.",
            "vi": "Đã thu hồi mọi khóa bị lộ.",
            "de": "Wir haben alle Schlüssel widerrufen.",
        },
        "measures_planned": {
            "en": "Keys will expire daily.",
            "vi": "Khóa sẽ hết hạn mỗi ngày.",
            "de": "Schlüssel laufen künftig täglich ab.",
        },
        "advice": {
            "en": "Look at your usage.\nTell your developers.",
            "vi": "Xem nhật ký sử dụng.",
            "de": "Prüfen Sie Ihre Nutzung.",
        },
    }
    return LetterFacts(**{**values, **changes})
