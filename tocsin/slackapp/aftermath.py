"""What follows a change: its quick consequences at once, and what they say to people on its way."""

from tocsin.app import App
from tocsin.engine import advance, quick_only
from tocsin.slackapp.desk import Desk
from tocsin.views.access import recorded_although
from tocsin.views.calls import untried


def advanced(app: App, key: str) -> str | None:
    """Draw the quick consequences. Returns why not, where the plan fails: what was said is kept all the same."""
    try:
        advance(app, key, wanted=quick_only, holder="slack")
    except Exception as poison:  # any failure at all: only one that set no incident apart is ours
        trouble = recorded_although(app, key, poison)
        if trouble is None:
            raise
        return trouble
    return None


def posted(desk: Desk, key: str) -> None:
    """Begin to send what nobody has tried to send: people are called now, not when the bell looks next.

    It is not waited for: a relay that hangs holds up no hand.
    """
    if untried(desk.app, key):
        desk.post.send(desk.app)
