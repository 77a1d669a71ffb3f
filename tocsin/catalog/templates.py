"""Jinja2 templates are checked when they are read: their syntax, and that the variables they name exist.

What a template may name stands in the `variables.yaml` of its folder (template name, then variable, then what
it means). The words of an incident type may name the facts that an approval of the letter binds, and no others:
text that changed behind an approval would leave the house unread.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from tocsin.catalog.yamlfile import parse_document
from tocsin.domain.answers import nearest
from tocsin.domain.errors import BadFile
from tocsin.domain.notice import PRINTED_FACTS

WHAT_HAPPENED = frozenset({*PRINTED_FACTS, "organisation"})


def check_templates(paths: Mapping[str, Path], contents: Mapping[str, bytes]) -> None:
    """Refuse the first template that is none, or names a variable that nobody gives it; BadFile says where.

    Both mappings have paths inside the templates folder as keys.
    """
    for name, content in contents.items():
        if name.endswith(".j2"):
            _check(paths[name], content, _allowed(name, paths, contents))


def _allowed(name: str, paths: Mapping[str, Path], contents: Mapping[str, bytes]) -> frozenset[str]:
    inside = PurePosixPath(name)
    stem = inside.name.partition(".")[0]
    if inside.parts[0] == "types" and stem == "what_happened":
        return WHAT_HAPPENED
    for folder in inside.parents:
        listing = (folder / "variables.yaml").as_posix()
        if listing in contents:
            return _listed(paths[listing], contents[listing], stem)
    raise BadFile(paths[name], 1, "no variables.yaml beside it says which variables it may name; add one")


def _listed(path: Path, content: bytes, stem: str) -> frozenset[str]:
    document = parse_document(path, content)
    if not isinstance(document.value, dict) or not all(
        isinstance(each, dict) for each in document.value.values()
    ):
        raise document.bad((), "write, for each template, a mapping of variables to what they mean")
    if stem in document.value:
        return frozenset(document.value[stem])
    # A frame that several letters share may name what any of them is given.
    return frozenset(variable for each in document.value.values() for variable in each)


def _check(path: Path, content: bytes, allowed: frozenset[str]) -> None:
    from jinja2 import Environment, TemplateSyntaxError, meta, nodes

    try:
        # Nothing is rendered here, so that escaping has no say.
        tree = Environment(autoescape=True).parse(content.decode())
    except UnicodeDecodeError:
        raise BadFile(path, 1, "is not UTF-8; save it as UTF-8") from None
    except TemplateSyntaxError as error:
        raise BadFile(path, error.lineno, error.message or "is not a template") from None
    unknown = meta.find_undeclared_variables(tree) - allowed
    places = ((each.lineno, each.name) for each in tree.find_all(nodes.Name) if each.name in unknown)
    for line, name in sorted(places):
        raise BadFile(path, line, f"unknown variable {name!r}{nearest(name, sorted(allowed))}")
