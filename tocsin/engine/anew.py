"""Decisions that people are asked to look at anew: on the day that they set, or when the facts no longer carry them."""

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain import kinds as k
from tocsin.domain import moves as m
from tocsin.domain.decisions import RISK
from tocsin.engine.messages import role_or_standin, tell
from tocsin.rendering.message import Line, line

#: Who is asked beside those whose decision it is.
OWNERS = ("dpo",)


def look_again(app: App, change: Change, move: m.AskToLookAgain) -> None:
    """Its day has come: ask whether a decision not to notify still holds."""
    incident, decision = change.incident, change.incident.decisions[move.of]
    seq = change.add(k.LookAgainAsked(of=move.of), cause=move.cause, key=move.key)
    lines = [line("not_notified", of=move.of, who=decision.decided_by), line("look_today")]
    action = f"tocsin not-notify {incident.key} {move.of} --because ... (or --take-back)"
    people = [decision.decided_by, *role_or_standin(app, incident, *OWNERS)]
    tell(app, change, "status", people, lines, subject=move.key, lane="warning", cause=seq, action=action)


def doubt_decisions(app: App, change: Change, move: m.DoubtDecisions) -> None:
    """The facts no longer carry what was decided: say why, and ask for it anew. It stands until then."""
    incident, grounds = change.incident, change.incident.grounds
    body = k.DecisionsDoubted(decisions=move.decisions, level=move.level, because=move.because)
    seq = change.add(body, cause=move.cause, key=move.key)
    decided = [
        line("risk_decided", who=grounds[of].by)
        if of == RISK
        else line("not_notified", of=of, who=grounds[of].by)
        for of in move.decisions
    ]
    lines: list[str | Line] = [line("risk_worse", risk=move.level), *move.because[:1], *decided]
    first = move.decisions[0]
    action = (
        f"tocsin assess {incident.key} --decide LEVEL --because ..."
        if first == RISK
        else f"tocsin not-notify {incident.key} {first} --because ... (or --take-back)"
    )
    people = [*(grounds[of].by for of in move.decisions), *role_or_standin(app, incident, *OWNERS)]
    lines.append(line("decide_anew"))
    tell(app, change, "status", people, lines, subject=move.key, lane="warning", cause=seq, action=action)
