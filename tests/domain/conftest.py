"""What the properties of the laws share: the whole library, read once."""

import pytest

from tests.domain.library import Library
from tocsin.catalog import default_folders, load_catalog


@pytest.fixture(scope="session")
def library() -> Library:
    """Every law that ships with Tocsin, and its worked examples."""
    templates, contacts = default_folders()
    return Library(load_catalog([templates], [contacts]))
