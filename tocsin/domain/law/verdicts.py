"""Verdicts: yes, no, or cannot tell yet, with the reasons, and how several join.

Pure. Three-valued logic (Kleene, Introduction to Metamathematics, 1952, section 64). Every verdict names the facts it
rests on; one that cannot be told yet names the facts that would settle it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple


class Reasons(Sequence[str]):
    """Reasons in words, found once and only when somebody reads them: of most laws nobody reads why they ask nothing.

    Two are equal when their lines are.
    """

    __slots__ = ("_find", "_lines")

    def __init__(self, find: Callable[[], Iterable[str]]) -> None:
        self._find = find
        self._lines: tuple[str, ...] | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """All of them."""
        if self._lines is None:
            self._lines = tuple(self._find())
        return self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self.lines)

    def __getitem__(self, number: Any) -> Any:
        return self.lines[number]

    def __len__(self) -> int:
        return len(self.lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reasons | tuple) and self.lines == tuple(other)

    def __hash__(self) -> int:
        return hash(self.lines)

    def __repr__(self) -> str:
        return repr(self.lines)


class Verdict(NamedTuple):
    """An answer, the facts it rests on in words, and, while it cannot be told, the facts that would settle it."""

    answer: bool | None
    because: Sequence[str] = ()
    needs: tuple[str, ...] = ()
    #: The harm tests among them, each by its law, or by its rule as `law/rule`.
    tests: tuple[str, ...] = ()


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that all of these hold: the first no is the answer, else one open question leaves it open.

    Nothing behind the first no is looked at: most laws do not bind a company at all.
    """
    found: list[Verdict] = []
    answer: bool | None = True
    for verdict in verdicts:
        if verdict.answer is False:
            return verdict
        answer = answer and verdict.answer
        found.append(verdict)
    return _joined(answer, found)


def any_of(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict that one of these holds: those that do are the reason, else one open question leaves it open."""
    answers = [verdict.answer for verdict in verdicts]
    if True in answers:
        return _joined(True, [verdict for verdict in verdicts if verdict.answer])
    return _joined(None if None in answers else False, verdicts)


def denied(verdict: Verdict) -> Verdict:
    """The verdict that this does not hold, for the same reasons."""
    return verdict._replace(answer=None if verdict.answer is None else not verdict.answer)


def _joined(answer: bool | None, verdicts: Sequence[Verdict]) -> Verdict:
    if len(verdicts) == 1:
        return verdicts[0]
    because = Reasons(lambda: dict.fromkeys(reason for verdict in verdicts for reason in verdict.because))
    if answer is not None:
        return Verdict(answer, because)
    needs = dict.fromkeys(need for v in verdicts if v.answer is None for need in v.needs)
    tests = dict.fromkeys(test for v in verdicts if v.answer is None for test in v.tests)
    return Verdict(None, because, tuple(needs), tuple(tests))
