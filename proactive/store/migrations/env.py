"""Run by alembic inside a connection that `proactive.store.migrate` has opened."""

from alembic import context

from proactive.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
