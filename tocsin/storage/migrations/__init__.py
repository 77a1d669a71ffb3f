"""Migrations of the schema, oldest first; each is one file in `versions/` and is never edited after release."""
