"""Alembic's environment: connection, transaction and service come from `provisor.store.migrating`."""

from alembic import context

from provisor.store.migrating import version_table

config = context.config
context.configure(
    connection=config.attributes["connection"],
    version_table=version_table(config.attributes["service"]),
    transactional_ddl=True,
)
with context.begin_transaction():  # part of the transaction that `migrating` has begun
    context.run_migrations()
