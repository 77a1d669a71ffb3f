"""A second reader for letters: what must never stand in one, found by looking at the words themselves.

It names problems and decides nothing; a person who approves a letter sees the list. Sources: GDPR Art. 34, EDPB
Guidelines 9/2022 part III.B, and what makes a genuine notice look like phishing.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from tocsin.catalog.yamlfile import read_document
from tocsin.rendering.letter import Letter, Letters, Variant
from tocsin.rendering.letterwords import lint_of
from tocsin.rendering.written import said_in

#: What the words of `lint.<language>.yaml` are, in the order in which they are looked for.
_NEVER = {
    "unproven": "claims what the letter does not prove",
    "blame": "blames the reader or praises the attacker",
    "marketing": "advertises",
    "waiver": "asks the reader to give up rights",
    "no-reply": "names an address that nobody reads",
}
_LINK = re.compile(r"https?://\S+|\bhref\s*=", re.IGNORECASE)
_LOGIN = re.compile(r"https?://\S*(log-?in|sign-?in|auth|reset|verify|account)\S*", re.IGNORECASE)
_LOADED = re.compile(
    r"<(img|script|iframe|object|embed|link|form|video|audio)\b|url\(|@import", re.IGNORECASE
)
_SECRET = re.compile(
    r"\b(?:sk|pk|ghp|gho|xox[abp]|AKIA|eyJ)[-_A-Za-z0-9]{12,}|\b[0-9a-f]{32,}\b|\$2[aby]\$\d\d\$|\$argon2"
)
_CARD = re.compile(r"(?<![\d+])\d(?:[ -]?\d){12,18}(?!\d)")
_LONGEST_SUBJECT, _LONGEST_SENTENCE = 150, 40
#: Bytes of a page from which on Gmail hides the rest behind a link.
CLIPPED = 102_000


def lint_letter(letter: Letter, never: Mapping[str, re.Pattern[str]]) -> list[str]:
    """Problems in one letter, each a line that quotes it; empty for a clean one. `never` is from `load_never`."""
    return list(dict.fromkeys(_problems(letter, never)))


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


def _problems(letter: Letter, never: Mapping[str, re.Pattern[str]]) -> Iterator[str]:
    words = f"{letter.subject}\n{letter.text}\n{_visible(letter.html)}"
    for what, pattern in {**never, "shows what looks like a leaked key or hash": _SECRET}.items():
        if found := pattern.search(words):
            yield f"{what}: {found.group(0)!r}"
    for found in _CARD.finditer(words):
        if _luhn(found.group(0)):
            yield "shows what looks like a card number"
    yield from _links(letter)
    yield from _shape(letter)


def _links(letter: Letter) -> Iterator[str]:
    both = f"{letter.text}\n{letter.html}"
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
