"""The waking of a home: asks Prefect to run what sleeps and should not."""

from collections.abc import Callable

from tocsin.app import App
from tocsin.domain.errors import Refused

#: Wakes in Prefect what sleeps and should not; returns why it could not, or None.
Waking = Callable[[], str | None]


def waking_of(app: App) -> Waking | None:
    """The waking of a home's Prefect, or None where it has none."""
    if app.settings.prefect.url is None:
        return None
    from tocsin.storage.runs import Runs
    from tocsin.wake import Waker

    book, made = Runs(app.database), list[Waker]()

    def waking() -> str | None:
        try:
            # Its password may be made after the bell has come up, and deadlines do not wait for it.
            made[:] = made or filter(None, [Waker.of(app.settings)])
        except Refused as error:
            return str(error)
        return made[0].wake(book.due(app.now()), book, app.clock()).trouble

    return waking
