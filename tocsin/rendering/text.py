"""Words from templates: the two Jinja2 environments, and what a text may take in length and time.

What a template is allowed to be stands in `catalog/sandbox.py`, since packs are checked when they are read. Values are
data and are never compiled: `{{7*7}}` in a customer's name stays those seven characters.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tocsin.catalog.sandbox import Environment, TakesTooLong, attributes, deep_loops, faults
from tocsin.domain.errors import BadFile, Refused

LONGEST = 200_000  # characters of one rendered text
SLOWEST = 2.0  # seconds for one rendered text


@lru_cache(maxsize=64)
def environment(*folders: Path, escaping: bool) -> ImmutableSandboxedEnvironment:
    """The environment over these folders, the first that holds a name winning; `escaping` for HTML, never for text."""
    loader = FileSystemLoader([str(folder) for folder in folders], followlinks=False)
    return Environment(loader, escaping=escaping)


def load(folder: Path, name: str, *, escaping: bool | None = None) -> Template:
    """One template, compiled; autoescape follows the name (`.html.j2` escapes) unless stated."""
    escapes = ".html." in name if escaping is None else escaping
    try:
        return environment(folder, escaping=escapes).get_template(name)
    except TemplateSyntaxError as error:
        raise BadFile(folder / name, error.lineno, error.message or "is not a template") from None
    except TemplateError as error:
        raise Refused(f"{folder / name}: no such template ({error})") from None


def render(template: Template, variables: Mapping[str, Any], *, block: str | None = None) -> str:
    """The text, or that of one block of the template alone.

    Refused: a missing variable or block, or more than 200,000 characters or two seconds.
    """
    if block is not None and block not in template.blocks:
        raise Refused(f"{template.filename}: has no block {block!r}; write the text in one")
    pieces: list[str] = []
    size = 0
    environment = template.environment
    assert isinstance(environment, Environment)
    try:
        with environment.within(SLOWEST):
            found = template.blocks[block](template.new_context(dict(variables))) if block else None
            for piece in found or template.generate(**variables):
                pieces.append(piece)
                size += len(piece)
                environment.look_at_the_clock()
                if size > LONGEST:
                    raise Refused(f"{template.filename}: renders to more than {LONGEST} characters")
    except TakesTooLong:
        raise Refused(f"{template.filename}: takes more than {SLOWEST:.0f} seconds to render") from None
    except TemplateError as error:
        raise Refused(f"{template.filename}: {error}") from None
    except RecursionError:
        raise Refused(f"{template.filename}: includes itself") from None
    return "".join(pieces)


def check(path: Path, allowed: Collection[str]) -> None:
    """Refuse a template that names an unknown variable or does more than print; BadFile says line and way out."""
    fault = _fault(path.read_text(encoding="utf-8"), frozenset(allowed))
    if fault is not None:
        raise BadFile(path, *fault)


# The same words always have the same fault, and letters are written anew whenever somebody looks at them.
@lru_cache(maxsize=256)
def _fault(words: str, allowed: frozenset[str]) -> tuple[int, str] | None:
    """Line and complaint of the first thing that is wrong with a template; None where nothing is."""
    try:
        tree = Environment(escaping=False).parse(words)
    except TemplateSyntaxError as error:
        return error.lineno, error.message or "is not a template"
    return next(chain(faults(tree, allowed), attributes(tree), deep_loops(tree)), None)
