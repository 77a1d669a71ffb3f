"""A regime as one page: what it is, whom it binds, its rules term by term, its sources, the facts that it asks for.

The page is plain data. `terminal` and `markdown` print it; neither adds a word of law.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.domain.questions import FACTS
from tocsin.domain.records import in_language
from tocsin.domain.rules import Regime, Rule, Source
from tocsin.rendering.statute.sentences import Item, condition, fact_behind, facts_in
from tocsin.rendering.statute.terms import TERMS, Terms, validity, words

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
)


def all_terms(rule: Rule) -> tuple[tuple[str, tuple[Item, ...]], ...]:
    """Every term of one rule, by itself."""
    return tuple((label, items) for label, _, say in TERMS if (items := say(rule)))


def _rule(regime: Regime, rule: Rule) -> Part:
    """A rule; what a rule before it says in the same words is referred to, as lawyers do."""
    terms = []
    for label, fields, say in TERMS:
        items = say(rule)
        if items and items[0].below and (same := _said_before(regime, rule, fields)):
            items = (Item(f"as in {regime.id}/{same.id}"),)
        if items:
            terms.append((label, items))
    return Part(f"{regime.id}/{rule.id}", tuple(terms), rule.cite)


def _said_before(regime: Regime, rule: Rule, fields: Iterable[str]) -> Rule | None:
    """The first rule that says the same in these fields, if it stands before this one."""
    for each in regime.rules[: regime.rules.index(rule)]:
        if all(getattr(each, name) == getattr(rule, name) for name in fields):
            return each
    return None


def _tail(regime: Regime) -> Iterable[Part]:
    if regime.notes:
        yield Part("notes", tuple(("", (Item(" ".join(note.split())),)) for note in regime.notes))
    yield Part("sources", tuple(("", (_source(source),)) for source in regime.sources))
    if asked := tuple(_asked(regime)):
        yield Part("facts it asks for", asked)


def _source(source: Source) -> Item:
    note = (Item(" ".join(source.note.split())),) if source.note else ()
    return Item(f"{source.title} (read: {source.verification})", (Item(source.url), *note), then="")


def _asked(regime: Regime) -> Iterable[tuple[str, tuple[Item, ...]]]:
    """Every fact that can change the answer, with its question."""
    asked = set(facts_in(regime.applies) if regime.applies else ())
    for rule in regime.rules:
        asked |= {fact_behind(name) for test in (rule.among, *rule.spares) for name, _ in test.features}
        parts = (part.when for part in rule.content_where)
        for test in (rule.when, rule.doubt_when, *parts, *(exempt.when for exempt in rule.exceptions)):
            asked |= set(facts_in(test) if test else ())
        asked |= {*(rule.extension.filed if rule.extension else ())}
        asked |= {"hold_lifted_at"} if rule.hold and rule.hold.then else set()
        asked |= {*rule.clock.start, *(rule.clock.cap.start if rule.clock.cap else ())}
    for name in (name for name in FACTS if name in asked):
        yield name, (Item(FACTS[name].question),)
