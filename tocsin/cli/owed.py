"""Verbs about what is owed: the duties, the authority's paper, and the duty met."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

from cyclopts import Parameter

from tocsin.cli.aftermath import changed, say_again, say_duties
from tocsin.cli.closing import Yes
from tocsin.cli.console import (
    CHANGING,
    Because,
    Changing,
    Shell,
    When,
    Words,
    clean,
    labelled,
    need_yes,
)
from tocsin.cli.duty_lines import law_lines
from tocsin.cli.incidents import inc, split, which
from tocsin.domain.errors import WrongUsage

if TYPE_CHECKING:
    from tocsin.engine.papers import Format, Paper


def duties(
    *words: Words,
    release: Annotated[
        str | None, Parameter(help="KEY of a duty that is not owed, as a person decides.")
    ] = None,
    confirm: Annotated[
        str | None, Parameter(help="KEY of a candidate that is owed, as counsel finds.")
    ] = None,
    because: Annotated[
        Because, Parameter(help="Why it is, or is not, owed, as an authority will read it.")
    ] = "",
    each: Annotated[
        bool,
        Parameter(help="Name each duty that cannot be told yet, or rests on an unknown place.", negative=""),
    ] = False,
    door: Changing = CHANGING,
) -> None:
    """Each duty: to whom, by which article, until when, and why."""
    from dataclasses import asdict

    from tocsin import actions
    from tocsin.cli.decided import decided_lines
    from tocsin.cli.lawaccept import as_json, newer_line
    from tocsin.storage.texts import shown
    from tocsin.views.access import seen
    from tocsin.views.decided import decided
    from tocsin.views.document import words_of
    from tocsin.views.duties import owed
    from tocsin.views.newer import newer_laws

    with door.open() as shell:
        key = which(shell, split(words)[0])
        if release and confirm:
            raise WrongUsage("--release says that a duty is not owed, --confirm that it is; say one of them")
        if confirm:
            duty = named_duty(shell, key, confirm)
            done = actions.confirm_duty(shell.app, shell.actor, key, duty, because=because, command=door.key)
            changed(shell, done, f"{duty} is owed, says {shell.actor.id}.")
            return
        if release:
            duty = named_duty(shell, key, release)
            done = actions.release_duty(shell.app, shell.actor, key, duty, because=because, command=door.key)
            changed(shell, done, f"{duty} is not owed, says {shell.actor.id}.")
            return
        incident = seen(shell.app, shell.actor, key)
        law, texts = owed(shell.app, incident, shell.app.now()), words_of(shell.app, shell.actor, incident)
        newer = newer_laws(shell.app, incident)
        taken = decided(incident, shell.app.catalog_of(incident))
        # What was decided of a duty stands beneath the duty.
        above = decided_lines(
            shell, inc(shell, key), (one for one in taken if one.of not in incident.duties), texts
        )
        shell.say(*above, *law_lines(shell, key, law, texts, each=each), *newer_line(key, newer))
        document = law.as_json() | {"decided": [asdict(one) for one in taken]}
        shell.give({"key": key} | shown(document, texts) | {"newer_laws": newer and as_json(newer)})


def report(
    *words: Words,
    out: Annotated[Path | None, Parameter(help="FILE to write; it must not exist.")] = None,
    format_: Annotated[
        Literal["pdf", "html", "json"] | None,
        Parameter(name="--format", help="pdf, html or json; as FILE ends without it."),
    ] = None,
    paper: Annotated[
        str, Parameter(help="Another paper of the same law, such as `minutes`, instead of the report.")
    ] = "authority",
    door: Changing = CHANGING,
) -> None:
    """The authority's paper, from what is known now; it is kept in the vault too."""
    from tocsin import actions

    named, (duty,) = split(words, "DUTY")
    if out is None:
        raise WrongUsage("say where it goes: --out FILE.pdf")
    kind = _format_of(format_ or out.suffix.removeprefix(".").lower())
    with door.open() as shell:
        key = which(shell, named)
        duty = named_duty(shell, key, duty)
        done, made = actions.make_report(
            shell.app, shell.actor, key, duty, kind, paper=paper, out=out, command=door.key
        )
        say_again(shell, done)
        if not (done.again and _holds(out, made.content)):
            _write(out, made.content, key)
        shell.say(*_paper_lines(out, made), _what_follows(key, duty, paper, made))
        shell.give(
            {
                "key": key,
                "duty": duty,
                "paper": paper,
                "out": str(out),
                "format": kind,
                "bytes": len(made.content),
                "unknown": made.unknown,
                "questions": made.questions,
                "notes": made.notes,
                "supplement": made.supplement,
                "as_of_seq": made.as_of_seq,
            }
        )


def _format_of(word: str) -> "Format":
    if word not in ("pdf", "html", "json"):
        raise WrongUsage(f"--format is pdf, html or json, not {word!r}")
    return cast("Format", word)


def _paper_lines(out: Path, paper: "Paper") -> list[str]:
    number = f", supplement {paper.supplement}" if paper.supplement else ""
    return [
        f"{out}: {len(paper.content):,} bytes{number}, as of entry {paper.as_of_seq}.",
        *(labelled("OPEN", f"{clean(need)}: {clean(asked)}") for need, asked in paper.questions.items()),
        *(labelled("NOTE", clean(note)) for note in paper.notes),
    ]


def _what_follows(key: str, duty: str, name: str, paper: "Paper") -> str:
    if name != "authority":
        return f"When it is signed: tocsin evidence add {key} FILE keeps it, and the report lists it as attached."
    number = f" --supplement {paper.supplement}" if paper.supplement else ""
    return f"When it is received: tocsin filed {key} {duty}{number} --reference NO --receipt FILE"


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _write(target: Path, content: bytes, key: str) -> None:
    from tocsin.private import private_file

    vault = f"; the paper is in the vault: tocsin evidence list {key}"
    with private_file(target, failing=vault) as file:
        file.write(content)


def filed(
    *words: Words,
    reference: Annotated[Because, Parameter(help="NO under which the other side received it.")] = "",
    receipt: Annotated[Path | None, Parameter(help="FILE that proves it.")] = None,
    at: Annotated[When, Parameter(help="When it was filed, if not now.")] = None,
    because: Annotated[Because, Parameter(help="Why it is late, if it is.")] = "",
    supplement: Annotated[int | None, Parameter(help="N of a follow-up to what was filed before.")] = None,
    yes: Yes = False,
    door: Changing = CHANGING,
) -> None:
    """The duty is met, with reference and receipt."""
    from tocsin import actions

    named, (duty,) = split(words, "DUTY")
    if supplement is not None and because:
        raise WrongUsage("--because is for a late first filing; of a supplement say it in a note")
    with door.open() as shell:
        key, moment = which(shell, named), shell.moment(at)
        duty = named_duty(shell, key, duty)
        what = duty if supplement is None else f"supplement {supplement} of {duty}"
        need_yes("filed", key, f"{what} is filed", named=named is not None, yes=yes)
        done = actions.filed(
            shell.app,
            shell.actor,
            key,
            duty,
            reference=reference,
            receipt=receipt,
            at=moment,
            because=because or None,
            supplement=supplement,
            command=door.key,
        )
        state = done.incident.duties[duty]
        late = ", LATE" if state.late and supplement is None else ""
        moment = state.met_at if supplement is None else state.supplements[-1].at
        changed(shell, done, f"{what} is filed{late}, {shell.at(moment)}.")
        say_duties(shell, done)


def named_duty(shell: Shell, key: str, word: str) -> str:
    """A duty by its key, or by the beginning of it that only one has: `vn-pdpl/authority`."""
    from tocsin.views.access import seen

    known = seen(shell.app, shell.actor, key).duties
    found = [each for each in known if each == word or each.startswith(f"{word}/")]
    if len(found) > 1 and word not in found:
        raise WrongUsage(f"{word} is more than one duty: {', '.join(found)}")
    # What fits nothing goes on as it is: the action names the nearest right one.
    return word if word in found or not found else found[0]
