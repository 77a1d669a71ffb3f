"""Which incident a person means: named, or the only one that is open."""

from collections.abc import Collection, Sequence
from typing import Any

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.domain.errors import Refused, WrongUsage
from tocsin.domain.reference import REFERENCE
from tocsin.views.access import visible

#: So many incidents are named to who must choose; more are counted.
_NAMED = 8


def meant(
    app: App, actor: Actor, named: str | None, *, in_triage: bool = False, without: Collection[str] = ()
) -> str:
    """The key of the incident that is meant. Refused when there is none such, WrongUsage when nobody can tell.

    Where nothing is named, what waits in triage stands back behind what was declared, unless it is what is asked for.
    Incidents `without` are as good as none where nothing is named.
    """
    rows = visible(app, actor)
    if named is not None:
        return _named(rows, named)
    told = [row for row in rows if row["key"] not in without]
    # Outside drills and demos a drill is never what somebody means who names nothing.
    counted = [row for row in told if row["open"] and (app.settings.fenced or not row["drill"])]
    counted = [row for row in counted if (row["status"] == "triage") is in_triage] or counted
    if len(counted) == 1:
        return str(counted[0]["key"])
    if not counted:
        raise WrongUsage(
            f"no incident is open; name one: {_list(told) or 'there is none yet, tocsin declare'}"
        )
    raise WrongUsage(f"{len(counted)} incidents are open; name one: {_list(counted)}")


def _named(rows: list[dict[str, Any]], named: str) -> str:
    found = REFERENCE.fullmatch(named.strip())
    if found is None:
        raise Refused(f"{named!r} is no incident; write INC-2026-0007 or 7")
    for row in rows:
        key = str(row["key"])
        if row["number"] == int(found["number"]) and found["year"] in (None, key.split("-")[1]):
            return key
    raise Refused(f"there is no incident {named}; tocsin list shows those there are")


def _list(rows: Sequence[dict[str, Any]]) -> str:
    shown = ", ".join(f"{row['key']} {row['code_name']}" for row in rows[:_NAMED])
    return f"{shown} and {len(rows) - _NAMED} more" if len(rows) > _NAMED else shown
