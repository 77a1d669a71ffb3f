"""Every table, in one place, however long. The migrations in `migrations/` build exactly these (a test compares them).

Entries and their texts are the truth. `incident` and `duty` are projections and can be made again. Moments are
stored as UTC ISO 8601 text of one width, so that they sort and compare the same on SQLite and PostgreSQL.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
    true,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def moment_text(value: datetime) -> str:
    """An aware moment as it is stored."""
    if value.tzinfo is None:
        raise ValueError("a naive moment reached the database")
    return value.astimezone(UTC).isoformat(timespec="microseconds")


class Moment(TypeDecorator[datetime]):
    """An aware moment as fixed-width UTC text; microseconds always written, so that text order is time order."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """To text. A naive moment is a programming error."""
        return None if value is None else moment_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """From text."""
        return None if value is None else datetime.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """JSON as the database likes it best; the order of keys is not kept, and nothing that is hashed depends on it."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """PostgreSQL's own kind, imported where it is spoken to."""
        if dialect.name != "postgresql":
            return dialect.type_descriptor(JSON())
        from sqlalchemy.dialects.postgresql import JSONB

        return dialect.type_descriptor(JSONB())


entry = Table(
    "entry",
    metadata,
    Column("incident", String(32), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", String(40), nullable=False),
    Column("recorded_at", String(40), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    #: Text, not JSON: these very bytes were hashed.
    Column("body", Text, nullable=False),
    Column("causation_seq", Integer),
    Column("command_key", String(200)),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("incident", "command_key"),
)
#: What shuts a route of an incident, or opens it again. Each request from Slack asks for it, of all that ever was.
SILENCING = ("RouteSilenced", "RouteTrusted")
Index("ix_entry_silencing", entry.c.incident, entry.c.seq, sqlite_where=entry.c.kind.in_(SILENCING))

text = Table(
    "text",
    metadata,
    Column("incident", String(32), primary_key=True),
    Column("words", String(80), primary_key=True),
    #: A keyed hash by which a text that is said again is found. It goes with the row when the text is destroyed.
    Column("said", String(64), nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_text_incident_said", "incident", "said"),
)

incident = Table(
    "incident",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("code_name", String(60), nullable=False),
    Column("type", String(60), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("status", String(20), nullable=False),
    Column("drill", Boolean, nullable=False),
    Column("restricted", Boolean, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("declared_at", Moment, nullable=False),
    Column("head_seq", Integer, nullable=False),
    Column("head_hash", String(64), nullable=False),
    #: Up to which entry the flow run that shows it in Prefect had seen the timeline when it last left.
    Column("parked_seq", Integer, nullable=False, default=0),
    #: Whether it has a flow run that has not ended, as far as we know.
    Column("shown", Boolean, nullable=False, default=False),
    #: Up to which entry its room in Slack shows it.
    Column("room_seq", Integer, nullable=False, default=0),
    #: The packs against which its laws were held last; empty while nobody has looked.
    Column("held_against", String(64), nullable=False, default=""),
    Column("wake_at", Moment),
    Column("waiting_for", String(200), nullable=False),
    Column("next_due", Moment),
    Column("quarantined", Text),
    # What is due is found by this index, and what is open by the next: nothing grows with closed incidents.
    Index("ix_incident_wake_at", "wake_at"),
)
# SQLite takes a partial index where a query says the very same words, and `open` is asked for as `open = 1`.
# That it is partial on PostgreSQL too says the migration alone: a word of that dialect loads all of it here.
Index("ix_incident_open", incident.c.number, sqlite_where=incident.c.open == true())
# What the bell asks in every round: which open ones does their run not show as they are, which closed ones does it show
# still, and the laws of which were not held against those of today? A round that finds nothing walks along none.
Index(
    "ix_incident_unseen",
    incident.c.head_seq,
    sqlite_where=and_(incident.c.open == true(), incident.c.head_seq > incident.c.parked_seq),
)
Index("ix_incident_shown", incident.c.number, sqlite_where=and_(incident.c.shown == true(), ~incident.c.open))
Index("ix_incident_behind", incident.c.head_seq, sqlite_where=incident.c.head_seq > incident.c.room_seq)
Index("ix_incident_held_against", incident.c.held_against, sqlite_where=incident.c.open == true())

duty = Table(
    "duty",
    metadata,
    Column("incident", String(32), primary_key=True),
    Column("key", String(160), primary_key=True),
    Column("cite", Text, nullable=False),
    Column("recipient", String(30), nullable=False),
    Column("due_at", Moment),
    Column("state", String(20), nullable=False),
    Column("met_at", Moment),
)

command = Table(
    "command",
    metadata,
    Column("key", String(200), primary_key=True),
    #: Under the incident's record key; forgotten with a text that the command said.
    Column("digest", String(64), nullable=False),
    Column("incident", String(32), nullable=False),
    #: Its entries are those behind `after`, up to `seq`.
    Column("after", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    #: What it answered beyond its entries: JSON under the record key.
    Column("sealed", LargeBinary),
)

document = Table(
    "document",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

incident_key = Table(
    "incident_key",
    metadata,
    Column("incident", String(32), primary_key=True),
    Column("purpose", String(12), primary_key=True),
    Column("wrapped", LargeBinary),
    Column("destroyed_at", Moment),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("incident", String(32), nullable=False),
    Column("cause", Integer, nullable=False),
    #: Pages have a lane of their own: `page` before `warning` before `status`.
    Column("lane", Integer, nullable=False),
    Column("route", String(60), nullable=False),
    Column("person", String(80), nullable=False),
    Column("page", Integer),
    #: Written since the message did not get through by another route.
    Column("turned", Boolean, nullable=False, default=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("doubtful", Boolean, nullable=False, default=False),
    Column("not_before", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("lease", String(36)),
    Column("created_at", Moment, nullable=False),
    Column("first_attempt_at", Moment),
    Column("settled_at", Moment),
    Column("outcome", String(12)),
    Column("phase", String(20)),
    Column("reply", Text),
    Index("ix_outbox_state_not_before", "state", "not_before"),
    Index("ix_outbox_incident", "incident"),
)

#: Each way to people as it was found at the last try. While `down_since` stands, one message tries it at `probe_at`.
route = Table(
    "route",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("last_success", Moment),
    Column("down_since", Moment),
    Column("why", Text),
    Column("probes", Integer, nullable=False, default=0),
    Column("probe_at", Moment),
)

#: Where the other side asked us to wait: a person, or the room of an incident, by one route.
hold = Table(
    "hold",
    metadata,
    Column("route", String(60), primary_key=True),
    Column("destination", String(80), primary_key=True),
    Column("until", Moment, nullable=False),
)

affected = Table(
    "affected",
    metadata,
    Column("incident", String(32), primary_key=True),
    Column("revision", Integer, primary_key=True),
    #: HMAC-SHA256 of the person's id under the incident's people key.
    Column("person", String(64), primary_key=True),
    Column("bucket", String(20), nullable=False),
    Column("place", String(12), nullable=False),
    Column("locale", String(12), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

#: Accounts that a scope came upon and that are no person's own row: another's second one, or nobody's.
account = Table(
    "account",
    metadata,
    Column("incident", String(32), primary_key=True),
    Column("revision", Integer, primary_key=True),
    #: HMAC-SHA256 of the account's id, like that of a person.
    Column("account", String(64), primary_key=True),
    #: Whose it is, under her pseudonym; null: no customer source knows.
    Column("person", String(64)),
    #: Of an account that nobody owns, its id and what was seen of it; else empty.
    Column("sealed", LargeBinary, nullable=False),
)

#: What a person decided of somebody whom a revision of the scope no longer supports, by the entry that says so.
judged = Table(
    "judged",
    metadata,
    Column("incident", String(32), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("person", String(64), primary_key=True),
    #: The revision that did not support this person when it was decided.
    Column("revision", Integer, nullable=False),
    #: Owed a letter all the same; else released from the scope.
    Column("upheld", Boolean, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("incident", String(32), nullable=False),
    Column("notice", String(80), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("person", String(64), nullable=False),
    Column("variant", String(64), nullable=False),
    #: Which readers this one is one of to the laws: `place/role/group`.
    Column("readers", String(80), nullable=False),
    #: To which of its addresses the letter goes, and how many it has; an address that is left is never gone back to.
    Column("address", Integer, nullable=False, default=1),
    Column("addresses", Integer, nullable=False, default=1),
    Column("message_id", String(320), nullable=False),
    #: What the Message-ID begins with: what comes back names the letter by it.
    Column("mark", String(32), nullable=False),
    Column("state", String(12), nullable=False),
    Column("reason", String(200)),
    Column("attempts", Integer, nullable=False, default=0),
    Column("doubtful", Boolean, nullable=False, default=False),
    Column("not_before", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("lease", String(36)),
    Column("first_attempt_at", Moment),
    Column("settled_at", Moment),
    #: By which way its person is told, where that is not a letter to herself; beside a list, how it is to be.
    Column("way", String(16)),
    #: When somebody accounted for a person whom the letter did not reach.
    Column("accounted_at", Moment),
    #: Since when the letter waits, because the scope no longer supports its reader: a person decides.
    Column("held_at", Moment),
    Column("phase", String(20)),
    Column("reply", Text),
    #: SHA-256 of the letter's bytes as they were last handed to the relay, or were to be.
    Column("letter", String(64)),
    #: What the reports on a letter that left come to: delivered, bounced, or nothing yet.
    Column("reported", String(9)),
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("incident", "notice", "person"),
)
# A row is written twice for each try, on PostgreSQL each time into every index in which it stands: what is settled, but
# for what was refused, stands in no index of states, and what comes back finds its letter elsewhere.
Index(
    "ix_ledger_unsettled",
    ledger.c.incident,
    ledger.c.notice,
    ledger.c.state,
    ledger.c.not_before,
    sqlite_where=ledger.c.settled_at.is_(None),
)
Index("ix_ledger_refused", ledger.c.incident, ledger.c.notice, sqlite_where=ledger.c.state == "refused")

#: Every mark that a letter carries or has carried, with the address that it went to then, or 0 for an older draft: what
#: comes back, however late, is known by it.
mark = Table(
    "mark",
    metadata,
    Column("mark", String(32), primary_key=True),
    Column("row", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    Column("address", Integer, nullable=False),
    Index("ix_mark_row", "row"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("door", String(8), nullable=False),
    Column("row", String(36), nullable=False),
    Column("number", Integer, nullable=False),
    #: Of a letter, which of its addresses was tried.
    Column("address", Integer),
    Column("at", Moment, nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("phase", String(20)),
    Column("reply", Text),
    Index("ix_attempt_door_row", "door", "row"),
)

#: Up to when the relay, and each recipient domain by a keyed digest, has its letters; rows that are past go.
lane = Table(
    "lane",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("free_at", Moment, nullable=False),
    Column("queued_until", Moment, nullable=False),
)

#: Nonces of clicks and links that were used: each is good for one deed. Only digests, since a nonce opens a door.
spent = Table(
    "spent",
    metadata,
    Column("nonce", String(64), primary_key=True),
    Column("incident", String(32), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(80), nullable=False),
    #: After this moment the door refuses it by its age too; the row stays all the same.
    Column("expires", Moment, nullable=False),
    Index("ix_spent_expires", "expires"),
)

vault = Table(
    "vault",
    metadata,
    Column("incident", String(32), primary_key=True),
    Column("item", String(12), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("content", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("path", String(200), nullable=False),
    Column("purpose", String(8), nullable=False),
    Column("kept_by", String(80), nullable=False),
    Column("kept_at", Moment, nullable=False),
)

job = Table(
    "job",
    metadata,
    Column("incident", String(32), primary_key=True),
    Column("key", String(200), primary_key=True),
    #: A name that is never used twice, so that it is the fencing token too.
    Column("holder", String(80), nullable=False),
    Column("lease_until", Moment, nullable=False),
)

run = Table(
    "run",
    metadata,
    Column("incident", String(32), ForeignKey("incident.key"), primary_key=True),
    Column("generation", Integer, nullable=False, default=0),
    Column("flow_run_id", String(36)),
    Column("execution", Integer, nullable=False, default=0),
    Column("beat", Moment),
    Column("woken_at", Moment),
)

room = Table(
    "room",
    metadata,
    Column("incident", String(32), primary_key=True),
    Column("name", String(80), nullable=False, default=""),
    #: Set before the channel is asked for: after a crash, what is there is looked up before anything is made again.
    Column("tried_at", Moment),
    Column("channel", String(40)),
    #: What was last set, as digests: a topic names people of the house.
    Column("purpose", String(64)),
    Column("topic", String(64)),
    Column("bookmarks", String(64)),
    #: Slack id to how the invitation fared.
    Column("guests", Json),
    #: How many cards there were: one that somebody deleted is followed by another.
    Column("card", Integer, nullable=False, default=1),
    Column("card_tried_at", Moment),
    Column("card_ts", String(40)),
    Column("card_digest", String(64)),
    Column("card_at", Moment),
    Column("pinned", Boolean, nullable=False, default=False),
    #: The incident is closed, and its card says so.
    Column("ended", Boolean, nullable=False, default=False),
    #: When to look again though nothing happened.
    Column("look_at", Moment),
    #: After a failure: what Slack said, and until when nothing is tried.
    Column("trouble", Text),
    Column("hold_until", Moment),
)
Index("ix_room_channel", room.c.channel)
Index("ix_room_look_at", room.c.look_at)
Index("ix_room_ended", room.c.incident, sqlite_where=~room.c.ended)

pace = Table(
    "pace",
    metadata,
    #: A method of Slack's Web API, or `*` for all of them.
    Column("method", String(40), primary_key=True),
    Column("not_before", Moment, nullable=False),
)

inbound = Table(
    "inbound",
    metadata,
    #: What names it at the other side, so that what is sent again is known again.
    Column("id", String(200), primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("state", String(8), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("lease", String(36)),
    Column("lease_until", Moment),
    #: How often it was taken in hand.
    Column("tries", Integer, nullable=False),
    #: Sealed under the master key; nothing once it was worked off.
    Column("sealed", LargeBinary),
    Index("ix_inbound_state_received_at", "state", "received_at"),
)

signature = Table(
    "signature",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("seen_at", Moment, nullable=False),
    Index("ix_signature_seen_at", "seen_at"),
)

upload = Table(
    "upload",
    metadata,
    #: The thread in which a file is awaited, and for which step.
    Column("channel", String(40), primary_key=True),
    Column("thread", String(40), primary_key=True),
    Column("incident", String(32), nullable=False),
    Column("step", String(80), nullable=False),
    Column("asked_at", Moment, nullable=False),
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("beat", Moment, nullable=False),
    Column("detail", Json),
)

clock = Table(
    "clock",
    metadata,
    Column("name", String(12), primary_key=True),
    Column("offset_us", BigInteger, nullable=False),
)

#: Mail that came back on letters: reports on their delivery, and what a person has to read.
returned = Table(
    "returned",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    #: Keyed hash of the message: taken in twice, it is one.
    Column("seen", String(64), nullable=False, unique=True),
    Column("taken_at", Moment, nullable=False),
    #: The letter that it is about, where one is known: its row in the ledger, and its mark when this came.
    Column("incident", String(32)),
    Column("notice", String(80)),
    Column("row", BigInteger().with_variant(Integer, "sqlite")),
    Column("mark", String(32)),
    Column("action", String(12), nullable=False),
    Column("status", String(12), nullable=False),
    Column("code", String(20), nullable=False),
    Column("reporter", String(255), nullable=False),
    #: The entry that says so; none yet for one that waits.
    Column("entry", Integer),
    #: The message itself: under the people's key of its incident, or the house's own while it has none.
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_returned_entry_action", "entry", "action"),
    Index("ix_returned_incident_notice_entry", "incident", "notice", "entry"),
    Index("ix_returned_row", "row"),
)

#: Messages from outside that were taken in. Who wrote them stands here as a keyed hash alone.
arrival = Table(
    "arrival",
    metadata,
    Column("identity", String(64), primary_key=True),
    Column("message", String(64)),
    Column("sender", String(64), nullable=False),
    Column("incident", String(32), nullable=False),
    Column("item", String(12), nullable=False),
    Column("taken_at", Moment, nullable=False),
    #: Whether it opened the item that it stands in.
    Column("opened", Boolean, nullable=False),
    #: Whether its sender marked it urgent, and whether the item that it opened calls nobody while it waits.
    Column("urgent", Boolean, nullable=False),
    Column("held", Boolean, nullable=False),
    Index("ix_arrival_held", "held"),
    Index("ix_arrival_message", "message"),
    Index("ix_arrival_sender_taken_at", "sender", "taken_at"),
    Index("ix_arrival_taken_at", "taken_at"),
)
