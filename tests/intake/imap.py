"""A small IMAP server (RFC 9051, as much as a mailbox needs) on loopback, that misbehaves on order.

There is none on PyPI that is alive: pymap rests since 2024. It speaks LOGIN, LIST, CREATE, SELECT and, by UID, SEARCH,
FETCH, STORE, COPY, MOVE and EXPUNGE.
"""

import asyncio
import re
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType

_WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\([^)]*\))|(\S+)')


@dataclass
class Stored:
    """A message as it lies in a folder."""

    raw: bytes
    received: datetime
    flags: set[str] = field(default_factory=set)


@dataclass
class Imap:
    """The server: its folders, what was asked of it, and how it shall misbehave.

    `fault` is how it answers the command `at`: `hang`, `drop` the line, say `no`, or `garbage`.
    """

    password: str = "secret"
    capabilities: str = "IMAP4rev1 UIDPLUS MOVE"
    context: ssl.SSLContext | None = None
    folders: dict[str, dict[int, Stored]] = field(default_factory=lambda: {"INBOX": {}})
    validity: int = 1
    #: Over the content of this message the line breaks.
    cursed: int = 0
    asked: list[str] = field(default_factory=list)
    at: str = ""
    fault: str = ""
    port: int = 0
    _number: int = 0

    def put(self, raw: bytes, received: datetime | None = None) -> int:
        """A message arrives in the INBOX; returns its UID."""
        self._number += 1
        self.folders["INBOX"][self._number] = Stored(
            raw, received or datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
        )
        return self._number

    def lies_in(self, folder: str) -> list[bytes]:
        """The messages of a folder."""
        return [stored.raw for stored in self.folders.get(folder, {}).values()]

    def __enter__(self) -> "Imap":
        self._loop = asyncio.new_event_loop()
        started = threading.Event()

        async def serve() -> None:
            server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=self.context, limit=2**20)
            self.port = server.sockets[0].getsockname()[1]
            started.set()

        self._loop.create_task(serve())
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        def stop() -> None:
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.call_soon(self._loop.stop)

        self._loop.call_soon_threadsafe(stop)
        self._thread.join(10)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while line := await reader.readline():
            tag, *words = (quoted or listed or plain for quoted, listed, plain in _WORD.findall(line))
            verb = words.pop(0).decode().upper()
            verb = f"UID {words.pop(0).decode().upper()}" if verb == "UID" else verb
            self.asked.append(verb)
            if verb == self.at:
                if self.fault == "hang":
                    continue
                if self.fault == "drop":
                    break
                writer.write(
                    b"* \x00\xff nonsense )(\r\n" if self.fault == "garbage" else tag + b" NO not now\r\n"
                )
                if self.fault == "no":
                    continue
            if verb == "UID FETCH" and words[0] == b"%d" % self.cursed and b"BODY" in words[1]:
                break
            told, end = self._answer(verb, [word.decode() for word in words])
            writer.write(b"".join(told) + tag + b" " + end.encode() + b"\r\n")
            await writer.drain()
            if verb == "LOGOUT":
                break
        writer.close()

    def _answer(self, verb: str, words: list[str]) -> tuple[list[bytes], str]:
        match verb, words:
            case "CAPABILITY", _:
                return [f"* CAPABILITY {self.capabilities}\r\n".encode()], "OK done"
            case "LOGIN", [_, password]:
                return [], "OK in" if password == self.password else "NO [AUTHENTICATIONFAILED] no"
            case "LOGOUT", _:
                return [b"* BYE\r\n"], "OK bye"
            case (("LIST" | "CREATE" | "SELECT"), _):
                return self._of_folders(verb, words[-1])
            case _:
                return self._by_uid(verb, words)

    def _of_folders(self, verb: str, name: str) -> tuple[list[bytes], str]:
        if verb == "CREATE":
            self.folders[name] = {}
        elif name not in self.folders:
            return [], "OK none" if verb == "LIST" else "NO none"
        elif verb == "LIST":
            return [f'* LIST () "/" "{name}"\r\n'.encode()], "OK done"
        told = [f"{len(self.folders[name])} EXISTS", f"OK [UIDVALIDITY {self.validity}] so numbered"]
        return [f"* {each}\r\n".encode() for each in told], "OK [READ-WRITE] done"

    def _by_uid(self, verb: str, words: list[str]) -> tuple[list[bytes], str]:
        inbox = self.folders["INBOX"]
        if verb == "UID SEARCH":
            found = [str(uid) for uid, stored in inbox.items() if "\\Deleted" not in stored.flags]
            return [f"* SEARCH {' '.join(found)}\r\n".encode()], "OK done"
        uids = [int(uid) for uid in words[0].split(",") if int(uid) in inbox]
        if verb == "UID FETCH":
            return [_fetched(uid, inbox[uid], words[1]) for uid in uids], "OK done"
        for uid in uids:
            if verb == "UID STORE":
                inbox[uid].flags.update(words[2].strip("()").split())
            if verb in ("UID COPY", "UID MOVE"):
                self.folders[words[1]][uid] = inbox[uid]
            if verb in ("UID MOVE", "UID EXPUNGE"):
                del inbox[uid]
        return [], "OK done"


def _fetched(uid: int, stored: Stored, wanted: str) -> bytes:
    if "BODY" not in wanted:
        moment = stored.received.strftime("%d-%b-%Y %H:%M:%S +0000")
        return f'* 1 FETCH (UID {uid} RFC822.SIZE {len(stored.raw)} INTERNALDATE "{moment}")\r\n'.encode()
    most = int(wanted.rpartition(".")[2].rstrip(">)"))
    head = "HEADER" in wanted
    content = (stored.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if head else stored.raw)[:most]
    name = "BODY[HEADER]<0>" if head else "BODY[]<0>"
    return f"* 1 FETCH (UID {uid} {name} {{{len(content)}}}\r\n".encode() + content + b")\r\n"
