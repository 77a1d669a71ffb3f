"""What a template is allowed to be: one Jinja2 environment, and the faults that can be found without rendering.

Operators write templates, so they are checked like code before they may speak for the company: a fixed list of
variables, filters and tests, no calls, no arithmetic. What is refused here would otherwise fail when somebody is paged.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, meta, nodes, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.filters import do_join
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tocsin.domain.answers import nearest

#: Filters whose result is never much larger than their input.
FILTERS = frozenset(
    {"capitalize", "e", "escape", "first", "join", "last", "length", "lower", "sort", "trim", "upper"}
)
#: Tests are cheap and pure; these are the ones a letter needs.
TESTS = frozenset({"defined", "none", "true", "false", "in"})
DEEPEST_LOOP = 2

_FORBIDDEN: Mapping[type[nodes.Node], str] = {
    nodes.Call: "a call",
    nodes.Mul: "a multiplication",
    nodes.Pow: "a power",
    nodes.Concat: "a concatenation",
    nodes.Add: "an addition",
    nodes.Sub: "a subtraction",
    nodes.Div: "a division",
    nodes.FloorDiv: "a division",
    nodes.Mod: "a format",
    # What is kept and printed twice, and kept again, doubles with each line.
    nodes.Assign: "a variable of its own",
    nodes.AssignBlock: "a variable of its own",
    nodes.With: "a variable of its own",
    nodes.FilterBlock: "a block through a filter",
    nodes.ScopedEvalContextModifier: "a change of how text is escaped",
    nodes.Import: "an import",
    nodes.FromImport: "an import",
    nodes.Macro: "a macro",
    nodes.CallBlock: "a call block",
}


#: Characters that a list may come to where it is joined: the one filter whose result may be large.
_LONGEST_JOINED = 1_000_000


@pass_eval_context
def _join(context: nodes.EvalContext, value: Iterable[Any], between: str = "") -> str:
    """A list as one text; SecurityError where that would be large."""
    items = list(value)
    if sum(len(str(each)) + len(between) for each in items) > _LONGEST_JOINED:
        raise SecurityError(f"joins more than {_LONGEST_JOINED:,} characters")
    joined: str = do_join(context, items, between)
    return joined


class TakesTooLong(SecurityError):
    """A template ran past its time."""


class Environment(ImmutableSandboxedEnvironment):
    """Only the listed filters and tests; no globals (`range`, `lipsum`) at all.

    Each template, and each turn of a loop, looks at the clock: one that prints nothing and never ends does end.
    """

    def __init__(self, loader: BaseLoader | None = None, *, escaping: bool) -> None:
        super().__init__(
            loader=loader,
            autoescape=escaping,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}
        self.filters["join"] = _join
        self.tests = {name: self.tests[name] for name in TESTS}
        self._ends = ContextVar[float]("ends", default=inf)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Whatever is rendered here by this thread ends after so long: TakesTooLong."""
        token = self._ends.set(time.monotonic() + seconds)
        try:
            yield
        finally:
            self._ends.reset(token)

    def look_at_the_clock(self) -> None:
        """Called by templates."""
        if time.monotonic() > self._ends.get():
            raise TakesTooLong("takes too long")

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        bodies: list[Any] = [source, *source.find_all((nodes.For, nodes.Block))]
        for node in bodies:
            look = nodes.Call(nodes.EnvironmentAttribute("look_at_the_clock"), [], [], None, None)
            place = 0
            if node is source and isinstance(node.body[0] if node.body else None, nodes.Extends):
                place = 1  # a template that extends another has nothing before that
            node.body.insert(place, nodes.ExprStmt(look).set_lineno(node.lineno))
        return super()._generate(source, *args, **kwargs)


def faults(tree: nodes.Template, allowed: Collection[str]) -> Iterator[tuple[int, str]]:
    """Line and complaint of everything that a template names and nobody gives it, or that does more than print."""
    found = _by_kind(tree)
    for kind, what in _FORBIDDEN.items():
        for node in found[kind]:
            yield node.lineno, f"{what} has no place in a template; print a variable instead"
    for taken in (*found[nodes.Extends], *found[nodes.Include]):
        if not isinstance(taken.template, nodes.Const):
            yield taken.lineno, "another template is named in quotes, and is no variable"
    for used in found[nodes.Filter]:
        if used.name not in FILTERS:
            yield used.lineno, f"unknown filter {used.name!r}{nearest(used.name, sorted(FILTERS))}"
    for test in found[nodes.Test]:
        if test.name not in TESTS:
            yield test.lineno, f"unknown test {test.name!r}{nearest(test.name, sorted(TESTS))}"
    unknown = meta.find_undeclared_variables(tree) - set(allowed)
    places = ((each.lineno, each.name) for each in found[nodes.Name] if each.name in unknown)
    for line, name in sorted(places):
        yield line, f"unknown variable {name!r}{nearest(name, sorted(allowed))}"


def _by_kind(tree: nodes.Template) -> dict[type[nodes.Node], list[Any]]:
    """Every node below a template, by what it is: a template is walked once, and letters have many."""
    found: dict[type[nodes.Node], list[Any]] = defaultdict(list)
    for node in tree.find_all(nodes.Node):
        found[type(node)].append(node)
    return found


def deep_loops(node: nodes.Node, depth: int = 0) -> Iterator[tuple[int, str]]:
    """Loops so deep that a letter would take its time."""
    depth += isinstance(node, nodes.For)
    if depth > DEEPEST_LOOP:
        yield node.lineno, f"loops nested more than {DEEPEST_LOOP} deep"
        return
    for child in node.iter_child_nodes():
        yield from deep_loops(child, depth)


def attributes(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Parts asked of variables that have none, since they are texts, lists of texts, or true and false."""
    found: list[nodes.Getattr | nodes.Getitem] = [
        *tree.find_all(nodes.Getattr),
        *tree.find_all(nodes.Getitem),
    ]
    for node in found:
        if isinstance(node.node, nodes.Name) and node.node.name == "loop":
            continue
        asked = f".{node.attr}" if isinstance(node, nodes.Getattr) else "[...]"
        yield node.lineno, f"a variable here is plain text or a list and has no {asked}; print it whole"


def borrowed(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Line and name of each other template that this one takes in."""
    found: list[nodes.Extends | nodes.Include] = [
        *tree.find_all(nodes.Extends),
        *tree.find_all(nodes.Include),
    ]
    for node in found:
        if isinstance(node.template, nodes.Const):
            yield node.lineno, str(node.template.value)


def blocks(tree: nodes.Template) -> set[str]:
    """The names of the blocks that a template has of its own."""
    return {block.name for block in tree.find_all(nodes.Block)}
