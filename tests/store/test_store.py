"""The store against a real PostgreSQL: the tables, who may have what, and what is not promised."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg.sql import SQL, Identifier
from sqlalchemy import Connection, text

from proactive import journey
from proactive.domain.dossier import Dossier, State, move
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.errors import Unusable
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.store.dossiers import LEASE
from proactive.store.engine import libpq, told_when_lost
from proactive.store.keeping import Handover, Move
from proactive.store.migrate import migrate
from proactive.store.recognition import RecognitionStore
from proactive.store.store import Store, opened
from proactive.store.tables import METADATA
from rules import Catalogue
from tests.steps.changes import SERVICE, Recogniser
from tests.steps.people import driver
from tests.trust import trusted

AT_ONCE = 8


async def drafted(number: int, *, url: str, store: Store, facts: Facts, catalogue: Catalogue, clock: SetClock) -> None:
    """So many people get a dossier."""
    recognition = RecognitionStore(url)
    Recogniser(facts, recognition, clock).knows(*(driver(n) for n in range(1, number + 1)))
    recognition.close()
    for register in catalogue.services[SERVICE].registers:
        await store.positions.catch_up(register, columns="", now=clock.now())
    await trusted(store, catalogue, clock)
    assert await journey.draft(catalogue=catalogue, facts=facts, store=store, clock=clock, limit=number) == number


# -- The tables


async def test_the_migrations_make_exactly_the_tables(store: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA))

    async with store.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


@pytest.fixture
async def empty_url(database_server: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database without any table."""
    name = f"empty_{uuid4().hex[:12]}"
    async with await psycopg.AsyncConnection.connect(database_server.url("postgres"), autocommit=True) as connection:
        await connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        yield database_server.url(name)
        await connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


async def test_many_may_migrate_at_once_and_again(empty_url: str) -> None:
    await asyncio.gather(*(migrate(empty_url) for _ in range(3)))
    await migrate(empty_url)
    async with await psycopg.AsyncConnection.connect(empty_url) as connection:
        found = await (await connection.execute("SELECT count(*) FROM alembic_version")).fetchone()
    assert found == (1,)


# -- Who may have what


async def test_eight_who_claim_at_once_never_get_the_same_dossier(
    store: Store, database_url: str, facts: Facts, catalogue: Catalogue, clock: SetClock
) -> None:
    number = 200
    await drafted(number, url=database_url, store=store, facts=facts, catalogue=catalogue, clock=clock)
    begin = asyncio.Barrier(AT_ONCE)

    async def claimer() -> list[UUID]:
        mine: list[UUID] = []
        await begin.wait()
        while claimed := await store.dossiers.claim([State.DRAFTED], now=clock.now(), limit=5):
            mine += [dossier.id for dossier in claimed]
        return mine

    all_of_them = await asyncio.gather(*(claimer() for _ in range(AT_ONCE)))

    times = Counter(dossier for mine in all_of_them for dossier in mine)
    assert len(times) == number
    assert set(times.values()) == {1}


async def test_what_was_claimed_and_not_finished_can_be_claimed_after_the_lease_and_not_before(
    store: Store, database_url: str, facts: Facts, catalogue: Catalogue, clock: SetClock
) -> None:
    await drafted(1, url=database_url, store=store, facts=facts, catalogue=catalogue, clock=clock)
    (first,) = await store.dossiers.claim([State.DRAFTED], now=clock.now(), limit=5)
    clock.forward(seconds=LEASE.total_seconds() - 1)
    assert await store.dossiers.claim([State.DRAFTED], now=clock.now(), limit=5) == []
    clock.forward(seconds=1)
    (again,) = await store.dossiers.claim([State.DRAFTED], now=clock.now(), limit=5)
    assert again.id == first.id


def moves(dossier: Dossier, clock: SetClock) -> dict[str, Move]:
    """Two who decide about one dossier, each with everything that a move can bring with it."""

    def by(actor: str, to: State) -> Move:
        return Move(
            before=dossier,
            after=move(dossier, to),
            actor=actor,
            verb="decide",
            note=f"by {actor}",
            opt_out_of=actor,
            wrong_phone=f"phone of {actor}",
            handover=Handover(
                dossier_id=dossier.id,
                reference=f"reference of {actor}",
                content_hash=actor,
                state="claimed",
                claimed_at=clock.now(),
            ),
        )

    return {"one": by("one", State.OFFERED), "other": by("other", State.DECLINED)}


BROUGHT = {
    "history": "SELECT actor FROM history WHERE verb = 'decide'",
    "news": "SELECT CASE state WHEN 'offered' THEN 'one' ELSE 'other' END FROM news WHERE state <> 'drafted'",
    "opt_out": "SELECT service FROM opt_out",
    "wrong_phone": "SELECT replace(phone, 'phone of ', '') FROM wrong_phone",
    "handover": "SELECT replace(reference, 'reference of ', '') FROM handover",
    "dossier": "SELECT CASE state WHEN 'offered' THEN 'one' ELSE 'other' END FROM dossier",
}
"""Table -> whose move is to be seen there."""


async def test_of_two_who_decide_at_once_one_wins_and_nothing_of_the_other_is_stored(
    store: Store, database_url: str, facts: Facts, catalogue: Catalogue, clock: SetClock
) -> None:
    await drafted(1, url=database_url, store=store, facts=facts, catalogue=catalogue, clock=clock)
    (dossier,) = await store.dossiers.claim([State.DRAFTED], now=clock.now(), limit=1)
    both, begin = moves(dossier, clock), asyncio.Barrier(2)

    async def decide(one: Move) -> bool:
        await begin.wait()
        return dossier.id in await store.dossiers.keep([one], now=clock.now())

    won = dict(zip(both, await asyncio.gather(*(decide(one) for one in both.values())), strict=True))

    (winner,) = (actor for actor, has_won in won.items() if has_won)
    async with store.engine.connect() as connection:
        for table, statement in BROUGHT.items():
            assert list((await connection.execute(text(statement))).scalars()) == [winner], table
    after = await store.dossiers.get(dossier.id)
    assert after is not None and after.version == dossier.version + 1


async def test_a_move_that_comes_too_late_does_not_take_its_neighbours_with_it(
    store: Store, database_url: str, facts: Facts, catalogue: Catalogue, clock: SetClock
) -> None:
    await drafted(2, url=database_url, store=store, facts=facts, catalogue=catalogue, clock=clock)
    late, other = await store.dossiers.claim([State.DRAFTED], now=clock.now(), limit=2)

    def offer(dossier: Dossier) -> Move:
        return Move(before=dossier, after=move(dossier, State.OFFERED), actor="system", verb="offer")

    assert await store.dossiers.keep([offer(late)], now=clock.now()) == {late.id}
    assert await store.dossiers.keep([offer(late), offer(other)], now=clock.now()) == {other.id}
    assert [line["verb"] for line in await store.dossiers.history(late.id)] == ["draft", "offer"]
    assert [line["verb"] for line in await store.dossiers.history(other.id)] == ["draft", "offer"]


# -- What is not promised


async def refused(url: str) -> str:
    """The sentence with which a database is refused."""
    with pytest.raises(Unusable) as caught:
        async with opened(url):
            raise AssertionError("It was taken.")
    return str(caught.value)


async def test_a_database_that_may_forget_what_it_accepted_is_refused(empty_url: str) -> None:
    async with await psycopg.AsyncConnection.connect(empty_url, autocommit=True) as connection:
        name = Identifier(connection.info.dbname)
        await connection.execute(SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))
    sentence = await refused(empty_url)
    assert "synchronous_commit=off" in sentence
    assert sentence.endswith("Set it to on.")
    assert "\n" not in sentence


async def test_a_database_that_does_not_answer_is_one_clear_sentence_without_its_password() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sentence = await refused(f"postgresql://proactive:very-secret@127.0.0.1:{port}/city")
    assert f"127.0.0.1:{port}" in sentence
    assert sentence.endswith("Check PROACTIVE_DATABASE_URL.")
    assert "very-secret" not in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("url", ["mysql://a:b@localhost/city", "localhost:5432", "", "postgresql://"])
async def test_an_address_that_is_none_is_explained(url: str) -> None:
    assert "must look like postgresql://" in await refused(url)


@pytest.mark.parametrize("written", ["postgres://u:p@h/n", "postgresql+asyncpg://u:p@h/n", "postgresql://u:p@h/n"])
def test_however_the_operator_wrote_the_address_it_is_understood(written: str) -> None:
    assert libpq(written) == "postgresql://u:p@h/n"


async def test_a_resting_connection_that_the_server_has_ended_is_replaced(store: Store, database_url: str) -> None:
    async with opened(database_url, size=1) as other:
        async with other.engine.connect() as connection:
            before = await connection.scalar(text("SELECT pg_backend_pid()"))
        async with store.engine.connect() as connection:
            assert await connection.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": before})

        async with other.engine.connect() as connection:
            after = await connection.scalar(text("SELECT pg_backend_pid()"))

    assert after != before


async def test_a_database_that_goes_away_while_a_process_starts_is_told_of_in_one_sentence(store: Store) -> None:
    with pytest.raises(Unusable, match="cannot be reached any more"), told_when_lost():
        async with store.engine.connect() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
