"""The packs and contacts of a home, for which no database is needed: those of the folders now, and those read last."""

from pathlib import Path

from tocsin.domain.catalog import Catalog
from tocsin.domain.contacts import Contacts
from tocsin.settings import Settings


def read_catalog(settings: Settings) -> Catalog:
    """What stands in the folders now, ours first and the company's over it. BadFile names the first bad line."""
    from tocsin.catalog import default_folders, load_catalog

    contacts = default_folders()[1]
    theirs = [path for path in (settings.contacts,) if path]
    loaded = load_catalog(template_folders(settings), [contacts, *theirs], cache=_cache(settings))
    return loaded.with_contacts(_reachable(loaded.contacts, settings))


def read_last(settings: Settings) -> Catalog | None:
    """What was read last without a fault; None in a home that has read nothing yet."""
    from tocsin.catalog.cache import last_good

    good = last_good(_cache(settings))
    return good and good.with_contacts(_reachable(good.contacts, settings))


def template_folders(settings: Settings) -> list[Path]:
    """Where the packs of a home are read: the shipped folder, and the company's own over it."""
    from tocsin.catalog import default_folders

    return [default_folders()[0], *([settings.templates] if settings.templates else [])]


def _cache(settings: Settings) -> Path:
    return settings.home / "cache" / "catalog"


def _reachable(contacts: Contacts, settings: Settings) -> Contacts:
    # Made-up people count as nobody where a real person has to be found.
    if settings.fenced:
        return contacts
    return contacts.model_copy(update={"people": tuple(p for p in contacts.people if not p.sample)})
