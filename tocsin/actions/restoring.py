"""After a restore: a person lets go what was held back, since only people know what left after the backup."""

from tocsin.actions.knowing import note
from tocsin.actors import OFFICES, Actor, known
from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.moments import iso
from tocsin.storage import timeline


def let_go(app: App, actor: Actor, *, because: str) -> tuple[str, ...]:
    """Let letters and old messages leave again, and say so in the open incidents; returns their keys.

    Refused without a reason, in a home that was not restored, and for those who hold no office.
    """
    person, made = known(actor), app.restored
    if made is None:
        raise Refused(f"{app.settings.home} was not restored from a backup; nothing is held back")
    if not set(OFFICES) & set(person.roles):
        raise Refused(f"{person.id} may not do this; ask the {' or the '.join(OFFICES)}")
    if not because.strip():
        raise Refused("say what was compared, and what left after the backup: --because '...'")
    with app.database.read() as connection:
        rows = timeline.listed(connection, only_open=True)
    words = f"Restored from the backup of {iso(made)}; what was held back may leave: {because.strip()}"
    # One that was set apart cannot be written to, and keeps nobody else waiting; of one that excludes the person
    # nothing is said.
    sound = [str(row["key"]) for row in rows if row["quarantined"] is None]
    keys = tuple(key for key in sound if person.id not in app.incident(key).excluded)
    for key in keys:
        note(app, actor, key, words)
    app.settings.restored_file.unlink(missing_ok=True)
    return keys
