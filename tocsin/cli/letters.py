"""`tocsin letters`: who gets which letter, by which laws, and what keeps it."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from tocsin.cli.console import READING, Reading, Shell, Words, alarm, bold, clean, labelled
from tocsin.cli.incidents import split, which
from tocsin.cli.moments import in_zone

if TYPE_CHECKING:
    from tocsin.views.telling import LetterView


def letters(*words: Words, door: Reading = READING) -> None:
    """Each letter that people are owed: to whom, until when, what it lacks or waits for, and why it is one."""
    from tocsin.views.access import seen
    from tocsin.views.telling import letters as view

    with door.open() as shell:
        key = which(shell, split(words)[0])
        found = view(shell.app, seen(shell.app, shell.actor, key))
        shell.say(*(line for letter in found for line in _lines(shell, letter)))
        if not found:
            shell.say(
                f"Nobody is owed a letter yet: tocsin scope {key} finds the people, "
                f"tocsin duties {key} says what is owed."
            )
        shell.give({"key": key, "letters": [asdict(letter) for letter in found]})


def _lines(shell: Shell, letter: "LetterView") -> list[str]:
    due = f", due {shell.at(letter.due_at)}" if letter.due_at else ""
    lines = [bold(f"{letter.notice}   {letter.state.replace('-', ' ')}   {letter.people:,} people{due}")]
    lines += [labelled("LACKS", clean(line), urgent=True) for line in letter.lacks]
    lines += [labelled("COUNSEL", clean(line), urgent=True) for line in letter.without]
    lines += [labelled("WAITS", clean(line), urgent=True) for line in letter.waits]
    held = (clean(in_zone(line, shell.app.zone, shell.app.now())) for line in letter.held)
    lines += [labelled("HELD", line, urgent=True) for line in held]
    if letter.left_out:
        lines.append(labelled("WITHOUT", ", ".join(letter.left_out).replace("-", " ")))
    for readers in letter.readers:
        laws = ", ".join(dict.fromkeys(duty.partition("/")[0] for duty in readers.duties)) or "no law"
        added = f"; added: {', '.join(readers.added)}" if readers.added else ""
        untold = alarm(f"; {readers.untold:,} to be told") if readers.untold else ""
        lines.append(labelled("TO", f"{readers.readers}: {laws}{added}{untold}"))
    return lines + [labelled("WHY", clean(line)) for line in letter.because]
