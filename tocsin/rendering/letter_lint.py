"""A second reader for letters: what must never stand in one, found by looking at the words themselves.

It names problems and decides nothing; a person who approves a letter sees the list. Sources: GDPR Art. 34, EDPB
Guidelines 9/2022 part III.B, and what makes a genuine notice look like phishing.
"""

import html
import re
from collections.abc import Iterator, Mapping

from tocsin.rendering.letter import Letter, Variant

#: Claims that reassure and that nobody proves in a letter.
_UNPROVEN = re.compile(
    r"\bencrypted\b|\bno evidence\b|\bno indication\b|\bfully secure\b|đã được mã hóa|không có bằng chứng",
    re.IGNORECASE,
)
_BLAME = re.compile(r"\byour fault\b|\byou failed\b|\bsophisticated\b|lỗi của bạn|tinh vi", re.IGNORECASE)
_MARKETING = re.compile(r"\bspecial offer\b|\bdiscount\b|\bsubscribe\b|khuyến mãi|ưu đãi", re.IGNORECASE)
_WAIVER = re.compile(r"\bwaive\b|\bby accepting\b|\bwithout admission\b|từ bỏ quyền", re.IGNORECASE)
_NO_REPLY = re.compile(r"\b(no-?reply|do-?not-?reply|donotreply)\b", re.IGNORECASE)
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


def lint_letter(letter: Letter) -> list[str]:
    """Problems in one letter, each a line that quotes it; empty for a clean one."""
    return list(dict.fromkeys(_problems(letter)))


def lint_readers(counts: Mapping[Variant, int]) -> list[str]:
    """Problems of the whole sending: how many readers are promised to hear which data, and do not."""
    unknown = sum(count for variant, count in counts.items() if not variant.kinds)
    what = "not told which of their data it was, only what it is at most; name the kinds in the scope, if you can"
    return [f"{unknown:,} readers are {what}"] if unknown else []


def _problems(letter: Letter) -> Iterator[str]:
    words = f"{letter.subject}\n{letter.text}\n{_visible(letter.html)}"
    for pattern, what in (
        (_UNPROVEN, "claims what the letter does not prove"),
        (_BLAME, "blames the reader or praises the attacker"),
        (_MARKETING, "advertises"),
        (_WAIVER, "asks the reader to give up rights"),
        (_NO_REPLY, "names an address that nobody reads"),
        (_SECRET, "shows what looks like a leaked key or hash"),
    ):
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
