"""What a letter says of the data: which of the reader's own, which of their users', and what it does not know yet."""

import re

import pytest

from tests.rendering.companies import TEMPLATES, letter_facts
from tests.rendering.test_letter import visible
from tocsin.domain.certainty import Certainty
from tocsin.rendering.letter import Letters, Reader
from tocsin.rendering.letter_lint import lint_letter, lint_readers, load_never

KINDS = {
    "account-info": {"en": "account information", "vi": "thông tin tài khoản", "de": "Kontodaten"},
    "auth-tokens": {"en": "API keys", "vi": "khóa API", "de": "API-Schlüssel"},
    "stream-viewers": {
        "en": "viewers (IP address, viewing)",
        "vi": "người xem (địa chỉ IP, lượt xem)",
        "de": "Zuschauer (IP-Adresse, Abrufe)",
    },
}
FACTS = letter_facts(
    kind_names=KINDS,
    kind_roles={"account-info": "controller-processor", "auth-tokens": "controller", "stream-viewers": "processor"},
    kind_categories={"auth-tokens": ("credentials",), "stream-viewers": ("network-address",)},
)  # fmt: skip
CUSTOMER, HOLDING = Letters("customer", TEMPLATES, FACTS), Letters("holding", TEMPLATES, FACTS)
ABOUT = {"en": "data about you", "vi": "dữ liệu sau đây của bạn", "de": "Daten über Sie"}
USERS = {
    "en": "data of your own end users",
    "vi": "dữ liệu sau đây của người dùng cuối của bạn",
    "de": "Daten Ihrer eigenen Endnutzer",
}
AT_MOST = {"en": "At most", "vi": "Nhiều nhất", "de": "Höchstens"}
STILL = {"en": "still establishing", "vi": "đang xác minh", "de": "klären"}
THESE = {"en": "these data", "vi": "các dữ liệu sau đây", "de": "diese Daten"}
LOCALES = ("en", "vi", "de")
CERTAINTIES = tuple(Certainty)
SETS = ((), ("account-info",), ("stream-viewers",), ("account-info", "stream-viewers"))


def section(text: str) -> str:
    """The part of the letter that says which data."""
    found = re.search(
        r"(?:WHAT INFORMATION|WHAT DATA OF YOURS|DỮ LIỆU NÀO CỦA BẠN|UM WELCHE DATEN|WELCHE IHRER DATEN).*?\n(.*?)"
        r"\n[A-ZĐ][A-ZÀ-Ỹ ]{9,}\n",
        text,
        re.S,
    )
    assert found, text
    return found[1]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("certainty", CERTAINTIES)
def test_a_letter_that_knows_no_kinds_says_so_and_what_it_is_at_most(
    locale: str, certainty: Certainty
) -> None:
    said = section(CUSTOMER.letter(Reader((), certainty), locale).text)
    assert STILL[locale] in said
    assert THESE[locale] not in said
    at_most = said[said.index(AT_MOST[locale]) :]
    assert all(f"  - {names[locale]}\n" in f"{at_most}\n" for names in KINDS.values())
    assert not re.search(r":\s*$", said), said


@pytest.mark.parametrize("locale", LOCALES)
def test_who_does_not_know_the_kinds_gets_the_advice_for_all_that_may_be_hit(locale: str) -> None:
    advice = {"en": "Change your password.", "vi": "Hãy đổi mật khẩu.", "de": "Ändern Sie Ihr Passwort."}[
        locale
    ]
    assert advice in CUSTOMER.letter(Reader(()), locale).text
    assert advice not in CUSTOMER.letter(Reader(("account-info",)), locale).text


@pytest.mark.parametrize("notice", [CUSTOMER, HOLDING])
@pytest.mark.parametrize("locale", LOCALES)
def test_data_of_a_readers_end_users_are_not_called_the_readers_own(notice: Letters, locale: str) -> None:
    viewers, account = KINDS["stream-viewers"][locale], KINDS["account-info"][locale]
    both = section(notice.letter(Reader(("account-info", "stream-viewers")), locale).text)
    parts = both.index(ABOUT[locale]), both.index(account), both.index(USERS[locale]), both.index(viewers)
    assert parts == tuple(sorted(parts))
    only = section(notice.letter(Reader(("stream-viewers",)), locale).text)
    assert USERS[locale] in only
    assert ABOUT[locale] not in only
    assert STILL[locale] not in only
    assert USERS[locale] not in section(notice.letter(Reader(("account-info",)), locale).text)


@pytest.mark.parametrize("notice", [CUSTOMER, HOLDING])
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("certainty", CERTAINTIES)
@pytest.mark.parametrize("kinds", SETS)
def test_every_such_letter_is_clean_and_says_the_same_as_text_and_as_a_page(
    notice: Letters, locale: str, certainty: Certainty, kinds: tuple[str, ...]
) -> None:
    letter = notice.letter(Reader(kinds, certainty), locale)
    assert lint_letter(letter, load_never(TEMPLATES)) == []
    assert sorted(visible(letter.html)) == sorted(re.findall(r"\w+", letter.text.lower()))


@pytest.mark.parametrize("certainty", CERTAINTIES)
def test_how_sure_we_are_of_the_end_users_data_is_said_as_for_the_readers_own(certainty: Certainty) -> None:
    said = section(CUSTOMER.letter(Reader(("stream-viewers",), certainty), "en").text)
    sure = {
        "confirmed": "established",
        "likely": "is likely",
        "cannot-exclude": "cannot rule out",
        "unknown": "do not know whether",
        "concerned": "It concerns",
    }
    assert sure[certainty] in said


def test_a_role_that_changes_changes_the_letter() -> None:
    other = Letters("customer", TEMPLATES, letter_facts(kind_names=KINDS))
    assert other.digest != CUSTOMER.digest
    assert "viewers (IP address, viewing)" in section(other.letter(Reader(("stream-viewers",)), "en").text)


def test_the_second_reader_counts_the_people_who_are_not_told_which_data() -> None:
    counts = {
        CUSTOMER.variant_of(Reader(()), "en"): 1200,
        CUSTOMER.variant_of(Reader(()), "vi"): 34,
        CUSTOMER.variant_of(Reader(("account-info",)), "en"): 9,
    }
    (problem,) = lint_readers(counts)
    assert "1,234 readers" in problem
    assert lint_readers({CUSTOMER.variant_of(Reader(("account-info",)), "en"): 9}) == []
