"""Running one command: the words of the shell become a call of a verb, and its end becomes an exit status."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

from cyclopts import App, CycloptsError, Parameter

from tocsin.cli import BARE, Verb, all_verbs
from tocsin.cli.console import one_line
from tocsin.domain.errors import TocsinError, WrongUsage

REFUSED, USAGE, INTERRUPTED = 1, 2, 130


def run(words: Sequence[str]) -> int:
    """The exit status of a command. A person's error is one line on stderr, and never a traceback."""
    if any(not _is_text(word) for word in words):
        return _complain(
            "a word of the command is not UTF-8; set the terminal to UTF-8 and say it again", USAGE
        )
    verb = _verb(words[0])
    if verb is None:
        return _complain(f"there is no verb {words[0]!r}{_nearest(words[0])}", USAGE)
    try:
        app = _app_of(verb, helping="--help" in words or "-h" in words)
        status = app(words, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
        return int(status or 0)
    except BrokenPipeError:
        # Whoever read our output has left; Python would complain about it once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except (Exception, KeyboardInterrupt) as error:
        return _failed(verb, error)


def _failed(verb: Verb, error: BaseException) -> int:
    match error:
        case WrongUsage():
            return _complain(error, USAGE)
        case TocsinError():
            return _complain(error, REFUSED)
        case CycloptsError():
            return _complain(f"{str(error).rstrip('.')}; tocsin {verb.name} --help shows how", USAGE)
        case KeyboardInterrupt():
            return _complain("interrupted", INTERRUPTED)
        case _ if os.environ.get("TOCSIN_DEBUG") == "1":
            raise error
        case OSError(filename=str() | bytes() | os.PathLike()):
            return _complain(_of_the_system(error), REFUSED)
        case _:
            return _complain(_unexpected(error), REFUSED)


def _is_text(word: str) -> bool:
    """Whether a word can be written down; Python hides bytes that are none in it."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _verb(name: str) -> Verb | None:
    return next((verb for verb in (BARE, *all_verbs()) if verb.name == name), None)


def _nearest(name: str) -> str:
    found = get_close_matches(name, [verb.name for verb in all_verbs()], n=1)
    return f"; did you mean {found[0]}?" if found else "; tocsin --help lists them"


def _app_of(verb: Verb, *, helping: bool) -> App:
    """The verb alone: no other module is looked at, and what sets help only where it is asked for."""
    app = App(
        name="tocsin",
        help_format="plaintext",
        help_formatter="plain" if helping else None,
        version_flags=(),
        default_parameter=Parameter(show_default=False),
        suppress_keyboard_interrupt=False,
        end_of_options_delimiter="--",
    )
    app.command(f"tocsin.cli.{verb.place}", name=verb.name, help=f"{verb.does[0].upper()}{verb.does[1:]}.")
    command = app[verb.name]
    if command.usage is None:
        command.usage = f"Usage: tocsin {verb.name} {verb.usage}".rstrip() + " [OPTIONS]\n"
    return app


def _complain(error: object, status: int) -> int:
    sys.stderr.write(f"tocsin: {one_line(error)}\n")
    return status


def _of_the_system(error: OSError) -> str:
    """What the system refused: the path, why, and the way out."""
    path = Path(os.fsdecode(error.filename))
    match error:
        case PermissionError():
            way = _way_in(path)
        case IsADirectoryError():
            way = "a folder stands where a file must be; move it away or name another"
        case NotADirectoryError() | FileExistsError():
            way = "a file stands where a folder must be; move it away or name another"
        case _:
            way = "tocsin doctor shows which paths are in force"
    return f"{path}: {error.strerror or type(error).__name__}; {way}"


def _way_in(path: Path) -> str:
    """Whom to ask for a path that may not be used: its owner, or that of the folder which hides it."""
    import pwd

    for place in (path, *path.absolute().parents):
        with suppress(OSError, KeyError):
            owner = place.stat().st_uid
            if owner == os.geteuid():
                return f"it is yours: chmod u+rwX {place}"
            return f"it belongs to {pwd.getpwuid(owner).pw_name}: say sudo tocsin, or ask them"
    return "say sudo tocsin, or ask its owner"


def _unexpected(error: BaseException) -> str:
    """Keep where it happened for the owner alone, and say where that is. Words are left out: they may be anybody's."""
    what = f"unexpected {type(error).__name__}"
    try:
        from tocsin.settings import load_settings

        log = load_settings().home / "errors.log"
        log.touch(mode=0o600)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"--- {datetime.now(UTC).isoformat()}\n{_place_of(error)}")
    except Exception:  # no home, no disk: then the terminal is all there is
        return f"{what}; TOCSIN_DEBUG=1 shows where"
    return f"{what}; the traceback is in {log}"


def _place_of(error: BaseException) -> str:
    """Types and frames, of what caused it too; no message and no value."""
    import traceback

    lines: list[str] = []
    at: BaseException | None = error
    while at is not None:
        frames = traceback.extract_tb(at.__traceback__)
        lines += [type(at).__name__, *(f"  {each.filename}:{each.lineno} in {each.name}" for each in frames)]
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return "\n".join(lines) + "\n"
