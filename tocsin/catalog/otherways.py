"""Words of what leaves by another way: `notices/public.yaml`, why there is a notice to the public instead of a letter
to each, and `papers/post.yaml`, to whom a letter about a child is addressed.
"""

from pathlib import Path

from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import read_document
from tocsin.domain.records import Line, Record, Texts
from tocsin.domain.ways import Ground

FILE, POST = "notices/public.yaml", "papers/post.yaml"


class PublicGrounds(Record):
    """The sentence for each ground, per language."""

    impossible: Texts
    disproportionate: Texts
    source: Line

    def of(self, ground: Ground) -> dict[str, str]:
        """The sentence, per language."""
        return dict(self.impossible if ground == "impossible" else self.disproportionate)


def load_grounds(templates: Path) -> PublicGrounds:
    """The sentences of a pack; BadFile with the line of the first thing that is wrong."""
    return validated(PublicGrounds, read_document(templates / FILE))


class PostWords(Record):
    """`guardian` is the first line of the address of a letter about a child, with `{name}`."""

    guardian: Texts


def load_post(templates: Path) -> PostWords:
    """The words of a pack; BadFile with the line of the first thing that is wrong."""
    return validated(PostWords, read_document(templates / POST))
