"""What the law says to given facts, as lines: moments in the company's zone, a hold beside each duty."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from tocsin.cli.asking import duties_of
from tocsin.cli.console import alarm, bold, clean
from tocsin.cli.moments import in_zone, spoken

if TYPE_CHECKING:
    from tocsin.domain.facts import Facts
    from tocsin.domain.law.regime import Assessment
    from tocsin.domain.law.rules import Regime


def doubts(facts: "Facts", laws: Mapping[str, "Regime"], zone: ZoneInfo, now: datetime) -> Iterator[str]:
    """What cannot be so in these facts: moments that are still to come, or that lie before what they follow; and
    answers to a test of harm that the law does not know.

    An incident refuses most of them. A facts file may be a case that is thought out, so they are said, and the law is
    applied as it stands.
    """
    from tocsin.domain.law.laws import no_harm_test
    from tocsin.domain.order import ahead, out_of_order

    for name, at in ahead(facts, now):
        yield (
            f"CHECK {name} {spoken(at, zone, now)} lies in the future, seen from {spoken(now, zone, now)}: "
            "an incident would refuse it; correct it, or say --at a later moment"
        )
    for each in out_of_order(facts):
        yield (
            f"CHECK {each.name} {spoken(each.at, zone, now)} lies before {each.after} "
            f"{spoken(each.after_at, zone, now)}; correct one"
        )
    for ref in cast("Mapping[str, str]", facts.get("harm_tests") or {}):
        if wrong := no_harm_test(ref, laws):
            yield f"CHECK harm_tests: {wrong}"


def answer_lines(
    found: "Assessment", holds: Mapping[str, str | None], zone: ZoneInfo, now: datetime
) -> Iterator[str]:
    """Every duty with its reasons, what cannot be told yet, what is not owed, and what to ask next."""
    for duty in found.duties:
        due = spoken(duty.soonest, zone, now) if duty.soonest else "no date yet"
        kind = "due" if duty.due_at else "our target"
        marks = [mark for mark, so in (("ASSUMED", duty.assumed), ("CANDIDATE", duty.candidate)) if so]
        yield ""
        yield f"{bold('OWED')} {duty.key}  {kind} {due}" + "".join(f"  {alarm(mark)}" for mark in marks)
        to = f"to {duty.authority or duty.recipient}"
        yield f"  {duty.cite}; {to}, {duty.stage}; read: {duty.verification}"
        yield f"  {in_zone(duty.explained, zone, now)}"
        yield from (f"  because {in_zone(clean(line), zone, now)}" for line in duty.because)
        if held := holds[duty.key]:
            yield f"  HOLD: {in_zone(clean(held), zone, now)}"
    untold = (
        f"{bold('CANNOT TELL')} {each.name}: needs {', '.join(each.needs)}"
        + (f"; if owed, due {spoken(each.soonest, zone, now)}" if each.soonest else "")
        + "".join(f"\n  harm_tests of {test.of}: {clean(test.words)}" for test in each.harm_tests)
        for each in found.undecided
    )
    not_owed = (
        f"{bold('NOT OWED')} {each.regime}/{each.rule}: {clean('; '.join(each.because))}"
        for each in found.not_owed
    )
    for lines in (untold, not_owed):
        yield from _folded(lines)
    if found.next_question:
        ask = found.next_question
        yield ""
        asks = f" {clean(ask.question)}" if len(ask.harm_tests) < 2 else ""
        yield f"{bold('ASK NEXT')} {ask.fact}:{asks} (settles {duties_of(ask)})"
        if not asks:
            yield from (f"  {test.of}: {clean(test.words)}" for test in ask.harm_tests)


def _folded(lines: Iterable[str]) -> Iterator[str]:
    """Each line once, with the number of places of which it speaks, behind an empty one."""
    times = Counter(lines)
    if times:
        yield ""
    yield from (line if number == 1 else f"{line} (in {number} places)" for line, number in times.items())
