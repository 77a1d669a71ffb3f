"""To whom a letter speaks, each in words of its own: a guardian, our own people, a company about its people."""

import re
from datetime import date

import pytest

from tests.rendering.companies import TEMPLATES, letter_facts
from tests.rendering.test_letter import LOCALES, NEVER, copied, visible
from tests.rendering.test_letter_kinds import KINDS
from tocsin.domain.audience import AUDIENCES
from tocsin.rendering.letter import Letters, Reader, addressed
from tocsin.rendering.letter_lint import lint_letter

FACTS = letter_facts(
    kind_names=KINDS,
    kind_roles={"account-info": "controller", "auth-tokens": "controller", "stream-viewers": "processor"},
    kind_categories={"auth-tokens": ("credentials",), "stream-viewers": ("network-address", "government-id")},
)
NOTICES = {notice: Letters(notice, TEMPLATES, FACTS) for notice in ("customer", "holding")}
DAYS = (date(2026, 11, 20), date(2026, 11, 24))
#: How a letter would speak to the person herself, whose data these are.
TO_HERSELF = {
    "en": (
        "data about you",
        "your personal data",
        "for you\n",
        "FOR YOU\n",
        "of yours",
        "customer",
        "your password",
    ),
    "vi": ("của bạn", "về bạn", "dưới tên bạn", "đến bạn", "Quý khách"),
    "de": ("über Sie", "Ihre personenbezogenen", "FÜR SIE", "Ihr Passwort", "Ihrem Namen", "Kundin"),
}
#: What of it a letter to a guardian may say all the same: of the child, and of the letter that the guardian holds.
OF_THE_CHILD = {"en": "your child", "vi": "con bạn", "de": "Ihr Kind"}


def reader(audience, kinds=("account-info",), certainty="confirmed", **more):
    return Reader(kinds, certainty, "Nguyễn Bé", *DAYS, audience=audience, **more)


@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("audience", AUDIENCES)
def test_each_has_words_of_its_own_and_says_the_same_as_text_and_page(notice, locale, audience):
    letters = NOTICES[notice]
    for kinds in ((), ("account-info",), ("stream-viewers", "auth-tokens")):
        for more in ({}, {"people": 7}):
            letter = letters.letter(reader(audience, kinds, **more), locale)
            assert sorted(visible(letter.html)) == sorted(re.findall(r"\w+", letter.text.lower()))
            assert lint_letter(letter, NEVER) == []
    assert letters.letter(reader(audience), locale) != letters.letter(
        reader("customer" if audience != "customer" else "guardian"), locale
    )


@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("certainty", ["confirmed", "likely", "cannot-exclude", "concerned", "unknown"])
@pytest.mark.parametrize("kinds", [(), ("account-info", "auth-tokens", "stream-viewers")])
def test_a_letter_about_a_child_never_speaks_to_the_child(notice, locale, certainty, kinds):
    for left_out in ((), ("what-happened", "when", "consequences", "measures")):
        letter = NOTICES[notice].letter(reader("guardian", kinds, certainty, left_out=left_out), locale)
        own = letter.text.partition("-" * 60)[0]
        assert OF_THE_CHILD[locale] in own.replace("Ihres Kindes", "Ihr Kind")
        for said in TO_HERSELF[locale]:
            said = re.escape(said) + r"(?!\w)"
            assert not re.search(said, own), said
        # Which child it is, a guardian of several must know; nobody is greeted by that name.
        assert own.count("Nguyễn Bé") == 1
        greeting = own.partition("\n\n")[2][:120]
        assert "Nguyễn Bé" not in greeting
    assert addressed(reader("guardian")) == ""
    assert addressed(reader("customer")) == "Nguyễn Bé"


@pytest.mark.parametrize(
    ("locale", "processor", "number"),
    [
        ("en", "as your processor", "Number of your end users who are concerned, as far as we know: 7."),
        ("vi", "bên xử lý dữ liệu", "theo những gì chúng tôi biết: 7."),
        ("de", "Auftragsverarbeiter", "soweit wir sie kennen: 7."),
    ],
)
def test_a_company_learns_what_it_has_to_tell_its_own_people_and_authorities(locale, processor, number):
    letters = NOTICES["customer"]
    text = letters.letter(reader("controller", ("account-info", "stream-viewers"), people=7), locale).text
    own = text.partition("-" * 60)[0]
    assert processor in own
    assert "33" in own
    assert "91/2025/QH15" in own
    assert number in own
    # All are kinds of its people, whatever the map says of ours; the company's own are none of it.
    about = own[: own.index(number)]
    assert all(f"  - {KINDS[kind][locale]}\n" in about for kind in ("account-info", "stream-viewers"))
    assert {"en": "data about you:", "vi": "sau đây của bạn", "de": "Daten über Sie:"}[locale] not in own
    without = letters.letter(reader("controller", ("stream-viewers",)), locale).text
    assert {"en": "only you can tell", "vi": "chỉ bạn mới biết", "de": "können nur Sie sagen"}[
        locale
    ] in without
    unknown = letters.letter(reader("controller", ()), locale).text.partition("-" * 60)[0]
    assert all(f"  - {names[locale]}\n" in unknown for names in KINDS.values())


def test_a_business_customer_has_her_own_data_beside_those_of_her_users():
    text = NOTICES["customer"].letter(reader("business", ("account-info", "stream-viewers")), "en").text
    users, own = text.index("data of your own end users"), text.index("data about you")
    assert users < text.index("  - viewers") < own < text.index("  - account information")


@pytest.mark.parametrize("locale", LOCALES)
def test_who_works_for_us_is_told_whom_to_ask_in_the_house(locale):
    with_hr = letter_facts(kind_names=KINDS)
    firm = with_hr.organisation.model_copy(update={"staff_contact": "hr@streamonapi.example"})
    letters = Letters("customer", TEMPLATES, letter_facts(kind_names=KINDS, organisation=firm))
    letter = letters.letter(reader("employee"), locale)
    assert "hr@streamonapi.example" in letter.text
    assert "hr@streamonapi.example" in letter.html
    assert "hr@streamonapi.example" not in letters.letter(reader("customer"), locale).text
    assert letters.digest != NOTICES["customer"].digest
    unnamed = NOTICES["customer"].letter(Reader(("account-info",), audience="employee"), locale).text
    assert {"en": "Dear colleague,", "vi": "đồng nghiệp", "de": "Kollegin"}[locale] in unnamed


def test_an_audience_that_a_language_has_no_words_for_is_written_to_in_english(tmp_path):
    folder = copied(tmp_path)
    for path in (folder / "notices").glob("customer-guardian.vi.*"):
        path.unlink()
    letters = Letters("customer", folder, FACTS)
    variant = letters.variant_of(reader("guardian"), "vi")
    assert (variant.locale, variant.instead, variant.audience) == ("en", "vi", "guardian")
    assert letters.variant_of(reader("customer"), "vi").locale == "vi"


def test_files_of_a_day_that_knew_no_guardians_speak_to_none(tmp_path):
    folder = copied(tmp_path)
    for path in (folder / "notices").glob("*-guardian.*"):
        path.unlink()
    letters = Letters("customer", folder, FACTS)
    assert not letters.speaks_to("guardian")
    assert letters.speaks_to("employee")
    assert letters.variant_of(reader("guardian"), "en").audience == "customer"
