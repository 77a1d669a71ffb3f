"""What changed between two versions of a law, rule by rule, and whether it became stricter.

Pure. Stricter is what can only bring a duty into being, bring its moment forward, or ask more of it: a new rule, a
wider condition, an exception that is gone or lifts less, a shorter period, more to say, fewer ways to say it. Looser
is the reverse. What cannot be told from the shapes is `changed`, and a person must look at it. `reworded` is what
nobody is bound by: articles, notes, sources.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tocsin.domain.law.marks import Mark, joined_mark
from tocsin.domain.law.rules import Regime, Rule
from tocsin.domain.law.strictness import OF_A_LAW, OF_A_RULE, Compare, unclear
from tocsin.domain.places import PLACES, REGIONS

_PLACES = PLACES | REGIONS.keys()


@dataclass(frozen=True)
class Amended:
    """One term of a law or rule that reads differently: the name of its field, and in which direction."""

    field: str
    mark: Mark


@dataclass(frozen=True)
class RuleChange:
    """A rule that came, went or changed; `before` or `after` is None where there is none."""

    before: Rule | None
    after: Rule | None
    mark: Mark
    terms: tuple[Amended, ...] = ()

    @property
    def rule(self) -> Rule:
        """The rule as it stands now, or as it stood last."""
        found = self.after or self.before
        assert found is not None
        return found


@dataclass(frozen=True)
class LawChange:
    """A law that came, went or changed."""

    code: str
    before: Regime | None
    after: Regime | None
    mark: Mark
    terms: tuple[Amended, ...] = ()
    rules: tuple[RuleChange, ...] = ()

    def rule(self, wanted: str) -> RuleChange | None:
        """What became of the rule with this id; None where nothing did."""
        return next((each for each in self.rules if wanted in _ids(each)), None)


def _ids(change: RuleChange) -> tuple[str, ...]:
    return tuple(rule.id for rule in (change.before, change.after) if rule)


def compare_laws(before: Mapping[str, Regime], after: Mapping[str, Regime]) -> tuple[LawChange, ...]:
    """What changed between two sets of laws, by code; laws that stayed as they were are left out."""
    codes = sorted(before.keys() | after.keys())
    return tuple(
        change for code in codes if (change := compare_law(before.get(code), after.get(code))) is not None
    )


def compare_law(before: Regime | None, after: Regime | None) -> LawChange | None:
    """What changed between two versions of one law, or between two laws; None where nothing did."""
    if before == after:
        return None
    if before is None or after is None:
        law = before or after
        assert law is not None
        mark: Mark = "stricter" if before is None else "looser"
        rules = tuple(
            RuleChange(None, rule, mark) if before is None else RuleChange(rule, None, mark)
            for rule in law.rules
        )
        return LawChange(law.id, before, after, mark if law.binding else "reworded", (), rules)
    terms = tuple(_amended(before, after, OF_A_LAW, {"id", "rules"}))
    rules = tuple(_rules(before, after))
    mark = joined_mark((*(term.mark for term in terms), *(rule.mark for rule in rules)))
    # A law that binds nobody, before and after, may say what it likes.
    silent = not (before.binding or after.binding)
    return LawChange(after.id, before, after, "reworded" if silent else mark, terms, rules)


def seen_from(law: Regime, other: Regime) -> Regime:
    """A law as it would stand where the other one does: its own place and code are those of the other.

    So two laws can be compared of which each speaks of its own residents. A first day that only one of the two states
    says nothing of the other, and so nothing of which is stricter.
    """
    places = law.jurisdiction in _PLACES and other.jurisdiction in _PLACES
    same = {law.id: other.id} | ({law.jurisdiction: other.jurisdiction} if places else {})
    raw = law.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if None in (law.valid_from, other.valid_from):
        raw["valid_from"] = other.valid_from
    try:
        return Regime.model_validate(_replaced(raw, same, law.id, other.id))
    except ValidationError:
        # No calendar of that name, say: then the two are compared as they are written.
        return law


def _replaced(raw: Any, same: Mapping[str, str], code: str, other: str) -> Any:
    if isinstance(raw, dict):
        return {name: _replaced(each, same, code, other) for name, each in raw.items()}
    if isinstance(raw, list):
        return [_replaced(each, same, code, other) for each in raw]
    if isinstance(raw, str):
        return f"{other}/{raw.removeprefix(f'{code}/')}" if raw.startswith(f"{code}/") else same.get(raw, raw)
    return raw


def _rules(before: Regime, after: Regime) -> Iterator[RuleChange]:
    pairs = _paired(before, after)
    for old in before.rules:
        new = pairs.get(old.id)
        if new is None:
            yield RuleChange(old, None, "looser")
        elif terms := tuple(_amended(old, new, OF_A_RULE, {"id"})):
            yield RuleChange(old, new, joined_mark(each.mark for each in terms), terms)
    known = {rule.id for rule in pairs.values()}
    yield from (RuleChange(None, new, "stricter") for new in after.rules if new.id not in known)


def _paired(before: Regime, after: Regime) -> dict[str, Rule]:
    """Which rule stands for which: the same id, else the only other one that is owed to the same recipient."""
    pairs = {rule.id: same for rule in before.rules if (same := after.rule(rule.id))}
    for alike in (_owed_to_one, _owed_to):
        left = [rule for rule in before.rules if rule.id not in pairs]
        taken = {rule.id for rule in pairs.values()}
        free = [rule for rule in after.rules if rule.id not in taken]
        for rule in left:
            candidates = [each for each in free if alike(each) == alike(rule)]
            if len(candidates) == 1 and len([each for each in left if alike(each) == alike(rule)]) == 1:
                pairs[rule.id] = candidates[0]
    return pairs


def _owed_to(rule: Rule) -> tuple[str, ...]:
    return rule.recipient, rule.role, rule.stage


def _owed_to_one(rule: Rule) -> tuple[str, ...]:
    return (*_owed_to(rule), rule.competence)


def _amended(before: Any, after: Any, compare: Mapping[str, Compare], but: set[str]) -> Iterator[Amended]:
    """Every field that reads differently. A field that nobody knows how to compare is `changed`."""
    for name in type(before).model_fields:
        if name not in but and getattr(before, name) != getattr(after, name):
            mark = compare.get(name, unclear)(before, after)
            if mark is not None:
                yield Amended(name, mark)
