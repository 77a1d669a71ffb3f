"""The first schema. It imports no type of ours, so that it builds the same tables whatever those become.

Long, since it holds every table."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Build every table of the first release. One statement a table: the length is the schema's own."""
    op.create_table(
        "account",
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "revision", "account", name=op.f("pk_account")),
    )
    op.create_table(
        "affected",
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("bucket", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=12), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "revision", "person", name=op.f("pk_affected")),
    )
    op.create_table(
        "attempt",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("door", sa.String(length=8), nullable=False),
        sa.Column("row", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("address", sa.Integer(), nullable=True),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index("ix_attempt_door_row", "attempt", ["door", "row"], unique=False)
    op.create_table(
        "arrival",
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("message", sa.String(length=64), nullable=True),
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("item", sa.String(length=12), nullable=False),
        sa.Column("taken_at", sa.String(length=32), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_arrival")),
    )
    op.create_index("ix_arrival_held", "arrival", ["held"], unique=False)
    op.create_index("ix_arrival_message", "arrival", ["message"], unique=False)
    op.create_index("ix_arrival_sender_taken_at", "arrival", ["sender", "taken_at"], unique=False)
    op.create_index("ix_arrival_taken_at", "arrival", ["taken_at"], unique=False)
    op.create_table(
        "clock",
        sa.Column("name", sa.String(length=12), nullable=False),
        sa.Column("offset_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_clock")),
    )
    op.create_table(
        "command",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_command")),
    )
    op.create_table(
        "document",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_document")),
    )
    op.create_table(
        "duty",
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("cite", sa.Text(), nullable=False),
        sa.Column("recipient", sa.String(length=30), nullable=False),
        sa.Column("due_at", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("met_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("incident", "key", name=op.f("pk_duty")),
    )
    op.create_table(
        "entry",
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("recorded_at", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("causation_seq", sa.Integer(), nullable=True),
        sa.Column("command_key", sa.String(length=200), nullable=True),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("incident", "seq", name=op.f("pk_entry")),
        sa.UniqueConstraint("incident", "command_key", name=op.f("uq_entry_incident_command_key")),
    )
    op.create_index(
        "ix_entry_silencing",
        "entry",
        ["incident", "seq"],
        unique=False,
        sqlite_where=sa.text("kind IN ('RouteSilenced', 'RouteTrusted')"),
        postgresql_where=sa.text("kind IN ('RouteSilenced', 'RouteTrusted')"),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("beat", sa.String(length=32), nullable=False),
        sa.Column("detail", _JSON, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "hold",
        sa.Column("route", sa.String(length=60), nullable=False),
        sa.Column("destination", sa.String(length=80), nullable=False),
        sa.Column("until", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("route", "destination", name=op.f("pk_hold")),
    )
    op.create_table(
        "route",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("last_success", sa.String(length=32), nullable=True),
        sa.Column("down_since", sa.String(length=32), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("probes", sa.Integer(), nullable=False),
        sa.Column("probe_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_route")),
    )
    op.create_table(
        "inbound",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("received_at", sa.String(length=32), nullable=False),
        sa.Column("lease", sa.String(length=36), nullable=True),
        sa.Column("lease_until", sa.String(length=32), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound")),
    )
    op.create_index("ix_inbound_state_received_at", "inbound", ["state", "received_at"], unique=False)
    op.create_table(
        "signature",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_signature")),
    )
    op.create_index("ix_signature_seen_at", "signature", ["seen_at"], unique=False)
    op.create_table(
        "upload",
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("thread", sa.String(length=40), nullable=False),
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("step", sa.String(length=80), nullable=False),
        sa.Column("asked_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("channel", "thread", name=op.f("pk_upload")),
    )
    op.create_table(
        "incident",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code_name", sa.String(length=60), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("declared_at", sa.String(length=32), nullable=False),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(length=64), nullable=False),
        sa.Column("parked_seq", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("room_seq", sa.Integer(), nullable=False),
        sa.Column("held_against", sa.String(length=64), nullable=False),
        sa.Column("wake_at", sa.String(length=32), nullable=True),
        sa.Column("waiting_for", sa.String(length=200), nullable=False),
        sa.Column("next_due", sa.String(length=32), nullable=True),
        sa.Column("quarantined", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_incident")),
        sa.UniqueConstraint("number", name=op.f("uq_incident_number")),
    )
    op.create_index("ix_incident_wake_at", "incident", ["wake_at"], unique=False)
    op.create_index(
        "ix_incident_open",
        "incident",
        ["number"],
        unique=False,
        sqlite_where=sa.text("open = 1"),
        postgresql_where=sa.text("open"),
    )
    op.create_index(
        "ix_incident_unseen",
        "incident",
        ["head_seq"],
        unique=False,
        sqlite_where=sa.text("open = 1 AND head_seq > parked_seq"),
        postgresql_where=sa.text("open AND head_seq > parked_seq"),
    )
    op.create_index(
        "ix_incident_behind",
        "incident",
        ["head_seq"],
        unique=False,
        sqlite_where=sa.text("head_seq > room_seq"),
        postgresql_where=sa.text("head_seq > room_seq"),
    )
    op.create_index(
        "ix_incident_shown",
        "incident",
        ["number"],
        unique=False,
        sqlite_where=sa.text("shown = 1 AND open = 0"),
        postgresql_where=sa.text("shown AND NOT open"),
    )
    op.create_index(
        "ix_incident_held_against",
        "incident",
        ["held_against"],
        unique=False,
        sqlite_where=sa.text("open = 1"),
        postgresql_where=sa.text("open"),
    )
    op.create_table(
        "incident_key",
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("destroyed_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("incident", "purpose", name=op.f("pk_incident_key")),
    )
    op.create_table(
        "job",
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("lease_until", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("incident", "key", name=op.f("pk_job")),
    )
    op.create_table(
        "judged",
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("upheld", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "seq", "person", name=op.f("pk_judged")),
    )
    op.create_table(
        "ledger",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("notice", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("variant", sa.String(length=64), nullable=False),
        sa.Column("readers", sa.String(length=80), nullable=False),
        sa.Column("address", sa.Integer(), nullable=False),
        sa.Column("addresses", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=320), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.Column("not_before", sa.String(length=32), nullable=False),
        sa.Column("lease_until", sa.String(length=32), nullable=True),
        sa.Column("lease", sa.String(length=36), nullable=True),
        sa.Column("first_attempt_at", sa.String(length=32), nullable=True),
        sa.Column("settled_at", sa.String(length=32), nullable=True),
        sa.Column("way", sa.String(length=16), nullable=True),
        sa.Column("accounted_at", sa.String(length=32), nullable=True),
        sa.Column("held_at", sa.String(length=32), nullable=True),
        sa.Column("phase", sa.String(length=20), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("letter", sa.String(length=64), nullable=True),
        sa.Column("reported", sa.String(length=9), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        sa.UniqueConstraint("incident", "notice", "person", name=op.f("uq_ledger_incident_notice_person")),
    )
    op.create_index(
        "ix_ledger_unsettled",
        "ledger",
        ["incident", "notice", "state", "not_before"],
        unique=False,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_index(
        "ix_ledger_refused",
        "ledger",
        ["incident", "notice"],
        unique=False,
        sqlite_where=sa.text("state = 'refused'"),
        postgresql_where=sa.text("state = 'refused'"),
    )
    op.create_table(
        "mark",
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_mark")),
    )
    op.create_index("ix_mark_row", "mark", ["row"], unique=False)
    op.create_table(
        "returned",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("seen", sa.String(length=64), nullable=False),
        sa.Column("taken_at", sa.String(length=32), nullable=False),
        sa.Column("incident", sa.String(length=32), nullable=True),
        sa.Column("notice", sa.String(length=80), nullable=True),
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("mark", sa.String(length=32), nullable=True),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("reporter", sa.String(length=255), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned")),
        sa.UniqueConstraint("seen", name=op.f("uq_returned_seen")),
    )
    op.create_index("ix_returned_entry_action", "returned", ["entry", "action"], unique=False)
    op.create_index(
        "ix_returned_incident_notice_entry", "returned", ["incident", "notice", "entry"], unique=False
    )
    op.create_index("ix_returned_row", "returned", ["row"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.Integer(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("route", sa.String(length=60), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("turned", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.Column("not_before", sa.String(length=32), nullable=False),
        sa.Column("lease_until", sa.String(length=32), nullable=True),
        sa.Column("lease", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("first_attempt_at", sa.String(length=32), nullable=True),
        sa.Column("settled_at", sa.String(length=32), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("phase", sa.String(length=20), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index("ix_outbox_incident", "outbox", ["incident"], unique=False)
    op.create_index("ix_outbox_state_not_before", "outbox", ["state", "not_before"], unique=False)
    op.create_table(
        "text",
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("words", sa.String(length=80), nullable=False),
        sa.Column("said", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "words", name=op.f("pk_text")),
    )
    op.create_index("ix_text_incident_said", "text", ["incident", "said"], unique=False)
    op.create_table(
        "lane",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("free_at", sa.String(length=32), nullable=False),
        sa.Column("queued_until", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lane")),
    )
    op.create_table(
        "spent",
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("expires", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_spent")),
    )
    op.create_index("ix_spent_expires", "spent", ["expires"], unique=False)
    op.create_table(
        "vault",
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("item", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("kept_by", sa.String(length=80), nullable=False),
        sa.Column("kept_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("incident", "item", name=op.f("pk_vault")),
    )
    op.create_table(
        "run",
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("flow_run_id", sa.String(length=36), nullable=True),
        sa.Column("execution", sa.Integer(), nullable=False),
        sa.Column("beat", sa.String(length=32), nullable=True),
        sa.Column("woken_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["incident"], ["incident.key"], name=op.f("fk_run_incident")),
        sa.PrimaryKeyConstraint("incident", name=op.f("pk_run")),
    )
    op.create_table(
        "room",
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("tried_at", sa.String(length=32), nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=True),
        sa.Column("purpose", sa.String(length=64), nullable=True),
        sa.Column("topic", sa.String(length=64), nullable=True),
        sa.Column("bookmarks", sa.String(length=64), nullable=True),
        sa.Column("guests", _JSON, nullable=True),
        sa.Column("card", sa.Integer(), nullable=False),
        sa.Column("card_tried_at", sa.String(length=32), nullable=True),
        sa.Column("card_ts", sa.String(length=40), nullable=True),
        sa.Column("card_digest", sa.String(length=64), nullable=True),
        sa.Column("card_at", sa.String(length=32), nullable=True),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("look_at", sa.String(length=32), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("hold_until", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("incident", name=op.f("pk_room")),
    )
    op.create_index("ix_room_channel", "room", ["channel"], unique=False)
    op.create_index("ix_room_look_at", "room", ["look_at"], unique=False)
    op.create_index(
        "ix_room_ended",
        "room",
        ["incident"],
        unique=False,
        sqlite_where=sa.text("ended = 0"),
        postgresql_where=sa.text("NOT ended"),
    )
    op.create_table(
        "pace",
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("not_before", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("method", name=op.f("pk_pace")),
    )
