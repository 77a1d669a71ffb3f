"""Mail as it lies in files: one message, an mbox (RFC 4155), a Maildir, or a folder of messages."""

import mailbox
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tocsin.domain.errors import Refused

#: How an mbox begins. No message does: a field's name holds no space.
_MBOX = b"From "
#: Of one message so many bytes are read.
LONGEST = 2**20


def messages(place: str) -> Iterator[bytes]:
    """The messages at a path, as bytes; of each its beginning. Nothing is moved.

    Refused for what is not there or cannot be read. A file that goes while a Maildir is read was taken by its owner.
    """
    path = Path(place)
    try:
        if path.is_dir():
            yield from _folder(path)
        else:
            yield from _file(path)
    except OSError as error:
        raise Refused(f"{place}: {error.strerror}; name a message, an mbox or a Maildir") from None


def _folder(path: Path) -> Iterator[bytes]:
    boxes = [box for name in ("cur", "new") if (box := path / name).is_dir()]
    files = sorted(file for box in boxes or [path] for file in box.iterdir() if file.is_file())
    if not files and not boxes:
        raise Refused(f"{path}: no message lies there; name a message, an mbox or a Maildir")
    for file in files:
        try:
            yield _beginning(file)
        except FileNotFoundError:
            continue


def _file(path: Path) -> Iterator[bytes]:
    begins = _beginning(path)
    if not begins.startswith(_MBOX):
        yield begins
        return
    with closing(mailbox.mbox(path, create=False)) as box:
        for key in box.iterkeys():
            with closing(box.get_file(key)) as message:
                yield message.read(LONGEST)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LONGEST)
