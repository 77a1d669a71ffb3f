"""What the law says to given facts, as lines: moments in the company's zone, a hold beside each duty.

Whatever the answer, its article and its reasons stand with it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from tocsin.cli.asking import duties_of, whom_of
from tocsin.cli.console import alarm, bold, clean
from tocsin.cli.moments import in_zone, spoken

if TYPE_CHECKING:
    from tocsin.domain.facts import Facts
    from tocsin.domain.law.duties import Assessment, NotOwed, Undecided
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
        due = spoken(duty.soonest, zone, now) if duty.soonest else f"{duty.within} from {duty.clock_from}"
        kind = "our target" if duty.target_at and not duty.due_at else "due"
        marks = [mark for mark, so in (("ASSUMED", duty.assumed), ("CANDIDATE", duty.candidate)) if so]
        yield ""
        yield f"{bold('OWED')} {duty.key}  {kind} {due}" + "".join(f"  {alarm(mark)}" for mark in marks)
        to = f"to {duty.authority or duty.recipient}"
        yield f"  {duty.cite}; {to}, {duty.stage}; read: {duty.verification}"
        yield f"  {in_zone(duty.explained, zone, now)}"
        yield from (f"  because {in_zone(clean(line), zone, now)}" for line in duty.because)
        if held := holds[duty.key]:
            yield f"  HOLD: {in_zone(clean(held), zone, now)}"
    yield from _untold_lines(found, zone, now)
    yield from _not_owed_lines(found)
    if found.next_question:
        ask = found.next_question
        yield ""
        asks = f" {clean(ask.question)}" if len(ask.harm_tests) < 2 else ""
        yield f"{bold('ASK NEXT')} {ask.fact}:{asks} (settles {duties_of(ask)})"
        if not asks:
            yield from (f"  {test.of}: {clean(test.words)}" for test in ask.harm_tests)


def _untold_lines(found: "Assessment", zone: ZoneInfo, now: datetime) -> Iterator[str]:
    """What cannot be told yet: what it waits for, by which article and why; what is alike in several places once."""
    alike: dict[tuple[str, str], list[Undecided]] = {}
    for each in found.undecided:
        due = f"; if owed, due {spoken(each.soonest, zone, now)}" if each.soonest else ""
        matter = f"{bold('CANNOT TELL')} {each.name}: needs {', '.join(each.needs)}{due}"
        alike.setdefault((matter, each.cite), []).append(each)
    for number, ((matter, cite), those) in enumerate(alike.items()):
        yield from () if number else ("",)
        yield f"{matter}{_in_places(those)}"
        yield f"  {clean(cite)}; to {whom_of(those)}"
        if because := [line for line in those[0].because if all(line in each.because for each in those)]:
            yield f"  because {in_zone(clean('; '.join(because)), zone, now)}"
        yield from (f"  harm_tests of {test.of}: {clean(test.words)}" for test in those[0].harm_tests)


def _not_owed_lines(found: "Assessment") -> Iterator[str]:
    """What is not owed, with each article; a reason that several rules of a law share is said once."""
    speaks = Counter([each.name for each in found.duties])
    speaks.update(each.name for each in (*found.undecided, *found.not_owed))
    alike: dict[tuple[str, str], dict[str, list[NotOwed]]] = {}
    for each in found.not_owed:
        rules = alike.setdefault((each.regime, clean("; ".join(each.because))), {})
        rules.setdefault(each.rule, []).append(each)
    for number, ((law, because), rules) in enumerate(alike.items()):
        yield from () if number else ("",)
        if len(rules) == 1:
            [those] = rules.values()
            yield f"{bold('NOT OWED')} {those[0].name}: {because}{_in_places(those)}"
            yield f"  {clean(those[0].cite)}; to {whom_of(those)}"
            continue
        yield f"{bold('NOT OWED')} {law}, {len(rules)} rules: {because}"
        cites: dict[str, list[str]] = {}
        for rule, those in rules.items():
            whom = f" to {whom_of(those)}" if speaks[those[0].name] > 1 else ""
            cites.setdefault(clean(those[0].cite), []).append(f"{rule}{whom}")
        yield from (f"  {', '.join(named)}: {cite}" for cite, named in cites.items())


def _in_places(those: "Sequence[Undecided | NotOwed]") -> str:
    return f" (in {len(those)} places)" if len(those) > 1 else ""
