"""The second reader: each of the nine things that must never stand in a letter is named, in every language of ours."""

import pytest

from tests.rendering.companies import TEMPLATES, letter_facts
from tests.rendering.test_letter import LETTERS, LOCALES, NEVER, READER
from tocsin.rendering.letter import Letter, Letters, Reader
from tocsin.rendering.letter_lint import Mentions, addresses_of, lint_letter, lint_sender

OURS = addresses_of(LETTERS)
CLEAN = {locale: LETTERS.letter(READER, locale) for locale in LOCALES}
NINE = {
    "leaked values": ("shows what looks like", {
        "en": ["Your password: hunter2", "Your key was sk-live0123456789abcdef", "Your card 4111 1111 1111 1111",
               "Account DE89 3704 0044 0532 0130 00", "Passport B12345678",
               "Key 123e4567-e89b-12d3-a456-426614174000"],
        "vi": ["Mật khẩu của bạn: abc123 và mật khẩu: abc123", "Số căn cước 012345678901", "Thẻ 4111-1111-1111-1111"],
        "de": ["Ihr Passwort: geheim1", "Kennwort lautet: geheim", "Konto DE89370400440532013000",
               "Ausweis 1234567890"],
    }),
    "other people": ("speaks of other people", {
        "en": ["It also hit other customers such as Acme.", "Ask jane.doe@customer.example about it."],
        "vi": ["Một nhân viên tên Lan đã gửi nhầm.", "Hãy hỏi lan@khach.example."],
        "de": ["Ein Mitarbeiter namens Huber hat es getan.", "Fragen Sie huber@kunde.example."],
    }),
    "blame": ("blames somebody", {
        "en": ["It was your fault.", "Careless staff sent it.", "A sophisticated attack", "You should have known."],
        "vi": ["Đó là lỗi của bạn.", "Do sơ suất của đối tác.", "Một cuộc tấn công tinh vi"],
        "de": ["Das war Ihr Fehler.", "Das war fahrlässig.", "Ein ausgeklügelter Angriff"],
    }),
    "unproven": ("claims what the letter does not prove", {
        "en": ["Your data were encrypted.", "There is no evidence of misuse.",
               "We have not found any evidence of misuse.",
               "We see no sign of misuse."],
        "vi": ["Dữ liệu đã được mã hóa.", "Chưa có bằng chứng lạm dụng.", "Không có dấu hiệu lạm dụng.",
               "Dữ liệu được mã hoá."],
        "de": ["Die Daten waren verschlüsselt.", "Es gibt keine  Hinweise auf Missbrauch.", "Es gibt keine Belege."],
    }),
    "marketing": ("advertises", {
        "en": ["Enjoy a discount", "Read our newsletter.", "A voucher for you"],
        "vi": ["Nhận ưu đãi ngay", "Mã giảm giá cho bạn"],
        "de": ["Zum Trost 10 % Rabatt!", "Unser Newsletter"],
    }),
    "login links": ("place to sign in", {
        "en": ["Sign in: https://streamonapi.example/login", "streamonapi.example/sign-in", "Please log in here."],
        "vi": ["Hãy đăng nhập tại đây.", "streamonapi.example/dang-nhap", "Bấm vào đây"],
        "de": ["Bitte hier anmelden.", "Klicken Sie hier", "https://streamonapi.example/anmelden"],
    }),
    "waivers": ("give up rights", {
        "en": ["By accepting you waive your claims", "You give up your right to sue."],
        "vi": ["Bạn từ bỏ quyền khiếu kiện.", "Bạn đồng ý không khởi kiện."],
        "de": ["Damit verzichten Sie auf Ansprüche.", "Es gilt ein Haftungsausschluss."],
    }),
    "no-reply": ("nobody reads", {
        "en": ["Write to no-reply@streamonapi.example", "Please do not reply to this letter.", "It is not monitored."],
        "vi": ["Vui lòng không trả lời thư này.", "Xin đừng trả lời."],
        "de": ["Bitte nicht auf diese E-Mail antworten.", "Diese Adresse wird nicht gelesen."],
    }),
}  # fmt: skip
PIXELS = (
    '<img src="cid:x">', '<p background="https://x.example/p.gif">', "<style>p{background:url(x)}</style>",
    '<svg onload="x">', '<meta http-equiv="refresh" content="1">', '<input type="image" src="x">',
)  # fmt: skip


@pytest.mark.parametrize(
    ("named", "locale", "added"),
    [
        (named, locale, added)
        for named, by_locale in NINE.values()
        for locale, those in by_locale.items()
        for added in those
    ],
)
def test_each_of_the_nine_is_named_in_each_language(named: str, locale: str, added: str) -> None:
    clean = CLEAN[locale]
    assert lint_letter(clean, NEVER, OURS) == []
    for letter in (
        Letter(clean.subject, f"{clean.text}\n{added}", clean.html),
        Letter(clean.subject, clean.text, f"{clean.html}<p>{added}</p>"),
        Letter(added, clean.text, clean.html),
    ):
        problems = lint_letter(letter, NEVER, OURS)
        assert any(named in problem for problem in problems), (added, problems)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("pixel", PIXELS)
def test_whatever_loads_something_is_named(locale: str, pixel: str) -> None:
    clean = CLEAN[locale]
    problems = lint_letter(Letter(clean.subject, clean.text, clean.html + pixel), NEVER, OURS)
    assert any("loads or embeds" in problem for problem in problems), problems


def test_a_leaked_value_is_not_quoted_again() -> None:
    secret = "4111 1111 1111 1111 and password: hunter2 and B12345678"
    said = " ".join(lint_letter(Letter("s", f"{CLEAN['en'].text}\n{secret}", CLEAN["en"].html), NEVER))
    assert not any(part in said for part in ("4111", "hunter2", "B12345678"))


def test_a_sender_that_nobody_reads_is_named() -> None:
    assert lint_sender("notices@streamonapi.example", "help@streamonapi.example") == []
    for bad in ("no-reply@streamonapi.example", "noreply@x.example", "do_not_reply@x.example"):
        assert len(lint_sender("notices@streamonapi.example", bad)) == 1


def test_what_people_wrote_may_name_nobody_whom_the_scope_found() -> None:
    facts = letter_facts(
        measures_taken={"en": "We asked  Nguyễn Thị  Hoa and wrote to mai@example.org.", "vi": "Đã hỏi."}
    )
    mentions = Mentions(Letters("customer", TEMPLATES, facts).spoken_texts)
    for name, address in (("Trần Văn B", "b@example.org"), ("Hoa", None), (None, None), ("", "")):
        mentions.look(name, address)
    assert mentions.problems == []
    mentions.look("NGUYỄN THỊ HOA", None)
    mentions.look("Mai Lê", "Mai@Example.org")
    (problem,) = mentions.problems
    assert "names or addresses of 2 people" in problem
    assert "Hoa" not in problem


@pytest.mark.parametrize("audience", ["guardian", "employee", "business", "controller"])
@pytest.mark.parametrize("locale", LOCALES)
def test_letters_in_words_for_others_are_clean(audience: str, locale: str) -> None:
    letter = LETTERS.letter(
        Reader(("account-info", "auth-tokens"), "likely", "Nguyễn Bé", audience=audience), locale
    )
    assert lint_letter(letter, NEVER, OURS) == []
