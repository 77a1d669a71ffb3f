"""What the properties of the laws share: the whole library, read once."""

import pytest

from tests.domain.law.library import Library
from tests.shipped import shipped


@pytest.fixture(scope="session")
def library() -> Library:
    """Every law that ships with Tocsin, and its worked examples."""
    return Library(shipped())
