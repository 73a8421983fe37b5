"""Runs the migrations against one database, named by any libpq connection string.

`-x dsn="host=... dbname=..."` says which; without it libpq's own variables (PGHOST, ...) decide.
Every revision is a transaction of its own, so a failing one leaves the database at the one before.
"""

import psycopg
from alembic import context
from sqlalchemy import create_engine, pool

conninfo = context.get_x_argument(as_dictionary=True).get("dsn", "")
engine = create_engine(
    "postgresql+psycopg://",
    creator=lambda: psycopg.connect(conninfo),
    poolclass=pool.NullPool,
)

with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
