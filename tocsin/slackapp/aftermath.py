"""What follows a change: its quick consequences at once, and what they say to people on its way."""

from tocsin.app import App
from tocsin.delivery.outbox import deliver
from tocsin.engine import advance, quick_only
from tocsin.storage.waiting import Load
from tocsin.views.access import set_apart
from tocsin.views.calls import untried


def advanced(app: App, key: str) -> str | None:
    """Draw the quick consequences. Returns why not, where the plan fails: what was said is kept all the same."""
    try:
        advance(app, key, wanted=quick_only, holder="slack")
    except Exception as poison:  # any failure at all: only one that set no incident apart is ours
        if set_apart(app, key) is None:
            raise
        return (
            f"recorded, but {key} is set apart: its plan fails ({type(poison).__name__}); tocsin verify {key}"
        )
    return None


def delivered(app: App, key: str) -> None:
    """Send what nobody has tried to send of this incident: people are called now, not when the bell looks next."""
    if untried(app, key):
        deliver(app, Load(incident=key))
