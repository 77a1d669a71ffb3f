"""Flags of customers as bits of one number, whatever a company calls them.

A word that nobody declared may mean anything, so such rows carry a bit of their own and are counted.
"""

import re
from collections.abc import Iterable
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.scope.flags import FLAGS, OF_ACCOUNTS, SHARED_ID, UNCERTAIN, Flag
from tocsin.domain.sources import CustomerSource
from tocsin.sources.texts import as_text

BIT: dict[Flag, int] = {flag: 1 << place for place, flag in enumerate(FLAGS)}
#: A word in a column of flags that no declaration explains.
UNEXPLAINED = 1 << len(FLAGS)
#: A birth date that cannot be read.
UNREADABLE_BIRTH = UNEXPLAINED << 1
#: Somebody who may be one with somebody else.
DOUBTFUL = UNREADABLE_BIRTH << 1
#: Different people under one id.
SEVERAL = DOUBTFUL << 1
_FOUND: dict[str, int] = {**dict(BIT.items()), UNCERTAIN: DOUBTFUL, SHARED_ID: SEVERAL}
#: Bits that hold for a person only where all her rows have them.
SHARED_BITS = sum(BIT[flag] for flag in OF_ACCOUNTS)
YES, _NO = ("yes", "true", "1", "y", "t"), ("no", "false", "0", "n", "f")
_SEPARATOR = r"[,;|\n]"


def flags_of(bits: int) -> tuple[str, ...]:
    """The flags that these bits stand for, in the order of `FLAGS`, and what Tocsin found itself."""
    return tuple(flag for flag, bit in _FOUND.items() if bits & bit)


def flagged(raw: Any, source: CustomerSource) -> Any:
    """int64: the flags of each row of a table with the columns `flags_1`, ... and perhaps `status`.

    Words of a status count where they are known: that others say nothing of a flag is the rule there.
    """
    own = sum(BIT[flag] for flag in source.flags_of_all)
    columns = {
        f"flags_{number}": name.rpartition(".")[2] for number, name in enumerate(source.fields.flags, 1)
    }
    words = [_words(raw[column], name) for column, name in columns.items()]
    status = [_lower(raw.status)] if "status" in raw.columns else []
    if not (words or status):
        return ibis.literal(own, "int64")
    meaning = {flag: flag for flag in FLAGS} | source.flags
    bits = _bits(_lines([*words, *status]), meaning)
    if words:
        bits = bits + ibis.ifelse(_lines(words).re_search(_only(meaning)), 0, UNEXPLAINED)
    return (bits.cast("int64") | own).fill_null(own)


def _words(column: Any, name: str) -> Any:
    text = _lower(column)
    return ibis.cases((text.isin(YES), name.lower()), (text.isin(_NO), ""), else_=text)


def _lower(column: Any) -> Any:
    return as_text(column).fill_null("").strip().lower()


def _lines(texts: list[Any]) -> Any:
    whole = texts[0]
    for text in texts[1:]:
        whole = whole + "\n" + text
    return whole


def _bits(text: Any, meaning: dict[str, Flag | None]) -> Any:
    """The sum of what the words mean. Most rows hold none of them, which one look shows."""
    by_flag: dict[Flag, list[str]] = {}
    for word, flag in meaning.items():
        if flag is not None:
            by_flag.setdefault(flag, []).append(word)
    bits = ibis.literal(0, "int64")
    for flag, words in by_flag.items():
        bits = bits + ibis.ifelse(text.re_search(_among(words)), BIT[flag], 0)
    every = [word for words in by_flag.values() for word in words]
    return ibis.ifelse(text.re_search(_among(every)), bits, 0)


def _among(words: Iterable[str]) -> str:
    """A regular expression for texts that hold one of these words, between separators."""
    return rf"(?:^|{_SEPARATOR})\s*(?:{_either(words)})\s*(?:{_SEPARATOR}|$)"


def _only(words: Iterable[str]) -> str:
    """A regular expression for texts that hold nothing but these words."""
    return rf"^(?:\s*(?:{_either(words)})?\s*(?:{_SEPARATOR}|$))*$"


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words))
