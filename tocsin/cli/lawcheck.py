"""tocsin law check: whether each law gives what the examples beside it state; for whoever has just edited one."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tocsin.cli.console import alarm, clean
from tocsin.domain.errors import Refused

if TYPE_CHECKING:
    from tocsin.catalog.examples import Held


def check(codes: Iterable[str]) -> list["Held"]:
    """These laws, or all that judge, held against their examples. Refused where a law has none.

    Examples say what differs from the sample company, so that they read alike in every house.
    """
    from tocsin.catalog.contacts import read_contacts
    from tocsin.catalog.examples import held_against
    from tocsin.catalog.folders import default_folders, overlaid
    from tocsin.packs import read_catalog, template_folders
    from tocsin.settings import load_settings

    settings = load_settings()
    catalog, files = read_catalog(settings), overlaid(template_folders(settings))
    sample = read_contacts([default_folders()[1]], {kind.id for kind in catalog.data_map.kinds})
    found = []
    for regime in [catalog.regime(code) for code in codes] or catalog.regimes.values():
        path = files.get(name := f"regimes/{regime.id}/examples.yaml")
        if path is None:
            raise Refused(
                f"{name} is not there; write three examples for each rule of {regime.id}: docs/law.md"
            )
        found.append(held_against(regime, path, sample))
    return found


def well(held: "Held") -> bool:
    """Whether every example holds and every rule is shown from all sides."""
    return not held.failed and not held.unshown


def lines(found: list["Held"]) -> Iterator[str]:
    """What does not hold, with its place; at the end how much was looked at."""
    for held in found:
        for each in held.failed:
            yield alarm(f"{held.path}:{each.line}: {held.code}: {clean(each.name)!r} does not hold")
            yield from (f"    {clean(line)}" for line in each.differences)
        for rule, how in held.unshown:
            yield alarm(f"{held.path}:1: {held.code}/{rule}: no example shows it {how}; write one")
    cases, examples = sum(each.cases for each in found), sum(each.examples for each in found)
    bad = sum(not well(each) for each in found)
    ends = f"{bad} of them must be mended" if bad else "each holds"
    laws = "1 law" if len(found) == 1 else f"{len(found)} laws"
    yield f"{laws}, {examples:,} examples of {cases:,} cases: {ends}"


def document(found: list["Held"]) -> list[dict[str, Any]]:
    """The same for a machine."""
    return [
        {
            "law": held.code,
            "file": str(held.path),
            "examples": held.examples,
            "cases": held.cases,
            "failed": [
                {"line": each.line, "name": each.name, "differences": [*each.differences]}
                for each in held.failed
            ],
            "unshown": [{"rule": rule, "how": how} for rule, how in held.unshown],
        }
        for held in found
    ]
