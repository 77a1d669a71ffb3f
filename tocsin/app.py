"""Everything wired in one frozen dataclass. Tests and drills swap parts here, and nowhere else."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tocsin.domain.catalog import Catalog
from tocsin.domain.errors import Refused, TocsinError
from tocsin.domain.fold import evolve, fold
from tocsin.domain.incident import Incident
from tocsin.packs import read_catalog, read_last
from tocsin.sealing import Keyring
from tocsin.settings import Settings
from tocsin.storage import clock as stored_clock
from tocsin.storage import documents, keys, timeline
from tocsin.storage.database import Database
from tocsin.storage.schema import migrated

if TYPE_CHECKING:
    from tocsin.catalog.laying import Seen
    from tocsin.channels import Channel

Clock = Callable[[], datetime]
#: Opens the channel of a route, or says None: the route is DOWN because nobody configured it.
Opener = Callable[["App"], "Channel | None"]


def real_now() -> datetime:
    """The real clock, the only place where it is read."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class App:
    """One home: its settings, database, keys and routes. `now` is the incident's clock, `clock` the real one."""

    settings: Settings
    database: Database
    keyring: Keyring
    now: Clock
    routes: Mapping[str, Opener]
    clock: Clock = real_now
    entropy: Callable[[int], bytes] = os.urandom
    #: Messages one after another instead of all routes at once, so that a drill writes the same timeline each time.
    in_order: bool = False
    #: Whether a faulty file is refused, where what was read before would serve: for who looks for faults.
    strict: bool = False
    _incidents: dict[str, Incident] = field(default_factory=dict, repr=False)
    _catalogs: dict[str, Catalog] = field(default_factory=dict, repr=False)
    _laid_out: "dict[Path, Seen]" = field(default_factory=dict, repr=False)

    @property
    def catalog(self) -> Catalog:
        """The packs and contacts as they stand in the folders now, ours first and the company's over them.

        Where somebody's edit has made a file that cannot be read, those that were read last: `fault` says which one.
        An alarm does not wait until it is mended. Raises BadFile where none was read before.
        """
        return self._served[0]

    @property
    def fault(self) -> TocsinError | None:
        """What is wrong with the folders."""
        return self._served[1]

    @property
    def _served(self) -> tuple[Catalog, TocsinError | None]:
        if isinstance(self._read, TocsinError):
            raise self._read.with_traceback(None)
        return self._read

    @cached_property
    def _read(self) -> tuple[Catalog, TocsinError | None] | TocsinError:
        try:
            return read_catalog(self.settings), None
        except TocsinError as fault:
            if self.strict:  # each check of the doctor asks, and to read everything anew takes seconds
                return fault
            if (good := read_last(self.settings)) is None:
                raise
            return good, fault

    def catalog_of(self, incident: Incident) -> Catalog:
        """The packs that an incident is bound to, with the contacts of today."""
        if incident.catalog == self.catalog.digest:
            return self.catalog
        if incident.catalog not in self._catalogs:
            from tocsin.domain.catalog import catalog_from_documents

            with self.database.read() as connection:
                pack = documents.get_pack(connection, incident.catalog)
            self._catalogs[incident.catalog] = catalog_from_documents(pack, self.catalog.contacts)
        return self._catalogs[incident.catalog]

    def newer_of(self, incident: Incident) -> Catalog | None:
        """The packs of an incident with the laws of today; None where it has those already."""
        today = self.catalog
        if incident.catalog == today.digest:
            return None
        pair = f"{incident.catalog}+{today.digest}"
        if pair not in self._catalogs:
            newer = self.catalog_of(incident).with_laws(today)
            # By its own name it is found as soon as it is accepted.
            self._catalogs[pair] = self._catalogs.setdefault(newer.digest, newer)
        newer = self._catalogs[pair]
        return None if newer.digest == incident.catalog else newer

    def incident(self, key: str) -> Incident:
        """The incident as it stands, read on from where this process last saw it."""
        with self.database.read() as connection:
            known = self._incidents.get(key)
            fresh = timeline.entries(connection, key, after=known.head_seq if known else 0)
        if known is None and not fresh:
            raise Refused(f"there is no incident {key}; tocsin list shows those there are")
        for entry in fresh:
            known = evolve(known, entry) if known else fold([entry])
        assert known is not None
        self._incidents[key] = known
        return known

    def channel(self, route: str) -> "Channel | None":
        """The channel of a route, opened by its kind: `command:sms` by `command`. None where nobody configured it."""
        opener = self.routes.get(route.partition(":")[0])
        return opener(self) if opener else None

    def renewed(self) -> "App":
        """The same home, for which packs and contacts are read anew; a process that lives long asks now and then."""
        return replace(self, _catalogs={})

    def key(self, incident: str, purpose: keys.Purpose) -> bytes:
        """One of an incident's keys. Raises Refused once it was destroyed."""
        with self.database.read() as connection:
            return keys.key_of(connection, self.keyring, incident, purpose)

    def record_key(self, incident: str) -> bytes:
        """The key under which titles, notes and pages of an incident are sealed."""
        return self.key(incident, "record")

    def people_key(self, incident: str) -> bytes:
        """The key under which an incident's affected people are sealed. Raises Refused once it was destroyed."""
        return self.key(incident, "people")

    def real(self, moment: datetime) -> datetime:
        """The real moment at which the incident's clock will show `moment`; the same one outside drills."""
        return moment - (self.now() - self.clock())

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this company reads the clock."""
        return ZoneInfo(self.catalog.contacts.organisation.zone)

    def pack_folder(self, catalog: Catalog) -> Path:
        """The templates of a pinned catalog as a folder, for engines that want files.

        Written once, and anew where it is not what is pinned: what was approved is written with these very bytes.
        """
        from tocsin.catalog.laying import lay_out

        # By one name, so that its templates are compiled once however the home is reached.
        folder = (self.settings.home / "cache" / "packs").resolve() / catalog.digest
        self._laid_out[folder] = lay_out(catalog.files, folder, self._laid_out.get(folder))
        return folder

    @property
    def sources_file(self) -> Path:
        """Where logs and customers are declared: the company's `sources.yaml`."""
        from tocsin.catalog import default_folders

        return self.settings.sources or (self.settings.contacts or default_folders()[1]) / "sources.yaml"

    @property
    def restored(self) -> datetime | None:
        """When the backup was made that this home was restored from, until what waited then is let go; else None."""
        try:
            made = self.settings.restored_file.stat().st_mtime
        except FileNotFoundError:
            return None
        return datetime.fromtimestamp(made, UTC) + (self.now() - self.clock())

    @property
    def vault_folder(self) -> Path:
        """Where sealed evidence lies."""
        return self.settings.home / "vault"

    def close(self) -> None:
        """Give the database back."""
        self.database.close()


def open_app(
    settings: Settings, *, now: Clock | None = None, entropy: Callable[[int], bytes] = os.urandom
) -> App:
    """Wire a home: the database is brought to this release's schema, the master key made on first use."""
    from tocsin.channels.wiring import ROUTES

    database = Database(settings.database_url)
    migrated(database)
    _refuse_lost_key(settings, database)
    _refuse_another_kind_of_home(settings, database)
    app = App(
        settings=settings,
        database=database,
        keyring=Keyring.open(settings.key_file, entropy=entropy),
        entropy=entropy,
        now=now or real_now,
        routes=ROUTES,
    )
    if now is None and settings.mode == "drill":
        app = replace(app, now=_drill_clock(database))
    return app


def _refuse_lost_key(settings: Settings, database: Database) -> None:
    """A new master key beside old incidents would lock the old ones away, and later the new ones."""
    if settings.key_file.exists():
        return
    with database.read() as connection:
        if keys.any_key(connection):
            raise Refused(
                f"{settings.key_file} is missing, and incidents are sealed under it; restore it from its own backup, "
                "RUNBOOK 12"
            )


def _refuse_another_kind_of_home(settings: Settings, database: Database) -> None:
    """A drill in the books of a real home would be in earnest, and a real incident among drills would reach nobody."""
    with database.read() as connection:
        drills = timeline.holds_drills(connection)
    if drills is not None and drills is not settings.fenced:
        raise Refused(
            f"{settings.home} holds {'drills' if drills else 'real incidents'}, and the mode is {settings.mode}; "
            "give each a home of its own (TOCSIN_HOME, or home in tocsin.toml)"
        )


def _drill_clock(database: Database) -> Clock:
    """The clock of a live drill: the real one, moved by the offset that its home keeps for all its processes."""

    def now() -> datetime:
        with database.read() as connection:
            offset: timedelta = stored_clock.offset(connection)
        return real_now() + offset

    return now
