"""Every kind of entry has its line: a timeline that cannot be read aloud proves nothing to anybody."""

import pytest

from tocsin.domain.kinds import KINDS
from tocsin.views.words import _SAY


@pytest.mark.parametrize("kind", sorted(set(KINDS.values()), key=str), ids=lambda kind: kind.__name__)
def test_each_kind_of_entry_has_its_words(kind):
    assert kind in _SAY
