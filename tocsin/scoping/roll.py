"""The roll of everybody who was found: on disk and not in memory, for whoever goes through it again.

People may be millions. What is personal lies sealed under a key that stands nowhere, in a file without a name: it is
gone with the process, however that ends.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import ipc

from tocsin.sources.sealed import SealedFiles

#: People at a time: few beside what the engine holds, and many beside what a batch costs.
_BATCH = 4096
_PACKED = ipc.IpcWriteOptions(compression="lz4")


class Roll:
    """Rows of the engine in their order, as often as they are asked for."""

    def __init__(self, reader: Any, schema: pa.Schema) -> None:
        self._file, self._schema = ipc.open_file(reader), schema

    @classmethod
    def of(cls, engine: Any, rows: Any, folder: Path) -> "Roll":
        """Rows of an expression, worked out now. The `folder` may go as soon as they are here."""
        files, name = SealedFiles(folder, os.urandom(32)), f"roll-{os.urandom(8).hex()}"
        schema = rows.schema().to_pyarrow()
        with files.open(name, "wb") as sink, ipc.new_file(sink, schema, options=_PACKED) as out:
            for part in engine.in_parts(rows, _BATCH):
                out.write_table(part.cast(schema))
        reader = files.open(name)
        (folder / name).unlink()
        return cls(reader, schema)

    def parts(self) -> Iterator[pa.Table]:
        """Some thousand rows at a time, the fields of a struct as columns of their own."""
        for place in range(self._file.num_record_batches):
            yield pa.Table.from_batches([self._file.get_batch(place)]).flatten()

    def whole(self) -> pa.Table:
        """All of it at once, for whoever has the memory."""
        return pa.concat_tables([self._schema.empty_table().flatten(), *self.parts()])
