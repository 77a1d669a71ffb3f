"""Object stores, looked through and read by fsspec: `s3://bucket/folder/*.gz`, and whatever else it speaks to.

Whoever runs Tocsin is let in by the chain of credentials of the store's own tools (for S3 environment, profile, role of
the machine: docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html). Nothing is read from sources.yaml.
"""

from collections.abc import Iterator
from typing import Any

from tocsin.domain.answers import nearest
from tocsin.domain.errors import Refused
from tocsin.sources.patterns import Entry

#: Bytes that a store is asked for at once, and held in memory for each object under way.
_ASKED_FOR = 8 << 20
#: Bytes that are read in one go.
_CHUNK = 1 << 18
#: Seconds to wait for a store: a person sits before it.
_PATIENCE = {"connect_timeout": 10, "read_timeout": 60}
#: What a protocol is to be told beyond its address.
_TOLD: dict[str, dict[str, Any]] = {"s3": {"config_kwargs": _PATIENCE}}
#: What changes when the bytes of an object do, in the words of different stores; the first one known is taken.
_MARKS = ("ETag", "etag", "md5Hash", "content_md5", "mtime", "LastModified", "last_modified", "created")


class StoreFailed(OSError):
    """A store did not do what it was asked for. Its own words may hold a key, so only the kind of error is told."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(None, type(error).__name__)


class ObjectStore:
    """A store of objects, as folders of files: what stands before a slash in a name is a folder."""

    def __init__(self, files: Any) -> None:
        self._files = files

    def at(self, address: str) -> Entry:
        """What stands at an address. StoreFailed where nobody is let in."""
        try:
            found = self._files.info(address)
        except FileNotFoundError:
            return Entry(_last(address), "absent", address)
        except Exception as error:
            raise StoreFailed(error) from None
        return self._entry(found)

    def within(self, folder: Entry) -> list[Entry]:
        """What stands in a folder, in order of names. StoreFailed where nobody is let in."""
        try:
            found = self._files.ls(folder.address, detail=True)
        except Exception as error:
            raise StoreFailed(error) from None
        entries = [self._entry(each) for each in found if not _is_marker(each)]
        return sorted(entries, key=lambda each: each.name)

    def _entry(self, found: dict[str, Any]) -> Entry:
        address = self._files.unstrip_protocol(found["name"])
        name = _last(found["name"])
        if found["name"].endswith("/"):
            return Entry(f"{name}//", "unread", address, why="has no name behind its slash", hides_more=True)
        if found["type"] == "directory":
            return Entry(name, "folder", address)
        if found.get("size") is None:
            return Entry(name, "unread", address, why="has no size that its store tells")
        size = int(found["size"])
        mark = next((str(found[each]) for each in _MARKS if found.get(each)), "")
        return Entry(name, "file", address, size, f"{mark} {size}")

    def blocks(self, address: str) -> Iterator[bytes]:
        """The bytes of an object from its beginning. StoreFailed where they cannot be had, or change meanwhile."""
        try:
            with self._files.open(address, "rb", block_size=_ASKED_FOR, cache_type="readahead") as stream:
                while chunk := stream.read(_CHUNK):
                    yield chunk
        except Exception as error:
            raise StoreFailed(error) from None

    def opened(self, address: str) -> Any:
        """An object as a file in which one can go to any place. StoreFailed where it cannot be opened."""
        try:
            return self._files.open(address, "rb", block_size=_CHUNK)
        except Exception as error:
            raise StoreFailed(error) from None


def open_store(source: str, address: str) -> ObjectStore:
    """The store that an address leads to. Refused where its protocol is unknown, or its package not installed."""
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]
    from fsspec.registry import known_implementations  # type: ignore[import-untyped]

    protocol = address.partition("://")[0].lower()
    if protocol not in known_implementations and protocol != "memory":
        raise Refused(
            f"source {source}: {protocol}:// is no store that fsspec knows{nearest(protocol, known_implementations)}"
        )
    try:
        # What came since must show when somebody looks again, so nothing that was seen is kept.
        files, _ = url_to_fs(
            address, skip_instance_cache=True, use_listings_cache=False, **_TOLD.get(protocol, {})
        )
    except ImportError:
        wanted = "tocsin[s3]" if protocol == "s3" else f"fsspec[{protocol}]"
        raise Refused(
            f"source {source}: {protocol}:// wants a package more: pip install '{wanted}'"
        ) from None
    except Exception as error:
        raise Refused(
            f"source {source}: {protocol}:// cannot be opened ({type(error).__name__}); correct `paths` in sources.yaml"
        ) from None
    return ObjectStore(files)


def _is_marker(found: dict[str, Any]) -> bool:
    """Whether it is the empty object by which consoles keep a folder that holds nothing."""
    return found["type"] != "directory" and found["name"].endswith("/") and not found.get("size")


def _last(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2]
