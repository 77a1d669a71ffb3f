"""Custody: for each item of evidence, who had it in hand, when, and which entry of the timeline says so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.app import App
from tocsin.domain import kinds as k
from tocsin.domain.moments import iso
from tocsin.domain.timeline import Entry
from tocsin.storage import timeline
from tocsin.storage.texts import read_texts

#: What an entry says of an item: the items that it names, and what was done with them.
_DEEDS: dict[type[k.Body], Callable[[Any], tuple[tuple[str | None, ...], str]]] = {
    k.EvidenceKept: lambda body: ((body.item,), "kept"),
    k.EvidenceCopied: lambda body: ((body.item,), "copied out"),
    k.StepDone: lambda body: (body.evidence, f"shown for step {body.step}"),
    k.CommandEnded: lambda body: ((body.output,), f"printed by {body.command} for step {body.step}"),
    k.PaperMade: lambda body: ((body.item,), f"made as the paper for {body.duty}"),
    k.DutyMet: lambda body: ((body.receipt,), f"the receipt for {body.key}"),
    k.SupplementFiled: lambda body: (
        (body.receipt,),
        f"the receipt for supplement {body.number} of {body.key}",
    ),
}


@dataclass(frozen=True)
class Handled:
    """One moment in the life of an item."""

    at: datetime
    by: str
    what: str
    seq: int


@dataclass(frozen=True)
class Item:
    """One item of the vault, with its custody from the first entry on. An erased name is `(erased)`."""

    item: str
    name: str
    size: int
    content: str
    step: str | None
    custody: tuple[Handled, ...]

    def as_json(self) -> dict[str, Any]:
        """The item as plain values."""
        custody = [
            {"at": iso(each.at), "by": each.by, "what": each.what, "seq": each.seq} for each in self.custody
        ]
        return {name: getattr(self, name) for name in ("item", "name", "size", "content", "step")} | {
            "custody": custody
        }


def custody(app: App, key: str, *, named: bool = True) -> list[Item]:
    """Every item of an incident in the order in which it was kept; without their names if not `named`."""
    with app.database.read() as connection:
        entries = timeline.entries(connection, key)
        kept = [entry.body for entry in entries if isinstance(entry.body, k.EvidenceKept)]
        names = read_texts(connection, key, app.record_key(key), [body.name for body in kept])
    hands = _hands(entries)
    return [
        Item(
            body.item,
            names.get(body.name, "(erased)") if named else "(restricted)",
            body.size,
            body.content,
            body.step,
            tuple(hands[body.item]),
        )
        for body in kept
    ]


def _hands(entries: list[Entry]) -> Mapping[str, list[Handled]]:
    found: dict[str, list[Handled]] = {}
    for entry in entries:
        if deed := _DEEDS.get(type(entry.body)):
            items, what = deed(entry.body)
            for item in items:
                if item is not None:
                    found.setdefault(item, []).append(Handled(entry.at, entry.actor, what, entry.seq))
    return found
