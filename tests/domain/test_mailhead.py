"""What a head says: urgent or not, written by a machine or not; and nothing in it can hurt whoever reads it."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.intake.post import message
from tests.shipped import shipped
from tocsin.domain.intake import Intake
from tocsin.domain.mailhead import LONGEST_HEAD, Head, read_head, split, written

INTAKE = shipped().contacts.intake


def head(raw: bytes) -> Head:
    return read_head(raw, INTAKE)


@pytest.mark.parametrize(
    "fields",
    [
        {"X_Priority": "1"},
        {"X_Priority": "1 (Highest)"},
        {"X_Priority": "2 (High)"},
        {"X_Priority": "1(Highest)"},
        {"Importance": "High"},
        {"importance": "high"},
        {"Priority": "urgent"},
        {"Priority": "High"},
        {"X_MSMail_Priority": "High"},
        {"X_Priority": "Highest"},
        {"X_Priority": "High"},
        {"X_Priority": "urgent"},
        {"X_Priority": "(highest) 1"},
        {"X_MSMail_Priority": "Highest"},
        {"Importance": '"high"'},
        {"Importance": "=?utf-8?q?high?="},
    ],
)
def test_each_header_that_mail_programs_write_for_high_priority_is_urgent(fields):
    assert head(message(**fields)).urgent


@pytest.mark.parametrize(
    "subject",
    [
        "URGENT: keys",
        "[High Priority] keys",
        "Re: Fwd: urgent keys",
        "khẩn cấp: lộ khóa",
        "KHẨN CẤP lộ khóa",
        "=?utf-8?B?S2jhuqluIGPhuqVwOiBs4buZ?=",
        "=?utf-8?Q?KH=E1=BA=A8N_C=E1=BA=A4P?= lộ",
        normalize("NFD", "Khẩn cấp: lộ khóa"),
        "=?windows-1258?Q?Kh=E2=D2n_c=E2=ECp?=",
        "[EXTERNAL] High priority: keys",
        "[EXTERNAL] Re: [privacy] (ext) khẩn: lộ khóa",
        "!! RE : Urgent",
        "Privacy Request - URGENT: my token",
        "Privacy Request (urgent)",
        "Re: Privacy-Request: High Priority",
        "Yêu cầu riêng tư - KHẨN CẤP: lộ khóa",
        "Priority: URGENT",
        "Highest priority: leak",
        "HighPriority: leak",
        "High importance",
        "Importance: High",
        "Very urgent: leak",
        "KHAN CAP lo token",
        "Uu tien cao - lo token",
        "Rất khẩn cấp: lộ khóa",
        "Khần cấp: lộ khóa",
        "🚨 URGENT",
        "‼️ URGENT",
        "“URGENT” leak",
        '"Urgent": leak',
        "【URGENT】 leak",
        "【外部】 urgent leak",
        "#urgent leak",
        "ＵＲＧＥＮＴ leak",
        "\u200bURGENT",
        "\u200eUR\u00adGENT",
        "AW: URGENT",
        "TR: urgent",
        "Re[2]: urgent",
        "Trả lời: khẩn cấp",
        "Chuyển tiếp: Khẩn cấp",
        "Case #123: URGENT",
        "Privacy Requests - URGENT",
        "Privacy Request #123 - URGENT",
        "Data Privacy Request - URGENT",
        "1) URGENT",
        "Priority = High",
        "Hỏa tốc: lộ khóa",
        "HOẢ TỐC lộ khóa",
        "Urgent: no access to my account",
        "Khẩn cấp: không vào được tài khoản",
        "URGENT! No, really",
        "Nợ: khẩn cấp",
    ],
)
def test_a_subject_that_begins_with_a_word_for_it_is_urgent_in_both_languages(subject):
    assert head(message(subject)).urgent


@pytest.mark.parametrize(
    "subject",
    [
        "HIGH-PRIORITY leak",
        "high_priority: leak",
        "High\u2011Priority leak",
        "Marked as high priority: leak",
        "INC-2026-0001 high priority",
        "Leak (high-priority)",
        "Leak, Priority: High",
        "Lo khoa - UU TIEN CAO",
        "Lộ khóa - ưu tiên cao",
        "Lộ khóa, ƯU-TIÊN CAO!",
        normalize("NFD", "Lộ khóa: ưu tiên cao"),
        "You said no. High priority!",
        "Not my keys: high priority",
    ],
)
def test_a_mark_of_several_words_is_one_anywhere_in_a_subject_with_or_without_hyphens(subject):
    assert head(message(subject)).urgent


def test_a_mark_that_a_company_writes_with_a_hyphen_or_leaves_empty_is_read_as_any_other():
    own = Intake(urgent_anywhere=("", "-", "top-secret"))
    assert read_head(message("this is Top Secret"), own).urgent
    assert not read_head(message("A question"), own).urgent


@pytest.mark.parametrize(
    ("subject", "fields"),
    [
        ("Nothing is urgent here", {}),
        ("The highest priority of them all", {}),
        ("A question of priority, high or low", {}),
        ("Ghigh priority", {}),
        ("Cập nhật số liên hệ khẩn cấp", {}),
        ("Yêu cầu không khẩn cấp", {}),
        ("[EXTERNAL] Nothing is urgent here", {}),
        ("Not urgent: a question", {}),
        ("Non-urgent: a question", {}),
        ("Privacy Request: not urgent", {}),
        ("Privacy Request - không khẩn", {}),
        ("Priority: normal", {}),
        ("Not: urgent", {}),
        ("(not) urgent", {}),
        ("[not] high priority", {}),
        ("Nothing: urgent", {}),
        ("This is not a high priority", {}),
        ("Không: khẩn cấp", {}),
        ("Không ưu tiên cao", {}),
        ("Khẩn cấp: không", {}),
        ("Priority high? no", {}),
        ("Priority: Urgent? No!", {}),
        ("Hoa Toc Salon", {}),
        ("hoa tóc giả", {}),
        ("Emergency contact: khẩn cấp", {}),
        ("Khong khan cap: cau hoi", {}),
        ("Khan: a question", {}),
        ("Khan Capital Ltd: a question", {}),
        ("Khánh hỏi về khóa", {}),
        ("A question", {"X_Priority": "3"}),
        ("A question", {"X_Priority": "5 (Lowest)"}),
        ("A question", {"Importance": "normal"}),
        ("A question", {"Priority": "non-urgent"}),
        ("A question", {"Importance": ""}),
    ],
)
def test_everything_else_is_not(subject, fields):
    assert not head(message(subject, **fields)).urgent


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner=x"},
        {"Precedence": "bulk"},
        {"Precedence": "List"},
        {"Content_Type": 'multipart/report; report-type=delivery-status; boundary="x"'},
        {"Return_Path": "<>"},
        {"List_Id": "<news.example.org>"},
        {"X_Autoreply": "yes"},
    ],
)
def test_what_a_machine_wrote_is_automatic_and_never_urgent(fields):
    found = head(message("URGENT", **fields, X_Priority="1"))
    assert (found.automatic, found.urgent) == (True, False)


def test_a_person_is_no_machine():
    assert not head(message(Auto_Submitted="no", Precedence="first-class")).automatic


@pytest.mark.parametrize(
    "fields",
    [
        {"List_ID": "<help.streamonapi.example>", "Precedence": "list"},
        {"List_Id": '"Privacy" <Help.StreamOnAPI.example>', "List_Unsubscribe": "<https://x.example>"},
        {
            "List_Id": "<7.groups.example>",
            "List_Post": "<https://x.example>, <mailto:help@streamonapi.example>",
        },
    ],
)
def test_a_list_that_is_our_own_address_is_written_to_by_people(fields):
    found = head(message("High priority: keys", **fields))
    assert (found.automatic, found.urgent) == (False, True)
    assert head(message("URGENT", **fields, Auto_Submitted="auto-replied")).automatic


@pytest.mark.parametrize("field", ["Reply_To", "X_Original_From"])
def test_who_wrote_is_known_where_a_list_of_ours_writes_in_its_own_name(field):
    via = message(sender="K via Help <help@streamonapi.example>", **{field: "K <k@example.org>"})
    assert head(via).sender == "k@example.org"
    assert head(message(sender="help@streamonapi.example")).sender == "help@streamonapi.example"
    assert head(message(**{field: "other@example.org"})).sender == "kanarienvogel@example.org"


def test_a_thread_is_known_by_the_newest_first_and_an_incident_by_its_key_in_the_subject():
    found = head(message("Re: inc-2026-0007 x", References="<a@x> <b@x>", In_Reply_To="<c@x>"))
    assert (found.references, found.keys) == (("c@x", "b@x", "a@x"), ("INC-2026-0007",))
    assert found.sender == "kanarienvogel@example.org"


HOSTILE = {
    "nothing": b"",
    "no head": b"\r\n\r\nbody",
    "no body": b"Subject: urgent",
    "NULs": b"Subject: urgent\x00\x00\r\nFrom: \x00\r\n\r\n\x00",
    "a charset that is none": b"Subject: =?no-such?B?dXJnZW50?=\r\n\r\nx",
    "broken base64": b"Subject: =?utf-8?B?dXJn!?=\r\nFrom: =?utf-8?Q?=ZZ?= <a@b>\r\n\r\nx",
    "a codec of Python that is no charset": b"Subject: =?rot13?Q?x?= =?zlib?Q?x?= =?idna?Q?=FF?=\r\n\r\nx",
    "bare CR": b"Subject: urgent\rFrom: x\r\r\n\r\n",
    "an injected header": b"Subject: =?utf-8?Q?urgent=0D=0ABcc:_a@b?=\r\n\r\nx",
    "latin-1": b"Subject: caf\xe9\r\nFrom: J\xfcrgen <a@b>\r\n\r\nx",
    "an address without an end": b"From: " + b"(" * 3000 + b"<" * 3000 + b"\r\n\r\n",
    "a head without an end": b"X: y\r\n" * 100_000,
    "many fields": b"".join(b"X-%d: y\r\n" % n for n in range(30_000)) + b"\r\nbody",
    "a subject of prefaces": b"Subject: " + b"a: (b) [c] #d " * 300 + b"\r\n\r\n",
    "a subject of denials": b"Subject: " + b"not - not a -- " * 260 + b"\r\n\r\n",
    "a subject of marks": b"Subject: " + b"urgent - no, " * 300 + b"\r\n\r\n",
    "a subject of signs": b"Subject: " + b"[!(" * 1300 + b"\r\n\r\n",
    "a long subject": b"Subject: " + b"=?utf-8?Q?a?= " * 20_000 + b"\r\n\r\n",
    "many references": b"References: " + b"<a@b> " * 20_000 + b"\r\n\r\n",
    "folded a thousand times": b"Subject: a\r\n" + b" b\r\n" * 1000 + b"\r\n",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_heads_are_read_as_far_as_they_can_be(raw):
    found = head(raw)
    for said in (*written(raw), found.subject, found.sender):
        assert "\n" not in said
        assert "\r" not in said
        assert len(said) <= 4000
        said.encode()


@given(st.binary(max_size=400))
def test_whatever_the_bytes_are_a_head_is_read_and_nothing_is_raised(raw):
    written(raw)
    read_head(raw, Intake())


def test_the_first_of_two_fields_counts_and_what_is_undecodable_stays_as_it_is_written():
    assert head(b"Subject: A question\r\nSubject: urgent\r\n\r\n").subject == "A question"
    assert head(b"Subject: =?no-such?Q?urgent?=\r\n\r\n").subject == "urgent"


def test_what_lies_below_the_head_is_no_head():
    assert split(b"Subject: a\r\n\r\nImportance: high\r\n") == (b"Subject: a", b"Importance: high\r\n")
    assert split(b"Subject: a\n\nb") == (b"Subject: a", b"b")
    assert not head(b"Subject: a\r\n\r\nImportance: high\r\n\r\n").urgent
    assert len(split(b"X" * (LONGEST_HEAD + 5))[0]) == LONGEST_HEAD
