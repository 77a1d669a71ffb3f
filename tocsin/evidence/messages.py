"""Messages to our own people: each opens in its own row, and none that the timeline counted is gone.

A page names its routes, so its messages are known one by one. What else was said is counted by each published head: a
warning that was taken away since the last of them cannot be missed, nor can one that was said beside the timeline.
"""

from tocsin.change import message_id
from tocsin.domain.errors import Refused
from tocsin.evidence.case import Bad, Case, Check
from tocsin.sealing import unseal
from tocsin.storage import outbox


def messages(case: Case) -> Check:
    """The outbox, message by message, then the pages and the digests of the published heads."""
    key = case.app.record_key(case.key)
    rows = outbox.of_incident(case.connection, case.key)
    for row in rows:
        place = f"{case.key} outbox: message {row['key'].partition('/')[2]}"
        if row["id"] != message_id(key, row["key"]) or not row["key"].startswith(f"{case.key}/"):
            raise Bad(f"{place} does not have the id that belongs to it", row["cause"])
        try:
            unseal(key, row["sealed"], outbox.sealed_for(row))
        except Refused:
            raise Bad(
                f"{place} is not what entry {row['cause']} said, or not to whom", row["cause"]
            ) from None
    there = {row["key"] for row in rows}
    for call, seq in case.story.calls.items():
        if call not in there:
            raise Bad(f"{case.key} entry {seq}: its message {call.partition('/')[2]} is missing", seq)
    for at, upto, digest in case.story.said:
        if outbox.said_digest(rows, upto) != digest:
            raise Bad(
                f"{case.key} entry {at}: the messages up to entry {upto} are not those that it counted", at
            )
    return Check(
        "messages", len(rows), f"{len(rows):,} messages open, {len(case.story.calls):,} of them pages"
    )
