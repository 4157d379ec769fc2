"""The pages as a process of its own, for the benchmark of the desk: database and port are its arguments."""

import asyncio
import sys

import structlog
import uvicorn

import rules
from proactive.store.store import opened
from tests.web.conftest import build


async def main(url: str, port: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    async with opened(url, size=2) as store:
        house = build(store, rules.load(), public_url=f"http://127.0.0.1:{port}")
        server = uvicorn.Server(
            uvicorn.Config(house.app, port=port, access_log=False, log_level="warning", timeout_keep_alive=60)
        )
        running = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  the server tells it in no other way
            await asyncio.sleep(0.05)
        print("ready", flush=True)
        await running
        await house.pages.engine.dispose()


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2])))
