"""What guards a row when many write at once: unique names, fences, and states that nothing leads back from."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from proactive.domain.dossier import Dossier, State
from proactive.domain.notice import Notice, Sending, notice_id
from proactive.errors import TooMany, Unusable
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.ports.notifier import Receipt
from proactive.store import bulk
from proactive.store.keeping import Move
from proactive.store.migrate import require_tables
from proactive.store.store import Store
from proactive.store.tables import notices as tables
from rules import Catalogue
from tests.steps.people import driver
from tests.steps.town import Town

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ODD = ["đ'; DROP TABLE opt_out; --", '"}]', "\\u0041 \\ %s :name", "x" * 100_000, "\N{RIGHT-TO-LEFT OVERRIDE}\n\t🙂"]


@pytest.fixture
async def town(store: Store, database_url: str, catalogue: Catalogue, facts: Facts, clock: SetClock) -> Town:
    made = Town(store=store, database_url=database_url, catalogue=catalogue, facts=facts, clock=clock)
    await made.ready()
    return made


async def opt_outs(store: Store) -> list[str]:
    async with store.engine.connect() as connection:
        return list((await connection.execute(text("SELECT subject FROM opt_out ORDER BY subject"))).scalars())


async def test_what_is_there_already_is_left_as_it_is_and_not_counted_as_new(store: Store) -> None:
    rows = [{"subject": subject, "service": "", "at": NOW} for subject in ("a", "b")]

    async with store.engine.begin() as connection:
        first = await bulk.insert(connection, tables.OptOut, rows[:1], returning="subject")
        second = await bulk.insert(connection, tables.OptOut, rows, returning="subject")
        nothing = await bulk.insert(connection, tables.OptOut, [], returning="subject")

    assert (first, second, nothing) == ({"a"}, {"b"}, set())


async def test_whatever_stands_in_a_value_it_is_only_a_value(store: Store) -> None:
    async with store.engine.begin() as connection:
        await bulk.insert(connection, tables.OptOut, [{"subject": one, "service": "", "at": NOW} for one in ODD])

    assert sorted(await opt_outs(store)) == sorted(ODD)


async def test_a_row_whose_guard_does_not_hold_is_not_written(store: Store) -> None:
    async with store.engine.begin() as connection:
        await bulk.insert(
            connection, tables.OptOut, [{"subject": one, "service": "s", "at": NOW} for one in ("a", "b")]
        )
        written = await bulk.update(
            connection,
            tables.OptOut,
            [{"subject": one, "service": "t", "at": NOW} for one in ("a", "b", "nobody")],
            key="subject",
            guard="old.subject <> 'a'",
        )

    assert written == {"b"}


async def test_eight_who_raise_a_number_at_once_get_eight_numbers(store: Store) -> None:
    numbers = await asyncio.gather(*(store.counters.next("reference") for _ in range(8)))

    assert sorted(numbers) == list(range(1, 9))


async def test_a_throttle_lets_so_many_pass_however_many_come_at_once(store: Store) -> None:

    async def knock() -> bool:
        try:
            await store.counters.throttle("door", most=3, per=timedelta(minutes=1), now=NOW)
        except TooMany as wait:
            assert 0 < wait.seconds <= 60
            return False
        return True

    assert sorted(await asyncio.gather(*(knock() for _ in range(8)))) == [False] * 5 + [True] * 3


def _notice(dossier: Dossier, *, fence: int, state: Sending, **more: object) -> Notice:
    return Notice.model_validate(
        {
            "id": notice_id(dossier.id, "first", "sms"), "dossier_id": dossier.id, "rung": "first", "channel": "sms",
            "to": "+84599000100", "body": "x", "state": state, "fence": fence, "created_at": NOW, **more,
        }
    )  # fmt: skip


async def _keep(town: Town, dossier: Dossier, notice: Notice) -> Dossier:
    kept = await town.store.dossiers.keep(
        [Move(before=dossier, after=dossier, actor="system", verb="offer", notices=(notice,))], now=NOW
    )
    assert kept == {dossier.id}
    return await town.again(dossier)


async def test_a_claim_that_was_given_up_does_not_write_over_a_later_one(town: Town) -> None:
    dossier = await town.drafted(driver(1))
    dossier = await _keep(town, dossier, _notice(dossier, fence=2, state=Sending.CLAIMED))

    await _keep(town, dossier, _notice(dossier, fence=1, state=Sending.ACCEPTED, provider_ref="late"))

    [notice] = await town.notices(dossier)
    assert (notice.fence, notice.state, notice.provider_ref) == (2, Sending.CLAIMED, None)


async def test_a_rung_and_channel_has_one_notice_whatever_it_is_called(town: Town) -> None:
    dossier = await town.drafted(driver(1))
    dossier = await _keep(town, dossier, _notice(dossier, fence=1, state=Sending.CLAIMED))

    await _keep(
        town, dossier, _notice(dossier, fence=9, state=Sending.CLAIMED).model_copy(update={"id": uuid4()})
    )  # fmt: skip

    assert len(await town.notices(dossier)) == 1


@pytest.mark.parametrize("final", [Sending.DELIVERED, Sending.UNDELIVERED, Sending.REJECTED])
async def test_a_notice_that_is_settled_stays_as_it_was(town: Town, final: Sending) -> None:
    dossier = await town.drafted(driver(1))
    settled = _notice(dossier, fence=1, state=final, provider_ref="SM1")
    await _keep(town, dossier, settled)

    await town.store.notices.settle([settled.model_copy(update={"state": Sending.ACCEPTED})])

    assert await town.sendings(dossier) == [final]


async def test_the_same_receipt_many_times_at_once_is_one(store: Store) -> None:
    receipt = Receipt("sms", "SM1", "delivered", Sending.DELIVERED)

    await asyncio.gather(*(store.notices.receive([receipt, receipt], now=NOW) for _ in range(8)))

    async with store.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM receipt")) == 1


async def test_an_occasion_has_one_dossier_even_if_two_draft_it_at_once(town: Town) -> None:
    people = [driver(n) for n in range(1, 21)]
    for person in people:
        await town.arrives(person)

    looked_at = await asyncio.gather(*(town.draft() for _ in range(4)))

    async with town.store.engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT count(*), count(DISTINCT subject) FROM dossier WHERE service = 'driver_licence_renewal'")
        )
        assert tuple(rows.one()) == (20, 20)
    assert sum(looked_at) >= 20


async def test_two_dossiers_never_share_a_check_code_or_a_reference(town: Town) -> None:
    one, other = await town.drafted(driver(1)), await town.drafted(driver(2))

    for column in ("code", "reference"):
        with pytest.raises(Exception, match="duplicate key"):
            async with town.store.engine.begin() as connection:
                await connection.execute(
                    text(f"UPDATE dossier SET {column} = 'SAME' WHERE id = ANY(:ids)"), {"ids": [one.id, other.id]}
                )
    assert (await town.again(one)).state is State.DRAFTED


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DROP TABLE alembic_version", "are missing"),
        ("UPDATE alembic_version SET version_num = '0001'", "are older than this program"),
    ],
)
async def test_tables_of_another_time_are_refused_with_what_to_do(store: Store, statement: str, says: str) -> None:
    async with store.engine.begin() as connection:
        first = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        await connection.execute(text(statement))

    if first == "0001" and "UPDATE" in statement:
        pytest.skip("there is only one migration")
    with pytest.raises(Unusable, match=rf"{says}.*proactive migrate"):
        await require_tables(store.engine)


async def test_tables_of_the_next_program_are_no_obstacle_while_both_run(store: Store) -> None:
    async with store.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999_tomorrow'"))

    await require_tables(store.engine)
