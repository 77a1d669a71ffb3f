"""Newer laws of an open incident: what they would change for it, and the yes of a person."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tocsin.cli.aftermath import changed, say_duties
from tocsin.cli.console import Changing, Shell, at_terminal, clean, confirm, labelled
from tocsin.cli.incidents import split, which
from tocsin.domain.errors import Refused, WrongUsage

if TYPE_CHECKING:
    from tocsin.domain.newer import Newer

#: So many digits of a digest are shown and typed.
SHOWN = 12


def accept(words: tuple[str, ...], digest: str | None, because: str, door: Changing) -> None:
    """Show what today's laws would change, and let the incident be judged by them."""
    from tocsin import actions
    from tocsin.views.access import seen
    from tocsin.views.newer import newer_laws

    with door.open() as shell:
        key = which(shell, split(words)[0])
        found = newer_laws(shell.app, seen(shell.app, shell.actor, key))
        if found is not None:
            if digest is None and not at_terminal():
                raise WrongUsage(f"off a terminal accept needs --digest; tocsin law diff {key} shows it")
            shell.say(*newer_lines(shell, found))
            if digest is None:
                wanted = found.packs[:SHOWN]
                if not confirm(f"{key}: accept these laws as {shell.actor.id}?", wanted):
                    raise Refused(f"not confirmed; nothing was accepted. Type {wanted} to say yes")
                digest = wanted
        done = actions.accept_laws(
            shell.app, shell.actor, key, digest=digest or "", because=because or None, command=door.key
        )
        packs = done.incident.catalog[:SHOWN]
        changed(shell, done, f"{key} is judged by the laws of packs {packs} from now on.")
        if not shell.json:
            say_duties(shell, done)


def newer_line(key: str, newer: "Newer | None") -> list[str]:
    """One line where laws are newer than those of the incident."""
    if newer is None:
        return []
    counts = {"come": newer.comes, "may come": newer.may_come, "earlier": newer.earlier, "later": newer.later,
              "go": newer.goes, "ask otherwise": newer.restated}  # fmt: skip
    changes = ", ".join(f"{len(those)} {word}" for word, those in counts.items() if those)
    said = changes or "nothing changes here"
    return [labelled("NEWER", f"laws: {said}     tocsin law diff {key}", urgent=newer.stricter)]


def newer_lines(shell: Shell, found: "Newer") -> Iterator[str]:
    """What newer laws would change for an incident, the most pressing first."""
    how = "stricter for this incident" if found.stricter else "nothing in them is stricter for this incident"
    yield labelled("NEWER", f"laws of packs {found.packs[:SHOWN]}: {how}", urgent=found.stricter)
    for duty in found.comes:
        yield labelled("COMES", f"{duty.key} ({clean(duty.cite)}) due {shell.at(duty.soonest)}")
    for each in found.earlier:
        yield labelled("EARLIER", _moved(shell, each))
    for waits in found.may_come:
        yield labelled("UNKNOWN", f"{waits.regime}/{waits.rule} needs {', '.join(waits.needs)}")
    for again in found.restated:
        yield labelled("TERMS", f"{again.rule}: {', '.join(again.terms)} ({again.mark})")
    for each in found.later:
        yield labelled("LATER", _moved(shell, each))
    for key in found.goes:
        yield labelled("GOES", f"{key}: it stays until a person releases it")
    rules = sum(len(law.rules) for law in found.laws)
    yield labelled("LAWS", f"{len(found.laws)} changed, in {rules} rules")


def _moved(shell: Shell, each: Any) -> str:
    return f"{each.now.key} due {shell.at(each.now.soonest)}, was {shell.at(each.was.soonest)}"


def as_json(found: "Newer") -> dict[str, Any]:
    """The same for programs."""
    return {
        "packs": found.packs,
        "stricter": found.stricter,
        "comes": [
            {"key": d.key, "cite": d.cite, "due_at": d.due_at, "target_at": d.target_at} for d in found.comes
        ],
        "may_come": [{"rule": f"{u.regime}/{u.rule}", "needs": u.needs} for u in found.may_come],
        "earlier": [_shift(each) for each in found.earlier],
        "later": [_shift(each) for each in found.later],
        "goes": found.goes,
        "terms": [{"rule": r.rule, "mark": r.mark, "terms": r.terms} for r in found.restated],
    }


def _shift(each: Any) -> dict[str, Any]:
    return {"key": each.now.key, "was": each.was.soonest, "now": each.now.soonest}
