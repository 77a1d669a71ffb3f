"""Where a letter goes that an address of its reader does not take: to the next one, the same letter once more.

An approval binds people, not addresses: whoever was approved to be told is told at any address that the scope knew.
Behind her own comes her guardian's, with words to a guardian, where such a letter is among those that were approved.
Each address is left once and for all, and under each the letter has a Message-ID of its own, so that what comes back
late on one says nothing of another.
"""

import json
from typing import Any

from tocsin.engine.letterrow import opened, variant_at
from tocsin.sealing import keyed_digest, seal
from tocsin.storage.ledger import Onward, mark_of, sealed_for


def onward(people_key: bytes, row: Any) -> Onward | None:
    """The way to the next address of a row, or None where there is none."""
    if row.address >= row.addresses:
        return None
    sealed, address = opened(people_key, row), row.address + 1
    token = keyed_digest(people_key, f"{row.message_id}/{address}".encode())[: len(row.mark)]
    message_id = f"{token}@{row.message_id.rpartition('@')[2]}"
    content = json.dumps(sealed, ensure_ascii=False).encode()
    again = seal(people_key, content, sealed_for(row.incident, message_id))
    variant, way = variant_at(sealed, row, address)
    return Onward(row.id, address, message_id, again, mark_of(row.message_id), variant, way)
