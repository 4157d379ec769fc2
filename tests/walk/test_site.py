"""Promise 2 at a site: a change in somebody else's data centre is kept here, once, whatever is killed on the way."""

import asyncio
import contextlib
import json
import secrets
import signal
from functools import partial
from pathlib import Path
from random import Random

import psutil  # type: ignore[import-untyped] # it ships no types
import psycopg

from proactive.embedded.postgres import EmbeddedPostgres
from tests.connectors.site.world import SiteWorld, ended
from tests.walk.commands import environment, ran
from tests.walk.stage import playing, source_of
from tests.walk.waiting import until

SEED = 20261125
ROWS = 1500


async def kept(database_url: str) -> dict[str, int]:
    """The newest version of each of the site's rows, as it is kept here."""
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        rows = await connection.execute("SELECT key, version FROM record WHERE register = 'violations'")
        return {key: version async for key, version in rows}


async def test_after_kill_9_of_the_connector_and_of_the_pages_every_row_of_a_site_is_kept_and_counts_once(
    tmp_path: Path, database_server: EmbeddedPostgres, database_url: str, kafka: str, topic_prefix: str
) -> None:
    chance = Random(SEED)
    secret = secrets.token_hex(32)
    told = {"PROACTIVE_TOLD_REGISTERS": "violations", "PROACTIVE_SECRET": secret}
    made = await ran(
        ("connector", "new", "Trung tâm dữ liệu", "--register", "violations", "--json"),
        data_dir=tmp_path, env=environment(tmp_path, PROACTIVE_DATABASE_URL=database_url, **told),
    )  # fmt: skip
    account = json.loads(made.out)
    async with source_of(database_server) as police, source_of(database_server) as there:
        site = SiteWorld(tmp_path / "site", there, there.addresses.reader)
        async with playing(
            tmp_path, database_url=database_url, kafka=kafka, prefix=topic_prefix,
            source_url=police.addresses.reader, more=told,
        ) as stage:  # fmt: skip
            site.write(stage.pages, connector=account["id"], secret=account["secret"], timeout=3)
            writing = asyncio.create_task(_owner_at_work(site))
            for victim in ("connector", "pages", "connector"):
                async with ended(await site.start()) as connector:
                    before = len(await kept(database_url))
                    await until(partial(_more, database_url, before), what="another row kept")
                    await asyncio.sleep(chance.uniform(0, 0.5))
                    if victim == "pages":
                        _kill_the_pages(tmp_path)
                        assert await stage.web.wait() == -signal.SIGKILL
                        await asyncio.sleep(1)  # so that the connector sees that nobody is there
                        await stage.web.start()
                    await connector.kill()
            await writing
            async with ended(await site.start()) as connector:
                await until(partial(_all, site, database_url), seconds=90, what="every row kept in its newest version")
                await until(partial(_told_to_its_end, database_url), what="word that all was told")
                await until(partial(_runs, site), what="a connector that runs")
                end = await connector.stop()

    assert end.status == 0, end.err
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        twice = await connection.execute(
            "SELECT count(*) - count(DISTINCT content_hash), count(*) >= %s FROM event WHERE kind = 'changed'", [ROWS]
        )
        refused = await connection.execute("SELECT count(*) FROM rejected_change")
        assert await twice.fetchone() == (0, True), "no change has come under two ids"
        assert await refused.fetchone() == (0,)


async def _owner_at_work(site: SiteWorld) -> None:
    for first in range(0, ROWS, 100):
        await site.add(first, first + 99)
        await site.add(first // 2, first // 2 + 9)
        await asyncio.sleep(0.5)


def _kill_the_pages(folder: Path) -> None:
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            ours = child.environ().get("PROACTIVE_DATA_DIR") == str(folder)
            if ours and child.cmdline()[-2:] == ["proactive.cli", "web"]:
                child.kill()


async def _more(database_url: str, than: int) -> bool:
    return len(await kept(database_url)) > than


async def _runs(site: SiteWorld) -> bool:
    """It may have been told by the one that was killed before this one has begun."""
    return bool((await site.ask("status", "--json")).json["running"])


async def _all(site: SiteWorld, database_url: str) -> bool:
    return await kept(database_url) == await site.versions()


async def _told_to_its_end(database_url: str) -> bool:
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        found = await connection.execute("SELECT caught_up_at FROM watch_position WHERE register = 'violations'")
        row = await found.fetchone()
        return row is not None and row[0] is not None
