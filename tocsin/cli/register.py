"""The verb of the register: every breach as a table, as JSON, as CSV and as a PDF."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from tocsin.cli.console import (
    READING,
    Flag,
    Reading,
    Shell,
    When,
    Words,
    alarm,
    clean,
    columns,
    labelled,
)
from tocsin.cli.incidents import split, which
from tocsin.cli.moments import day_of
from tocsin.domain.errors import Refused, WrongUsage

if TYPE_CHECKING:
    from tocsin.rendering.register import Kept
    from tocsin.views.register import Breach, Register

_HEAD = ("breach", "declared", "status", "what", "people", "risk", "told", "not notified", "look again")


def register(
    *words: Words,
    since: Annotated[str | None, Parameter(help="DAY, like 2026-01-31: declared on it or later.")] = None,
    until: Annotated[str | None, Parameter(help="DAY: declared on it or before.")] = None,
    drills: Annotated[Flag, Parameter(help="The register of exercises instead.")] = False,
    as_of: Annotated[When, Parameter(help="As it was known at this moment.")] = None,
    csv: Annotated[Path | None, Parameter(help="FILE to write as CSV; it must not exist.")] = None,
    pdf: Annotated[Path | None, Parameter(help="FILE to write as PDF; it must not exist.")] = None,
    lang: Annotated[str, Parameter(help="Language of CSV and PDF: en, vi.")] = "en",
    door: Reading = READING,
) -> None:
    """Every breach, notified or not: facts, effects, measures, advice, decisions (Art. 33(5) GDPR)."""
    from tocsin.views.register import register as view

    with door.open() as shell:
        named = split(words)[0]
        moment = shell.moment(as_of)
        if moment is not None and moment > shell.app.now():
            raise WrongUsage("--as-of lies in the future; leave it out for now")
        _refuse_paths(csv, pdf)
        found = view(
            shell.app,
            shell.actor,
            only=which(shell, named) if named else None,
            since=_day(since),
            until=_day(until),
            drills=drills,
            moment=moment,
        )
        written = _write(shell, found, csv, pdf, lang)
        shell.say(*_lines(shell, found), *(f"{path}: {size:,} bytes." for path, size in written))
        _tell_left_out(shell, found)
        shell.give(found.as_json() | {"written": [str(path) for path, _ in written]})


def _day(text: str | None) -> date | None:
    return day_of(text) if text is not None else None


def _refuse_paths(csv: Path | None, pdf: Path | None) -> None:
    if csv is not None and csv == pdf:
        raise WrongUsage("--csv and --pdf name the same file; name two")
    for path in (csv, pdf):
        if path is not None and path.exists():
            raise Refused(f"{path} exists; choose another name")


def _write(
    shell: Shell, found: "Register", csv: Path | None, pdf: Path | None, lang: str
) -> list[tuple[Path, int]]:
    """Write what was asked for; everything is made before the first file is there."""
    if csv is None and pdf is None:
        return []
    from tocsin.private import private_file
    from tocsin.rendering.register import languages, register_csv, register_pdf

    templates, kept = shell.app.pack_folder(shell.app.catalog), _kept(shell, found)
    if lang not in (known := languages(templates)):
        raise WrongUsage(f"there is no language {lang!r}; known: {', '.join(known)}")
    made = []
    if csv is not None:
        made.append((csv, register_csv(kept, templates, lang)))
    if pdf is not None:
        made.append((pdf, register_pdf(kept, templates, lang)))
    for path, content in made:
        with private_file(path) as file:
            file.write(content)
    return [(path, len(content)) for path, content in made]


def _kept(shell: Shell, found: "Register") -> "Kept":
    from tocsin.rendering.register import Kept

    return Kept(
        tuple(breach.paper for breach in found.breaches),
        shell.app.catalog.contacts.organisation,
        found.as_of,
        found.since,
        found.until,
        found.drills,
        found.broken,
    )


def _lines(shell: Shell, found: "Register") -> list[str]:
    if not found.breaches:
        return ["No exercise is on record." if found.drills else "No breach is on record."]
    lines = columns([_row(shell, breach) for breach in found.breaches], head=_HEAD)
    for breach in found.breaches:
        for of in breach.overdue:
            day = breach.incident.decisions[of].look_again
            way = f"tocsin not-notify {breach.incident.key} {of} --because ... (or --take-back)"
            lines.append(
                labelled(
                    "LOOK", f"{breach.incident.key} {of}, was due {shell.at(day)}     {way}", urgent=True
                )
            )
    return lines


def _row(shell: Shell, breach: "Breach") -> tuple[str, ...]:
    incident, case, facts = breach.incident, breach.paper.case, breach.paper.facts
    met = sum(duty.state == "filed" for duty in case.duties)
    days = [each.look_again for each in case.decisions if each.look_again is not None]
    decided = str(facts.get("risk") or "undecided")
    advised = case.advice_today.level if case.advice_today else decided
    doubt = alarm(" DOUBT") if case.risk and case.risk.doubted else ""
    again = f"{min(days).astimezone(shell.app.zone):%Y-%m-%d}" if days else ""
    return (
        f"{incident.key} {incident.code_name}" + ("  DRILL" if incident.drill else ""),
        f"{incident.declared_at.astimezone(shell.app.zone):%Y-%m-%d}",
        incident.status,
        clean(case.title or incident.type),
        _people(breach),
        (decided if decided == advised else f"{decided} (advised: {advised})") + doubt,
        f"{met} of {len(case.duties)}",
        str(len(case.decisions) or ""),
        alarm(f"{again} OVERDUE") if breach.overdue else again,
    )


def _people(breach: "Breach") -> str:
    """The number of people; `?` while unknown, with a plus where it is a lower bound."""
    people = breach.paper.facts.get("people")
    if not isinstance(people, int):
        return "?"
    more = breach.paper.gaps or any(cell.lower_bound for cell in breach.paper.facts.cells)
    return f"{people:,}{'+' if more else ''}"


def _tell_left_out(shell: Shell, found: "Register") -> None:
    for key, why in found.broken.items():
        shell.warn(f"{key} is left out, for it cannot be read: {clean(why)}; tocsin verify {key}")
    if found.drills_left_out:
        shell.tell(f"{found.drills_left_out} exercises are left out: tocsin register --drills")
    if found.restricted_left_out:
        shell.tell(f"{found.restricted_left_out} restricted, for those who work on them, are left out")
