"""What was asked of the web door: who asks, of which home, and the few fields that a form brings."""

from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.console.pages import words_for
from tocsin.rendering.words import Words

#: Bytes of the longest form that is read: a reason of 2,000 letters, each written as `%F0%9F%94%A5`.
LONGEST_FORM = 32_000


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
        """A part of the address."""
        return str(self.request.path_params[name])

    def words(self, actor: Actor | None) -> Words:
        """The words in which to answer."""
        person = actor.person if actor else None
        return words_for(self.app, person, self.request.headers.get("accept-language", ""))


async def form_of(request: Request) -> dict[str, str] | None:
    """The fields of a form, the first of each name; None where it is longer than any form of ours."""
    if request.method != "POST":
        return {}
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            return None
    fields = parse_qs(body.decode(errors="replace"), max_num_fields=20, keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}
