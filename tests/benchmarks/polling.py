"""How fast a source is read, and how fast keys are compared: `python tests/benchmarks/polling.py --n 200000`.

Prints one JSON object. PostgreSQL comes from its wheel; MariaDB is the distribution's, left out where there is none.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from connectors.registers import sql
from proactive.ports.register import ComparesKeys, Position
from proactive.sources import plainly
from tests.connectors.registers.mariadb import MariaPapers, installed, started
from tests.connectors.registers.table import SCHEMA, Papers
from tests.demo.servers import postgres

PAGE = 5000


async def read(url: str, n: int) -> dict[str, int]:
    [source] = await sql.open(plainly(url, kind="sql", schemas={"papers": SCHEMA}))
    position, rows, keys = Position(), 0, list[str]()
    began = time.perf_counter()
    while True:
        page = await source.changes(position, limit=PAGE)
        rows, position = rows + len(page.changes), page.position
        keys += [change.key for change in page.changes]
        if not page.more:
            break
    read_in = time.perf_counter() - began
    assert isinstance(source, ComparesKeys)
    assert rows == n, rows
    began = time.perf_counter()
    for start in range(0, n, 10_000):
        part = keys[start : start + 10_000]
        assert len(await source.there(part)) == len(part)
    compared_in = time.perf_counter() - began
    await source.close()
    return {"rows_a_second": round(n / read_in), "keys_a_second": round(n / compared_in)}


async def main(n: int) -> dict[str, object]:
    found: dict[str, object] = {"n": n, "page": PAGE}
    async with postgres() as server:
        papers = await Papers.make(server)
        await papers.do(
            "INSERT INTO papers SELECT 'P' || lpad(n::text, 9, '0'), lpad(n::text, 12, '0'), 'B2', '2024-02-29', "
            f"'2026-01-01'::timestamptz + n * interval '1 millisecond' FROM generate_series(1, {n}) AS n",
            "ANALYZE papers",
        )
        found["postgresql"] = await read(papers.reader, n)
    if installed() is not None:
        with tempfile.TemporaryDirectory() as name:
            await asyncio.to_thread(Path(name).chmod, 0o711)
            with started(Path(name)) as maria:
                there = MariaPapers.make(maria)
                there.do(
                    "INSERT INTO papers SELECT concat('P', lpad(seq, 9, '0')), lpad(seq, 12, '0'), 'B2', '2024-02-29', "
                    f"'2026-01-01' + interval seq * 1000 microsecond FROM seq_1_to_{n}",
                )
                found["mariadb"] = await read(there.reader, n)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=200_000)
    sys.stdout.write(json.dumps(asyncio.run(main(parser.parse_args().n))) + "\n")
