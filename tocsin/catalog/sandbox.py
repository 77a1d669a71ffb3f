"""What a template is allowed to be: one Jinja2 environment, and the faults that can be found without rendering.

Operators write templates, so they are checked like code before they may speak for the company: a fixed list of
variables, filters and tests, no calls, no arithmetic. What is refused here would otherwise fail when somebody is paged.
"""

from collections.abc import Collection, Iterator, Mapping

from jinja2 import BaseLoader, StrictUndefined, meta, nodes
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
    nodes.Import: "an import",
    nodes.FromImport: "an import",
    nodes.Macro: "a macro",
    nodes.CallBlock: "a call block",
}


class Environment(ImmutableSandboxedEnvironment):
    """Only the listed filters and tests; no globals (`range`, `lipsum`) at all."""

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
        self.tests = {name: self.tests[name] for name in TESTS}


def faults(tree: nodes.Template, allowed: Collection[str]) -> Iterator[tuple[int, str]]:
    """Line and complaint of everything that a template names and nobody gives it, or that does more than print."""
    for kind, what in _FORBIDDEN.items():
        for node in tree.find_all(kind):
            yield node.lineno, f"{what} has no place in a template; print a variable instead"
    for used in tree.find_all(nodes.Filter):
        if used.name not in FILTERS:
            yield used.lineno, f"unknown filter {used.name!r}{nearest(used.name, sorted(FILTERS))}"
    for test in tree.find_all(nodes.Test):
        if test.name not in TESTS:
            yield test.lineno, f"unknown test {test.name!r}{nearest(test.name, sorted(TESTS))}"
    unknown = meta.find_undeclared_variables(tree) - set(allowed)
    places = ((each.lineno, each.name) for each in tree.find_all(nodes.Name) if each.name in unknown)
    for line, name in sorted(places):
        yield line, f"unknown variable {name!r}{nearest(name, sorted(allowed))}"


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
