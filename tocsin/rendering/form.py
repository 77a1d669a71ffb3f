"""The form of a paper, read where it is answered. Its shape stands in `catalog/forms.py`."""

from functools import lru_cache
from pathlib import Path

from tocsin.catalog.forms import Form, Part, Question, Section, Signer
from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import read_document

__all__ = ["Form", "Part", "Question", "Section", "Signer", "load_form", "papers_of"]


@lru_cache(maxsize=32)
def load_form(path: Path) -> Form:
    """The form of an `authority.yaml` or another paper; BadFile with the line of the first thing that is wrong."""
    return validated(Form, read_document(path))


def papers_of(folder: Path) -> list[str]:
    """The papers that a law has in its folder: each NAME.yaml that Typst sets by a NAME.typ."""
    return sorted(path.stem for path in folder.glob("*.yaml") if path.with_suffix(".typ").is_file())
