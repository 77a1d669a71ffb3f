"""The command line: a person's door at the shell. Verbs call actions and read views; nothing is decided here.

This module is the registry: one line per verb, each with the module that it lives in, imported when it is run. The
list of verbs is printed from here, so that `tocsin --help` needs neither a database nor a library.
"""

import gc
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class Verb(NamedTuple):
    """One verb: what people type, where it lives, what follows it, and what it does in one line."""

    name: str
    place: str
    usage: str
    does: str


#: Verbs by the moment at which one needs them, in the order of an incident.
VERBS: dict[str, tuple[Verb, ...]] = {
    "Now": (
        Verb(
            "declare", "declaring:declare", "TITLE", "say that this is an incident; pages before it returns"
        ),
        Verb("card", "reading:card", "[INC]", "what now? (`tocsin` alone does the same)"),
        Verb("next", "walking:next_", "[INC]", "walk the next steps one by one"),
        Verb("ack", "roles:ack", "[INC]", "answer a page, and take the role by it"),
        Verb("page", "roles:page", "[INC] WHO", "call a person or a role now"),
        Verb("confirm", "triage:confirm", "[INC]", "what waits in triage is an incident: declare it"),
        Verb("list", "reading:list_", "", "all incidents, soonest deadline first"),
    ),
    "Work": (
        Verb("note", "knowing:note", "[INC] TEXT", "write a line into the timeline"),
        Verb("learn", "knowing:learn", "[INC] NAME=VALUE...", "state facts, with their source"),
        Verb("set", "knowing:set_", "[INC] type|severity|title|restricted VALUE", "classify anew"),
        Verb("take", "roles:take", "[INC] ROLE", "take a role"),
        Verb("hand", "roles:hand", "[INC] ROLE TO", "hand a role over, or --back"),
        Verb("silence", "roles:silence", "[INC] ROUTE", "say nothing by Slack any more, or by mail"),
        Verb("update", "updating:update", "[INC]", "tell the stakeholders how it stands, or skip it"),
        Verb("done", "steps:done", "[INC] STEP", "tick a step, with its evidence"),
        Verb("run", "commands:run", "[INC] [STEP]", "run the company's own command for a step"),
        Verb("skip", "steps:skip", "[INC] STEP", "say that a step does not apply, and why"),
        Verb("undo", "steps:undo", "[INC] STEP", "open a step again"),
        Verb("evidence", "proof:evidence", "add|list|get", "the vault, with custody"),
    ),
    "Whom it hit": (
        Verb("scope", "scoping:scope", "[INC]", "ask the logs who is affected"),
        Verb("affected", "affected:affected", "[INC]", "counts, or one person's story"),
        Verb("repeat", "repeating:repeat", "[INC]", "measure a scope again: the same, byte for byte?"),
        Verb("sign", "repeating:sign", "[INC]", "stand for a scope that somebody else asked"),
        Verb("release", "revising:release", "[INC] ID...", "decide on whom a new scope no longer supports"),
        Verb(
            "sources",
            "sources:sources",
            "check [NAME]",
            "ten rows of each log and customer base, as understood",
        ),
        Verb("assess", "knowing:assess", "[INC]", "advice on the risk to people; a person decides"),
    ),
    "What is owed": (
        Verb("duties", "owed:duties", "[INC]", "each duty: to whom, by which article, until when, why"),
        Verb("report", "owed:report", "[INC] DUTY", "the authority's paper"),
        Verb("filed", "owed:filed", "[INC] DUTY", "the duty is met, with reference and receipt"),
        Verb("not-notify", "deciding:not_notify", "[INC] [DUTY]", "decide that nobody is told, and why"),
        Verb(
            "dissent",
            "deciding:dissent",
            "[INC] risk|DUTY",
            "say that you would decide otherwise",
        ),
        Verb("law", "lawbook:law", "", "the laws: what they say, how they differ, what is due when"),
    ),
    "Telling people": (
        Verb("letters", "letters:letters", "[INC]", "who gets which letter, and why"),
        Verb("draft", "notices:draft", "[INC] NOTICE", "write the letter from what is known now"),
        Verb("preview", "notices:preview", "[INC] NOTICE", "every distinct letter, with its digest"),
        Verb("approve", "notices:approve", "[INC] NOTICE", "say yes to exactly these letters"),
        Verb("reject", "notices:reject", "[INC] NOTICE", "say no, and why"),
        Verb("send", "sending:send", "[INC] NOTICE", "let the approved letters leave"),
        Verb("pause", "ledger:pause", "[INC] NOTICE", "stop a sending between two letters"),
        Verb("resume", "ledger:resume", "[INC] NOTICE", "let a paused sending go on"),
        Verb("ledger", "ledger:ledger", "[INC] NOTICE", "what became of each letter"),
        Verb("proof", "noticeproof:proof", "[INC] NOTICE", "what proves the letters, for anybody to check"),
        Verb("bounces", "bounces:bounces", "FILE|MAILDIR|imap", "take in what came back on letters"),
    ),
    "The file": (
        Verb("show", "reading:show", "[INC]", "the incident as it stands, or stood"),
        Verb("timeline", "reading:timeline", "[INC]", "every entry, with its hash"),
        Verb("verify", "proof:verify", "[INC]", "prove that nothing was changed"),
        Verb("register", "register:register", "[INC]", "every breach: facts, effects, measures, decisions"),
        Verb("close", "closing:close", "[INC]", "close the file"),
        Verb("decline", "closing:decline", "[INC]", "say that this is no incident, in triage too"),
        Verb("reopen", "closing:reopen", "[INC]", "open a closed file again"),
        Verb("erase", "closing:erase", "[INC]", "destroy the key of the affected people's data"),
        Verb("redact", "closing:redact", "[INC] WORDS", "destroy one free text"),
    ),
    "This machine": (
        Verb("init", "setup:init", "", "write tocsin.toml and the overlays"),
        Verb("doctor", "setup:doctor", "", "what is wrong here, and the line to change"),
        Verb("status", "setup:status", "", "routes, queues, heartbeats"),
        Verb("oncall", "rota:oncall", "", "who is called, now or at a moment"),
        Verb("up", "household:up", "", "everything for one machine"),
        Verb("console", "webdoor:console", "", "the pages behind the links of our mails"),
        Verb("open", "webdoor:open_", "[INC]", "a link that signs you in at a browser"),
        Verb(
            "intake",
            "intake:intake",
            "< MESSAGE",
            "take a message in: 0 once it is kept, 75 to be handed over again",
        ),
        Verb("bell", "household:bell", "", "the loop that delivers, advances and wakes"),
        Verb("slack", "household:slack", "", "the door in Slack: /tocsin, buttons, modals"),
        Verb("watchdog", "watchdog:watchdog", "", "one look from afar: does bell or watch live?"),
        Verb("drill", "household:drill", "[TYPE]", "a whole incident; nothing leaves this machine"),
    ),
}

#: What `tocsin` alone means.
BARE = Verb("bare", "reading:bare", "", "the card of the current incident")
#: What is typed at 3 a.m. and ends at once.
HURRIED = (BARE.name, "declare", "confirm", "ack", "card", "list", "page")


def all_verbs() -> Iterator[Verb]:
    """Every verb, in the order of the overview."""
    return chain.from_iterable(VERBS.values())


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0 done, 1 refused, 2 wrong usage, 3 done but somebody who had to be reached was not."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] in (["--help"], ["-h"]):
        sys.stdout.write(overview())
        return 0
    if words[:1] == ["--version"]:
        from importlib.metadata import version

        sys.stdout.write(f"tocsin {version('tocsin')}\n")
        return 0
    if not words or words[0].startswith("-"):
        if late := {verb.name for verb in all_verbs()}.intersection(words):
            sys.stderr.write(
                f"tocsin: options come after the verb: tocsin {min(late, key=words.index)} ...\n"
            )
            return 2
        words.insert(0, BARE.name)
    if words[0] in HURRIED:
        # A process that ends at once has no use for the search for cycles, which costs it a tenth of its time.
        gc.disable()
    try:
        from tocsin.cli.running import run

        return run(words)
    finally:
        gc.enable()


def overview() -> str:
    """All verbs, one line each."""
    lines = ["Tocsin: from the first page to the closed file of a data breach.", ""]
    for moment, verbs in VERBS.items():
        lines.append(moment)
        lines += [f"  {f'{verb.name} {verb.usage}':<26} {verb.does}" for verb in verbs]
        lines.append("")
    lines.append("INC is INC-2026-0007, 7, or left out: TOCSIN_INC, else the only open incident.")
    lines.append("Options of a verb: tocsin VERB --help.")
    lines.append(f"At 3 a.m.: {runbook()}")
    return "\n".join(lines) + "\n"


def runbook() -> "Path":
    """`RUNBOOK.md`, from the wheel or from the repository."""
    from pathlib import Path

    package = Path(__file__).parent.parent
    shipped = package / "_shipped" / "RUNBOOK.md"
    return shipped if shipped.exists() else package.parent / "RUNBOOK.md"
