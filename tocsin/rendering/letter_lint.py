"""A second reader for letters: what must never stand in one, found by looking at the words themselves.

It names problems and decides nothing; a person who approves a letter sees the list. Sources: GDPR Art. 34, EDPB
Guidelines 9/2022 part III.B, and what makes a genuine notice look like phishing.
"""

import html
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize

from tocsin.catalog.yamlfile import read_document
from tocsin.rendering.letter import Letter, Letters, Variant
from tocsin.rendering.letterwords import lint_of
from tocsin.rendering.written import said_in

#: What the words of `lint.<language>.yaml` are, in the order in which they are looked for.
_NEVER = {
    "unproven": "claims what the letter does not prove",
    "blame": "blames somebody or praises the attacker",
    "others": "speaks of other people",
    "marketing": "advertises",
    "login": "leads to a place to sign in",
    "waiver": "asks the reader to give up rights",
    "no-reply": "names an address that nobody reads",
}
#: A page of a site, which programs that show mail make a link of, with or without its scheme.
_PAGE = r"(?:https?://|\b(?:[\w-]+\.)+[a-z]{2,}/)"
_LINK = re.compile(r"https?://\S+|\bhref\s*=", re.IGNORECASE)
_LOGIN = re.compile(
    rf"{_PAGE}\S*(log-?in|sign-?in|auth|reset|verify|account|anmeld|einlogg|passwor|dang-?nhap|mat-?khau)\S*",
    re.IGNORECASE,
)
_LOADED = re.compile(
    r"<(img|script|iframe|frame|object|embed|link|base|form|input|video|audio|source|svg|picture)\b"
    r"|<meta[^>]*http-equiv|\b(src|srcset|background|poster)\s*=|url\(|@import",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"\b(?:sk|pk|ghp|gho|xox[abp]|AKIA|eyJ)[-_A-Za-z0-9]{12,}|\b[0-9A-Fa-f]{32,}\b|\$2[aby]\$\d\d\$|\$argon2"
    r"|\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b|-----BEGIN [A-Z ]*KEY"
)
#: A value behind the name of what it is, in any of our languages.
_PASSWORD = re.compile(
    r"\b(?:password|passwort|kennwort|mật khẩu|pin)(?: is| lautet| là)?\s*[:=]\s*\S+", re.IGNORECASE
)
#: Of a passport, an account, an identity card: in one, and no telephone number of ours, which is written in groups.
_NUMBER = re.compile(r"(?<![\w+.,-])(?:[A-Z]{1,2})?\d{8,12}(?![\w,.-]*\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NO_REPLY = re.compile(r"^(?:no|do[-_.]?not)[-_.]?reply\b", re.IGNORECASE)
_CARD = re.compile(r"(?<![\d+])\d(?:[ -]?\d){12,18}(?!\d)")
_LONGEST_SUBJECT, _LONGEST_SENTENCE = 150, 40
#: Bytes of a page from which on Gmail hides the rest behind a link.
CLIPPED = 102_000


def lint_letter(
    letter: Letter, never: Mapping[str, re.Pattern[str]], ours: Collection[str] | None = None
) -> list[str]:
    """Problems in one letter, each a line that quotes it; empty for a clean one. `never` is from `load_never`.

    `ours` are the addresses that may stand in it; without them none is looked at.
    """
    return list(dict.fromkeys(_problems(letter, never, ours)))


def addresses_of(letters: Letters) -> frozenset[str]:
    """The addresses that a letter may name: whom to ask, and those in texts that laws add."""
    facts = letters.facts
    said = " ".join(
        text for title, words in facts.additions.values() for text in (*title.values(), *words.values())
    )
    named = (facts.organisation.reply_to, facts.organisation.staff_contact or "", facts.dpo.email)
    return frozenset(each.lower() for each in (*named, *_ADDRESS.findall(said)))


def lint_sender(*addresses: str) -> list[str]:
    """Problems of where a letter comes from, and where answers to it go."""
    return [
        f"names an address that nobody reads: {each!r}; set notice_sender and reply_to in organisation.yaml"
        for each in dict.fromkeys(addresses)
        if _NO_REPLY.search(each)
    ]


@dataclass
class Mentions:
    """Whether texts that everybody reads name one of the people whom the scope found: what is hers is hers alone.

    `texts` are what people wrote. Names of one word are looked over: they may be any word.
    """

    texts: Iterable[str]
    #: How many people are named.
    count: int = 0

    def __post_init__(self) -> None:
        said = [normalize("NFC", text).casefold() for text in self.texts]
        words = [re.findall(r"\w+", each) for each in said]
        self._runs = {
            tuple(each[at : at + size])
            for each in words
            for size in range(2, 7)
            for at in range(len(each) - size + 1)
        }
        self._addresses = {found for each in said for found in _ADDRESS.findall(each)}

    def look(self, name: str | None, *addresses: str | None) -> None:
        """Look for one person."""
        words = tuple(re.findall(r"\w+", normalize("NFC", name).casefold())) if name and self._runs else ()
        mine = {each.strip().lower() for each in addresses if each}
        self.count += words in self._runs or not self._addresses.isdisjoint(mine)

    @property
    def problems(self) -> list[str]:
        """That people are named, if any are; never who."""
        people = "1 person" if self.count == 1 else f"{self.count:,} people"
        what = "whom the scope found stand in what everybody reads; take them out of the facts that the letter prints"
        return [f"speaks of other people: names or addresses of {people} {what}"] if self.count else []


@lru_cache(maxsize=8)
def load_never(templates: Path) -> Mapping[str, re.Pattern[str]]:
    """What must never stand in a letter, in the words of every language: what is wrong with them, and how they look."""
    found: dict[str, list[str]] = {}
    for path in sorted((templates / "notices").glob("lint.*.yaml")):
        for why, words in read_document(path).value["never"].items():
            found.setdefault(_NEVER[why], []).extend(map(_pattern, words))
    return {why: re.compile("|".join(found[why]), re.IGNORECASE) for why in _NEVER.values() if why in found}


def lint_languages(letters: Letters, locales: Iterable[str]) -> list[str]:
    """Problems of the languages that are written in: words that nobody looks for, and names that are in English."""
    problems = []
    for locale in sorted(locales):
        if lint_of(letters.templates, locale) is None:
            problems.append(
                f"nobody but you looks for wrong words in {locale}; add notices/lint.{locale}.yaml, as lint.en.yaml is"
            )
        unnamed = [kind for kind, names in letters.facts.kind_names.items() if not said_in(names, locale)]
        if unnamed:
            problems.append(
                f"{', '.join(unnamed)}: named in English in letters in {locale}; see data_map.yaml"
            )
    return problems


def lint_readers(counts: Mapping[Variant, int]) -> list[str]:
    """Problems of the whole sending: how many readers are promised to hear which data, and do not."""
    unknown = sum(count for variant, count in counts.items() if not variant.kinds)
    what = "not told which of their data it was, only what it is at most; name the kinds in the scope, if you can"
    return [f"{unknown:,} readers are {what}"] if unknown else []


def _pattern(words: str) -> str:
    """Words as they stand, a `*` at the end of one for any ending."""
    return r"\b" + r"\s+".join(re.escape(word).replace(r"\*", r"\w*") for word in words.split()) + r"\b"


def _problems(
    letter: Letter, never: Mapping[str, re.Pattern[str]], ours: Collection[str] | None
) -> Iterator[str]:
    words = normalize("NFC", f"{letter.subject}\n{letter.text}\n{_visible(letter.html)}")
    for what, pattern in {**never, "shows what looks like a leaked key or hash": _SECRET}.items():
        if found := pattern.search(words):
            yield f"{what}: {found.group(0)!r}"
    yield from _values(words)
    for address in _ADDRESS.findall(words):
        if ours is not None and address.lower() not in ours:
            yield f"speaks of other people: the address {address!r} is none of those whom readers may ask"
    yield from _links(letter)
    yield from _shape(letter)


def _values(words: str) -> Iterator[str]:
    """Values that leak would hold. They are not quoted: whoever reads the list of problems need not read them."""
    if any(_luhn(found.group(0)) for found in _CARD.finditer(words)):
        yield "shows what looks like a card number"
    if _PASSWORD.search(words):
        yield "shows what looks like a leaked password"
    if any(_is_iban(found.group(0)) for found in _IBAN.finditer(words)):
        yield "shows what looks like a bank account"
    if _NUMBER.search(words):
        yield "shows what looks like the number of a document or an account"


def _is_iban(text: str) -> bool:
    """ISO 13616: the check digits are right."""
    said = text.replace(" ", "")
    digits = "".join(str(int(one, 36)) for one in said[4:] + said[:4])
    return 15 <= len(said) <= 34 and int(digits) % 97 == 1


def _links(letter: Letter) -> Iterator[str]:
    both = f"{letter.subject}\n{letter.text}\n{letter.html}"
    if found := _LOGIN.search(both):
        yield f"links to a place to sign in: {found.group(0)!r}"
    elif found := _LINK.search(both):
        yield f"holds a link, which makes it look like phishing: {found.group(0)!r}"
    if found := _LOADED.search(letter.html):
        yield f"loads or embeds something: {found.group(0)!r}"


def _shape(letter: Letter) -> Iterator[str]:
    if "\n" in letter.subject or not letter.subject.strip():
        yield "the subject is empty or more than one line"
    if len(letter.subject) > _LONGEST_SUBJECT:
        yield f"the subject is longer than {_LONGEST_SUBJECT} characters"
    if "@" not in letter.text:
        yield "names no mailbox to ask"
    if not re.search(r"\+\d[\d ()-]{6,}", letter.text):
        yield "names no telephone to ask"
    if (size := len(letter.html.encode())) > CLIPPED:
        yield f"the page has {size:,} bytes, and Gmail hides what comes after {CLIPPED:,}; say it in fewer words"
    if left := re.search("[\ue000-\uf8ff]", letter.text):
        yield f"something was not filled in: {left.group(0)!r}"
    longest = max((len(sentence.split()) for sentence in re.split(r"[.!?:;]\s|\n", letter.text)), default=0)
    if longest > _LONGEST_SENTENCE:
        yield f"has a sentence of {longest} words; say it in shorter ones"


def _visible(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", page))


def _luhn(text: str) -> bool:
    digits = [int(one) for one in reversed(text) if one.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
