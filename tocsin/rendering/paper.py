"""Papers: Typst sets the page, the content goes in as JSON and out again as a file attached to the PDF.

The file is PDF/A-3a (it can be archived, ISO 19005-3) and PDF/UA-1 (it can be read aloud, ISO 14289-1) at once. No text
can break out into markup, since Typst only ever sees it as a JSON string. The fonts are those inside Typst, so that the
same content at the same moment gives the same bytes on every machine.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from tocsin.domain.errors import BadFile, Refused
from tocsin.rendering.glyphs import COVERED, PLAIN, Ranges, printable
from tocsin.rendering.text import load, render

STANDARDS: tuple[Literal["a-3a"], Literal["ua-1"]] = ("a-3a", "ua-1")
ATTACHED = "content.json"
#: The first place of a diagnostic: `┌─ regimes/x/authority.typ:3:1`.
_PLACE = re.compile(r"┌─ (.+?):(\d+):\d+$", re.MULTILINE)


def render_paper(
    template: Path, content: Mapping[str, Any], *, at: datetime, language: str, root: Path
) -> bytes:
    """The PDF of `content` (see `content.paper_content`) as `template` sets it, dated `at`, its main language stated.

    `root` is the folder that `/papers/parts.typ` is found under. Raises Refused where the template itself is wrong;
    a character that the fonts lack never does that: it stands by number and is listed on the paper.
    """
    if not template.is_file():
        raise Refused(f"{template}: no such paper; a regime with a form keeps it as authority.typ")
    attached = canonical_json(content)
    try:
        return _compile(template, root, _printed(content, attached, language, COVERED), attached, at)
    except RuntimeError:
        # A cluster of marks that no single font holds: the second try keeps to plain letters, and says so.
        plain = _printed(content, attached, language, PLAIN)
    try:
        return _compile(template, root, plain, attached, at)
    except RuntimeError as error:
        raise _misset(template, error) from None


def render_page(content: Mapping[str, Any], templates: Path) -> str:
    """The same content as one self-contained web page, every text escaped."""
    template = load(templates / "papers", "paper.html.j2")
    return render(template, {"paper": _with_runs(content), "words": content["words"]})


def _with_runs(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content with each text cut where it says that something is open, so that only those words stand out."""
    words = {word for part in content["parts"] for word in content["words"][part["language"]]["open_words"]}
    cut = re.compile(f"({'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})")
    return {**content, "parts": [_part_with_runs(part, words, cut) for part in content["parts"]]}


def _part_with_runs(part: Mapping[str, Any], words: set[str], cut: re.Pattern[str]) -> dict[str, Any]:
    def runs(field: Mapping[str, Any]) -> dict[str, Any]:
        pieces = cut.split(field["text"]) if field["state"] == "open" else [field["text"]]
        return {**field, "runs": [{"text": piece, "open": piece in words} for piece in pieces if piece]}

    sections = [{**each, "fields": [runs(field) for field in each["fields"]]} for each in part["sections"]]
    return {**part, "sections": sections}


def canonical_json(content: Mapping[str, Any]) -> bytes:
    """The bytes of the attachment: sorted keys, UTF-8, indented for people who open it."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False).encode() + b"\n"


def _printed(content: Mapping[str, Any], attached: bytes, language: str, ranges: Ranges) -> str:
    """The content as it is printed, with the notes that only the making of the paper can write."""
    shown, replaced = printable(content, ranges)
    digest = hashlib.sha256(attached).hexdigest()
    for part in shown["parts"]:
        words = shown["words"][part["language"]]
        part["notes"] = [
            *part["notes"],
            words["attached_note"].replace("{name}", ATTACHED).replace("{digest}", digest),
        ]
        if replaced:
            listed = ", ".join(_named(character) for character in replaced)
            part["notes"].append(words["fonts_note"].replace("{characters}", listed))
    shown["language"] = language
    return json.dumps(shown, ensure_ascii=False)


def _misset(template: Path, error: RuntimeError) -> Refused:
    """What Typst says, with the place that its diagnostic points at: in the template, or in a part that it takes in."""
    what = " ".join(str(error).split())[:300]
    place = _PLACE.search(getattr(error, "diagnostic", ""))
    # Typst names files from the folder that it was started in.
    return BadFile(Path(place[1]).resolve(), int(place[2]), what) if place else Refused(f"{template}: {what}")


def _named(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, 'without a name')}"


def _compile(template: Path, root: Path, printed: str, attached: bytes, at: datetime) -> bytes:
    import typst

    made = typst.compile(
        template,
        root=root,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"content": printed, "attached": attached.decode()},
        pdf_standards=[*STANDARDS],
        timestamp=at.astimezone(UTC).replace(microsecond=0),
    )
    assert isinstance(made, bytes)
    return made
