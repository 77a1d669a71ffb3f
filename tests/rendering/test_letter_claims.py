"""What a letter may claim: nothing that no fact says, and nothing that a law of its reader forbids."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.rendering.companies import COMPANY, TEMPLATES, letter_facts, own
from tocsin.catalog import default_folders, load_catalog
from tocsin.domain.catalog import Catalog
from tocsin.domain.certainty import Certainty
from tocsin.domain.facts import Facts, read_facts
from tocsin.rendering.account import account
from tocsin.rendering.letter import Letter, Letters, Reader

LOCALES = ("en", "vi", "de")
NOTICES = ("customer", "holding")
TYPES = sorted(path.name for path in (TEMPLATES / "types").iterdir() if path.is_dir())
#: A letter is not drafted without these words of a person.
MEASURES = {"en": "Said by a person.", "vi": "Lời của một người.", "de": "Von einem Menschen gesagt."}
#: A sentence with one of these says that we do not know.
HEDGES = {
    "en": re.compile(r"\b(may|possible|whether|suspect|still|at most)\b", re.IGNORECASE),
    "vi": re.compile(r"có thể|nghi ngờ|đang xác minh|hay không|nhiều nhất|sẽ", re.IGNORECASE),
    "de": re.compile(r"\b(könnten?|möglich\w*|kann|ob|vermuten|klären|höchstens)\b", re.IGNORECASE),
}
#: What claims nothing about the breach: titles, ways to reach us, our own promise, advice and requests.
HARMLESS = {
    "en": re.compile(
        r"NOTICE OF|^Notice of|^Reference|^Dear"
        r"|^WHAT (HAPPENED|WE ARE DOING|YOU CAN DO|INFORMATION)|^FOR MORE|^WHOM|^WHO WE"
        r"|^Mailbox|^Telephone|^Data protection officer|^Please quote|^We promised|^We never ask|^Change|^If you use"
        r"|^Replace|^Open our|^Be careful|^We are sorry for the worry|^A second letter will follow"
    ),
    "vi": re.compile(
        r"THÔNG BÁO|^Thông báo|^Số tham chiếu|^Kính gửi|^CHUYỆN GÌ|^CHÚNG TÔI|^BẠN CÓ THỂ|^DỮ LIỆU NÀO|^HỎI AI"
        r"|^Hộp thư|^Điện thoại|^Nhân sự bảo vệ|^Xin ghi|^Chúng tôi đã cam kết|^Chúng tôi không bao giờ hỏi|^Hãy"
        r"|^Nếu bạn dùng"
    ),
    "de": re.compile(
        r"MITTEILUNG|^Verletzung des Schutzes|^Aktenzeichen|^Sehr geehrte"
        r"|^WAS (GESCHEHEN|WIR TUN|SIE TUN)|^UM WELCHE|^WEITERE|^AN WEN|^WER WIR"
        r"|^E-Mail|^Telefon|^Datenschutzbeauftragte|^Bitte nennen|^Wir haben Ihnen zugesagt|^Wir fragen Sie nie"
        r"|^Ändern Sie|^Wenn Sie dasselbe|^Ersetzen Sie|^Öffnen Sie|^Seien Sie vorsichtig|^Achten Sie"
        r"|^Prüfen Sie|^Es tut uns leid, dass dieser Brief|^Ein zweiter Brief folgt"
    ),
}  # fmt: skip
#: Words that tell what was done, in no letter that must not say it.
DEEDS = {
    "en": r"accessed|without permission|leak|stolen|lost|broke|used|reached|gained|intrud|could be|could not",
    "vi": r"truy cập trái phép|bị lộ|bị trộm|bị mất|xâm nhập|chiếm quyền|lạm dụng|lợi dụng|gửi đến",
    "de": r"zugegriffen|unbefugt|gestohlen|verloren|eingedrungen|benutzt|genutzt|missbraucht|erreich|erlangt|eindring",
}
PEOPLE = 48217


@pytest.fixture(scope="module")
def laws() -> Catalog:
    templates, contacts = default_folders()
    return load_catalog([templates], [contacts])


def letters(notice: str, type_id: str, facts: Facts, **others: object) -> Letters:
    told = account(TEMPLATES, type_id, facts, COMPANY.name, COMPANY.zone)
    nothing = {"consequences": {}, "measures_planned": {}, "advice": {}, "measures_taken": MEASURES}
    return Letters(notice, TEMPLATES, letter_facts(**{**nothing, "what_happened": told, **others}))


def sentences(text: str, locale: str) -> Iterator[str]:
    """The sentences of a letter but for lists, contacts and the account that a type gives."""
    for paragraph in re.split(r"\n\s*\n|\n  (?:- )?", text):
        for sentence in re.split(r"(?<=[.!?]) (?!November)", " ".join(paragraph.split())):
            if sentence and sentence not in MEASURES[locale]:
                yield sentence.removeprefix("- ")


def said_of_company(sentence: str) -> bool:
    return bool(
        re.search(r"StreamOnApi$|Võ Quốc Bảo|Lê Lăng|streamonapi\.example$|25\.? November|ngày 25", sentence)
    )


@pytest.mark.parametrize("type_id", TYPES)
@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("locale", LOCALES)
def test_a_letter_of_which_nothing_is_known_claims_nothing(notice: str, type_id: str, locale: str) -> None:
    write = letters(notice, type_id, Facts({}))
    names = {name[locale] for name in write.facts.kind_names.values()}
    for kinds in ((), ("account-info", "auth-tokens")):
        letter = write.letter(Reader(kinds), locale)
        before, suspicion, after = _around_the_account(
            _in_its_language(letter.text), write.facts.what_happened[locale]
        )
        assert HEDGES[locale].search(suspicion), suspicion
        claims = [
            sentence
            for sentence in [letter.subject, *sentences(before, locale), *sentences(after, locale)]
            if not (HEDGES[locale].search(sentence) or HARMLESS[locale].search(sentence))
            and sentence not in names
            and not said_of_company(sentence)
        ]
        assert claims == []


def _in_its_language(text: str) -> str:
    return own(text).removeprefix("This letter in English stands below.\n\n")


def _around_the_account(text: str, told: str) -> tuple[str, str, str]:
    """The letter before the account, the sentence that leads to it, and the letter after it."""
    account_there = "\n\n".join(told.split("\n\n"))
    before, _, after = text.partition(account_there)
    assert after, "the account stands in the letter, paragraph by paragraph"
    lead = before.rstrip().rpartition("\n\n")
    return lead[0], lead[2], after


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_known_is_claimed_and_no_more(locale: str) -> None:
    write = letters("customer", "credential-leak", Facts({}), suspected=False)
    words = {
        "en": ("have established", "do not know whether anybody accessed"),
        "vi": ("đã xác định", "chưa biết có ai truy cập trái phép"),
        "de": ("haben festgestellt", "wissen nicht, ob jemand unbefugt"),
    }[locale]
    reader = Reader(
        ("account-info", "auth-tokens"), Certainty.CONFIRMED, otherwise=(("auth-tokens", Certainty.UNKNOWN),)
    )
    text = own(write.letter(reader, locale).text)
    account_info, tokens = (write.facts.kind_names[kind][locale] for kind in ("account-info", "auth-tokens"))
    places = [text.index(part) for part in (words[0], account_info, words[1], tokens)]
    assert places == sorted(places)
    listed = write.letter(Reader(("account-info",)), locale).text
    assert words[0] not in listed
    assert words[1] in listed


def test_an_estimate_is_called_one() -> None:
    facts = read_facts(
        {"occurred_from": "2026-11-20T22:10+07:00 estimated", "detected_at": "2026-11-24T02:31+07:00"}
    )
    told = account(TEMPLATES, "insider", facts, COMPANY.name, COMPANY.zone)
    assert "(estimated)" in told["en"].partition("We found this")[0]
    assert "(estimated)" not in told["en"].partition("We found this")[2]


@pytest.mark.parametrize("type_id", TYPES)
@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("locale", LOCALES)
def test_what_a_law_forbids_stands_in_no_letter_to_its_people(
    laws: Catalog, notice: str, type_id: str, locale: str
) -> None:
    facts = read_facts(
        {"aware_at": "2026-11-24T02:31+07:00", "occurred_from": "2026-11-20T22:10+07:00",
         "contained_at": "2026-11-24T05:00+07:00", "people": PEOPLE, "records": PEOPLE}
    )  # fmt: skip
    write = letters(
        notice, type_id, facts, suspected=False,
        consequences=dict.fromkeys(LOCALES, "Consequences."), measures_planned=dict.fromkeys(LOCALES, "Plans."),
    )  # fmt: skip
    for must_not in _forbidden(laws):
        left_out = laws.letter.forbidden(dict.fromkeys(must_not))
        for certainty in Certainty:
            reader = Reader(("account-info",), certainty, left_out=left_out)
            letter = write.letter(reader, locale)
            words = _words(replace(letter, text=own(letter.text), html=letter.html.partition("<section")[0]))
            assert f"{PEOPLE}" not in re.sub(r"[.,\s]", "", words)
            if "nature" in must_not:
                gone = (
                    *write.facts.what_happened[locale].split("\n\n"),
                    "Consequences.",
                    "Plans.",
                    MEASURES[locale],
                )
                assert not [paragraph for paragraph in gone if paragraph in words]
                assert not re.search(DEEDS[locale], _without_advice(words, locale), re.IGNORECASE)


def _forbidden(laws: Catalog) -> set[tuple[str, ...]]:
    rules = [rule for regime in laws.regimes.values() for rule in regime.rules]
    found = {
        rule.must_not_contain for rule in rules if rule.recipient == "individuals" and rule.must_not_contain
    }
    assert len(found) > 2
    return found


def _words(letter: Letter) -> str:
    page = html.unescape(re.sub(r"<style.*?</style>|<[^>]*>", " ", letter.html, flags=re.S))
    return "\n".join((letter.subject, letter.text, " ".join(page.split())))


def _without_advice(words: str, locale: str) -> str:
    advice = {
        "en": r"If you use the same password elsewhere|Open our site",
        "vi": r"Nếu bạn dùng|Hãy tự gõ",
        "de": r"Wenn Sie dasselbe Passwort|Öffnen Sie unsere|Prüfen Sie",
    }
    return re.sub(rf"({advice[locale]})[^.]*", "", words)
