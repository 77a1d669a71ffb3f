"""Proof that the library of laws is worked out: sources, examples of every rule, and each condition and number noticed.

    python -m checks.law [CODE]...

Each condition and each number of every rule in force is altered in turn, and some example of that law must then fail.
One that survives is named with its place: write an example in which it decides.
"""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from checks.mutants import Mutant, mutants
from tocsin.catalog import default_folders, load_catalog
from tocsin.catalog.yamlfile import Document, read_document
from tocsin.domain.contacts import Contacts
from tocsin.domain.errors import Refused
from tocsin.domain.law.examples import Case, cases, uncovered
from tocsin.domain.law.regime import Regime

WAY_OUT = "write an example in which this decides"
#: What stands in place of an address where a text is not public.
NO_ADDRESS = "not known"


@dataclass(frozen=True)
class Law:
    """One law as it stands in its folder."""

    regime: Regime
    folder: Path
    contacts: Contacts

    @property
    def rules(self) -> int:
        """How many of its rules are in force."""
        return len(self.regime.rules) if self.regime.binding else 0


@dataclass
class Findings:
    """What was found of one law: complaints, each with its place, and how many mutants were tried."""

    complaints: list[str] = field(default_factory=list)
    tried: int = 0


def main(codes: Sequence[str]) -> int:
    """Check these laws, or all; print each complaint, and one closing line. The exit status."""
    laws = list(_laws(codes))
    with ProcessPoolExecutor() as pool:
        # The longest first, so that no worker is left with one at the end.
        order = sorted(laws, key=lambda law: -len(law.regime.model_dump_json()))
        found = dict(zip((law.regime.id for law in order), pool.map(check, order), strict=True))
    complaints = [line for law in laws for line in found[law.regime.id].complaints]
    tried, rules = sum(each.tried for each in found.values()), sum(law.rules for law in laws)
    for line in complaints:
        print(line)  # noqa: T201
    closing = f"{len(complaints):,} complaints" if complaints else "each noticed by an example"
    print(f"{tried:,} mutations of {rules} rules in {len(laws)} laws: {closing}")  # noqa: T201
    return 1 if complaints else 0


def _laws(codes: Sequence[str]) -> Iterator[Law]:
    templates, contacts = default_folders()
    catalog = load_catalog([templates], [contacts])
    folders = {path.parent.name: path.parent for path in templates.rglob("regime.yaml")}
    for code in codes or sorted(catalog.regimes):
        yield Law(catalog.regime(code), folders[code], catalog.contacts)


def check(law: Law) -> Findings:
    """Everything that must be so of one law."""
    regime, examples = law.regime, read_document(law.folder / "examples.yaml")
    place = f"{_short(examples.path)}:1: {regime.id}"
    unshown = [
        f"{place}/{rule}: no example shows it {how}; write one"
        for rule, how in uncovered(regime, examples.value)
    ]
    found = Findings([*unsourced(law), *unshown])
    proofs = list(cases(regime.id, examples.value, law.contacts))
    if wrong := [case.name for case in proofs if not case.holds(regime)]:
        found.complaints += [f"{regime.id}: the example {name!r} does not hold" for name in wrong]
        return found
    document = read_document(law.folder / "regime.yaml")
    for mutant in mutants(regime):
        found.tried += 1
        if not _noticed(mutant, proofs):
            found.complaints.append(_survived(regime, mutant, document))
    return found


def _noticed(mutant: Mutant, proofs: list[Case]) -> bool:
    """Whether some example fails. What noticed one mutant is asked first about the next, which stands beside it."""
    for index, case in enumerate(proofs):
        if not case.holds(mutant.regime):
            proofs.insert(0, proofs.pop(index))
            return True
    return False


def _survived(regime: Regime, mutant: Mutant, document: Document) -> str:
    loc = mutant.loc
    in_rule = loc[0] == "rules"
    whose = f"{regime.id}/{regime.rules[int(loc[1])].id}" if in_rule else regime.id
    where = ".".join(map(str, loc[2:] if in_rule else loc))
    place = f"{_short(document.path)}:{document.line(loc)}"
    said = f"{where}: {mutant.what}" if where else mutant.what
    return f"{place}: {whose}: {said} changes no example; {WAY_OUT}"


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def unsourced(law: Law) -> Iterator[str]:
    """Citations without words, and sources without an address and a note that says why."""
    regime = law.regime
    for source in regime.sources:
        if not source.url.startswith(("https://", "http://")) and not (
            source.url == NO_ADDRESS and source.note
        ):
            why = f"write it, or url: {NO_ADDRESS} and a note on how it is known"
            yield f"{regime.id}: the source {source.title!r} has no address; {why}"
    for rule in regime.rules:
        if not rule.cite.strip():
            yield f"{regime.id}/{rule.id}: has no article; write cite"
        for exempt in rule.exceptions:
            if not exempt.cite.strip():
                yield f"{regime.id}/{rule.id}: an exception has no article; write cite"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refused as error:
        sys.exit(f"checks.law: {error}")
