"""What was asked of the web door: who asks, of which home, and the few fields that a form brings."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.channels import one_line
from tocsin.console.pages import words_for
from tocsin.domain.errors import Refused
from tocsin.rendering.words import Words

#: Bytes of the longest form that is read: a reason of 2,000 letters, each written as `%F0%9F%94%A5`.
LONGEST_FORM = 32_000


_NAMES = {
    "key": re.compile(r"INC-[0-9]{4}-[0-9]{4,9}"),
    "notice": re.compile(r"[a-z0-9][a-z0-9-]{0,119}"),
    "item": re.compile(r"E[0-9]{1,9}"),
    "token": re.compile(r".*", re.DOTALL),
}


@dataclass(frozen=True)
class Asked:
    """One request, read."""

    app: App
    request: Request
    form: dict[str, str]

    @property
    def posted(self) -> bool:
        """Whether it may change anything: GET and HEAD never do, so that scanners and previews act for nobody."""
        return self.request.method == "POST"

    def part(self, name: str) -> str:
        """A part of the address. Refused for what names nothing of ours: no database is asked for it."""
        value = str(self.request.path_params[name])
        if not _NAMES[name].fullmatch(value):
            what = {"key": "incident", "notice": "letter"}.get(name, "evidence")
            raise Refused(f"there is no {what} {one_line(value)}; tocsin list shows those there are")
        return value

    def words(self, actor: Actor | None) -> Words:
        """The words in which to answer."""
        person = actor.person if actor else None
        return words_for(self.app, person, self.request.headers.get("accept-language", ""))


async def form_of(request: Request) -> dict[str, str] | None:
    """The fields of a form, the first of each name; None where it is larger than any form of ours."""
    if request.method != "POST":
        return {}
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            return None
    try:
        fields = parse_qs(body.decode(errors="replace"), max_num_fields=20, keep_blank_values=True)
    except ValueError:
        return None
    return {name: values[0] for name, values in fields.items()}
