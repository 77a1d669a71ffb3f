"""Letters as they are printed and posted: the approved text, its reader's postal address where an envelope shows it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tocsin.domain.errors import Refused
from tocsin.rendering.glyphs import PLAIN, printable

TEMPLATE = "papers/post.typ"
#: Letters in one file: what a printer takes, and what Typst sets in a few seconds.
IN_ONE_FILE = 200


@dataclass(frozen=True)
class Posted:
    """One letter for the post. `number` says on list and page which is whose."""

    number: str
    to: Sequence[str]
    language: str
    text: str


def posted_pdf(letters: Sequence[Posted], sender: str, title: str, templates: Path, at: datetime) -> bytes:
    """These letters as one PDF, each beginning a page. Characters that the fonts lack stand by number."""
    content = {
        "title": title,
        "sender": sender,
        "letters": [
            {
                "number": each.number,
                "to": list(each.to),
                "language": each.language.split("-")[0].lower(),
                "lines": each.text.rstrip("\n").split("\n"),
            }
            for each in letters
        ],
    }
    try:
        return _compile(templates, printable(content)[0], at)
    except RuntimeError:
        # A cluster of marks that no single font holds: the second try keeps to plain letters.
        return _again(templates, printable(content, PLAIN)[0], at)


def _again(templates: Path, content: Any, at: datetime) -> bytes:
    try:
        return _compile(templates, content, at)
    except RuntimeError as error:
        what = " ".join(str(error).split())[:300]
        raise Refused(f"{templates / TEMPLATE}: {what}") from None


def _compile(templates: Path, content: Mapping[str, Any], at: datetime) -> bytes:
    import typst

    template = templates / TEMPLATE
    if not template.is_file():
        raise Refused(
            f"{template}: this incident's templates are older than letters for the post; print them by hand"
        )
    made = typst.compile(
        template,
        root=templates,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        timestamp=at.astimezone(UTC).replace(microsecond=0),
    )
    assert isinstance(made, bytes)
    return made
