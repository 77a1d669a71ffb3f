"""Words from templates: the two Jinja2 environments, and what a template is allowed to be.

Operators write templates, so they are checked like code before they may speak for the company: a fixed list of
variables, a fixed list of filters, no calls, no arithmetic, shallow loops. Values are data and are never compiled:
`{{7*7}}` in a customer's name stays those seven characters.
"""

import difflib
import time
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import (
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    meta,
    nodes,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tocsin.domain.errors import BadFile, Refused

#: Filters whose result is never much larger than their input.
FILTERS = frozenset(
    {
        "capitalize",
        "e",
        "escape",
        "first",
        "join",
        "last",
        "length",
        "lower",
        "sort",
        "trim",
        "upper",
        "urlize_none",
    }
) - {"urlize_none"}
#: Tests are cheap and pure; these are the ones a letter needs.
TESTS = frozenset({"defined", "none", "true", "false", "in"})
DEEPEST_LOOP = 2
LONGEST = 200_000  # characters of one rendered text
SLOWEST = 2.0  # seconds for one rendered text

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


class _Environment(ImmutableSandboxedEnvironment):
    """Only the listed filters and tests; no globals (`range`, `lipsum`) at all."""

    def __init__(self, folders: tuple[Path, ...], *, escaping: bool) -> None:
        super().__init__(
            loader=FileSystemLoader([str(folder) for folder in folders], followlinks=False),
            autoescape=escaping,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}
        self.tests = {name: self.tests[name] for name in TESTS}


@lru_cache(maxsize=64)
def environment(*folders: Path, escaping: bool) -> ImmutableSandboxedEnvironment:
    """The environment over these folders, the first that holds a name winning; `escaping` for HTML, never for text."""
    return _Environment(folders, escaping=escaping)


def load(folder: Path, name: str, *, escaping: bool | None = None) -> Template:
    """One template, compiled; autoescape follows the name (`.html.j2` escapes) unless stated."""
    escapes = ".html." in name if escaping is None else escaping
    try:
        return environment(folder, escaping=escapes).get_template(name)
    except TemplateSyntaxError as error:
        raise BadFile(folder / name, error.lineno, error.message or "is not a template") from None
    except TemplateError as error:
        raise Refused(f"{folder / name}: no such template ({error})") from None


def render(template: Template, variables: Mapping[str, Any]) -> str:
    """The text, or Refused: a missing variable, or more than 200,000 characters or two seconds."""
    pieces: list[str] = []
    size, started = 0, time.monotonic()
    try:
        for piece in template.generate(**variables):
            pieces.append(piece)
            size += len(piece)
            if size > LONGEST or time.monotonic() - started > SLOWEST:
                raise Refused(
                    f"{template.filename}: renders to more than {LONGEST} characters or takes too long"
                )
    except TemplateError as error:
        raise Refused(f"{template.filename}: {error}") from None
    except RecursionError:
        raise Refused(f"{template.filename}: includes itself") from None
    return "".join(pieces)


def check(path: Path, allowed: Collection[str]) -> None:
    """Refuse a template that names an unknown variable or does more than print; BadFile says line and way out."""
    try:
        tree = environment(path.parent, escaping=False).parse(path.read_text(encoding="utf-8"))
        fault = next(_faults(tree, allowed), None)
    except TemplateSyntaxError as error:
        raise BadFile(path, error.lineno, error.message or "is not a template") from None
    if fault is not None:
        raise BadFile(path, *fault)


def _faults(tree: nodes.Template, allowed: Collection[str]) -> Iterator[tuple[int, str]]:
    for kind, what in _FORBIDDEN.items():
        for node in tree.find_all(kind):
            yield node.lineno, f"{what} has no place in a letter; print a variable instead"
    for used in tree.find_all(nodes.Filter):
        if used.name not in FILTERS:
            yield used.lineno, f"unknown filter {used.name!r}{nearest(used.name, FILTERS)}"
    yield from _deep_loops(tree, 0)
    for unknown in sorted(meta.find_undeclared_variables(tree) - set(allowed)):
        line = next((n.lineno for n in tree.find_all(nodes.Name) if n.name == unknown), 1)
        yield line, f"unknown variable {unknown!r}{nearest(unknown, allowed)}"


def _deep_loops(node: nodes.Node, depth: int) -> Iterator[tuple[int, str]]:
    depth += isinstance(node, nodes.For)
    if depth > DEEPEST_LOOP:
        yield node.lineno, f"loops nested more than {DEEPEST_LOOP} deep"
        return
    for child in node.iter_child_nodes():
        yield from _deep_loops(child, depth)


def nearest(wrong: str, right: Collection[str]) -> str:
    """`; did you mean 'name'?` for the closest right name, else the whole list where it is short."""
    close = difflib.get_close_matches(wrong, right, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known here: {', '.join(sorted(right))}" if len(right) <= 30 else ""
