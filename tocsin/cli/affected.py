"""`tocsin affected`: who was hit, in counts; one person's story; and the list, when it has to leave."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from tocsin.cli.console import CHANGING, Because, Changing, Flag, Shell, Words, bold, clean, columns, labelled
from tocsin.cli.controllers import record_lines, role_and_period_lines, say_controllers
from tocsin.cli.incidents import inc, split, which
from tocsin.cli.reasons import ground_lines, place_words, why_lines
from tocsin.cli.repeating import analyst_lines, say_inputs
from tocsin.cli.revising import change_lines, say_changes
from tocsin.domain.errors import WrongUsage

if TYPE_CHECKING:
    from tocsin.views.affected import Story


def affected(
    *words: Words,
    person: Annotated[
        str | None, Parameter(help="ID in the customer database: was this person affected?")
    ] = None,
    changes: Annotated[Flag, Parameter(help="Who came and who is no longer supported, one by one.")] = False,
    inputs: Annotated[
        Flag, Parameter(help="What was read: hashes before and after, who collected it.")
    ] = False,
    since: Annotated[int | None, Parameter(help="REV that --changes compares with; the one before.")] = None,
    export: Annotated[Path | None, Parameter(help="FILE.csv to take the list out of the system.")] = None,
    controllers: Annotated[
        bool, Parameter(help="Customers to tell because we hold other people's data for them.", negative="")
    ] = False,
    because: Annotated[Because, Parameter(help="Why the list leaves.")] = "",
    unowned: Annotated[
        Flag, Parameter(help="The accounts that were hit and that no customer source knows.")
    ] = False,
    door: Changing = CHANGING,
) -> None:
    """Counts, or one person's story."""
    from tocsin.actions import export_affected
    from tocsin.cli.aftermath import changed
    from tocsin.views.access import seen

    named, _ = split(words)
    if sum(map(bool, (person, export, changes, inputs, unowned, controllers))) > 1:
        raise WrongUsage(
            "--person, --changes, --inputs, --export, --unowned and --controllers are different questions; ask one"
        )
    if since is not None and not changes:
        raise WrongUsage("--since goes with --changes")
    with door.open() as shell:
        key = which(shell, named)
        incident = seen(shell.app, shell.actor, key)
        if export:
            done = export_affected(shell.app, shell.actor, key, export, because=because, command=door.key)
            changed(shell, done, f"{export} is written; it is personal data: delete it when it has served.")
        elif changes:
            say_changes(shell, incident, since)
        elif inputs:
            say_inputs(shell, incident)
        elif controllers:
            say_controllers(shell, incident)
        elif person:
            _say_story(shell, incident, person)
        elif unowned:
            _say_unowned(shell, incident)
        else:
            say_counts(shell, incident)


def say_counts(shell: Shell, incident: Any, *, also: Mapping[str, Any] = MappingProxyType({})) -> None:
    """The latest revision, in numbers; as JSON with what the caller has to add."""
    from tocsin.engine.reasons import explained
    from tocsin.views.affected import counts

    key, found = incident.key, counts(incident)
    bound = "at least " if found.gaps else ""
    head = f"{key} {incident.code_name}: {bound}{found.total:,} people to be told, revision {found.revision}"
    shell.say(bold(head))
    shell.say(*change_lines(shell, key, found))
    for title, numbers in (("Place", found.by_place), ("Kind", found.by_kind), ("Bucket", found.buckets)):
        ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
        shell.say(
            *columns(
                [(clean(name), f"{count:>9,}") for name, count in ordered if count], head=(title, "   people")
            )
        )
    grounds = explained(shell.app, incident, found.revision).grounds
    shell.say(*ground_lines(grounds))
    _say_routes(shell, found)
    shell.say(*analyst_lines(shell, found))
    shell.say(*role_and_period_lines(found))
    for gap in found.gaps:
        detail = f" {clean(gap['detail'])}" if gap.get("detail") else ""
        shell.say(
            labelled("GAP", f"{gap['kind']} in {clean(gap['source'])}: {gap['count']}{detail}", urgent=True)
        )
    if found.unread:
        taken = f"tocsin evidence get{inc(shell, key)} {found.unread} --out FILE"
        shell.say(labelled("LINES", f"those that nobody could read are kept: {taken}"))
    if incident.scope.repeated:
        from tocsin.cli.grounds import repeated_lines

        shell.say(*repeated_lines(incident.scope))
    shell.give({"key": key, **asdict(found), "grounds": grounds, "repeated": incident.scope.repeated, **also})


def _say_routes(shell: Shell, found: Any) -> None:
    """How they are told: each person in one line of the table, and what is particular about some."""
    from tocsin.domain.scope.routes import CIRCUMSTANCES, REASONS

    rows = [
        (each["way"].replace("-", " "), f"{each['people']:>9,}", REASONS[each["reason"]][1])
        for each in found.routes
    ]
    if rows:
        shell.say(*columns(rows, head=("Told", "   people", "why")))
    if found.circumstances:
        known = ((name, found.circumstances.get(name, 0)) for name in CIRCUMSTANCES)
        said = (f"{name.replace('-', ' ')} {count:,}" for name, count in known if count)
        shell.say(labelled("AMONG", ", ".join(said)))


def _say_unowned(shell: Shell, incident: Any) -> None:
    """The work list of accounts whose owners nobody knows."""
    from tocsin.views.affected import unowned

    found = unowned(shell.app, shell.actor, incident)
    rows = [
        (
            clean(each.id),
            f"{each.hits:>8,}",
            f"{shell.at(each.first_seen)} to {shell.at(each.last_seen)}",
            each.bucket,
            place_words(why.first),
            place_words(why.last),
            clean(why.brief),
        )
        for each, why in found
    ]
    if rows:
        head = ("Account", "requests", "seen", "", "first row", "last row", "why")
        shell.say(*columns(rows, head=head))
    else:
        shell.say("Every account that was hit belongs to somebody whom a customer source knows.")
    shell.give({"key": incident.key, "unowned": [asdict(each) | {"why": asdict(why)} for each, why in found]})


def _say_story(shell: Shell, incident: Any, person: str) -> None:
    from tocsin.views.affected import story

    told = story(shell.app, shell.actor, incident, person)
    found = told.person
    if found is None:
        doubt = f"; {told.gaps} gaps remain, so this is no proof" if told.gaps else ""
        shell.say(f"{clean(person)} is not among the affected of revision {told.revision}{doubt}.")
    else:
        said = "is owed a letter" if told.owed else "is not owed a letter"
        shell.say(bold(f"{clean(person)}: {found.bucket}, {said}"), *_unsupported_lines(told))
        shell.say(
            labelled("WHAT", ", ".join(found.kinds) or "unknown kinds"),
            labelled(
                "WHEN", f"{shell.at(found.first_seen)} to {shell.at(found.last_seen)}, {found.hits} requests"
            ),
            labelled(
                "WHERE", f"{found.place}, {clean(found.locale or '?')}, {clean(found.email or 'no address')}"
            ),
        )
        _say_way(shell, told)
        shell.say(*why_lines(shell, told.reasons) if told.reasons else ())
    shell.say(*record_lines(shell, found))
    proof = incident.scope.proof if found and found.bucket == "excluded" and not found.deletion else ()
    if proof:
        from tocsin.cli.grounds import proof_lines

        shell.say(*proof_lines(shell, incident.scope))
    for letter in told.letters:
        doubt = ", perhaps twice" if letter.doubtful else ""
        under = f" under her earlier id {clean(letter.under)}" if letter.under else ""
        state = f"{letter.state.replace('_', ' ')}{doubt}{under} {clean(letter.reason or '')}".rstrip()
        shell.say(labelled("LETTER", f"{letter.notice}: {state}"))
        shell.say(*(f"        {_attempt_words(shell, each)}" for each in letter.attempts))
    shell.give(
        {
            "key": incident.key,
            "person": person,
            "revision": told.revision,
            "affected": found is not None,
            "told": told.owed,
            "unsupported": asdict(told.unsupported) | {"because": told.because} if told.unsupported else None,
            "record": asdict(found) | {"why": told.reasons and asdict(told.reasons)} if found else None,
            "proof": proof,
            "route": asdict(told.way) if told.way else None,
            "letters": [asdict(letter) for letter in told.letters],
        }
    )


def _say_way(shell: Shell, told: Any) -> None:
    """How this one is told, her other addresses and accounts, and what is particular about her."""
    found, way = told.person, told.way
    if found.told:
        to = f" to {clean(way.address)}, {way.chosen}" if way.address else ""
        shell.say(labelled("TOLD", f"{way.words}{to}"))
    also = [("addresses", found.emails), ("accounts", found.accounts), ("flags", found.flags)]
    for name, those in also:
        if those:
            shell.say(labelled("ALSO", f"{name} {', '.join(clean(each) for each in those)}"))
    for address, kind, at in found.suppressed:
        since = f" since {shell.at(datetime.fromisoformat(at))}" if at else ""
        shell.say(labelled("MAIL", f"{clean(address)} is on record as {kind}{since}"))


def _unsupported_lines(told: "Story") -> list[str]:
    """That the latest revision does not name this person, and what was decided about it."""
    gone = told.unsupported
    if gone is None:
        return []
    stands = {
        "held": "and waits for a decision",
        "released": "and was released from the scope",
        "upheld": "and is told all the same, as a person decided",
    }
    because = f": {clean(told.because)}" if told.because else ""
    words = f"found by revision {gone.revision}, no longer supported by revision {told.revision}"
    return [labelled("SCOPE", f"{words}, {stands[gone.stand]}{because}", urgent=gone.stand == "held")]


def _attempt_words(shell: Shell, attempt: dict[str, Any]) -> str:
    how = f"{attempt['outcome'].replace('_', ' ')} at {attempt['phase']}"
    return f"{shell.at(attempt['at'])} attempt {attempt['number']}: {how}, {clean(attempt['reply'] or '')}"
