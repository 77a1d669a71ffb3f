"""What those who answer for the letters must know at once, whatever the hour."""

from collections.abc import Collection, Sequence

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.approving import APPROVERS
from tocsin.domain.offers import Offer
from tocsin.engine.messages import role_or_standin, tell
from tocsin.rendering.message import Kind, Line


def page_those_who_answer(
    app: App,
    change: Change,
    kind: Kind,
    lines: Sequence[str | Line],
    *,
    cause: int,
    action: str,
    offers: Sequence[Offer] = (),
    offered_to: Collection[str] = (),
) -> None:
    """Page who leads the incident and who may approve letters, by every route: what has left, nobody calls back."""
    for who in role_or_standin(app, change.incident, "incident-commander", *APPROVERS):
        tell(
            app,
            change,
            kind,
            [who],
            lines,
            subject=f"{kind}/{cause}",
            lane="page",
            cause=cause,
            action=action,
            loud=True,
            offers=offers if who in offered_to else [],
        )
