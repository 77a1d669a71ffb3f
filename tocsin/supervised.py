"""What systemd is told by who runs under it: sd_notify(3), one datagram. Elsewhere nobody listens."""

import os
import socket
from contextlib import suppress


def tell_systemd(state: str) -> None:
    """`READY=1`, `WATCHDOG=1` or `STOPPING=1`. It never raises: a supervisor that is gone stops no work."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.sendto(state.encode(), address)
