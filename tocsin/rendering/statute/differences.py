"""What changed between two laws, in the words of the statute page: term by term, before and now."""

from collections.abc import Iterable, Iterator
from typing import Any

from tocsin.domain.law.amending import Amended, LawChange, RuleChange
from tocsin.domain.law.marks import joined_mark
from tocsin.domain.law.rules import Regime, Rule
from tocsin.domain.records import in_language
from tocsin.rendering.statute.page import HEAD, Page, Part, all_terms
from tocsin.rendering.statute.sentences import Item, spoken
from tocsin.rendering.statute.terms import TERMS, Terms, to_whom

#: Lists of which only what came and went is said.
_LISTS = ("content", "must_not_contain")


#: What the two sides are called.
Sides = tuple[str, str]
WAS_AND_NOW: Sides = ("was", "now")


def page_of_change(change: LawChange, sides: Sides = WAS_AND_NOW) -> Page:
    """One law that changed, as a page: what became of it, and of each rule. `sides` are the names of the two."""
    names = [in_language(law.name, "en") for law in (change.before, change.after) if law]
    head = (("", (Item(_fate(change)),)), *_terms(change, HEAD, sides))
    rules = tuple(_rule(change, each, sides) for each in change.rules)
    return Page(change.code, " -> ".join(dict.fromkeys(names)), Part("", head), rules, ())


def summary(changes: Iterable[LawChange]) -> Iterator[tuple[str, str, str]]:
    """A line of a table for each law and rule that changed: which, its mark, which of its terms."""
    for change in changes:
        if change.terms or not change.rules:
            yield change.code, change.mark, ", ".join(labels(change.terms, HEAD))
        for rule in change.rules:
            fate = "new" if rule.before is None else "gone" if rule.after is None else ""
            yield _name(change.code, rule), rule.mark, fate or ", ".join(labels(rule.terms, TERMS))


def as_json(change: LawChange) -> dict[str, Any]:
    """One law that changed, for programs; the words of both versions stand beside each mark."""
    return {
        "regime": change.code,
        "mark": change.mark,
        "fate": _fate_word(change.before, change.after),
        "terms": list(_plain(change, HEAD)),
        "rules": [
            {
                "rule": rule.rule.id,
                "was": rule.before.id if rule.before else None,
                "mark": rule.mark,
                "fate": _fate_word(rule.before, rule.after),
                "terms": list(_plain(rule, TERMS)),
            }
            for rule in change.rules
        ],
    }


def labels(terms: Iterable[Amended], known: Terms) -> list[str]:
    """The labels of these terms, each once."""
    return list(dict.fromkeys(_label(each.field, known) for each in terms))


def _name(code: str, rule: RuleChange) -> str:
    old, new = rule.before, rule.after
    if old and new and old.id != new.id:
        return f"{code}/{old.id} -> {new.id}"
    return f"{code}/{rule.rule.id}"


def _rule(change: LawChange, rule: RuleChange, sides: Sides) -> Part:
    name = _name(change.code, rule)
    if rule.before is None and rule.after:
        return Part(name, all_terms(rule.after), _fate(rule))
    if rule.after is None and rule.before:
        return Part(name, (("tell", (Item(to_whom(rule.before)),)),), _fate(rule))
    return Part(name, tuple(_terms(rule, TERMS, sides)), _fate(rule))


def _fate(change: LawChange | RuleChange) -> str:
    fate = _fate_word(change.before, change.after)
    return change.mark if fate == "changed" else f"{fate}, {change.mark}"


def _fate_word(before: object, after: object) -> str:
    return "new" if before is None else "gone" if after is None else "changed"


def _terms(
    change: LawChange | RuleChange, known: Terms, sides: Sides
) -> Iterator[tuple[str, tuple[Item, ...]]]:
    """Each term that reads differently; what is only reworded is named, and not quoted."""
    reworded = []
    for label in labels(change.terms, known):
        those = [each for each in change.terms if _label(each.field, known) == label]
        mark = joined_mark(each.mark for each in those)
        if mark == "reworded":
            reworded.append(label)
        else:
            yield label, (Item(mark, _before_and_now(change, those[0], known, sides)),)
    if reworded:
        yield "reworded", (Item(", ".join(reworded)),)


def _before_and_now(
    change: LawChange | RuleChange, term: Amended, known: Terms, sides: Sides
) -> tuple[Item, ...]:
    if term.field in _LISTS and isinstance(change, RuleChange):
        old, new = (getattr(each, term.field) for each in (change.before, change.after))
        return (*_only("more", new, old), *_only("not", old, new))
    was, now = (_said(each, term.field, known) for each in (change.before, change.after))
    return _headed(sides[0], was), _headed(sides[1], now)


def _only(word: str, codes: Iterable[str], other: Iterable[str]) -> tuple[Item, ...]:
    listed = ", ".join(spoken(code) for code in codes if code not in other)
    return (Item(f"{word}: {listed}"),) if listed else ()


def _headed(word: str, items: tuple[Item, ...]) -> Item:
    if len(items) == 1:
        return Item(f"{word}: {items[0].text}", items[0].below)
    return Item(word, items) if items else Item(f"{word}: nothing")


def _said(of: Regime | Rule | None, field: str, known: Terms) -> tuple[Item, ...]:
    say = next((say for _, fields, say in known if field in fields), None)
    if say is None:
        # A field without a place on the page is shown as it is written.
        return (Item(str(getattr(of, field))),)
    return tuple(say(of))


def _label(field: str, known: Terms) -> str:
    return next((label for label, fields, _ in known if field in fields), field.replace("_", " "))


def _plain(change: LawChange | RuleChange, known: Terms) -> Iterator[dict[str, Any]]:
    for each in change.terms:
        was, now = (list(map(_flat, _said(of, each.field, known))) for of in (change.before, change.after))
        quoted = {"was": was, "now": now} if each.mark != "reworded" else {}
        yield {"term": each.field, "mark": each.mark} | quoted


def _flat(item: Item) -> str:
    """An item on one line."""
    return item.text + (f"{item.then} [{'; '.join(map(_flat, item.below))}]" if item.below else "")
