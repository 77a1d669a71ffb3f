"""The packs and contacts that ship with Tocsin, read once for all tests of a process.

Reading every file from its text takes most of a second. Nobody can change what was read; a test that wants other
packs copies the folders.
"""

from functools import cache

from tocsin.catalog import default_folders, load_catalog
from tocsin.domain.catalog import Catalog


@cache
def shipped() -> Catalog:
    """The shipped catalog, checked."""
    templates, contacts = default_folders()
    return load_catalog([templates], [contacts])
