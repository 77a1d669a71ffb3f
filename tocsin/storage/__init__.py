"""Where things are kept: timeline, outbox, ledger, runs, jobs. SQLite by default, PostgreSQL at scale."""
