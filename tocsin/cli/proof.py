"""Verbs of proof: the verifier, and the vault with its custody."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from tocsin.cli.aftermath import say_again
from tocsin.cli.console import CHANGING, READING, Changing, Flag, Reading, Shell, Words, bold, clean, columns
from tocsin.cli.incidents import which
from tocsin.domain.errors import Refused, WrongUsage
from tocsin.domain.reference import names_incident

if TYPE_CHECKING:
    from tocsin.actions.proving import Proof

_HEAD = re.compile(r"(?P<seq>[1-9]\d*)[:,](?P<hash>[0-9a-f]{8,64})", re.ASCII)


def verify(
    *words: Words,
    rebuild: Annotated[Flag, Parameter(help="Make the projections anew from the timeline.")] = False,
    head: Annotated[
        str | None, Parameter(help="SEQ:HASH as a mail or message gave it: the chain must hold it.")
    ] = None,
    all_: Annotated[Flag, Parameter(name="--all", help="Every incident in this database.")] = False,
    door: Reading = READING,
) -> int:
    """Prove that nothing was changed. The first bad place, or what could not be checked, is named; then status 1."""
    if len(words) > 1 or (all_ and (words or head)):
        raise WrongUsage("expected [INC], or --all and no incident")
    from tocsin.actions.proving import missing, provable, prove

    with door.open() as shell:
        known_head = _known_head(head)
        there = provable(shell.app, shell.actor)
        keys = there if all_ else [_key(shell, words[0] if words else None, there)]
        proofs = [prove(shell.app, shell.actor, key, known_head=known_head, rebuild=rebuild) for key in keys]
        proofs += missing(shell.app, shell.actor) if all_ else []
        documents = [_document(proof) for proof in proofs]
        shell.give(documents if all_ else documents[0])
        for proof in proofs:
            _say(shell, proof, short=all_)
    return int(any(not proof.verdict.proven for proof in proofs))


def _key(shell: Shell, named: str | None, there: list[str]) -> str:
    """The incident that is meant: found in the timelines too, since its row may be what was taken away."""
    ends = f"-{int(named):04d}" if named and named.isdecimal() else named
    found = [key for key in there if ends and key.upper().endswith(ends.upper())]
    return found[0] if len(found) == 1 else which(shell, named)


def _known_head(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    found = _HEAD.fullmatch(text.strip().lower())
    if found is None:
        raise Refused("--head: write the number of the entry and its hash, like 12:3f9a0c1d")
    return int(found["seq"]), found["hash"]


def _say(shell: Shell, proof: "Proof", *, short: bool) -> None:
    verdict = proof.verdict
    if verdict.fault:
        shell.tell(f"tocsin: {clean(verdict.fault)}")
        return
    found = "verified" if verdict.proven else "NOT PROVEN, no fault found"
    shell.say(f"{verdict.incident} {found}: {verdict.entries:,} entries, head {verdict.head[:16]}")
    if not short:
        shell.say(*columns([(f"  {check.name}", clean(check.words)) for check in verdict.checks]))
    for wrong in verdict.mended:
        shell.say(f"  made anew: {clean(wrong)}")
    if verdict.unchecked:
        shell.tell(f"tocsin: {verdict.incident} NOT CHECKED {clean(verdict.unchecked)}")
    if proof.released:
        shell.say("  back from quarantine: the bell takes it up again")


def _document(proof: "Proof") -> dict[str, Any]:
    verdict = proof.verdict
    return {
        "incident": verdict.incident,
        "sound": verdict.proven,
        "fault": verdict.fault,
        "bad_seq": verdict.bad_seq,
        "head": {"seq": verdict.entries, "hash": verdict.head},
        "checks": {check.name: {"count": check.count, "words": check.words} for check in verdict.checks},
        "unchecked": verdict.unchecked,
        "mended": list(verdict.mended),
        "released": proof.released,
    }


def evidence(
    *words: Words,
    step: Annotated[str | None, Parameter(help="add: the step that it belongs to.")] = None,
    out: Annotated[Path | None, Parameter(help="get: the file to write; it must not exist.")] = None,
    door: Changing = CHANGING,
) -> None:
    """Keep evidence, list it with its custody, take a copy out.

    tocsin evidence add [INC] FILE [--step S] · tocsin evidence list [INC] · tocsin evidence get [INC] ITEM --out FILE
    """
    deed, rest = (words[0], words[1:]) if words else ("", ())
    wanted = {"add": "FILE", "list": None, "get": "ITEM"}
    if deed not in wanted:
        raise WrongUsage(
            "say what to do: tocsin evidence add [INC] FILE | list [INC] | get [INC] ITEM --out FILE"
        )
    if (step and deed != "add") or (out and deed != "get"):
        raise WrongUsage(f"--{'step' if step else 'out'} does not go with evidence {deed}; leave it out")
    named, what = _named(rest, wanted[deed])
    with door.open() as shell:
        key = which(shell, named)
        if deed == "add":
            _add(shell, key, Path(what), step, door.key)
        elif deed == "list":
            _list(shell, key)
        else:
            _get(shell, key, what, out, door.key)


def _named(rest: tuple[str, ...], noun: str | None) -> tuple[str | None, str]:
    """(INC or None, the noun): INC stands first where there is one word more."""
    most = 2 if noun else 1
    least = most - 1
    if not least <= len(rest) <= most:
        raise WrongUsage(f"expected {' '.join(filter(None, ('[INC]', noun)))}, got {len(rest)} words")
    if len(rest) == most:
        if not names_incident(rest[0]):
            raise WrongUsage(f"{rest[0]!r} is no incident; write INC-2026-0007 or 7")
        return rest[0], rest[1] if noun else ""
    return None, rest[0] if noun else ""


def _add(shell: Shell, key: str, path: Path, step: str | None, command: str | None) -> None:
    from tocsin.actions import keep_evidence
    from tocsin.domain.kinds import EvidenceKept

    recorded = keep_evidence(shell.app, shell.actor, key, path, step=step, command=command)
    say_again(shell, recorded)
    kept = [(each.seq, each.body) for each in recorded.entries if isinstance(each.body, EvidenceKept)]
    for seq, body in kept:
        shell.say(f"{body.item}  kept: {body.size:,} bytes, entry {seq}, keyed hash {body.content[:16]}")
        shell.give({"item": body.item, "seq": seq, "content": body.content})


def _list(shell: Shell, key: str) -> None:
    from tocsin.actors import known, reads_words
    from tocsin.evidence.custody import custody

    incident = shell.app.incident(key)
    known(shell.actor, incident)
    items = custody(shell.app, key, named=reads_words(shell.actor, incident))
    shell.give([item.as_json() for item in items])
    if not items:
        shell.say(f"{key} holds no evidence yet; tocsin evidence add {key} FILE")
    for item in items:
        step = f", step {item.step}" if item.step else ""
        shell.say(bold(f"{item.item}  {clean(item.name)}") + f"  {item.size:,} bytes{step}")
        shell.say(
            *columns(
                [
                    ("   ", shell.at(each.at), clean(each.by), f"{each.what} (entry {each.seq})")
                    for each in item.custody
                ]
            )
        )


def _get(shell: Shell, key: str, item: str, out: Path | None, command: str | None) -> None:
    from tocsin.actions.proving import take_copy

    if out is None:
        raise WrongUsage("say where the copy goes: --out FILE")
    done = take_copy(shell.app, shell.actor, key, item, out, command=command)
    say_again(shell, done)
    size = done.answer["size"]
    shell.say(f"{item} copied to {out}: {size:,} bytes, as they were kept")
    shell.give({"item": item, "file": str(out), "size": size})
