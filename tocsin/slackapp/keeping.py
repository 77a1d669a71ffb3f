"""What came in, kept: sealed, with the signed request as it was, so that two years later it proves who clicked.

By Socket Mode nothing is signed: what was clicked is kept as it came, and called that.
"""

import base64
import json
import time
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

from tocsin.actions.doors import Proof
from tocsin.app import App
from tocsin.sealing import seal, unseal
from tocsin.slackapp.received import Received, received
from tocsin.storage import inbound
from tocsin.storage.inbound import Taken

#: Seconds from its arrival for which the writes wait that stand before Slack's answer, which is due after three.
PATIENCE = 1.5
#: When what is being heard came, on the monotonic clock: it may have waited for a thread already.
arrived: ContextVar[float] = ContextVar("arrived")
#: The kind under which an event that brings files is kept: others work it off.
FILES = "files"


def _patience() -> float:
    now = time.monotonic()
    return max(arrived.get(now) + PATIENCE - now, 0)


def is_new(app: App, name: str) -> bool:
    """Whether a request or an envelope comes for the first time, by a name that no two of them share."""
    with app.database.write(patience=_patience()) as connection:
        return inbound.is_new(connection, name, app.clock())


def is_kept(app: App, it: Received) -> bool:
    """Whether the same thing came in before, by whatever request."""
    with app.database.read() as connection:
        return inbound.is_known(connection, it.id)


def keep(app: App, it: Received, request: Mapping[str, str], held: timedelta = timedelta(0)) -> bool:
    """Keep one thing before it is acknowledged; `request` is the signed request. False when it came before."""
    plain = json.dumps({"payload": it.payload, "request": request}).encode()
    sealed = seal(app.keyring.master, plain, _context(it.id))
    kind = FILES if it.brings_files else it.kind
    with app.database.write(patience=_patience()) as connection:
        return inbound.put(connection, it.id, kind, sealed, app.clock(), held)


def opened(app: App, taken: Taken) -> tuple[Received, Proof]:
    """What was kept, and the proof of it: the request as Slack signed it, or the payload that its connection gave."""
    kept: dict[str, Any] = json.loads(unseal(app.keyring.master, taken.sealed, _context(taken.id)))
    shown = kept["request"] or {"socket": kept["payload"]}
    content = json.dumps(shown, ensure_ascii=False).encode()
    return received(kept["payload"]), Proof(content, signed=bool(kept["request"]))


def _context(id_: str) -> str:
    return f"inbound/{id_}"


def request_of(body: bytes, timestamp: str, signature: str) -> dict[str, str]:
    """A signed request as it is kept: what the signing secret says yes to."""
    return {"timestamp": timestamp, "signature": signature, "body": base64.b64encode(body).decode()}
