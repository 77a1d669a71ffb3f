"""How an answer to a question is read: text from a command line or native values from a file, into one
canonical form.

Pure. Canonical values are JSON: moments as ISO 8601 in UTC, sets as sorted lists, amounts and shares as
decimal text, never a float. `unknown` (or nothing) is None and is never turned into false or 0.

Text forms: a set is `a,b`; counts are `DE:1200,VN:40`; records and cells are JSON or YAML's flow style
(`{role: processor, name: X}`); an estimated moment ends in ` estimated`.

Long, since every type of answer is read here, one short reader each.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches

from pydantic import JsonValue

from tocsin.domain.currencies import CURRENCIES
from tocsin.domain.errors import Refused
from tocsin.domain.flow import read_flow
from tocsin.domain.moments import iso, parse_moment
from tocsin.domain.places import ALIASES, PLACES, UNKNOWN_PLACE
from tocsin.domain.questions import FACTS, FactDefinition

_TRUE, _FALSE = ("true", "yes"), ("false", "no")
#: What lists every fact with its values.
_LISTS = "tocsin law schema"
#: Longest list of what is known that is said whole, in characters.
_SHORT = 300
#: What the ids of a fact are.
_IDS = {
    "kinds": "an id of the data map, like viewing-history",
    "controllers": "the code of a contract, like acme-2",
}
#: Answers to questions of pairs, by their type.
_EXAMPLES = {
    "choices": "us-fl:met",
    "counts": "DE:1200,VN:40",
    "amount": "{amount: 1200.50, currency: EUR}",
    "parts": "{credit-monitoring: {en: .., vi: ..}}",
}
#: Older words of facts files.
_SAME_CHOICE = {("recipients", "one-trusted"): "one-bound"}
#: Words that people have for a choice that is called otherwise, by how they begin.
_MEANT = {"police": "law-enforcement", "prosecutor": "law-enforcement", "judge": "court"}


def nearest(word: str, known: Iterable[str], lists: str = "") -> str:
    """`; did you mean X?`, or all that is known, or, of a long list, three and the command that `lists` it.

    Empty only where nothing at all is known.
    """
    names = list(known)
    close = get_close_matches(word.lower(), [name.lower() for name in names], n=1, cutoff=0.5)
    if close:
        return f"; did you mean {next(name for name in names if name.lower() == close[0])}?"
    if not names or len(said := f"; known: {', '.join(names)}") <= _SHORT:
        return said if names else ""
    some = ", ".join(get_close_matches(word, names, n=3, cutoff=0))
    return f"; there are {len(names)}, like {some}" + (f": {lists} lists them" if lists else "")


def definition_of(name: str) -> FactDefinition:
    """The question behind a fact's name; Refused with the nearest right name when there is none."""
    if name not in FACTS:
        raise Refused(f"there is no fact {name!r}{nearest(name, FACTS, _LISTS)}")
    return FACTS[name]


def read_answer(question: FactDefinition, raw: object, now: datetime | None = None) -> JsonValue:
    """The canonical value of `raw`; None for unknown; Refused with the way out when it cannot be one."""
    if raw is None or (
        isinstance(raw, str) and raw.strip() in ("", "unknown") and not _may_be_unknown(question)
    ):
        return None
    value = _READERS[question.type](question, raw)
    if question.past and now is not None:
        _refuse_the_future(question, value, now)
    return value


def amended(name: str, known: JsonValue, said: JsonValue) -> JsonValue:
    """What stands once `said` is learned: of one answer per law, key by key; None for a key takes its answer out."""
    if definition_of(name).type != "choices" or not isinstance(said, dict):
        return said
    both = {**(known if isinstance(known, dict) else {}), **said}
    return {key: both[key] for key in sorted(both) if both[key] is not None} or None


def _may_be_unknown(question: FactDefinition) -> bool:
    return "unknown" in question.choices or question.type == "place"


def _refuse_the_future(question: FactDefinition, value: JsonValue, now: datetime) -> None:
    at = value["at"] if isinstance(value, dict) else value
    if parse_moment(str(at)) > now:
        raise Refused(
            f"{question.name}: {at} lies in the future, now it is {iso(now)}; say when it did happen"
        )


def _moment(question: FactDefinition, raw: object) -> JsonValue:
    estimated = False
    if isinstance(raw, Mapping):
        _refuse_unknown_keys(question, raw, ("at", "estimated"))
        estimated, raw = raw.get("estimated") in (True, *_TRUE), raw.get("at")
    if isinstance(raw, str) and raw.strip().endswith(" estimated"):
        estimated, raw = True, raw.strip().removesuffix(" estimated")
    try:
        at = iso(parse_moment(str(raw)))
    except Refused as error:
        raise Refused(f"{question.name}: {error}") from None
    return {"at": at, "estimated": True} if estimated else at


def _bool(question: FactDefinition, raw: object) -> JsonValue:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().lower()
    if word not in (*_TRUE, *_FALSE):
        raise Refused(f"{question.name}: {raw!r} is neither yes nor no")
    return word in _TRUE


def _int(question: FactDefinition, raw: object) -> JsonValue:
    text = str(raw).strip()
    if isinstance(raw, bool) or not re.fullmatch(r"\d{1,15}", text, re.ASCII):
        raise Refused(
            f"{question.name}: {raw!r} is not a whole number of {question.unit or 'things'}, like 1200"
        )
    return int(text)


def _decimal(question: FactDefinition, raw: object) -> str:
    text = str(raw).strip()
    # With no exponent, which written out may be a text of any length: what is learned stays for ever.
    if isinstance(raw, bool) or not re.fullmatch(r"\d{1,15}(\.\d{1,15})?", text, re.ASCII):
        raise Refused(f"{question.name}: {raw!r} is not a number like 12.5")
    return text


def _share(question: FactDefinition, raw: object) -> JsonValue:
    share = _decimal(question, raw.strip().removesuffix("%") if isinstance(raw, str) else raw)
    if Decimal(share) > 100:
        raise Refused(f"{question.name}: {share} is more than 100 percent; write a share like 12.5")
    return share


def _amount(question: FactDefinition, raw: object) -> JsonValue:
    if isinstance(raw, str) and not raw.strip().startswith("{"):
        amount, _, currency = raw.strip().partition(" ")
    else:
        fields = _mapping(question, raw, ("amount", "currency"))
        amount, currency = str(fields.get("amount")), str(fields.get("currency", ""))
    if currency not in CURRENCIES:
        raise Refused(f"{question.name}: write an amount and a currency, like 1200.50 EUR")
    return {"amount": _decimal(question, amount), "currency": currency}


def _choice(question: FactDefinition, raw: object) -> JsonValue:
    word = str(raw).strip()
    word = _SAME_CHOICE.get((question.name, word), word)
    if word not in question.choices:
        meant = next((right for begins, right in _MEANT.items() if word.lower().startswith(begins)), word)
        raise Refused(f"{question.name} cannot be {word!r}{nearest(meant, question.choices, _LISTS)}")
    return word


def _words(question: FactDefinition, raw: object) -> list[str]:
    if isinstance(raw, str):
        raw = raw.strip().removeprefix("[").removesuffix("]").split(",")
    if not isinstance(raw, list | tuple | set | frozenset):
        raise Refused(f"{question.name}: write a list, like {','.join(question.choices[:2]) or 'a,b'}")
    return [word for word in (str(each).strip() for each in raw) if word]


def _set(question: FactDefinition, raw: object) -> JsonValue:
    words = _words(question, raw)
    if words == ["none"] and "none" not in question.choices:
        return []
    return [*sorted({str(_choice(question, word)) for word in words})]


def _ids(question: FactDefinition, raw: object) -> JsonValue:
    words = _words(question, raw)
    for word in words:
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", word):
            raise Refused(f"{question.name}: {word!r} is not {_IDS.get(question.name, 'an id, like acme-2')}")
    return [*sorted(set(words) - {"none"})]


def _place(question: FactDefinition, raw: object) -> JsonValue:
    place = str(raw).strip()
    if place != UNKNOWN_PLACE and place not in PLACES:
        raise Refused(
            f"{question.name}: {place!r} is no place; write ISO 3166 like VN, DE-BY, US-CA{_meant(place)}"
        )
    return place


def _meant(place: str) -> str:
    """The place that was meant: `UK` for GB, `de` for DE. Of other short codes nobody can tell."""
    upper = place.upper()
    code = ALIASES.get(upper, upper)
    if code in PLACES:
        return f"; did you mean {code}?"
    return nearest(place, PLACES) if len(place) > 3 else ""


def _counts(question: FactDefinition, raw: object) -> JsonValue:
    fields = _mapping(question, raw)
    return {str(_place(question, place)): _int(question, fields[place]) for place in sorted(fields)}


def _choices(question: FactDefinition, raw: object) -> JsonValue:
    """None stands for an answer that is taken back: `amended` takes it out."""
    fields = _mapping(question, raw)
    return {
        key: None if fields[key] in (None, "unknown") else _choice(question, fields[key])
        for key in sorted(fields)
    }


def _line(question: FactDefinition, raw: object) -> JsonValue:
    if isinstance(raw, Mapping | list | tuple):
        raise Refused(f"{question.name}: write one line of text")
    return str(raw).strip()


def _text(question: FactDefinition, raw: object) -> JsonValue:
    """Words per language; words whose language nobody stated stand under `und` (RFC 5646, section 4.1)."""
    if isinstance(raw, str) and not raw.strip().startswith("{"):
        return {"und": raw.strip()}
    fields = _mapping(question, raw)
    for language in fields:
        if not re.fullmatch(r"[a-z]{2,3}(-[A-Z]{2})?", language):
            raise Refused(f"{question.name}: {language!r} is no language; write {{en: .., vi: ..}}")
    return {language: str(fields[language]) for language in sorted(fields)}


def _record(question: FactDefinition, raw: object) -> JsonValue:
    fields = _mapping(question, raw, question.keys)
    moments = ("from", "until", "aware_at", "told_at")
    return {
        key: _moment(FactDefinition(f"{question.name}.{key}", "moment", "", question.group), value)
        if key in moments
        else _choice(question, value)
        if key == "by"
        else str(value)
        for key, value in sorted(fields.items())
        if value is not None
    }


def _list(question: FactDefinition, raw: object) -> JsonValue:
    entries = _flow(question, raw) if isinstance(raw, str) else raw
    if not isinstance(entries, list | tuple):
        raise Refused(f"{question.name}: write a list, like {_example(question)}")
    return [_record(question, entry) for entry in entries]


def _parts(question: FactDefinition, raw: object) -> JsonValue:
    for part in (fields := _mapping(question, raw)):
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", part):
            raise Refused(
                f"{question.name}: {part!r} is no part; write {{credit-monitoring: {{en: .., vi: ..}}}}"
            )
    return {part: _text(question, fields[part]) for part in sorted(fields)}


_READERS: Mapping[str, Callable[[FactDefinition, object], JsonValue]] = {
    "moment": _moment, "bool": _bool, "int": _int, "share": _share, "amount": _amount, "choice": _choice, "set": _set,
    "ids": _ids, "place": _place, "counts": _counts, "choices": _choices, "line": _line, "text": _text,
    "record": _record, "list": _list, "parts": _parts,
}  # fmt: skip


def _mapping(question: FactDefinition, raw: object, keys: tuple[str, ...] = ()) -> dict[str, object]:
    if isinstance(raw, str):
        raw = _flow(question, raw, bare=not raw.strip().startswith("{"))
    if not isinstance(raw, Mapping):
        raise Refused(f"{question.name}: write pairs, like {question.name}={_example(question)}")
    if keys:
        _refuse_unknown_keys(question, raw, keys)
    return {str(key): value for key, value in raw.items()}


def _flow(question: FactDefinition, text: str, *, bare: bool = False) -> object:
    """What `text` spells, which may be pairs without their brackets; Refused with an answer that would do."""
    try:
        return read_flow(f"{{{text}}}" if bare else text)
    except Refused:
        example = f"{question.name}={_example(question)}"
        raise Refused(f"{question.name}: {text!r} cannot be read; write it like {example}") from None


def _example(question: FactDefinition) -> str:
    """An answer to the question as a person types it."""
    if question.keys:
        pairs = ", ".join(
            f"{key}: {question.choices[0] if key == 'by' and question.choices else '..'}"
            for key in question.keys[:2]
        )
        return f"[{{{pairs}}}]" if question.type == "list" else f"{{{pairs}}}"
    return _EXAMPLES.get(question.type, "{en: .., vi: ..}")


def _refuse_unknown_keys(question: FactDefinition, raw: Mapping[str, object], keys: tuple[str, ...]) -> None:
    for key in raw:
        if key not in keys:
            raise Refused(f"{question.name} has no {str(key)!r}{nearest(str(key), keys)}")
