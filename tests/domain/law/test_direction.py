"""Which way the law moves: silence is never taken for no, and what is worse never means fewer duties.

The facts start from the worked examples, which reach each rule, and move on from there: one step at a time over all
of them, and in random incidents made of several.
"""

from collections.abc import Callable, Iterator, Mapping
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.law.library import Library
from tests.domain.law.steps import Step, forgetting, worsening
from tests.domain.law.worked import Answers, Worked
from tests.exploring import times
from tocsin.domain.law.regime import Regime

#: The named exceptions: where it gets worse, another rule takes this one's place.
TAKES_ITS_PLACE = {
    "hk-cap653/other": ("core-function",),
    "jp-appi/final": ("final-improper",),
    "kr-pipa/individuals-possible": ("individuals",),
    "us-fl/harm-waiver": ("individuals",),
    "us-ftc-hbnr/authority-under-500": ("authority",),
    "us-hipaa/authority-under-500": ("authority",),
    "us-ny/inadvertent-disclosure": ("individuals",),
    "vn-pdpl/authority-other": ("authority",),
}
#: Another day decides which text is in force: where the earliest known moment is forgotten, the newer one judges.
NEWER_TEXT = {
    "kr-pipa/individuals-until-2026": ("individuals",),
    "uk-pecr/authority-until-2025": ("authority",),
}

SEEDS = st.integers(0, 2**32)
Steps = Callable[[Worked], Iterator[Step]]


# --- what is not known


def breaks_silence(before: Answers, after: Answers) -> set[str]:
    """Rules that were owed, and of which the law now says no, though something was only forgotten.

    Whom an exception is no longer known to spare is counted: then the rule for many takes the place of that for few.
    """
    named = TAKES_ITS_PLACE | NEWER_TEXT
    return {name for name in before.owed & after.refused if not replaced(name, after, named)}


def replaced(name: str, after: Answers, named: Mapping[str, tuple[str, ...]] = TAKES_ITS_PLACE) -> bool:
    """Whether what takes the place of a rule is owed or open."""
    law = name.partition("/")[0]
    return any(f"{law}/{rule}" in after.owed | after.undecided for rule in named.get(name, ()))


def settles_unasked(before: Answers, after: Answers, law: Regime) -> set[str]:
    """Rules whose conditions did not hold, and that are owed now that something was forgotten."""
    lifted = {
        f"{each.regime}/{each.rule}"
        for each in before.found.not_owed
        if any("lifted by" in line or "in force only" in line for line in each.because)
    }
    standing = {f"{law.id}/{rule.id}" for rule in law.rules if rule.while_unknown == "owed"}
    return {*(before.refused & after.owed)} - lifted - standing


def test_what_is_forgotten_is_never_taken_for_no(library: Library) -> None:
    for worked in library.examples:
        before = library.ask(worked)
        for what, less in forgetting(worked, in_cells=False):
            after = library.ask(less)
            assert not breaks_silence(before, after), f"{worked}: {what} forgotten"
            assert not settles_unasked(before, after, library.law(worked)), f"{worked}: {what} forgotten"


@settings(max_examples=times(150))
@given(SEEDS)
def test_in_no_incident_is_what_is_forgotten_taken_for_no(library: Library, seed: int) -> None:
    worked = library.incident(seed)
    before = library.ask(worked)
    for what, less in some(forgetting, worked, seed):
        after = library.ask(less)
        assert not breaks_silence(before, after), f"{worked}: {what} forgotten"
        if "place becomes unknown" not in what:
            # An unknown place counts as the strictest; all else that is unknown settles nothing.
            assert not settles_unasked(before, after, library.law(worked)), f"{worked}: {what} forgotten"


def some(steps: Steps, worked: Worked, seed: int) -> Iterator[Step]:
    """A few of the steps, and a second one after each of them."""
    random = Random(seed)
    for what, once in _few(steps, worked, random, 3):
        yield what, once
        for again, twice in _few(steps, once, random, 1):
            yield f"{what}, then {again}", twice


def _few(steps: Steps, worked: Worked, random: Random, most: int) -> list[Step]:
    listed = list(steps(worked))
    return random.sample(listed, min(most, len(listed)))


# --- what is worse


def lost(before: Answers, after: Answers) -> set[str]:
    """Rules that were owed and are not any more, though nothing that takes their place is owed or open."""
    return {name for name in before.owed - after.owed if not replaced(name, after)}


def test_what_is_worse_never_takes_a_duty_away(library: Library) -> None:
    for number, worked in enumerate(library.examples):
        before = library.ask(worked)
        for what, worse in some(worsening, worked, number) if before.owed else ():
            assert not lost(before, library.ask(worse)), f"{worked}: {what}"


@settings(max_examples=times(150))
@given(SEEDS)
def test_in_no_incident_does_what_is_worse_take_a_duty_away(library: Library, seed: int) -> None:
    worked = library.incident(seed)
    before = library.ask(worked)
    for what, worse in some(worsening, worked, seed) if before.owed else ():
        assert not lost(before, library.ask(worse)), f"{worked}: {what}"


def test_every_named_exception_is_one(library: Library) -> None:
    """A rule whose place nothing ever takes needs no exception."""
    laws = {name.partition("/")[0] for name in TAKES_ITS_PLACE}
    left = set(TAKES_ITS_PLACE)
    for worked in (each for each in library.examples if each.code in laws):
        sought = library.ask(worked).owed & left
        for _, worse in worsening(worked) if sought else ():
            left -= sought - library.ask(worse).owed
            if sought.isdisjoint(left):
                break
    assert not left


@settings(max_examples=times(60))
@given(
    st.sampled_from([1, 2, 499, 500, 501, 10_000]),
    st.integers(1, 3),
    st.sampled_from(["us-hipaa", "us-ftc-hbnr"]),
)
def test_any_number_of_people_is_either_few_or_many(
    library: Library, total: int, groups: int, law: str
) -> None:
    few, many = f"{law}/authority-under-500", f"{law}/authority"
    told = (each for each in library.examples if each.code == law and few in library.ask(each).owed)
    worked = next(told).in_cells()
    counts = [total - groups + 1, *[1] * (groups - 1)] if total >= groups else [total]
    found = library.ask(worked.but(cells=[{**worked.values["cells"][0], "count": count} for count in counts]))
    assert found.owed & {few, many} == {many if total >= 500 else few}
    assert found.refused & {few, many} == {few if total >= 500 else many}
