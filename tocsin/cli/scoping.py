"""Verbs about whom it hit: the question to the logs, and its answer."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from tocsin.cli.aftermath import say_again, say_duties, settled
from tocsin.cli.console import CHANGING, Changing, Shell, When, Words, at_terminal, labelled
from tocsin.cli.ending import ended_by_sigterm
from tocsin.cli.given import words_given
from tocsin.cli.incidents import inc, split, which
from tocsin.domain.errors import Refused, WrongUsage

if TYPE_CHECKING:
    from tocsin.domain.carrying import Carried
    from tocsin.record import Recorded

_Many = tuple[str, ...]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Indicators:
    """What the logs are asked about. Secrets come as @FILE, or @- for stdin; never as words of the command line."""

    token: Annotated[_Many, Parameter(help="@FILE or @-: leaked tokens, one to a line.", negative=())] = ()
    session: Annotated[_Many, Parameter(help="@FILE or @-: session ids, one to a line.", negative=())] = ()
    account: Annotated[_Many, Parameter(help="Account, or @FILE.", negative=())] = ()
    ip: Annotated[_Many, Parameter(help="Address or CIDR block, or @FILE.", negative=())] = ()
    agent: Annotated[_Many, Parameter(help="User agent, or @FILE.", negative=())] = ()
    from_: Annotated[When, Parameter(name="--from", help="The window begins.")] = None
    to: Annotated[When, Parameter(help="The window ends.")] = None
    source: Annotated[_Many, Parameter(help="Log source by name; all without it.", negative=())] = ()
    exposed: Annotated[
        _Many,
        Parameter(
            help="Table of the data map that lay open: everybody in it; --from and --to say when.",
            negative=(),
        ),
    ] = ()
    list_: Annotated[Path | None, Parameter(name="--list", help="The forensic team's list of people.")] = None
    question: Annotated[
        Path | None,
        Parameter(help="The whole question as a YAML file; docs/scoping.md says how it is asked."),
    ] = None


_NOTHING = Indicators()


#: The same as `actions.measuring.Engine`, which costs too much to import for a list of verbs.
Engine = Annotated[
    Literal["duckdb", "spark"] | None,
    Parameter(help="What answers, if not what tocsin.toml says: duckdb here, or spark (docs/scoping.md)."),
]


def scope(
    *words: Words, asked: Indicators = _NOTHING, engine: Engine = None, door: Changing = CHANGING
) -> None:
    """Ask the logs who is affected; the question and its answer are kept as a revision."""
    from tocsin.actions import scope as measure
    from tocsin.cli.affected import say_counts
    from tocsin.domain.carrying import carried

    named, _ = split(words)
    with door.open() as shell:
        key = which(shell, named)
        question, handed_in = _question(shell, asked)
        with ended_by_sigterm(), shown_progress() as progress:
            done = measure(
                shell.app,
                shell.actor,
                key,
                question,
                handed_in=handed_in,
                engine=engine,
                progress=progress,
                command=door.key,
            )
        settled(shell, done)
        say_again(shell, done)
        say_duties(shell, done)
        kept = carried(done.incident.facts, done.before.facts) if done.before else ()
        asked_of = [{"since": since, "until": until} for since, until in question.spans]
        decided = [asdict(each) | {"again": each.again} for each in kept]
        say_counts(shell, done.incident, also={"asked": asked_of, "decided": decided})
        shell.say(*_span_lines(shell, question))
        shell.say(*(_decision_line(each, inc(shell, key)) for each in kept))
        for each in done.answer["seen"]:
            if unseen := each["given"] - each["seen"]:
                shell.say(
                    labelled("UNSEEN", f"{unseen} of {each['given']} {each['indicator']} stand in no log")
                )
        if (engine or shell.app.settings.scoping.engine) == "duckdb":
            _keep_rows(shell, done, question)


def _span_lines(shell: Shell, question: Any) -> Iterator[str]:
    """Of which time the logs were asked: a slip of the pen there says "0 people" as a quiet night does."""
    if spans := question.spans:
        (since, _), (_, until) = spans[0], spans[-1]
        edges = (
            f"from {shell.at(since)}" if since else "from the beginning",
            f"to {shell.at(until)}" if until else "to the end of the logs",
        )
        apart = f", in {len(spans)} windows" if len(spans) > 1 else ""
        yield labelled("ASKED", f"about requests {' '.join(edges)}{apart}")


def _keep_rows(shell: Shell, done: "Recorded", question: Any) -> None:
    """Keep the rows of the logs for the next question, now that the answer is said."""
    from tocsin.actions.caching import keep_rows

    if not shell.app.settings.scoping.keeps:
        return
    sys.stdout.flush()
    if at_terminal():
        shell.tell(
            "The answer stands. Its logs are kept for the next question; Ctrl-C ends this, and costs nothing."
        )
    try:
        with ended_by_sigterm(), shown_progress() as progress:
            keep_rows(shell.app, done.incident, question, progress)
    except KeyboardInterrupt:
        shell.tell("not all are kept: the next question reads the others again")


def _decision_line(kept: "Carried", named: str) -> str:
    """`RISK    unlikely stays decided for 12 in DE (controller)`, or that it must be decided anew, and how."""
    whom = f"{kept.place or 'places unknown'} ({kept.role or 'role unknown'})"
    again = f"decide anew: tocsin assess{named}, or tocsin learn{named} cells=@FILE"
    if kept.gone:
        return labelled(
            "RISK", f"{kept.risk} was decided for {whom}, whose cell is no more; {again}", urgent=True
        )
    told = f"{kept.risk} stays decided for {kept.count} in {whom}"
    if not kept.again:
        return labelled("RISK", told)
    why = "hit in another way" if kept.changed else f"{kept.before} when it was decided"
    return labelled("RISK", f"{told}, {why}; {again}", urgent=True)


def _question(shell: Shell, asked: Indicators) -> tuple[Any, bytes | None]:
    """The question, and the bytes of the file in which it was handed in."""
    from tocsin.domain.scope.question import read_question
    from tocsin.scoping.declaration import read_list
    from tocsin.scoping.questions import read_question_file

    given: dict[str, Any] = {
        "tokens": _secrets("--token", asked.token),
        "sessions": _secrets("--session", asked.session),
        "accounts": _words("--account", asked.account),
        "ips": _words("--ip", asked.ip),
        "agents": _words("--agent", asked.agent),
        "sources": asked.source,
        "since": shell.moment(asked.from_),
        "until": shell.moment(asked.to, past=False),
        "people": read_list(asked.list_) if asked.list_ else (),
    }
    if asked.exposed:
        given["exposed"] = {"tables": asked.exposed} | {edge: given[edge] for edge in ("since", "until")}
    given = {name: value for name, value in given.items() if value}
    if asked.question is None:
        return read_question(given), None
    if given:
        raise WrongUsage("--question holds the whole question; give it alone")
    handed_in = read_question_file(asked.question)
    return handed_in.question, handed_in.content


def _secrets(option: str, values: _Many) -> list[str]:
    """Indicators that are secrets: whoever lists processes can read a command line."""
    for value in values:
        if not value.startswith("@"):
            # The value itself is not repeated: stderr may be logged.
            raise WrongUsage(
                f"{option} takes no secret on the command line; put it into a file: {option} @FILE, or @-"
            )
    return _words(option, values)


def _words(option: str, values: _Many) -> list[str]:
    try:
        return words_given(values)
    except Refused as error:
        raise Refused(f"{option}: {error}") from None


@contextmanager
def shown_progress() -> "Iterator[Callable[[str, float], None]]":
    """A bar on a terminal, with the rows that are behind us and the time that is left; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda words, share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    words_column = TextColumn("{task.description}", markup=False)
    columns = (
        words_column,
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, stage = bar.add_task("reading", total=1.0), ""

        def show(words: str, share: float) -> None:
            nonlocal stage
            # The time that is left is that of one source: each is read at a speed of its own.
            if (now := words.partition(",")[0]) != stage:
                stage = now
                bar.reset(task)
            bar.update(task, description=words, completed=share)

        yield show
