"""Words of what cannot be told yet: which question settles how much, and the command that answers it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tocsin.cli.console import Shell, bold, clean, labelled

if TYPE_CHECKING:
    from tocsin.domain.asking import NextQuestion
    from tocsin.domain.law.duties import NotOwed, Undecided

#: So many laws are named; more are counted.
_FEW = 4


def ask_line(question: "NextQuestion", inc: str) -> str:
    """`ASK     In which countries do the people live?     tocsin learn people_by_country=... --source ...`.

    `inc` names the incident in the command, as `incidents.inc` does.
    """
    if len(tests := question.harm_tests) > 1:
        ask = f"What each of {len(tests)} laws asks of the harm     {_how(question.fact, inc)}"
        return "\n".join([labelled("ASK", ask), *(f"    {test.of}: {clean(test.words)}" for test in tests)])
    of = tests[0].of if tests else ""
    line = labelled("ASK", f"{clean(question.question)}     {_how(question.fact, inc, of)}".rstrip())
    return line if question.fact != "cells" else f"{line}\n{_about_cells(inc)}"


def first_ask(question: "NextQuestion", undecided: Sequence["Undecided"], inc: str) -> list[str]:
    """The same in two lines: of what many laws ask of the harm the most urgent, and how many more there are."""
    from tocsin.domain.asking import first_test

    first = first_test(question.harm_tests, undecided)
    if first is None or len(question.harm_tests) == 1:
        return [ask_line(question, inc)]
    line = labelled("ASK", f"{clean(first.words)}     {_how(question.fact, inc, first.of)}")
    return [line, f"        {len(question.harm_tests) - 1} more: tocsin duties{inc}"]


def open_questions(
    questions: Sequence["NextQuestion"], undecided: Sequence["Undecided"], inc: str
) -> list[str]:
    """Each question with what it settles; all of them reach everything that cannot be told yet or is only assumed."""
    lines = [bold(f"cannot tell yet   {untold_words(undecided)}")] if undecided else []
    for number, question in enumerate(questions):
        settles = f"    {question.fact} settles {duties_of(question)}"
        if not number:
            lines += [ask_line(question, inc), settles]
        elif len(question.harm_tests) > 1:
            asks = (f"        {test.of}: {clean(test.words)}" for test in question.harm_tests)
            lines += [f"{settles}; what each law asks:", *asks]
        else:
            lines.append(f"{settles}: {clean(question.question)}")
    return lines


def each_matter(shell: Shell, undecided: Sequence["Undecided"]) -> list[str]:
    """Each rule that cannot be told yet, once for each set of facts that it waits for, in however many places."""
    times: dict[tuple[str, tuple[str, ...]], list[Undecided]] = {}
    for each in undecided:
        times.setdefault((each.name, each.needs), []).append(each)
    lines = []
    for (name, needs), those in times.items():
        places = f" in {len(those)} places" if len(those) > 1 else ""
        due = f", would be due {shell.at(those[0].soonest)}" if those[0].soonest else ""
        lines += [bold(f"{name}   cannot tell{places}{due}")]
        lines += [f"    to {whom_of(those)} ({clean(those[0].cite)})", f"    needs {', '.join(needs)}"]
        lines += [f"    harm_tests of {test.of}: {clean(test.words)}" for test in those[0].harm_tests]
    return lines


def whom_of(those: Iterable["Undecided | NotOwed"]) -> str:
    """To whom each of these would be owed: places, controllers, or the recipient."""
    return ", ".join(clean(each.whom) for each in those)


def unknown_line(questions: Sequence["NextQuestion"], undecided: Sequence["Undecided"]) -> str:
    """What cannot be told yet in one line: how much, and the facts to learn first."""
    waits = {need for each in undecided for need in each.needs}
    facts = [question.fact for question in questions if question.fact in waits]
    first, more = facts[:_FEW], f" and {len(facts) - _FEW} more" if len(facts) > _FEW else ""
    return f"{untold_words(undecided)}: need {', '.join(first)}{more}"


def untold_words(undecided: Sequence["Undecided"]) -> str:
    """`157 duties of 49 laws`, or the laws by name where they are few."""
    return _counted([each.name for each in undecided])


def duties_of(question: "NextQuestion") -> str:
    """The same of what one question settles."""
    return _counted(question.settles)


def _counted(rules: Sequence[str]) -> str:
    return counted(len(set(rules)), (rule.partition("/")[0] for rule in rules))


def counted(number: int, laws: Iterable[str]) -> str:
    """`3 duties of eu-gdpr, us-ca`; many laws are counted."""
    each = sorted(set(laws))
    named = ", ".join(each) if len(each) <= _FEW else f"{len(each)} laws"
    return f"{number} {'duty' if number == 1 else 'duties'} of {named}"


def _how(fact: str, inc: str, of: str = "") -> str:
    if fact == "risk":
        return f"tocsin assess{inc} --decide LEVEL --because ..."
    if fact.startswith("organisation."):
        return ""
    return f"tocsin learn{inc} {fact}={_values(fact, of)} --source ..."


def _about_cells(inc: str) -> str:
    """What to write where the groups were told apart, and the other way: a fact for all would not change them."""
    return (
        f"        FILE lists every group, as facts.cells.value in tocsin show{inc} --json; "
        f"or correct the customer list, then tocsin scope{inc}"
    )


def _values(fact: str, of: str) -> str:
    """What the answer may be, where it is one of a few words: `yes|no`, `LAW:met|not`."""
    from tocsin.domain.answers import definition_of

    definition = definition_of(fact)
    if definition.type == "cells":
        return "@FILE"
    if definition.type == "bool":
        return "yes|no"
    law = f"{of or 'LAW'}:" if definition.type == "choices" else ""
    return law + "|".join(definition.choices) if definition.type in ("choice", "choices") else "..."
