"""What a scope rests on, in lines: logs whose silence excludes somebody, and what only says again what others say."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from tocsin.cli.console import Shell, clean, labelled

if TYPE_CHECKING:
    from tocsin.domain.kinds import ScopeMeasured

#: Files that are named on a terminal; the JSON has them all.
_SHOWN = 5


def proof_lines(shell: Shell, scope: "ScopeMeasured") -> Iterator[str]:
    """Why somebody is excluded: which logs show every hour, of when, and by which files."""
    names = {each["sha256"]: each["name"] for each in scope.inputs}
    for proof in scope.proof:
        hours = " and ".join(
            " to ".join(shell.at(datetime.fromisoformat(each[edge])) for edge in ("since", "until"))
            for each in proof["hours"]
        )
        together = " and ".join(clean(source) for source in proof["sources"])
        verb = "show" if len(proof["sources"]) > 1 else "shows"
        files = proof["files"]
        yield labelled(
            "PROOF",
            f"{together} {verb} every hour from {hours}, without a gap: {proof['rows']:,} rows, "
            f"{len(files):,} file{'' if len(files) == 1 else 's'}, and no request that fits",
        )
        for sha256 in files[:_SHOWN]:
            yield f"        {clean(names.get(sha256, '?'))} sha256 {sha256}"
        if len(files) > _SHOWN:
            yield f"        and {len(files) - _SHOWN:,} more; --json names them all"


def repeated_lines(scope: "ScopeMeasured") -> Iterator[str]:
    """What was said more than once and counts once."""
    for each in scope.repeated:
        said = []
        if each["rows"]:
            said.append(f"{each['rows']:,} fitting row{'' if each['rows'] == 1 else 's'} that repeat others")
        if files := each["files"]:
            said.append(f"{len(files):,} file{'' if len(files) == 1 else 's'} that are copies of others")
        yield labelled("AGAIN", f"{' and '.join(said)} in {clean(each['source'])}; each counts once")
