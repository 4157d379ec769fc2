"""Bring the database's tables to this version, once, whoever starts first."""

import asyncio
from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.errors import Unusable
from proactive.store.engine import connect
from proactive.store.statement import text

ONE_AT_A_TIME = 4_041_907
"""Key of the advisory lock under which migrations run."""


def config(connection: Connection) -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.attributes["connection"] = connection
    return made


async def require_tables(engine: AsyncEngine) -> None:
    """Raises `Unusable` where the tables are missing or older than this program; newer ones are the next program's."""

    def revision(connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    async with engine.connect() as connection:
        present = await connection.run_sync(revision)
        _, *older = (one.revision for one in await connection.run_sync(_revisions))
    if present is None or present in older:
        raise Unusable(
            f"The database's tables are {'missing' if present is None else 'older than this program'}. "
            "Run `proactive migrate` with the same PROACTIVE_DATABASE_URL, then start this again."
        )


def _revisions(connection: Connection) -> list[Script]:
    """Ours, the newest first."""
    return list(ScriptDirectory.from_config(config(connection)).walk_revisions())


def _upgrade(connection: Connection) -> None:
    connection.execute(text("SET lock_timeout = '3s'"))
    connection.commit()
    command.upgrade(config(connection), "head")


async def migrate(url: str) -> None:
    """Upgrade to the newest tables; harmless when they are there. Raises `Unusable` when the database is not usable."""
    engine = await connect(url, size=2, application="proactive migrate")
    try:
        await _migrate(engine)
    finally:
        await engine.dispose()


async def _migrate(engine: AsyncEngine) -> None:
    async with engine.connect() as guard:
        await guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
        try:
            for attempt in range(5):
                try:
                    async with engine.connect() as connection:
                        await connection.run_sync(_upgrade)
                        return
                except sqlalchemy.exc.OperationalError:
                    if attempt == 4:
                        raise
                    await asyncio.sleep(2**attempt)
        finally:
            await guard.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ONE_AT_A_TIME})
