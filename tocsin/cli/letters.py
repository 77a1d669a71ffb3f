"""`tocsin letters`: who gets which letter, by which laws, and what keeps it."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from tocsin.cli.console import READING, Reading, Shell, Words, alarm, bold, clean, labelled
from tocsin.cli.incidents import inc, split, which
from tocsin.cli.moments import in_zone
from tocsin.domain.aiming import aim_words

if TYPE_CHECKING:
    from tocsin.domain.incident import Incident
    from tocsin.views.telling import LackView, LetterView


def letters(*words: Words, door: Reading = READING) -> None:
    """Each letter that people are owed: to whom, until when, what it lacks or waits for, and why it is one."""
    from tocsin.views.access import seen
    from tocsin.views.telling import lacking
    from tocsin.views.telling import letters as view

    with door.open() as shell:
        key = which(shell, split(words)[0])
        incident = seen(shell.app, shell.actor, key)
        found = view(shell.app, incident)
        shell.say(*(line for letter in found for line in _lines(shell, letter)))
        if not found:
            shell.say(_nobody_yet(shell, incident))
        else:
            shell.say(*(_lack_lines(each, inc(shell, key)) for each in lacking(shell.app, incident)))
        shell.give({"key": key, "letters": [asdict(letter) for letter in found]})


def _nobody_yet(shell: Shell, incident: "Incident") -> str:
    """That nobody is known to write to, though duties to tell people may run already."""
    from tocsin.views.telling import first_to_people

    number, first = first_to_people(incident)
    named = inc(shell, incident.key)
    if not number:
        owed = f"tocsin duties{named} says what is owed"
        return f"Nobody is owed a letter yet: tocsin scope{named} finds the people, {owed}."
    due = f", the first due {shell.at(first)}" if first else ""
    open_ = "1 duty to people is open" if number == 1 else f"{number} duties to people are open"
    return f"{open_}{due}; nobody is known by name yet: tocsin scope{named} finds them."


def _lack_lines(lack: "LackView", named: str) -> str:
    """One missing answer, the way to give it, and which letters wait for it."""
    number, duties = len(lack.letters), lack.duties
    blocks = f"{', '.join(lack.what)}: blocks {number} {'letter' if number == 1 else 'letters'}"
    duty = duties[0] if len(duties) == 1 else "DUTY"
    release = f"tocsin duties{named} --release {duty} --because ..."
    return "\n".join(
        [
            labelled("LACKS", f"{blocks}     tocsin learn{named} {lack.way} --source ...", urgent=True),
            f"        {', '.join(lack.letters)}",
            f"        asked for by {clean('; '.join(lack.asked))}; or counsel says that it is not owed: {release}",
        ]
    )


def _lines(shell: Shell, letter: "LetterView") -> list[str]:
    due = f", due {shell.at(letter.due_at)}" if letter.due_at else ""
    people = "1 person" if letter.people == 1 else f"{letter.people:,} people"
    lines = [bold(f"{letter.notice}   {letter.state.replace('-', ' ')}   {people}{due}")]
    if letter.aim:
        lines.append(labelled("AIM", f"{shell.at(letter.aim.at)}: {aim_words(letter.aim)}", urgent=True))
    lines += [labelled("LACKS", clean(line), urgent=True) for line in letter.lacks_alone]
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
