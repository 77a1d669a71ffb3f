"""The house itself: settings, database, master key, templates, clock, parts that must live, backups."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import ArgumentError, DBAPIError

from tocsin.app import App
from tocsin.doctor.finding import Finding, Level, ago, setting, since
from tocsin.doctor.standing import standing
from tocsin.doctor.trials import forms, messages
from tocsin.domain.catalog import catalog_from_documents
from tocsin.domain.errors import TocsinError
from tocsin.domain.moments import iso
from tocsin.settings import Settings, unknown_variables
from tocsin.storage import clock as beats
from tocsin.storage import documents, schema, tables
from tocsin.storage.database import Database

#: A backup that is older than this is no backup.
STALE_BACKUP = timedelta(days=2)
#: Between two machines of one installation, clocks may differ by so much.
SKEW = timedelta(seconds=5)
#: Others than the owner may do something with the file.
_OTHERS = 0o077


def configuration(settings: Settings, config: Path | None) -> Iterator[Finding]:
    """The file in force, and whether it keeps its secrets."""
    if config is None and not settings.fenced:
        yield Finding(
            "warn", "settings", "no tocsin.toml: the environment and defaults decide", "tocsin init"
        )
    for name in unknown_variables():
        yield Finding(
            "warn", "settings", f"{name} is set, and nothing reads it", f"unset {name}, or spell it right"
        )
    if config is not None and config.stat().st_mode & _OTHERS and _holds_secret(config):
        yield Finding("FAIL", "settings", "holds a secret that others may read", f"chmod 600 {config}")


def _holds_secret(config: Path) -> bool:
    lines = config.read_text(encoding="utf-8").splitlines()
    names = (line.partition("=")[0].strip() for line in lines)
    return any(name in ("password", "token") for name in names)


def database(settings: Settings) -> tuple[str, list[Finding]]:
    """(`found/newest` schema, findings): whether the database answers, and is not of a newer release."""
    try:
        opened = Database(settings.database_url)
        try:
            found = schema.version(opened)
        finally:
            opened.close()
    except (TocsinError, DBAPIError, ArgumentError, OSError) as error:
        why = str(error) if isinstance(error, TocsinError) else f"does not answer ({type(error).__name__})"
        return "?", [Finding("FAIL", "database", why, "database in tocsin.toml, or TOCSIN_DATABASE")]
    # An empty database gets the newest schema when it is opened.
    shown = f"{int(found or schema.HEAD)}/{int(schema.HEAD)}"
    if found is not None and found > schema.HEAD:
        return shown, [
            Finding("FAIL", "database", "was written by a newer release", "install the newer Tocsin again")
        ]
    where = "SQLite, for one host" if settings.database_url.startswith("sqlite") else "PostgreSQL"
    return shown, [Finding("ok", "database", where)]


def templates(app: App, config: Path | None) -> Iterator[Finding]:
    """Packs and contacts: all of them are read; the first bad line would be the finding."""
    try:
        catalog = app.catalog
    except TocsinError as error:
        yield Finding("FAIL", "templates", str(error))
        return
    words = f"{len(catalog.types)} types, {len(catalog.regimes)} regimes, {len(catalog.files)} templates"
    yield Finding("ok", "templates", words)
    yield from forms(app)
    yield from messages(app)
    sources = app.sources_file
    if not sources.is_file():
        remedy = f"{sources}: declare where logs and customers are read"
        yield Finding("warn", "sources", "none declared: scope works from a list only", remedy)


def packs(app: App, config: Path | None) -> Iterator[Finding]:
    """The packs that incidents are bound to, closed ones too: without them their papers cannot be made again."""
    with app.database.read() as connection:
        keys = list(connection.scalars(select(tables.incident.c.key).order_by(tables.incident.c.number)))
    bound: dict[str, list[str]] = {}
    for key in keys:
        with suppress(Exception):  # one whose timeline cannot be folded is set apart, and named for that
            bound.setdefault(app.incident(key).catalog, []).append(key)
    for digest, those in bound.items():
        try:
            with app.database.read() as connection:
                pack = documents.get_pack(connection, digest)
                catalog = catalog_from_documents(pack, app.catalog.contacts)
                dict(catalog.regimes), dict(catalog.types)
        except (TocsinError, ValueError, KeyError) as error:
            why = (
                str(error)
                if isinstance(error, TocsinError)
                else f"pack {digest[:12]} is no pack of this release"
            )
            more = f" and {len(those) - 3} more" if len(those) > 3 else ""
            yield Finding("FAIL", "packs", f"{', '.join(those[:3])}{more}: {why}")


def master_key(app: App, config: Path | None) -> Iterator[Finding]:
    """The key is for its owner alone, and is not lost with the data."""
    key, home = app.settings.key_file, app.settings.home
    if key.stat().st_mode & _OTHERS:
        yield Finding("FAIL", "master key", f"others may read {key}", f"chmod 600 {key}")
    elif key.is_relative_to(home) and not app.settings.fenced:
        where = setting(config, "", "master_key_file")
        yield Finding("warn", "master key", "lies beside the data: one backup would hold both", where)
    else:
        yield Finding("ok", "master key", f"{key}, for its owner alone")


def clock(app: App, config: Path | None) -> Iterator[Finding]:
    """This machine's clock against the last entry, and against the database where that is another machine."""
    now = app.now()
    with app.database.read() as connection:
        last = connection.scalar(select(func.max(tables.entry.c.recorded_at)))
        there = None if app.database.sqlite else connection.scalar(select(func.now()))
    if last is not None and now < datetime.fromisoformat(last) - SKEW:
        behind = ago(datetime.fromisoformat(last) - now)
        right = "where it is right now, state when it was: tocsin learn INC aware_at=MOMENT"
        way = f"set this machine's clock (NTP); {right}"
        yield Finding("FAIL", "clock", f"stands {behind} before the last entry", way)
    elif there is not None and abs(there - app.clock()) > SKEW:
        yield Finding(
            "FAIL", "clock", f"{ago(abs(there - app.clock()))} off the database's", "run NTP on both"
        )
    else:
        yield Finding("ok", "clock", f"{now.astimezone(app.zone):%a %H:%M:%S %Z}, behind no entry")


def heartbeats(app: App, config: Path | None) -> Iterator[Finding]:
    """The bell must ring; the watch looks after it where there is Prefect, or was. Without a worker it is silent."""
    now = standing(app)
    parts = now.parts
    for name in ("bell", "watch") if now.watched else ("bell",):
        found = parts.get(name)
        if found is None or beats.is_silent(found.age, beats.SILENT[name]):
            words = "never beat" if found is None else f"silent, last beat {since(found.age)}"
            words += "; watch rings in its stead" if name == "bell" and now.stood_in else ""
            level: Level = "FAIL" if name == "bell" else "warn"
            remedy = "tocsin up, or tocsin bell" if name == "bell" else "tocsin up; then see its worker.log"
            yield Finding(level, name, words, remedy)
        else:
            yield Finding("ok", name, since(found.age))


def watchdog(app: App, config: Path | None) -> Iterator[Finding]:
    """The watchdog's table, where it stands here: nobody else judges it, and it is needed when all else is broken."""
    if not app.settings.watchdog.keys() & {"to", "host"}:
        return  # as init wrote it; it stands on another machine
    from tocsin.watchdog.settings import load_watchdog

    try:
        found = load_watchdog(config)
    except TocsinError as error:
        yield Finding("FAIL", "watchdog", str(error), setting(config, "watchdog", "to"))
    else:
        words = f"would tell {len(found.to)} by {found.relay.host}"
        yield Finding("ok", "watchdog", words, "tocsin watchdog --test")


def incidents(app: App, config: Path | None) -> Iterator[Finding]:
    """Nothing is set apart, and nothing is overdue."""
    now = standing(app)
    for key, why in now.quarantined.items():
        yield Finding("FAIL", key, f"set apart: {why}", f"tocsin verify {key}")
    if now.oldest_overdue > timedelta(minutes=1):
        yield Finding("FAIL", "overdue", f"a move waits for {ago(now.oldest_overdue)}", "tocsin bell")


def restored(app: App, config: Path | None) -> Iterator[Finding]:
    """Nothing is held back after a restore."""
    made = app.restored
    if made is not None:
        words = f"from the backup of {iso(made)}: letters, and messages that waited then, are held"
        yield Finding("FAIL", "restored", words, "RUNBOOK 12, then tocsin resume --restored --because ...")


def backups(app: App, config: Path | None) -> Iterator[Finding]:
    """How old the last backup is that said so, and whether the master key would be lost with the data."""
    with app.database.read() as connection:
        last = beats.beats(connection).get("backup")
    key, home = app.settings.key_file, app.settings.home
    if app.settings.fenced:
        return
    if last is None:
        remedy = f"copy {home} each day and, to another place, {key.name}"
        yield Finding("warn", "backup", "none is known", remedy)
    elif app.clock() - last[0] > STALE_BACKUP:
        yield Finding("warn", "backup", f"{ago(app.clock() - last[0])} old", "see why it stopped")
    else:
        yield Finding("ok", "backup", f"{ago(app.clock() - last[0])} old")
