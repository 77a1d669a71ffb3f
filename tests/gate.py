"""A door before a mail server that admits so many connections at once, and tells others 421, as Postfix does."""

import socket
import threading
from contextlib import suppress
from typing import Self

_FULL = b"421 4.7.0 gate Error: too many connections from 127.0.0.1\r\n"


class Gate:
    """Listens at `port` of this machine while it is entered. `turned_away` counts whom it did not let in."""

    def __init__(self, behind: int, most: int) -> None:
        self.most, self.inside, self.turned_away = most, 0, 0
        self._behind = behind
        self._lock = threading.Lock()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._admit, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _admit(self) -> None:
        with suppress(OSError):  # the door was closed
            while True:
                guest, _ = self._door.accept()
                with self._lock:
                    full = self.inside >= self.most
                    self.turned_away += full
                    self.inside += not full
                if full:
                    guest.sendall(_FULL)
                    guest.close()
                else:
                    threading.Thread(target=self._lead, args=(guest,), daemon=True).start()

    def _lead(self, guest: socket.socket) -> None:
        with guest, socket.create_connection(("127.0.0.1", self._behind)) as server:
            back = threading.Thread(target=_pass, args=(server, guest), daemon=True)
            back.start()
            _pass(guest, server)
            back.join()
        with self._lock:
            self.inside -= 1


def _pass(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while said := one.recv(65536):
            other.sendall(said)
    for each in (one, other):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
