"""What is said to a ledger: who is settled, who is told in another way than by a letter, and by which."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from tocsin.cli.aftermath import changed
from tocsin.cli.console import Because, Flag, Shell, clean
from tocsin.cli.given import words_given
from tocsin.domain.errors import WrongUsage
from tocsin.domain.ways import Ground, Listed
from tocsin.domain.ways import Otherwise as Told


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Otherwise:
    """What is asked of a ledger, or said to it, beyond its figures."""

    who: Annotated[Flag, Parameter(help="Name those whom the letter did not surely reach.")] = False
    person: Annotated[str | None, Parameter(help="ID of one person: her whole story, letter by letter.")] = (
        None
    )
    exclude: Annotated[
        str | None, Parameter(help="ID of one whom the letter cannot reach: settled by hand.")
    ] = None
    list_: Annotated[
        Listed | None,
        Parameter(
            name="--list",
            help="Take out the list of those whom no letter reached, for another way; with --out.",
        ),
    ] = None
    out: Annotated[Path | None, Parameter(help="FOLDER, a new one, for --list.")] = None
    ground: Annotated[
        Ground | None, Parameter(help="Why a public notice may stand in the place of letters.")
    ] = None
    told_otherwise: Annotated[
        Flag, Parameter(help="Everybody whom the letter will not reach was told in another way, say by post.")
    ] = False
    by: Annotated[
        Told | None,
        Parameter(help="With --told-otherwise: by which way; where that has a list, who is on it."),
    ] = None
    id_: Annotated[
        tuple[str, ...],
        Parameter(name="--id", help="With --told-otherwise: these alone, by ID, @FILE or @-.", negative=""),
    ] = ()
    held: Annotated[
        Flag,
        Parameter(help="With --told-otherwise: those too who were held for a decision, such as suspects."),
    ] = False
    wrong: Annotated[Flag, Parameter(help="Who got a letter that was found wrong, under pseudonyms.")] = False
    export: Annotated[
        Path | None, Parameter(help="With --wrong: FILE for their names and addresses, as CSV.")
    ] = None
    because: Annotated[Because, Parameter(help="Why, and how these people are told instead.")] = ""

    def refuse_misplaced(self) -> None:
        """Wrong usage where an option stands without the one that it belongs to, or two are asked at once."""
        if self.held and not self.told_otherwise:
            raise WrongUsage(
                "--held goes with --told-otherwise: it says that those who were held were told too"
            )
        if (self.by or self.id_) and not self.told_otherwise:
            raise WrongUsage("--by and --id go with --told-otherwise: they say how, and who was told")
        if (self.out is None) is not (self.list_ is None):
            raise WrongUsage("--list WAY and --out FOLDER go together")
        if self.ground and not self.list_:
            raise WrongUsage("--ground goes with --list public-notice")
        if self.export and not self.wrong:
            raise WrongUsage("--export goes with --wrong; tocsin affected --export takes out everybody")
        if sum(map(bool, (self.person, self.exclude, self.list_, self.told_otherwise, self.wrong))) > 1:
            raise WrongUsage(
                "--person, --exclude, --list, --told-otherwise and --wrong are different things; say one"
            )


def change(shell: Shell, key: str, notice: str, asked: Otherwise, command: str | None) -> None:
    """Settle one, take out a list, or say that people were told in another way, or who has a wrong letter."""
    from tocsin import actions
    from tocsin.views.sending import course

    if asked.exclude:
        done = actions.exclude(
            shell.app, shell.actor, key, notice, asked.exclude, because=asked.because, command=command
        )
        changed(shell, done, f"{clean(asked.exclude)} is settled by hand.")
    elif asked.list_ and asked.out:
        done = actions.list_people(
            shell.app,
            shell.actor,
            key,
            notice,
            asked.list_,
            asked.out,
            ground=asked.ground,
            because=asked.because,
            command=command,
        )
        changed(shell, done, *_list_lines(key, notice, asked.out, done))
    elif asked.export:
        done = actions.export_wrong(
            shell.app, shell.actor, key, notice, asked.export, because=asked.because, command=command
        )
        changed(shell, done, f"{asked.export} is written: keep it closed, and delete it when it has served.")
    else:
        done = actions.told_otherwise(
            shell.app,
            shell.actor,
            key,
            notice,
            because=asked.because,
            held=asked.held,
            way=asked.by or "otherwise",
            ids=words_given(asked.id_),
            command=command,
        )
        left = course(shell.app, shell.app.incident(key), notice)
        changed(shell, done, _accounted(left.untold, left.undecided, left.unsupported))


def _list_lines(key: str, notice: str, out: Path, done: Any) -> list[str]:
    """What left, who is not in it, and how one says that it has done its work."""
    for entry in done.entries:
        if entry.kind == "PeopleListed":
            body = entry.body
            people, told = sum(body.people.values()), f"tocsin ledger {key} {notice} --told-otherwise"
            data = (
                "" if body.way == "public-notice" else "; it is personal data: delete it when it has served"
            )
            return [
                f"{out}: {people:,} people on the list for {body.way}{data}.",
                *(f"  not on it, {count:,}: {why}" for why, count in body.left_out.items()),
                f"Nobody is told by that yet. Once it is done: {told} --by {body.way} --because ...",
            ]
    return []


def _accounted(untold: int, undecided: int, unsupported: int) -> str:
    """That everybody is accounted for, but for who is still to be told, and those on whom somebody has to decide."""
    waits = [
        *([f"{untold:,} still to be told otherwise"] if untold else []),
        *([f"{undecided:,} held for a decision"] if undecided else []),
        *([f"{unsupported:,} no longer supported by the scope"] if unsupported else []),
    ]
    but = f", but {' and '.join(waits)}" if waits else ""
    return f"Everybody whom the letter did not reach is accounted for{but}."
