"""In which direction a term of a law moved: stricter, looser, or another way that a person must look at.

Pure: one small comparison for each field of a rule and of a law. What it cannot show it calls `changed`.
"""

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from tocsin.domain.law.implication import implies, only_grows, only_shrinks, passes
from tocsin.domain.law.marks import Mark, compare_clocks, compare_periods, either, joined_mark
from tocsin.domain.law.rules import Regime, Rule
from tocsin.domain.law.terms import Channel, Exempt, Hold

Compare = Callable[[Any, Any], Mark | None]


def unclear(before: Any, after: Any) -> Mark:
    """Nobody knows how to compare it."""
    return "changed"


def _words(before: Any, after: Any) -> Mark:
    return "reworded"


def _condition(before: Any, after: Any, name: str) -> Mark:
    old, new = getattr(before, name), getattr(after, name)
    return either(implies(old, new), implies(new, old))


def _when(before: Rule, after: Rule) -> Mark:
    return _condition(before, after, "when")


def _among(before: Rule, after: Rule) -> Mark:
    """Whom a rule counts. More people bring more duties, unless it somewhere asks for few or for everybody."""
    lifted = (exempt.when for rule in (before, after) for exempt in rule.exceptions if exempt.when)
    if not (_counts_up(before, after) and all(map(only_shrinks, lifted))):
        return "changed"
    return either(passes(before.among, after.among), passes(after.among, before.among))


def _counts_up(before: Rule, after: Rule) -> bool:
    return only_grows(before.when) and only_grows(after.when)


def _exceptions(before: Rule, after: Rule) -> Mark:
    """Fewer exceptions are stricter, and so is each that lifts less. One that names somebody else is looked at."""
    moved = _in_one_only(before, after)
    spares = any(exempt.spared for exempt in moved)
    if any(exempt.instead for exempt in moved) or (spares and not _counts_up(before, after)):
        return "changed"
    return either(
        all(any(_lifts_no_more(new, old) for old in before.exceptions) for new in after.exceptions),
        all(any(_lifts_no_more(old, new) for new in after.exceptions) for old in before.exceptions),
    )


def _lifts_no_more(one: Exempt, other: Exempt) -> bool:
    """Whether the other exception lifts the duty, or spares somebody, wherever this one does."""
    if one.spared and other.spared:
        return passes(one.spared, other.spared)
    return one.when is not None and other.when is not None and implies(one.when, other.when)


def _in_one_only(before: Rule, after: Rule) -> tuple[Exempt, ...]:
    """The exceptions that stand in one of the two only."""
    old, new = before.exceptions, after.exceptions
    return (*(each for each in old if each not in new), *(each for each in new if each not in old))


def _clock(before: Rule, after: Rule) -> Mark:
    return joined_mark(compare_clocks(before.clock, after.clock))


def _more_is_stricter(name: str) -> Callable[[Any, Any], Mark]:
    def compare(before: Any, after: Any) -> Mark:
        old, new = (set(getattr(each, name)) for each in (before, after))
        return either(new >= old, new <= old)

    return compare


def _channel(before: Rule, after: Rule) -> Mark:
    old, new = before.channel, after.channel
    return either(_bound_by(new, old), _bound_by(old, new))


def _bound_by(this: Channel | None, other: Channel | None) -> bool:
    """Whether who keeps to `this` keeps to `other` too."""
    if other is None:
        return True
    return (
        this is not None
        and set(this.by) <= set(other.by)
        and other.email_needs in (None, this.email_needs)
        and (this.never_to_taken_mailbox or not other.never_to_taken_mailbox)
    )


def _hold(before: Rule, after: Rule) -> Mark:
    old, new = before.hold, after.hold
    return either(_may_hold(old, new), _may_hold(new, old))


def _may_hold(this: Hold | None, other: Hold | None) -> bool:
    """Whether whoever may delay it under `other` may do so under `this`."""
    if other is None:
        return True
    if this is None or not set(other.by) <= set(this.by):
        return False
    return _may_be_spoken(this, other) and other.then in (None, this.then)


def _may_be_spoken(this: Hold, other: Hold) -> bool:
    """Whether a request by word of mouth that delays it under `other` does so under `this`, and as long."""
    if other.written or this.written:
        return other.written
    return this.spoken_days is None or (other.spoken_days or math.inf) <= this.spoken_days


def _parts(before: Rule, after: Rule) -> Mark:
    old, new = before.content_where, after.content_where
    return either(all(each in new for each in old), all(each in old for each in new))


def _extension(before: Rule, after: Rule) -> Mark | None:
    """More time, once: whoever has it is bound less."""
    old, new = before.extension, after.extension
    if old is None or new is None:
        return "looser" if old is None else "stricter"
    if old.filed != new.filed:
        return "changed"
    return compare_periods(old.within, new.within) or "reworded"


def _flag(name: str, stricter: Any) -> Callable[[Any, Any], Mark]:
    return lambda before, after: "stricter" if getattr(after, name) == stricter else "looser"


def _phased(before: Rule, after: Rule) -> Mark:
    if None in (before.phased, after.phased):
        return "changed"
    return "looser" if after.phased else "stricter"


def _approvals(before: Rule, after: Rule) -> Mark:
    return "stricter" if (after.approvals or 0) > (before.approvals or 0) else "looser"


def _of_whom(before: Any, after: Any) -> Mark:
    if None not in (before.answers_for, after.answers_for):
        return "changed"
    return "looser" if after.answers_for else "stricter"


def _doubt(before: Rule, after: Rule) -> Mark:
    return "reworded" if before.doubt and after.doubt else "changed"


def _sureness(before: Any, after: Any) -> Mark:
    """From a candidate to a duty, or back, is for a person to look at. A rule may be as sure as its law."""
    doubtful = [each.verification in ("recalled", "unconfirmed") for each in (before, after)]
    inherited = None in (before.verification, after.verification)
    return "changed" if inherited or doubtful[0] is not doubtful[1] else "reworded"


def _valid_from(before: Any, after: Any) -> Mark:
    old, new = (each.valid_from or date.min for each in (before, after))
    return "stricter" if new < old else "looser"


def _valid_until(before: Any, after: Any) -> Mark:
    old, new = (each.valid_until or date.max for each in (before, after))
    return "stricter" if new > old else "looser"


def _status(before: Regime, after: Regime) -> Mark:
    """A law to come binds from its day; whether it comes as it stands, counsel confirms."""
    if before.binding is after.binding:
        return "changed" if after.binding else "reworded"
    return "stricter" if after.binding else "looser"


_VALIDITY: dict[str, Compare] = {
    "valid_from": _valid_from,
    "valid_until": _valid_until,
    "verification": _sureness,
}
#: Every field of a rule that is compared by more than its being another.
OF_A_RULE: Mapping[str, Compare] = {
    **_VALIDITY,
    **dict.fromkeys(("cite", "cited", "source", "note"), _words),
    "doubt": _doubt,
    "among": _among,
    "when": _when,
    "while_unknown": _flag("while_unknown", "owed"),
    "exceptions": _exceptions,
    "clock": _clock,
    "content": _more_is_stricter("content"),
    "content_where": _parts,
    "extension": _extension,
    "doubt_when": unclear,
    "harm_test": unclear,
    "must_not_contain": _more_is_stricter("must_not_contain"),
    "channel": _channel,
    "send_after": _more_is_stricter("send_after"),
    "not_after": _more_is_stricter("not_after"),
    "hold": _hold,
    "reasons_when_late": _flag("reasons_when_late", stricter=True),
    "phased": _phased,
    "approvals": _approvals,
}
OF_A_LAW: Mapping[str, Compare] = {
    **_VALIDITY,
    **dict.fromkeys(("name", "jurisdiction", "why_off", "sources", "notes", "parts"), _words),
    "harm_test": unclear,
    "status": _status,
    "applies": lambda before, after: _condition(before, after, "applies"),
    "answers_for": _of_whom,
}
