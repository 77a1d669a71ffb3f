"""Jinja2 templates are checked when they are read: their syntax, and that the variables they name exist.

What a template may name stands in the `variables.yaml` of its folder (template name, then variable, then what
it means). The words of an incident type may name the facts that an approval of the letter binds, and no others:
text that changed behind an approval would leave the house unread.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tocsin.catalog.yamlfile import Document, parse_document
from tocsin.domain.errors import BadFile
from tocsin.domain.notice import PRINTED_FACTS

if TYPE_CHECKING:
    from jinja2 import nodes

#: Says in each folder what its templates may name.
_VARIABLES = "variables.yaml"

WHAT_HAPPENED = frozenset({*PRINTED_FACTS, "organisation"})
#: The blocks of a message to our own people.
MESSAGE_PIECES = (
    "subject",
    "headline",
    "banner",
    "body",
    "due_line",
    "action_label",
    "open_label",
    "foot",
)


def check_templates(paths: Mapping[str, Path], contents: Mapping[str, bytes]) -> None:
    """Refuse the first template that is none, or asks for what nobody gives it; BadFile says where.

    Both mappings have paths inside the templates folder as keys.
    """
    from tocsin.catalog.sandbox import Environment

    # The environment that renders them. Nothing is rendered here, so that escaping has no say.
    environment = Environment(escaping=True)
    trees: dict[str, nodes.Template] = {}
    for name, content in contents.items():
        if name.endswith(".j2"):
            with _its_line(paths[name]):
                trees[name] = environment.parse(content.decode())
    # Each is asked for every template beside it, and there are two dozen beside the longest.
    listings = {
        name: parse_document(paths[name], content)
        for name, content in contents.items()
        if PurePosixPath(name).name == _VARIABLES
    }
    for name, tree in trees.items():
        for fault in _faults(name, tree, _allowed(name, paths[name], listings), trees):
            raise BadFile(paths[name], *fault)
        with _its_line(paths[name]):
            environment.compile(tree)


@contextmanager
def _its_line(path: Path) -> Iterator[None]:
    from jinja2 import TemplateSyntaxError

    try:
        yield
    except TemplateSyntaxError as error:
        raise BadFile(path, error.lineno, error.message or "is not a template") from None


def _allowed(name: str, path: Path, listings: Mapping[str, Document]) -> frozenset[str]:
    inside = PurePosixPath(name)
    stem = inside.name.partition(".")[0]
    if inside.parts[0] == "types" and stem == "what_happened":
        return WHAT_HAPPENED
    for folder in inside.parents:
        listing = listings.get((folder / _VARIABLES).as_posix())
        if listing is not None:
            return _listed(listing, stem)
    raise BadFile(path, 1, "no variables.yaml beside it says which variables it may name; add one")


def _listed(document: Document, stem: str) -> frozenset[str]:
    if not isinstance(document.value, dict) or not all(
        isinstance(each, dict) for each in document.value.values()
    ):
        raise document.bad((), "write, for each template, a mapping of variables to what they mean")
    if stem in document.value:
        return frozenset(document.value[stem])
    # A frame that several letters share may name what any of them is given.
    return frozenset(variable for each in document.value.values() for variable in each)


def _faults(
    name: str, tree: "nodes.Template", allowed: frozenset[str], trees: Mapping[str, "nodes.Template"]
) -> Iterator[tuple[int, str]]:
    from tocsin.catalog import sandbox

    inside = PurePosixPath(name)
    yield from sandbox.faults(tree, allowed)
    for line, other in sandbox.borrowed(tree):
        if (inside.parent / other).as_posix() not in trees:
            yield line, f"there is no template {other!r} beside it"
    # A paper as a page is given its whole content, the others what their variables.yaml lists: texts.
    if inside.parts[0] != "papers":
        yield from sandbox.attributes(tree)
        yield from sandbox.deep_loops(tree)
    if inside.parts[0] == "messages":
        yield from _missing_pieces(inside, tree, trees)


def _missing_pieces(
    inside: PurePosixPath, tree: "nodes.Template", trees: Mapping[str, "nodes.Template"]
) -> Iterator[tuple[int, str]]:
    """Blocks that a message must have, its own or those of the frame of its language."""
    from tocsin.catalog.sandbox import blocks

    kind, _, language = inside.name.removesuffix(".j2").partition(".")
    if kind in ("frame", "mail"):
        return
    frame = trees.get((inside.parent / f"frame.{language}.j2").as_posix())
    if frame is None:
        yield 1, f"there is no frame.{language}.j2 beside it, which a message in {language} needs"
        return
    for piece in MESSAGE_PIECES:
        if piece not in blocks(tree) | blocks(frame):
            yield 1, f"has no block {piece!r}, and frame.{language}.j2 has none either; add it"
