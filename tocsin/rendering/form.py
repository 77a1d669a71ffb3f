"""The form of a paper, read where it is answered. Its shape stands in `catalog/forms.py`."""

from functools import lru_cache
from pathlib import Path

from tocsin.catalog.forms import Form, Part, Question, Section
from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import read_document

__all__ = ["Form", "Part", "Question", "Section", "load_form"]


@lru_cache(maxsize=32)
def load_form(path: Path) -> Form:
    """The form of an `authority.yaml`; BadFile with the line of the first thing that is wrong."""
    return validated(Form, read_document(path))
