"""Alembic's doorway: runs the migrations on the connection that `schema.migrated` holds open."""

from alembic import context

from tocsin.storage.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, transactional_ddl=True, render_as_batch=True
)
context.run_migrations()
