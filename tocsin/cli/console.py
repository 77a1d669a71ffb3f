"""What all verbs of the command line share: their common options, the opened home, and how things are said.

A verb takes `Reading` or `Changing` as its last argument and opens it: `with door.open() as shell:`. Documents go to
stdout, everything else to stderr. Text that people or machines wrote is data: control characters and the like are
shown, never obeyed.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TextIO

from cyclopts import Parameter

from tocsin.cli.moments import morning, spoken, understood
from tocsin.domain.errors import Refused, WrongUsage

if TYPE_CHECKING:
    from tocsin.actors import Actor
    from tocsin.app import App

#: Exit status: done, but somebody who had to be reached was not.
UNREACHED = 3
#: Characters of the longest message that is said in full.
_LONGEST = 2000

#: Words of the command line that are no options: `[INC]` and what follows. The usage line names them.
Words = Annotated[str, Parameter(show=False)]
#: A moment as a person writes it; `-20m` begins like an option and is none.
When = Annotated[str | None, Parameter(allow_leading_hyphen=True)]
#: A flag without a `--no-` twin.
Flag = Annotated[bool, Parameter(negative=())]
#: A reason or source in the person's own words, which may begin with a hyphen.
Because = Annotated[str, Parameter(allow_leading_hyphen=True)]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Reading:
    """The options of every verb."""

    json: Annotated[bool, Parameter(negative=(), help="One JSON document on stdout.")] = False
    as_: Annotated[str | None, Parameter(name="--as", help="Act as PERSON; only in drills and demos.")] = None

    @contextmanager
    def open(self) -> "Iterator[Shell]":
        """The home that is in force here, and who sits at this shell."""
        from tocsin.actors import at_the_shell
        from tocsin.app import open_app
        from tocsin.settings import load_settings

        app = open_app(load_settings())
        try:
            shell = Shell(app, at_the_shell(app, self.as_), self.json)
            if app.fault:
                shell.warn(f"FAULTY  {app.fault}; until then what was read before is used")
            yield shell
        finally:
            app.close()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Changing(Reading):
    """The options of every verb that changes something."""

    key: Annotated[
        str | None,
        Parameter(help="Makes it idempotent: said again with the same key, nothing happens twice."),
    ] = None


#: Nothing was said: the defaults of every verb.
READING, CHANGING = Reading(), Changing()


@dataclass(frozen=True)
class Shell:
    """An opened home with a person in front of it."""

    app: "App"
    actor: "Actor"
    json: bool = False

    def say(self, *lines: str) -> None:
        """Lines of the answer, for people; nothing when JSON was asked for."""
        if not self.json:
            sys.stdout.write("".join(f"{line}\n" for line in lines))

    def give(self, document: Any) -> None:
        """The answer as one JSON document, when that was asked for."""
        if self.json:
            sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=plain) + "\n")

    def tell(self, *lines: str) -> None:
        """Lines beside the answer, on stderr."""
        sys.stderr.write("".join(f"{line}\n" for line in lines))

    def warn(self, line: str) -> None:
        """A line beside the answer that wants attention now."""
        self.tell(alarm(line, sys.stderr))

    def at(self, moment: datetime | None) -> str:
        """A moment in the company's zone with UTC beside it; `?` while unknown."""
        return "?" if moment is None else spoken(moment, self.app.zone, self.app.now())

    def moment(self, text: str | None, *, past: bool = True) -> datetime | None:
        """A moment that a person wrote; a short form, on a terminal only, is echoed as understood."""
        return None if text is None else self.moment_of(text, past=past)

    def moment_of(self, text: str, *, past: bool = True) -> datetime:
        """The same for a moment that was certainly given."""
        moment, short = understood(text, self.app.zone, self.app.now(), terminal=at_terminal(), past=past)
        if short:
            self.tell(f"{clean(text)} is {self.at(moment)}")
        return moment

    def day(self, text: str) -> datetime:
        """A day that a person wrote, as the morning on which an office of the company opens; or a moment as it is."""
        return morning(text, self.app.zone) or self.moment_of(text, past=False)


def plain(value: Any) -> Any:
    """Moments, sets and records as JSON has them."""
    from tocsin.domain.moments import iso

    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return list(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return str(value)


def at_terminal() -> bool:
    """Whether a person sits here and can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def confirm(question: str, answer: str) -> bool:
    """Ask on the terminal; only exactly `answer` is a yes."""
    sys.stderr.write(f"{question} Type {answer}: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == answer


def need_yes(verb: str, key: str, question: str, *, named: bool, yes: bool) -> None:
    """What cannot be taken back wants a yes: the incident's number typed on a terminal, else INC and --yes."""
    number = str(int(key.rpartition("-")[2]))
    if yes and named:
        return
    if not at_terminal():
        raise WrongUsage(f"off a terminal, {verb} needs the incident and --yes: tocsin {verb} INC ... --yes")
    if not confirm(f"{key}: {question}?", number):
        raise Refused(f"not confirmed; nothing was done. Type {number} to say yes")


# --- text


def clean(text: object, *, lines: bool = False) -> str:
    """Text from outside as it may be shown: control characters and what turns or hides text stand as escapes.

    With `lines`, line ends stay.
    """
    return "".join(
        mark if mark.isprintable() or (lines and mark == "\n") else _escaped(mark) for mark in str(text)
    )


def _escaped(mark: str) -> str:
    # A lone surrogate cannot be written at all; everything else that is not printable could steer the terminal.
    code = ord(mark)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def bold(text: str, stream: TextIO | None = None) -> str:
    """Text that stands out on a terminal."""
    return _painted(text, "1", stream)


def alarm(text: str, stream: TextIO | None = None) -> str:
    """Text that wants attention now."""
    return _painted(text, "1;31", stream)


def _painted(text: str, how: str, stream: TextIO | None) -> str:
    stream = stream or sys.stdout
    if not stream.isatty() or "NO_COLOR" in os.environ:
        return text
    return f"\x1b[{how}m{text}\x1b[0m"


def labelled(label: str, text: str, *, urgent: bool = False) -> str:
    """One line of a card: a short label, and what there is to say."""
    return f"{(alarm if urgent else bold)(f'{label:<7}')} {text}"


def columns(rows: Iterable[Sequence[str]], *, head: Sequence[str] = ()) -> list[str]:
    """Rows as lines with aligned columns; the last column runs on."""
    table = [list(row) for row in ([head] if head else [])] + [list(row) for row in rows]
    if not table:
        return []
    widths = [max(_width(row[column]) for row in table) for column in range(len(table[0]) - 1)]
    lines = [
        "  ".join(
            [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)] + row[-1:]
        )
        for row in table
    ]
    return [bold(lines[0]), *lines[1:]] if head else lines


def _width(text: str) -> int:
    """Columns that a text takes: combining marks none, wide characters two."""
    import unicodedata

    return sum(
        0 if unicodedata.combining(mark) else 2 if unicodedata.east_asian_width(mark) in "WF" else 1
        for mark in text
    )


# --- words


def one_line(text: object) -> str:
    """A message that must fit one line; of a long one, what is wrong and the way out: its beginning and its end."""
    line = clean(" ".join(str(text).split()))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST // 2]} ... {line[-_LONGEST // 2 :]}"
