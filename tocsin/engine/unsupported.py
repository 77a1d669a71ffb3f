"""People whom the scope no longer supports: those who decide on them are asked, once for each revision."""

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain import kinds as k
from tocsin.domain import moves as m
from tocsin.engine.messages import role_or_standin, tell
from tocsin.rendering.message import Line, line

#: Who decides whether somebody leaves the scope.
DECIDERS = ("dpo", "investigation")


def ask_about_unsupported(app: App, change: Change, move: m.AskAboutUnsupported) -> None:
    """Say how many they are, how many of them were told already, and that they stay until a person decides."""
    incident = change.incident
    body = k.UnsupportedAsked(revision=move.revision, people=move.people)
    seq = change.add(body, cause=move.cause, key=move.key)
    told = sum(incident.held_told.values())
    lines: list[str | Line] = [
        line("unsupported", count=move.people, revision=move.revision),
        *([line("unsupported_told", count=told)] if told else []),
        line("unsupported_stay"),
    ]
    people = role_or_standin(app, incident, *DECIDERS)
    action = f"tocsin affected {incident.key} --changes"
    tell(app, change, "status", people, lines, subject=move.key, lane="warning", cause=seq, action=action)
