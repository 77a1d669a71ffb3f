"""What is sealed in a row of the ledger: to which addresses a letter goes, in which language, what it says of whom."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

from tocsin.domain.certainty import Certainty
from tocsin.rendering.letter import Reader
from tocsin.sealing import unseal
from tocsin.storage.ledger import sealed_for


def opened(people_key: bytes, row: Any) -> list[Any]:
    """What is sealed in a row."""
    raw = unseal(people_key, row.sealed, sealed_for(row.incident, row.message_id))
    content: list[Any] = json.loads(raw.decode())
    return content


def address_of(content: list[Any], row: Any) -> str:
    """The address to which a row's letter goes now."""
    return str(content[0][row.address - 1])


def reader_at(content: list[Any], row: Any) -> tuple[Reader, str]:
    """To whom the letter speaks at the address to which a row's letter goes now: hers, or her guardian's behind it."""
    reader, locale = reader_of(content)
    if (spare := _guardian(content)) and row.address > spare[0]:
        return replace(reader, audience="guardian"), spare[1]
    return reader, locale


def variant_at(content: list[Any], row: Any, address: int) -> tuple[str, str | None]:
    """(variant, way) of a row's letter once it goes to another address."""
    if (spare := _guardian(content)) and address > spare[0]:
        return spare[2], "guardian"
    return row.variant, row.way


def _guardian(content: list[Any]) -> tuple[int, str, str] | None:
    """(how many addresses are her own, the guardian's language and variant); None where no letter may go to him."""
    found = content[-1]
    return tuple(found) if found else None


def reader_of(content: list[Any]) -> tuple[Reader, str]:
    """To whom the letter speaks at her own addresses and of what; and the language of whoever reads it."""
    _, name, locale, kinds, sure, first, last, added, otherwise, left_out, audience, people, _ = content
    first, last = (day and date.fromisoformat(day) for day in (first, last))
    reader = Reader(
        tuple(kinds),
        Certainty(sure),
        name,
        first,
        last,
        tuple(added),
        tuple((kind, Certainty(each)) for kind, each in otherwise),
        tuple(left_out),
        audience,
        people,
    )
    return reader, locale
