"""Take out a list of those whom no letter reached, for another way: with a role, a reason, and an entry."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from tocsin.actions.asking import act, command_of, first_answer, refuse_silence
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.approving import APPROVERS
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import PeopleListed
from tocsin.domain.ways import Ground, Listed
from tocsin.engine.letters import drafted
from tocsin.engine.listing import File, Found, for_post, in_app, refuse_unwritable, to_the_public, whom_left
from tocsin.private import appearing, private_file
from tocsin.record import Recorded
from tocsin.storage import ledger


def list_people(
    app: App,
    actor: Actor,
    key: str,
    notice: str,
    way: Listed,
    out: Path,
    *,
    ground: Ground | None = None,
    because: str,
    command: str | None = None,
) -> Recorded:
    """Write the list for a way into the new folder `out`, for its owner alone. Nobody on it counts as told by that.

    A notice to the public needs the ground on which it may stand in the place of letters. Said again, it writes no
    second list: the first may have served and been deleted.
    """
    asked = command_of(command, "list", [notice, way, str(out.absolute()), ground, because])
    if done := first_answer(app, actor, key, asked):
        return done
    incident = app.incident(key)
    drafted(app, incident, notice)
    need(actor, incident, *APPROVERS)
    refuse_unwritable(app, incident, notice)
    _refuse_ground(way, ground)
    found = whom_left(app, incident, notice, way)
    if not found.people:
        raise Refused(_nobody(key, notice, way, found.left_out))
    refuse_silence(
        because, "say why this list leaves the system: --because 'the printer posts them on 25 November'"
    )
    with appearing(out, advice="name a folder in one that can be written") as folder:
        files = _written(_files(app, key, notice, way, found, ground), folder)
        return _said(app, actor, key, notice, way, found, files, ground or "", because, asked)


def _files(
    app: App, key: str, notice: str, way: Listed, found: Found, ground: Ground | None
) -> Iterator[File]:
    incident = app.incident(key)
    if way == "in-app":
        return in_app(app, incident, notice, found)
    if way == "post":
        return for_post(app, incident, notice, found)
    assert ground is not None
    return to_the_public(app, incident, notice, found, ground)


def _written(files: Iterator[File], folder: Path) -> dict[str, str]:
    """Name to SHA-256 of each file."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    digests = {}
    for name, pieces in files:
        seen = hashlib.sha256()
        with private_file(folder / name) as file:
            for piece in pieces:
                seen.update(piece)
                file.write(piece)
        digests[name] = seen.hexdigest()
    return digests


def _said(
    app: App,
    actor: Actor,
    key: str,
    notice: str,
    way: Listed,
    found: Found,
    files: dict[str, str],
    ground: str,
    because: str,
    asked: tuple[str, str] | None,
) -> Recorded:
    """Said before it is there: a list that nobody knows of is worse than an entry without one."""

    def decide(change: Change) -> None:
        need(actor, change.incident, *APPROVERS)
        change.add(
            PeopleListed(
                notice=notice,
                way=way,
                people=dict(Counter(found.people.values())),
                files=files,
                left_out=dict(found.left_out),
                ground=ground,
                because=change.keep(because.strip()),
            )
        )

        def settle(connection: Connection) -> None:
            if ledger.put_on_list(connection, key, notice, way, found.people) != len(found.people):
                raise Refused("letters came back a moment ago; look at the list once more, and say it again")

        change.also.append(settle)

    return act(app, actor, key, decide, command=asked)


def _refuse_ground(way: Listed, ground: Ground | None) -> None:
    if way == "public-notice" and ground is None:
        raise Refused(
            "a notice to the public stands in the place of letters only where those cannot be: say which, "
            "--ground impossible or --ground disproportionate (GDPR, Art. 34(3)(c))"
        )
    if way != "public-notice" and ground is not None:
        raise Refused("--ground belongs to a public notice; leave it out")


def _nobody(key: str, notice: str, way: str, left_out: Counter[str]) -> str:
    if left_out:
        why = "; ".join(f"{count:,}: {reason}" for reason, count in left_out.most_common())
        return f"nobody whom {notice} did not reach can be on a list for {way} ({why})"
    return (
        f"{notice} reached everybody who can be told in another way, or is still on its way; "
        f"tocsin ledger {key} {notice}"
    )
