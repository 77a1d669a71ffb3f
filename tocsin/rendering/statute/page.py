"""A regime as one page: what it is, whom it binds, its rules term by term, its sources, the facts that it asks for.

The page is plain data. `terminal` and `markdown` print it; neither adds a word of law.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tocsin.domain.asking import HARM_TESTS
from tocsin.domain.law.rules import Regime, Rule, Source
from tocsin.domain.questions import FACTS
from tocsin.domain.records import in_language
from tocsin.rendering.statute.sentences import Item, condition, fact_behind, facts_in, spoken
from tocsin.rendering.statute.terms import TERMS, Terms, harm, validity, words

#: What may be looked up at another rule; whom to tell, and until when, each rule says itself.
_REFERRED = ("counting", "if", "unless", "note")
#: A sentence of so many characters is said again rather than looked up.
_SHORT = 80
_STATUS = {"in-force": "in force", "not-in-force": "not in force yet", "off": "off: it opens no duty here"}


@dataclass(frozen=True)
class Part:
    """Something with a heading and labelled items: `aside` stands beside the heading, such as the article."""

    heading: str
    terms: tuple[tuple[str, tuple[Item, ...]], ...]
    aside: str = ""


@dataclass(frozen=True)
class Page:
    """A regime to be printed."""

    code: str
    name: str
    head: Part
    rules: tuple[Part, ...]
    tail: tuple[Part, ...]


def page_of(regime: Regime, language: str = "en") -> Page:
    """The page of a regime; its name in `language` where it has one."""
    return Page(
        code=regime.id,
        name=in_language(regime.name, language),
        head=Part("", tuple((label, items) for label, _, say in HEAD if (items := say(regime)))),
        rules=tuple(_rule(regime, rule) for rule in regime.rules),
        tail=tuple(_tail(regime)),
    )


#: What stands at the head of a page: the label, the fields that it says, and how.
HEAD: Terms = (
    ("jurisdiction", ("jurisdiction",), lambda law: (Item(law.jurisdiction),)),
    (
        "status",
        ("status", "valid_from", "valid_until"),
        lambda law: (Item(f"{_STATUS[law.status]} {validity(law)}".strip()),),
    ),
    ("why", ("why_off",), lambda law: words(law.why_off)),
    ("read", ("verification",), lambda law: (Item(law.verification),)),
    ("days of", ("zone",), lambda law: (Item(law.zone),)),
    ("binds us if", ("applies",), lambda law: (condition(law.applies),) if law.applies else ()),
    ("harm test", ("harm_test",), lambda law: harm(law.harm_test)),
    ("speaks of", ("answers_for",), lambda law: _whose(law.answers_for)),
)


def _whose(place: str | None) -> tuple[Item, ...]:
    if place is None:
        return ()
    return (Item(f"people who live in {place}; of all people where we are established in {place}"),)


def all_terms(rule: Rule) -> tuple[tuple[str, tuple[Item, ...]], ...]:
    """Every term of one rule, by itself."""
    return tuple((label, items) for label, _, say in TERMS if (items := say(rule)))


def _rule(regime: Regime, rule: Rule) -> Part:
    """A rule; what a rule before it says in the same words is referred to, as lawyers do."""
    before = regime.rules[: regime.rules.index(rule)]
    terms = []
    for label, fields, say in TERMS:
        items = say(rule)
        long = label in _REFERRED and items and _is_long(items[0])
        if long and (same := next((each for each in before if _same(each, rule, fields)), None)):
            items = (_reference(regime, same),)
        elif label == "if":
            items = tuple(_referring(item, regime, before) for item in items)
        if items:
            terms.append((label, items))
    return Part(f"{regime.id}/{rule.id}", tuple(terms), rule.cite)


def _same(one: Rule, other: Rule, fields: Iterable[str]) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in fields)


def _referring(item: Item, regime: Regime, before: Iterable[Rule]) -> Item:
    """A condition in which what is a rule's whole condition before it stands as a reference."""
    for each in before:
        if each.when and item == condition(each.when) and _is_long(item):
            return _reference(regime, each)
    return replace(item, below=tuple(_referring(part, regime, before) for part in item.below))


def _is_long(item: Item) -> bool:
    return bool(item.below) or len(item.text) > _SHORT


def _reference(regime: Regime, rule: Rule) -> Item:
    return Item(f"as in {regime.id}/{rule.id}")


def _tail(regime: Regime) -> Iterable[Part]:
    if regime.notes:
        yield Part("notes", tuple(("", (Item(" ".join(note.split())),)) for note in regime.notes))
    if regime.parts:
        yield Part(
            "its own words for what must be said", tuple(_own_word(*part) for part in regime.parts.items())
        )
    yield Part("sources", tuple(("", (_source(source),)) for source in regime.sources))
    if asked := tuple(_asked(regime)):
        yield Part("facts it asks for", asked)


def _own_word(word: str, meaning: str) -> tuple[str, tuple[Item, ...]]:
    return spoken(word), words(meaning)


def _source(source: Source) -> Item:
    note = (Item(" ".join(source.note.split())),) if source.note else ()
    return Item(f"{source.title} (read: {source.verification})", (Item(source.url), *note), then="")


def _asked(regime: Regime) -> Iterable[tuple[str, tuple[Item, ...]]]:
    """Every fact that can change the answer, with its question."""
    asked = set(facts_in(regime.applies) if regime.applies else ())
    asked |= {fact_behind("place")} if regime.answers_for else set()
    for rule in regime.rules:
        asked |= {fact_behind(name) for test in (rule.among, *rule.spares) for name, _ in test.features}
        parts = (part.when for part in rule.content_where)
        for test in (rule.when, rule.doubt_when, *parts, *(exempt.when for exempt in rule.exceptions)):
            asked |= set(facts_in(test) if test else ())
        asked |= {*(rule.extension.filed if rule.extension else ())}
        asked |= {"hold_lifted_at"} if rule.hold and rule.hold.then else set()
        asked |= {*rule.clock.start, *(rule.clock.cap.start if rule.clock.cap else ())}
    for name in (name for name in FACTS if name in asked):
        yield name, _questions(regime) if name == HARM_TESTS else (Item(FACTS[name].question),)


def _questions(regime: Regime) -> tuple[Item, ...]:
    """What it asks of the harm, and which of its rules ask another question."""
    asked = [
        (regime.id, regime.harm_test),
        *((regime.full(rule.id), rule.harm_test) for rule in regime.rules),
    ]
    own = tuple(Item(f"{of}: {test.question['en']}") for of, test in asked if test)
    return own or (Item(FACTS[HARM_TESTS].question),)
