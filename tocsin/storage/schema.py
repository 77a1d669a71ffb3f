"""The schema: brought to this release's version by Alembic, which is only loaded when there is something to do."""

from pathlib import Path

from sqlalchemy import inspect, text

from tocsin.domain.errors import Refused
from tocsin.storage.database import Database

#: The newest revision in `migrations/versions/`; a test keeps it honest.
HEAD = "0001"


def version(database: Database) -> str | None:
    """The schema's revision, or None for an empty database."""
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def migrated(database: Database) -> None:
    """Bring the schema up. Raises Refused for a database that a newer release has written."""
    found = version(database)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise Refused(
            f"the database is at schema {found}, this release knows {HEAD}: install the newer Tocsin again"
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with database.write() as connection:
        # Two first starts at once: the second waits here for the lock, and then finds the work done.
        if not database.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(7463)"))
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
