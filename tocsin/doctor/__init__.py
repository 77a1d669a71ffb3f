"""The doctor: is this house able to work tonight? Each check is a value; each failure names the line to change.

It looks, and changes nothing but what any first start makes (database, master key). It may ask the mail relay, Slack,
Prefect, the console and the DNS, and sends nothing, except for a test page that somebody asked for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.doctor.finding import Finding, Level
from tocsin.domain.errors import Refused, TocsinError
from tocsin.settings import Settings

if TYPE_CHECKING:
    from tocsin.app import App

__all__ = ["Examination", "Finding", "Level", "examine"]


@dataclass(frozen=True)
class Examination:
    """What was looked at: the mode of the home, the settings in force, the schema, and every finding in order."""

    mode: str
    config: Path | None
    schema: str
    findings: tuple[Finding, ...]

    @property
    def well(self) -> bool:
        """Whether nothing failed."""
        return all(finding.level != "FAIL" for finding in self.findings)


def examine(settings: Settings, config: Path | None) -> Examination:
    """Look at everything. What cannot be looked at is a finding too: nothing raises."""
    from tocsin.doctor import home

    schema, found = home.database(settings)
    findings = [*home.configuration(settings, config), *found]
    if all(finding.level != "FAIL" for finding in found):
        findings += _opened(settings, config)
    return Examination(settings.mode.upper(), config, schema, tuple(findings))


def _opened(settings: Settings, config: Path | None) -> Iterator[Finding]:
    from tocsin.app import open_app

    try:
        app = replace(open_app(settings), strict=True)
    except TocsinError as error:
        yield Finding("FAIL", "home", str(error))
        return
    except OSError as error:
        yield Finding("FAIL", "home", f"{error.filename}: {error.strerror}")
        return
    try:
        for check in _checks():
            yield from _guarded(check, app, config)
    finally:
        app.close()


Check = Callable[["App", Path | None], Iterator[Finding]]


def _checks() -> tuple[Check, ...]:
    from tocsin.doctor import commands, console, home, intake, oncall, people, routes

    return (
        home.templates,
        home.packs,
        home.master_key,
        people.organisation,
        people.holding,
        oncall.ladders,
        people.stakeholders,
        commands.programs,
        commands.gateways,
        routes.mail,
        routes.letters,
        routes.slack,
        routes.hearing,
        intake.mailbox,
        intake.bounces,
        console.console,
        routes.prefect,
        home.clock,
        home.heartbeats,
        home.watchdog,
        home.incidents,
        home.restored,
        home.backups,
        people.test_pages,
    )


def _guarded(check: Check, app: "App", config: Path | None) -> Iterator[Finding]:
    """A check that fails in an unexpected way is itself a finding, and the next ones are made."""
    try:
        yield from check(app, config)
    except Refused as error:
        yield Finding("FAIL", check.__name__, str(error))
    except OSError as error:
        yield Finding("FAIL", check.__name__, f"{error.filename or 'the system'}: {error.strerror}")
    except Exception as error:  # any failure at all: the doctor goes on
        yield Finding("FAIL", check.__name__, f"could not be looked at ({type(error).__name__})")
