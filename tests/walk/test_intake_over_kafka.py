"""A worker that takes applications from Kafka, tells their statuses there, hears them as whoever handed over, and shows
the cases to the national portal's stand-in."""

import asyncio
from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path

from connectors.intakes.kafka import KafkaIntake, Settings
from proactive.brokers import Brokers
from proactive.demo.npsp import ACCOUNT, Portal, app
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.installation import shift_to
from proactive.ports.intake import Taken
from proactive.store.store import Store
from proactive.topics import Topics, ensure
from tests.connectors.intakes.world import application
from tests.demo.servers import serving
from tests.steps.test_casework import ready
from tests.walk.stage import playing, source_of
from tests.walk.waiting import until


async def test_what_is_handed_over_on_kafka_becomes_a_case_whose_statuses_come_back(
    tmp_path: Path, database_server: EmbeddedPostgres, database_url: str, store: Store, kafka: str, topic_prefix: str
) -> None:
    await ready(store)
    given = [application(f"H17-261123-{number:04d}") for number in range(501, 506)]
    names = {name: f"{topic_prefix}.{name}" for name in ("changes", "dossiers", "applications", "statuses")}
    await asyncio.to_thread(ensure, Brokers(kafka), Topics(**names), partitions=4, replication=1)
    more = {
        "PROACTIVE_CLOCK_SHIFT": str(shift_to(date(2026, 11, 23)).total_seconds()),
        "PROACTIVE_RECEIVING_KAFKA": "1",
        "PROACTIVE_INTAKE": "kafka",
        "PROACTIVE_INTAKE_KAFKA_APPLICATIONS": names["applications"],
        "PROACTIVE_INTAKE_KAFKA_STATUSES": names["statuses"],
        "PROACTIVE_INTAKE_KAFKA_GROUP": f"{topic_prefix}-statuses",
    }
    settings = Settings(applications=names["applications"], statuses=names["statuses"], group="unused", seconds=10)
    stand_in = Portal()
    theirs = KafkaIntake(Brokers(kafka), settings)
    references = [one.reference for one in given]

    async def heard() -> bool:
        progress = await store.intake.progress(references)
        there = [stand_in.dossiers.get(one, {}).get("TrangThaiHoSo") for one in references]
        return there == ["4"] * len(references) and all(
            [line.code for line in progress.get(one, ())] == [1, 2, 4] for one in references
        )

    async with AsyncExitStack() as stack:
        stack.push_async_callback(theirs.close)
        source = await stack.enter_async_context(source_of(database_server))
        more |= {
            "PROACTIVE_PORTAL": "npsp",
            "PROACTIVE_NPSP_URL": await stack.enter_async_context(serving(app(stand_in))),
            "PROACTIVE_NPSP_USERNAME": ACCOUNT["username"],
            "PROACTIVE_NPSP_PASSWORD": ACCOUNT["password"],
            "PROACTIVE_NPSP_DSTCODE": "VN:GOV:1",
            "PROACTIVE_NPSP_UNIT": "000.00.15.H17",
        }
        reader = source.addresses.reader
        await stack.enter_async_context(
            playing(tmp_path, database_url=database_url, kafka=kafka, prefix=topic_prefix, source_url=reader, more=more)
        )
        outcomes = [await theirs.submit(one) for one in (*given, *given)]
        await until(heard, seconds=90, what="each status of each application, heard from Kafka and shown at the portal")

    assert set(outcomes) == {Taken(one) for one in references}
    cases = [await store.cases.get(one) for one in references]
    assert [case.content_hash for case in cases if case] == [one.content_hash for one in given]
