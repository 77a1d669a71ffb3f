"""One language's words: phrases, names of choices and places, and how it writes moments and numbers.

Read from `papers/words.<language>.yaml` in the templates, so that a language is added as a file; a pack that was read
holds them as JSON. What a language lacks is said in English rather than not at all.
"""

import json
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tocsin.catalog.yamlfile import read_document
from tocsin.domain.errors import Refused
from tocsin.domain.whom import Whom


@dataclass(frozen=True)
class Words:
    """The words of one language; all methods return text for people."""

    language: str
    entries: Mapping[str, Any]

    def phrase(self, key: str, /, **values: object) -> str:
        """A phrase with its blanks filled. Values are put in as they are and never read as a pattern."""
        return fill(self.entries["phrases"][key], values)

    def choice(self, fact: str, value: object) -> str:
        """How a fact's value is called; an unknown value is printed as it is."""
        return str(self.entries["choices"].get(fact, {}).get(value, value))

    def choices(self, fact: str, values: Sequence[object]) -> str:
        """Several values of a fact, as a list."""
        return self.list_of([self.choice(fact, value) for value in values])

    def state(self, state: str) -> str:
        """How a duty's state is called."""
        return str(self.entries["states"].get(state, state))

    def place(self, code: str) -> str:
        """A country or part of it by name; a part that has none here stands behind its country: `France (FR-75)`."""
        places = self.entries["places"]
        if code in places:
            return str(places[code])
        country = places.get(code.partition("-")[0])
        return f"{country} ({code})" if country else code

    def whom(self, whom: Whom) -> str:
        """To whom a duty is owed: `CNIL`, `the people concerned in Germany`."""
        named = whom.authority or self.choice("recipient", whom.recipient)
        return self.phrase("people_here", text=named, place=self.place(whom.place)) if whom.place else named

    def number(self, count: int) -> str:
        """A whole number, its thousands set apart as this language does."""
        return f"{count:,}".replace(",", self.entries["thousands"])

    def list_of(self, items: Sequence[str]) -> str:
        """`a, b and c`."""
        if len(items) < 2:
            return "".join(items)
        return f"{', '.join(items[:-1])}{self.entries['list_and']}{items[-1]}"

    @staticmethod
    def local(moment: datetime, zone: str) -> datetime:
        """The moment on the wall clock of `zone`."""
        return moment.astimezone(ZoneInfo(zone))

    def moment(self, moment: datetime, zone: str) -> str:
        """A moment on the wall clock of `zone`, its distance from UTC beside it."""
        local = self.local(moment, zone)
        offset = local.strftime("%z")
        return fill(
            self.entries["moment"],
            {
                **self._parts(local),
                "hour": local.hour,
                "minute": local.minute,
                "zone": f"UTC{offset[:3]}:{offset[3:5]}",
            },
        )

    def day(self, day: date) -> str:
        """A calendar day."""
        return fill(self.entries["date"], self._parts(day))

    def duration(self, length: timedelta) -> str:
        """A length of time in hours and minutes, its sign left out: 72 hours stay 72 hours."""
        minutes = abs(int(length.total_seconds())) // 60
        hours, minutes = divmod(minutes, 60)
        return self.phrase("hours" if hours else "minutes", hours=hours, minutes=minutes)

    def place_date(self, place: str, day: date | None, year: int) -> str:
        """The line above a letter: where and when; blanks for the pen where the day is not yet known."""
        if day is None:
            return fill(self.entries["place_date_blank"], {"place": place, "year": year})
        return fill(self.entries["place_date"], {"place": place, **self._parts(day)})

    def _parts(self, day: date) -> dict[str, object]:
        return {"day": day.day, "month": self.entries["months"][day.month - 1], "year": day.year}


def fill(pattern: str, values: Mapping[str, object]) -> str:
    """`pattern` with `{name}` replaced; unlike `str.format`, it reads no attributes and no indexes."""
    pieces = []
    for literal, name, spec, _ in string.Formatter().parse(pattern):
        pieces.append(literal)
        if name is not None:
            pieces.append(format(values[name], spec or ""))
    return "".join(pieces)


@lru_cache(maxsize=32)
def load_words(templates: Path, language: str) -> Words:
    """The words of `language`, of its parent (`pt` for `pt-BR`), or else the English ones."""
    for wanted in (language, language.partition("-")[0], "en"):
        path = templates / "papers" / f"words.{wanted}.json"
        if path.is_file():
            return Words(wanted, json.loads(path.read_bytes()))
        path = path.with_suffix(".yaml")
        if path.is_file():
            return Words(wanted, read_document(path).value)
    raise Refused(f"{templates}/papers: there is no words.en.yaml; restore it from the release")
