"""`tocsin proof`: what proves the letters of a notice leaves the house, and can be checked by anybody."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tocsin.cli.console import CHANGING, Because, Changing, Words
from tocsin.cli.incidents import split, which
from tocsin.domain.errors import WrongUsage


def proof(
    *words: Words,
    out: Annotated[Path | None, Parameter(help="FOLDER to write; it must not exist.")] = None,
    lang: Annotated[str, Parameter(help="Language of the paper: en, vi.")] = "en",
    because: Annotated[Because, Parameter(help="For whom it is taken out.")] = "",
    door: Changing = CHANGING,
) -> None:
    """Take out what proves the letters of a notice: a paper, tables, every letter under a pseudonym, the timeline.

    `python3 check.py` in that folder works all of it out anew, with nothing else installed.
    """
    from tocsin import actions
    from tocsin.cli.aftermath import changed

    if out is None:
        raise WrongUsage("say where it goes: --out FOLDER")
    named, (notice,) = split(words, "NOTICE")
    with door.open() as shell:
        key = which(shell, named)
        done = actions.take_proof(
            shell.app, shell.actor, key, notice, out, language=lang, because=because, command=door.key
        )
        changed(
            shell, done, f"{out} proves the letters of {notice}. Anybody checks it: python3 {out}/check.py"
        )
