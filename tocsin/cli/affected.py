"""`tocsin affected`: who was hit, in counts; one person's story; and the list, when it has to leave."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from cyclopts import Parameter

from tocsin.cli.console import CHANGING, Because, Changing, Flag, Shell, Words, bold, clean, columns, labelled
from tocsin.cli.controllers import role_and_period_lines, say_controllers
from tocsin.cli.incidents import inc, split, which
from tocsin.cli.person import answer_for
from tocsin.cli.reasons import ground_lines, place_words
from tocsin.cli.repeating import analyst_lines, say_inputs
from tocsin.cli.revising import change_lines, say_changes
from tocsin.domain.errors import WrongUsage


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of a scope: one of these, or else its counts."""

    person: Annotated[
        str | None, Parameter(help="ID or address: was this person affected? Who asked is an entry.")
    ] = None
    changes: Annotated[Flag, Parameter(help="Who came and who is no longer supported, one by one.")] = False
    inputs: Annotated[Flag, Parameter(help="What was read: hashes before and after, who collected it.")] = (
        False
    )
    since: Annotated[int | None, Parameter(help="REV that --changes compares with; the one before.")] = None
    export: Annotated[Path | None, Parameter(help="FILE.csv to take the list out of the system.")] = None
    controllers: Annotated[
        bool, Parameter(help="Customers to tell because we hold other people's data for them.", negative="")
    ] = False
    because: Annotated[Because, Parameter(help="Why the list leaves, or why you ask about somebody.")] = ""
    unowned: Annotated[
        Flag, Parameter(help="The accounts that were hit and that no customer source knows.")
    ] = False

    def refuse_several(self) -> None:
        """Wrong usage where it is more than one question, or one about nobody."""
        if self.person is not None and not self.person.strip():
            raise WrongUsage("--person names nobody; give an id of the customer database: --person ID")
        alone = (self.person, self.export, self.changes, self.inputs, self.unowned, self.controllers)
        if sum(map(bool, alone)) > 1:
            raise WrongUsage(
                "--person, --changes, --inputs, --export, --unowned and --controllers are different questions; "
                "ask one"
            )
        if self.since is not None and not self.changes:
            raise WrongUsage("--since goes with --changes")


_COUNTS = Asked()


def affected(*words: Words, asked: Asked = _COUNTS, door: Changing = CHANGING) -> None:
    """Counts, or one person's story, which is an entry: `--because 'support request 4711'` says for whom."""
    from tocsin.views.access import seen

    named, _ = split(words)
    asked.refuse_several()
    with door.open() as shell:
        incident = seen(shell.app, shell.actor, which(shell, named))
        if asked.export:
            _export(shell, incident.key, asked.export, asked.because, door.key)
        elif asked.changes:
            say_changes(shell, incident, asked.since)
        elif asked.inputs:
            say_inputs(shell, incident)
        elif asked.controllers:
            say_controllers(shell, incident, door.key)
        elif asked.person:
            answer_for(shell, incident, asked.person, asked.because, door.key)
        elif asked.unowned:
            _say_unowned(shell, incident)
        else:
            say_counts(shell, incident)


def _export(shell: Shell, key: str, to: Path, because: str, command: str | None) -> None:
    """Take the list out of the system, and say what it is."""
    from tocsin.actions import export_affected
    from tocsin.cli.aftermath import changed

    done = export_affected(shell.app, shell.actor, key, to, because=because, command=command)
    changed(shell, done, f"{to} is written; it is personal data: delete it when it has served.")


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
    from tocsin.domain.scope.routes import REASONS
    from tocsin.domain.scope.tally import CIRCUMSTANCES

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
