"""Alembic's environment: the connection and the service come from `provisor.store.migrating`."""

from alembic import context

from provisor.store.migrating import version_table

config = context.config
connection = config.attributes["connection"]
context.configure(
    connection=connection,
    version_table=version_table(config.attributes["service"]),
    transactional_ddl=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
connection.commit()
