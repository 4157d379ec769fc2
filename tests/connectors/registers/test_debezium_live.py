"""The real Debezium under the real Kafka Connect, capturing a real PostgreSQL onto our broker and onto Apache Kafka.

What ends up in the store is compared with what another reader of ours, the one that asks the tables, finds in them.
"""

import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from proactive.domain.change import Change, Op
from proactive.embedded.broker import EmbeddedBroker
from proactive.embedded.java import Java, found
from proactive.embedded.kafka import ApacheKafka
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.errors import Unusable
from proactive.facts import Facts
from proactive.ports.clock import SystemClock
from proactive.store.store import Store
from rules import Catalogue
from tests.connectors.registers.capturing import TABLES, Captured, Row, alike, captured, caught_up, followed, whole
from tests.walk.waiting import until

LICENCE = (
    "INSERT INTO driver_licences (licence_no, personal_id, full_name, date_of_birth, class, scheme, issued_on, "
    "expires_on, issued_by, status, updated_at) VALUES ('{no}', '048168000001', 'Nguyễn Thị Hoàng Anh', '1968-03-14', "
    "'B2', '2008', '2016-12-23', {expires}, {by}, 'valid', '2026-11-20 08:00:00.123456+07')"
)


def licence(no: str, *, expires: str = "'2026-12-23'", by: str = "'Phòng CSGT'") -> str:
    return LICENCE.format(no=no, expires=expires, by=by)


def resident(id_: str, *, born: str = "'1968-03-14'", phone: str = "'0901234567'") -> str:
    return (
        "INSERT INTO residents (personal_id, full_name, date_of_birth, sex, unit_code, address, phone, updated_at) "
        f"VALUES ('{id_}', 'Trần Văn Bình', {born}, 'M', '20242', '12 Bạch Đằng', {phone}, '2026-11-20 08:00:00.5')"
    )


BEFORE = (
    # The clock on the wall, as in most registers; and a column whose default stands where NULL is, if one lets it.
    "ALTER TABLE residents ALTER updated_at TYPE timestamp",
    "ALTER TABLE driver_licences ALTER issued_by SET DEFAULT 'nobody said so'",
    resident("048168000001"),
    resident("048168000002", born="NULL", phone="NULL"),
    resident("048168000003", born="'0001-01-01 BC'"),  # in a snapshot Debezium loses the era; the register refuses it
    *(licence(f"OLD-{n}") for n in range(20)),
    licence("NO-END", expires="NULL", by="NULL"),
    licence("ENDLESS-BEFORE", expires="'infinity'"),
)
STORY = (
    (licence("NEW"), licence("NEW-NO-END", expires="NULL", by="NULL"), resident("048168000004", born="NULL")),
    (licence("ENDLESS-AFTER", expires="'infinity'"),),
    ("UPDATE driver_licences SET class = 'C', expires_on = '2028-02-29', issued_by = NULL WHERE licence_no = 'OLD-1'",),
    ("DELETE FROM driver_licences WHERE licence_no = 'OLD-2'",),
    ("UPDATE driver_licences SET licence_no = 'RENAMED' WHERE licence_no = 'OLD-3'",),
    (  # all in one transaction; then once more after that
        "DELETE FROM driver_licences WHERE licence_no = 'OLD-4'",
        licence("OLD-4", expires="'2030-01-01'"),
        "UPDATE driver_licences SET status = 'suspended' WHERE licence_no = 'OLD-4'",
        "UPDATE residents SET phone = NULL, updated_at = '2026-11-21 23:59:59.999' WHERE personal_id = '048168000001'",
    ),
    ("UPDATE driver_licences SET status = 'lost' WHERE licence_no = 'OLD-4'",),
    (licence("LAST"),),
)
GONE = {"OLD-2", "OLD-3"}
REFUSED = {"ENDLESS-BEFORE", "ENDLESS-AFTER", "048168000003"}


@pytest.fixture(scope="module")
def java() -> Java:
    try:
        return found()
    except Unusable as missing:
        pytest.skip(f"NO DEBEZIUM AND NO APACHE KAFKA: {missing}")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account can pass through, for a broker that is killed."""
    folder = Path(tempfile.mkdtemp(prefix="proactive-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module", params=["the embedded broker", "Apache Kafka"])
async def source(
    request: pytest.FixtureRequest,
    java: Java,
    servers_folder: Path,
    database_server: EmbeddedPostgres,
    catalogue: Catalogue,
) -> AsyncIterator[Captured]:
    folder = servers_folder / f"capture-{request.param_index}"
    folder.mkdir(0o711)
    broker = ApacheKafka(folder, java=java, restart=False) if request.param_index else EmbeddedBroker(folder)
    bootstrap = await broker.start()
    try:
        async with captured(
            database_server, bootstrap, folder / "connect", java=java, catalogue=catalogue, before=BEFORE
        ) as made:
            yield made
    finally:
        await broker.stop()


async def test_what_is_kept_in_the_end_is_what_the_tables_hold(
    source: Captured, store: Store, database_url: str, facts: Facts, catalogue: Catalogue
) -> None:
    async with followed(source, store, database_url, facts=facts, clock=SystemClock()):
        await caught_up(store)
        snapshot = await _kept(store)
        assert snapshot == _as_kept(await source.held(), catalogue)
        for transaction in STORY:
            await source.do(*transaction)
        expected = _as_kept(await source.held(), catalogue)

        async def the_same() -> bool:
            return await _kept(store) == expected

        await until(the_same, seconds=20, what="the same in the store as in the tables")

    assert {key for _, key in expected} >= {"NEW", "NEW-NO-END", "RENAMED", "LAST", "048168000004"}
    async with store.engine.connect() as connection:
        gone = await connection.scalars(text("SELECT key FROM record WHERE deleted"))
        refused = await connection.scalars(text("SELECT key FROM rejected_change"))
    assert set(gone) == GONE
    assert set(refused) == REFUSED

    # Whoever reads it all later, snapshot and log, comes to the same.
    newest: dict[tuple[str, str], Change] = {}
    for register in await source.open():
        for page in await whole(register):
            for one in page.changes:
                newest[one.register, one.key] = max(newest.get((one.register, one.key), one), one, key=_version)
        await register.close()
    assert {key for (_, key), one in newest.items() if one.op is Op.DELETE} == GONE
    usable = {place: row for place, row in _as_kept(newest, catalogue).items() if place[1] not in REFUSED}
    assert usable == expected


@pytest.mark.slow
async def test_a_connector_that_is_killed_in_the_middle_loses_nothing(
    source: Captured, store: Store, database_url: str, facts: Facts, catalogue: Catalogue
) -> None:
    async with followed(source, store, database_url, facts=facts, clock=SystemClock()):
        await caught_up(store)
        for turn in range(40):
            await source.do(
                licence(f"KILLED-{turn}"), f"DELETE FROM driver_licences WHERE licence_no = 'OLD-{turn % 20}'"
            )
            if turn in (10, 25):
                assert source.connect.pid is not None
                os.kill(source.connect.pid, signal.SIGKILL)
                await source.connect.wait()
            if turn in (20, 35):
                await source.connect.stop()
                await source.connect.start()
        expected = _as_kept(await source.held(), catalogue)

        async def the_same() -> bool:
            return await _kept(store) == expected

        await until(the_same, what="the same in the store as in the tables")


@pytest.mark.slow
async def test_a_broker_that_forgets_everything_is_told_it_all_again(
    java: Java, open_folder: Path, database_server: EmbeddedPostgres, store: Store, database_url: str, facts: Facts,
    catalogue: Catalogue,
) -> None:  # fmt: skip
    broker = EmbeddedBroker(open_folder)
    address, home = await broker.start(), open_folder / "connect"
    async with captured(database_server, address, home, java=java, catalogue=catalogue, before=BEFORE) as source:
        async with followed(source, store, database_url, facts=facts, clock=SystemClock()):
            await caught_up(store)
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGKILL)
        await broker.wait()
        await broker.stop()
        await source.do(*STORY[0], *STORY[2])
        assert await broker.start() == address
        expected = _as_kept(await source.held(), catalogue)
        async with followed(source, store, database_url, facts=facts, clock=SystemClock()):

            async def the_same() -> bool:
                return await _kept(store) == expected

            await until(the_same, what="the same in the store as in the tables")
    await broker.stop()


def _version(change: Change) -> int:
    return change.version


async def _kept(store: Store) -> dict[tuple[str, str], Row]:
    async with store.engine.connect() as connection:
        rows = await connection.execute(text("SELECT register, key, body FROM record WHERE NOT deleted"))
        return {(register, key): alike(body) for register, key, body in rows}


def _as_kept(changes: dict[tuple[str, str], Change], catalogue: Catalogue) -> dict[tuple[str, str], Row]:
    """Rows that can be used, with the columns that some service needs."""
    needed = {name: catalogue.columns_needed(name) for name in TABLES}
    return {
        (register, key): alike(
            {name: value for name, value in json.loads(bytes(one.record)).items() if name in needed[register]}
        )
        for (register, key), one in changes.items()
        if one.op is not Op.DELETE and not one.faults
    }
