"""Laws newer than those of an open incident: the word to the DPO. Accepting them is an action of a person."""

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.kinds import NewerLawsSeen
from tocsin.domain.moves import TellOfNewerLaws
from tocsin.engine.messages import role_or_standin, tell
from tocsin.rendering.message import Line, line


def tell_of_newer_laws(app: App, change: Change, move: TellOfNewerLaws) -> None:
    """Page the DPO by every route, and keep what was said: it is said once for each version of the laws."""
    seq = change.add(NewerLawsSeen(packs=move.packs, because=move.because), cause=move.cause, key=move.key)
    lines: list[str | Line] = [*move.because, line("judged")]
    action = f"tocsin law accept {change.incident.key}"
    tell(
        app,
        change,
        "newer-law",
        role_or_standin(app, change.incident, "dpo"),
        lines,
        subject=move.key,
        lane="page",
        cause=seq,
        action=action,
        loud=True,
    )
