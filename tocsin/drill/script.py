"""The script of the drill: what the people in it learn, write and decide. Data, and nothing that happened."""

from datetime import timedelta
from types import MappingProxyType

TITLE = "API tokens of customers in a public repository"

#: Facts as the responders learn them, an hour and a half in.
FACTS = MappingProxyType(
    {
        "aware_at": "2026-11-24T02:40:00+07:00",
        "occurred_from": "2026-11-22T20:40:00+07:00",
        "occurred_to": "2026-11-24T02:31:00+07:00",
        "violation": "breach",
        "breach_of": "confidentiality",
        "nature": "unauthorised-access,unintended-publication",
        "actor": "external",
        "intent": "malicious",
        "discovered_by": "controller",
        "interests_at_risk": "property,honour",
        "systems": {
            "en": "Streaming API gateway",
            "vi": "Cổng API truyền phát",
            "de": "API-Zugang zum Streaming",
        },
        "place_of_systems": {
            "en": "Ho Chi Minh City, Vietnam",
            "vi": "Thành phố Hồ Chí Minh, Việt Nam",
            "de": "Ho-Chi-Minh-Stadt, Vietnam",
        },
        "attack_on_system": "yes",
        "records": 2_300,
        "parties": {
            "en": "A contractor of ours, who published the tokens by mistake, and an unknown person who used them.",
            "vi": "Một nhà thầu của chúng tôi đã vô ý công khai các mã truy cập, và một người chưa rõ danh tính đã sử "
            "dụng chúng.",
            "de": "Ein Auftragnehmer von uns, der die Zugangstoken versehentlich veröffentlicht hat, und eine "
            "unbekannte Person, die sie benutzt hat.",
        },
    }
)
#: What the second look at the alert shows: found nine minutes earlier than first written down.
CORRECTED = MappingProxyType({"aware_at": "2026-11-24T02:31:00+07:00"})

#: Accounts of one decision each, in the three languages of the letter. Authorities read the
#: consequences too, so these speak of people and address nobody.
TEXTS = MappingProxyType(
    {
        "consequences": {
            "en": "Somebody else may have read account details, invoices and usage figures, and may use them to write "
            "to the customers concerned in a convincing way.",
            "vi": "Người khác có thể đã đọc thông tin tài khoản, hóa đơn và số liệu sử dụng, và có thể dùng chúng để "
            "viết thư lừa khách hàng bị ảnh hưởng một cách thuyết phục.",
            "de": "Jemand anderes kann Kontodaten, Rechnungen und Nutzungszahlen gelesen haben und sie nutzen, um den "
            "betroffenen Kunden auf überzeugende Weise zu schreiben.",
        },
        "measures_taken": {
            "en": "We revoked the tokens, ended all sessions that were made with them, and kept the evidence.",
            "vi": "Chúng tôi đã thu hồi các mã truy cập, chấm dứt mọi phiên làm việc tạo bằng các mã đó và lưu giữ "
            "chứng cứ.",
            "de": "Wir haben die Zugangstoken widerrufen, alle damit eröffneten Sitzungen beendet und die Beweise "
            "gesichert.",
        },
        "measures_planned": {
            "en": "Long-lived tokens are replaced by short-lived ones, and our repositories are watched for secrets.",
            "vi": "Mã truy cập dài hạn sẽ được thay bằng mã ngắn hạn, và các kho mã nguồn được giám sát để phát hiện "
            "thông tin bí mật.",
            "de": "Langlebige Zugangstoken werden durch kurzlebige ersetzt, und unsere Code-Ablagen werden auf "
            "Geheimnisse überwacht.",
        },
        "advice_to_people": {
            "en": "Create new API tokens and delete those you made before 24 November 2026.",
            "vi": "Hãy tạo mã API mới và xóa các mã đã tạo trước ngày 24 tháng 11 năm 2026.",
            "de": "Erstellen Sie neue API-Token und löschen Sie die, die Sie vor dem 24. November 2026 erstellt haben.",
        },
    }
)
#: What is corrected in the letter after it was approved.
CORRECTED_MEASURES = MappingProxyType(
    {
        "en": "We revoked the tokens at 03:05, ended all sessions that were made with them, and kept the evidence.",
        "vi": "Chúng tôi đã thu hồi các mã truy cập lúc 03:05, chấm dứt mọi phiên làm việc tạo bằng các mã đó và lưu "
        "giữ chứng cứ.",
        "de": "Wir haben die Zugangstoken um 03:05 Uhr widerrufen, alle damit eröffneten Sitzungen beendet und die "
        "Beweise gesichert.",
    }
)

#: Why the risk is high, in the words of the data protection officer.
RISK = "Readable invoices and live tokens were read by a thief who used them; impersonation is likely."

#: When after the declaration each scene begins.
ACK, DPO_ACK = timedelta(minutes=7), timedelta(minutes=12)
CONTAIN, SCOPE, LEARN = timedelta(minutes=25), timedelta(minutes=55), timedelta(minutes=80)
CORRECT, LETTER = timedelta(hours=2), timedelta(hours=3)
SECOND_LETTER, PAPERS, HARDEN = timedelta(hours=5), timedelta(hours=20), timedelta(hours=30)
CLOSE = timedelta(hours=74)

#: What the commander tells the stakeholders, and when: conditions, actions, needs; or only why nothing is told.
UPDATES: tuple[tuple[timedelta, tuple[str, str, str] | str], ...] = (
    (
        timedelta(minutes=26),
        (
            "Tokens of customers lay in a public repository, and somebody used them. They are revoked since 03:05.",
            "The forensic team measures from the logs who was affected; first numbers by 03:40.",
            "Nothing yet. Please answer no questions from outside; send them to customer relations.",
        ),
    ),
    (
        timedelta(minutes=56),
        (
            "The attack is stopped. We know who was affected, and which of their data were read.",
            "The DPO weighs which authorities must be told, and by when. The letter is being drafted.",
            "Two people who may approve the letter, reachable until noon.",
        ),
    ),
    (
        timedelta(hours=4, minutes=50),
        (
            "The letter has its two approvals, and one hour in it is wrong.",
            "It is corrected, approved again and sent this morning; then the reports to the authorities.",
            "Bao and An for the second approval at 07:40.",
        ),
    ),
    (timedelta(hours=8, minutes=50), "the letters are out; nothing new before the reports"),
    (
        timedelta(hours=12, minutes=50),
        (
            "The letters are out. One address refused: that customer was told by telephone.",
            "The reports to the authorities are being completed; they leave tonight.",
            "None.",
        ),
    ),
    (timedelta(hours=16, minutes=50), "the reports leave at 22:40; the next update brings their numbers"),
    (
        timedelta(hours=20, minutes=10),
        (
            "Every authority that had to be told has its report. No sign of the intruder since 03:05.",
            "Tomorrow the systems are hardened, so that a leaked token opens nothing.",
            "None.",
        ),
    ),
    (timedelta(hours=24), "night; the team sleeps, and the watch goes on"),
    (timedelta(hours=28), "hardening began as planned; news with its end"),
)
