"""tocsin law diff: what one law says otherwise than another, or than itself before.

A side is a code, `today` (the laws that judge incidents now), an incident (those it is bound to), or a path to a
`regime.yaml` or a folder with some.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tocsin.cli.console import Reading, bold, clean, columns
from tocsin.cli.incidents import which
from tocsin.cli.lawpages import width
from tocsin.domain.answers import nearest
from tocsin.domain.errors import Refused, WrongUsage
from tocsin.domain.reference import names_incident

if TYPE_CHECKING:
    from tocsin.domain.catalog import Catalog
    from tocsin.domain.law.amending import LawChange
    from tocsin.domain.law.rules import Regime

TODAY = "today"
_AGAINST_WHAT = (
    "{0} is what judges incidents today, and there is no single open incident to hold against it; name the other side: "
    "tocsin law diff INC, tocsin law diff {0} OTHER-CODE, or tocsin law diff {0} ./draft/regime.yaml"
)


@dataclass(frozen=True)
class Side:
    """One side of a comparison: how it was named, and its laws by code."""

    name: str
    laws: Mapping[str, "Regime"]

    @property
    def only(self) -> "Regime | None":
        """The law, where this side is a single one."""
        return next(iter(self.laws.values())) if len(self.laws) == 1 else None


def differences(words: tuple[str, ...], door: Reading) -> tuple[list[str], Any]:
    """The comparison of two sides, or of one with today's laws, in lines and as a document."""
    from tocsin.domain.law.marks import joined_mark
    from tocsin.rendering.statute.differences import as_json

    before, after = _sides(words, door)
    changes = _compared(before, after)
    document = {
        "a": before.name,
        "b": after.name,
        "mark": joined_mark(change.mark for change in changes) if changes else "same",
        "laws": list(map(as_json, changes)),
    }
    lines = list(_lines(before, after, changes))
    if names_incident(before.name) and after.name == TODAY:
        first, document["incident"] = _for_the_incident(before.name, door)
        lines = [*first, *lines]
    return lines, document


def _sides(words: tuple[str, ...], door: Reading) -> tuple[Side, Side]:
    """What is compared: two sides, or one with today's laws.

    A code alone is a law of today already: against it stands the one under which the open incident was declared.
    """
    first = _side(words[0], door)
    if len(words) == 2:
        return first, _side(words[1], door)
    if names_incident(words[0]) or _is_path(words[0]):
        return first, _side(TODAY, door)
    try:
        bound = _bound(None, door)
    except (Refused, WrongUsage):
        raise WrongUsage(_AGAINST_WHAT.format(clean(words[0]))) from None
    if words[0] == TODAY:
        return bound, first
    return Side(bound.name, {code: law for code, law in bound.laws.items() if code == words[0]}), first


def _for_the_incident(word: str, door: Reading) -> tuple[list[str], Any]:
    """What today's laws would change for an open incident, and how they are accepted."""
    from tocsin.cli.lawaccept import SHOWN, as_json, newer_lines
    from tocsin.views.access import seen
    from tocsin.views.newer import newer_laws

    with door.open() as shell:
        key = which(shell, word)
        found = newer_laws(shell.app, seen(shell.app, shell.actor, key))
        if found is None:
            return [], None
        way = f"Accept exactly these: tocsin law accept {key} --digest {found.packs[:SHOWN]}"
        return [*newer_lines(shell, found), way, ""], as_json(found)


def _side(word: str, door: Reading) -> Side:
    from tocsin.packs import read_catalog, template_folders
    from tocsin.settings import load_settings

    settings = load_settings()
    if word == TODAY:
        return Side(word, read_catalog(settings).regimes)
    if names_incident(word):
        return _bound(word, door)
    if _is_path(word):
        from tocsin.catalog.lawfile import read_laws, vocabulary_of

        words = vocabulary_of(template_folders(settings))
        return Side(word, read_laws(Path(word), read_catalog(settings).regimes, words))
    return Side(word, {word: _law(read_catalog(settings), word)})


def _bound(word: str | None, door: Reading) -> Side:
    from tocsin.views.access import seen

    with door.open() as shell:
        key = which(shell, word)
        return Side(key, shell.app.catalog_of(seen(shell.app, shell.actor, key)).regimes)


def _is_path(word: str) -> bool:
    return "/" in word or word.endswith(".yaml") or word in (".", "..")


def _law(catalog: "Catalog", code: str) -> "Regime":
    if code not in catalog.regimes:
        near = nearest(code, catalog.regimes)
        raise Refused(
            f"there is no regime {code!r}{near}; a file or folder is written with a slash, ./{code}"
        )
    return catalog.regimes[code]


def _compared(before: Side, after: Side) -> tuple["LawChange", ...]:
    from tocsin.domain.law.amending import compare_law, compare_laws, seen_from

    old, new = before.only, after.only
    if old and new and old.id != new.id:
        # Each speaks of its own residents; what is left after that is the difference.
        change = compare_law(seen_from(old, new), new)
        return (_in_its_own_words(change, old),) if change else ()
    if old and not new:
        return compare_laws(before.laws, _those(after, before))
    if new and not old:
        return compare_laws(_those(before, after), after.laws)
    return compare_laws(before.laws, after.laws)


def _in_its_own_words(change: "LawChange", law: "Regime") -> "LawChange":
    """The same change, the earlier side as its own law says it: of the people of its own place."""
    rules = tuple(
        replace(each, before=law.rule(each.before.id)) if each.before else each for each in change.rules
    )
    return replace(change, before=law, rules=rules)


def _those(many: Side, wanted: Side) -> Mapping[str, "Regime"]:
    """Of many laws the one that the other side is about."""
    return {code: many.laws[code] for code in wanted.laws if code in many.laws}


def _lines(before: Side, after: Side, changes: tuple["LawChange", ...]) -> Iterator[str]:
    from tocsin.rendering.statute.differences import WAS_AND_NOW, page_of_change, summary
    from tocsin.rendering.statute.terminal import terminal

    if not changes:
        yield f"{clean(before.name)} and {clean(after.name)} say the same."
        return
    old, new = before.only, after.only
    sides = (old.id, new.id) if old and new and old.id != new.id else WAS_AND_NOW
    yield bold(f"{clean(before.name)} -> {clean(after.name)}")
    yield from columns([tuple(map(clean, row)) for row in summary(changes)])
    for change in changes:
        yield ""
        yield from map(clean, terminal(page_of_change(change, sides), width()))
    yield ""
    yield "stricter: asks more, or earlier; looser: less, or later; changed: look at it; reworded: binds nobody."
