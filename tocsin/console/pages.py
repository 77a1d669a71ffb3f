"""A page of the web door: what it shows, and how that becomes HTML that asks for nothing else.

One template, one style, no script, no picture: the content policy forbids everything but this style, known by its
hash, and forms that lead back here (W3C Content Security Policy Level 3). Words come from the packs, in the reader's
language; every value is escaped.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse

from tocsin.app import App
from tocsin.domain.contacts import Person
from tocsin.rendering.words import Words, load_words

if TYPE_CHECKING:
    from jinja2 import Template

_HERE = Path(__file__).parent
_STYLE = (_HERE / "page.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

#: What every answer carries. No page may be kept by a cache, framed, indexed, or told to another site as a referrer:
#: the address of a link is the key to it.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


@dataclass(frozen=True)
class Row:
    """A name and a value, and what is to be noted of it; `address` makes the value a link, or with `posts` a button."""

    name: str
    value: str
    address: str = ""
    posts: bool = False
    alarm: bool = False
    note: str = ""


@dataclass(frozen=True)
class Rows:
    """Rows under a heading; `anchor` is what a link names to lead there."""

    rows: tuple[Row, ...]
    heading: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Text:
    """A text as it stands, such as a letter."""

    heading: str
    body: str


@dataclass(frozen=True)
class Ask:
    """A question whose answer goes with the button, under this name."""

    name: str
    question: str
    longest: int = 2000


@dataclass(frozen=True)
class Form:
    """The one button of a page."""

    label: str
    asks: tuple[Ask, ...] = ()
    sure: str = ""
    danger: bool = False


@dataclass(frozen=True)
class Page:
    """What one page shows, top to bottom."""

    language: str
    title: str
    banner: str = ""
    alarm: bool = False
    lead: tuple[str, ...] = ()
    tables: tuple[Rows, ...] = ()
    texts: tuple[Text, ...] = ()
    form: Form | None = None
    links: tuple[Row, ...] = ()
    foot: tuple[str, ...] = ()


def answer(page: Page, status: int = 200, **more: Any) -> HTMLResponse:
    """The page as an answer."""
    return HTMLResponse(_template().render(page=page, style=_STYLE), status, **more)


def words_for(app: App, person: Person | None, accepted: str = "") -> Words:
    """The words of a person's language; of a stranger's browser (`Accept-Language`) where that is one of ours."""
    if person is not None:
        spoken = person.languages[0]
    else:
        wanted = accepted.replace(",", ";").split(";")[0].strip().partition("-")[0].lower()
        ours = app.catalog.contacts.organisation.languages
        spoken = wanted if wanted in ours else "en"
    return load_words(app.pack_folder(app.catalog), spoken)


def say(words: Words, phrase: str, /, **values: object) -> str:
    """A phrase of the console: `say(words, "until")`. A company's own words may be older than it; then its name."""
    key = f"door_{phrase}"
    if key not in words.entries["phrases"]:
        return " ".join([phrase.replace("_", " "), *map(str, values.values())])
    return words.phrase(key, **values)


def moment(app: App, words: Words, at: datetime) -> str:
    """A moment as people here write it, in the organisation's zone."""
    return words.moment(at, app.catalog.contacts.organisation.zone)


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("page.html.j2")
