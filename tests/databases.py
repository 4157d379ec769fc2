"""Databases for tests: each is fresh and migrated when it is lent, and only emptied, not made anew, in between.

Copying a database of eighty tables takes half a second; emptying the few tables that one test wrote takes a fiftieth.
Whoever altered the schema itself gets their database thrown away.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier

from proactive.embedded.postgres import EmbeddedPostgres
from proactive.store.migrate import migrate

MIGRATED = "migrated"
"""The database that every fresh one is a copy of; nobody writes into it."""

LITTLE = 1 << 18
"""Bytes of a table up to which deleting its rows is quicker than giving it new files."""

SHAPE = """
SELECT md5(concat(
    (SELECT string_agg(concat(oid, relname, relrowsecurity, relforcerowsecurity, relacl), ',' ORDER BY oid)
       FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    (SELECT string_agg(concat(attrelid, attname, atttypid, attnotnull), ',' ORDER BY attrelid, attnum)
       FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
       WHERE attnum > 0 AND c.relnamespace = 'public'::regnamespace),
    (SELECT string_agg(concat(oid, tgname, tgenabled), ',' ORDER BY oid) FROM pg_trigger),
    (SELECT string_agg(concat(oid, polname, polroles), ',' ORDER BY oid) FROM pg_policy),
    (SELECT string_agg(concat(oid, prosrc), ',' ORDER BY oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
    (SELECT string_agg(setconfig::text, ',') FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase
       WHERE d.datname = current_database())
))
"""

PRISTINE = f"""
CREATE SCHEMA pristine;
CREATE TABLE pristine.sequence AS SELECT schemaname, sequencename, start_value, last_value FROM pg_sequences;
DO $$
DECLARE one record; filled boolean;
BEGIN
    FOR one IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', one.relname) INTO filled;
        IF filled THEN EXECUTE format('CREATE TABLE pristine.%I AS TABLE public.%I', one.relname, one.relname); END IF;
    END LOOP;
END $$;
CREATE FUNCTION pristine.restore() RETURNS void LANGUAGE plpgsql AS $$
DECLARE one record; large text; columns text;
BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    SELECT string_agg(format('public.%I', relname), ', ') INTO large FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > {LITTLE};
    IF large IS NOT NULL THEN EXECUTE 'TRUNCATE ' || large || ' CASCADE'; END IF;
    FOR one IN SELECT relname FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 LOOP
        EXECUTE format('DELETE FROM public.%I', one.relname);
    END LOOP;
    FOR one IN SELECT c.relname, (
            SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute a
            WHERE a.attrelid = format('public.%I', c.relname)::regclass AND attnum > 0 AND NOT attisdropped
              AND attgenerated = '') AS names
        FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'pristine'::regnamespace AND relname <> 'sequence' LOOP
        EXECUTE format('INSERT INTO public.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM pristine.%I',
            one.relname, one.names, one.names, one.relname);
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, coalesce(last_value, start_value),
        last_value IS NOT NULL) FROM pristine.sequence;
    PERFORM set_config('session_replication_role', 'origin', true);
END $$;
"""

RESTORE = "SELECT pristine.restore()"
"""A lent database becomes one in which nothing has happened, while its borrower goes on."""


class Databases:
    """What one server lends. Not for two tests at once under one name."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._admin = server.url("postgres")
        self._idle: list[str] = []
        self._shapes: dict[str, str] = {}

    async def begin(self) -> None:
        """Make the database that all are copied from."""
        await self._run(SQL("CREATE DATABASE {}").format(Identifier(MIGRATED)))
        await migrate(self._server.url(MIGRATED))

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[str]:
        """The address of a database in which nothing has happened, for as long as the block lasts."""
        name = self._idle.pop() if self._idle else await self._copied()
        yield self._server.url(name)
        if await self._restored(name):
            self._idle.append(name)
        else:
            await self._run(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))

    async def _copied(self) -> str:
        name = f"test_{uuid4().hex[:12]}"
        await self._run(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(MIGRATED)))
        async with await psycopg.AsyncConnection.connect(self._server.url(name)) as connection:
            await connection.execute(PRISTINE)
            self._shapes[name] = await _shape(connection)
        return name

    async def _restored(self, name: str) -> bool:
        """Whether it is as fresh as at first again."""
        try:
            async with await psycopg.AsyncConnection.connect(self._server.url(name)) as connection:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
                if await _shape(connection) != self._shapes[name]:
                    return False
                await connection.execute(RESTORE)
                return True
        except psycopg.Error:
            return False

    async def _run(self, statement: SQL | psycopg.sql.Composed) -> None:
        async with await psycopg.AsyncConnection.connect(self._admin, autocommit=True) as connection:
            await connection.execute(statement)


async def _shape(connection: psycopg.AsyncConnection) -> str:
    row = await (await connection.execute(SHAPE)).fetchone()
    assert row is not None
    return str(row[0])
