"""Real servers for tests, on free ports of this machine, ended with the test."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.embedded.postgres import EmbeddedPostgres
from proactive.ports.notifier import Hook
from tests.conftest import IN_A_HURRY


@asynccontextmanager
async def postgres() -> AsyncIterator[EmbeddedPostgres]:
    """A PostgreSQL of its own, started."""
    folder = Path(tempfile.mkdtemp(prefix="proactive-"))
    await asyncio.to_thread(folder.chmod, 0o711)
    server = EmbeddedPostgres(folder, settings=IN_A_HURRY)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()
        shutil.rmtree(folder)


@asynccontextmanager
async def serving(app: Starlette, port: int = 0) -> AsyncIterator[str]:
    """The application behind a real socket; its address."""
    config = uvicorn.Config(app, "127.0.0.1", port, log_level="critical", ws="none", timeout_graceful_shutdown=1)
    server = Quiet(config)
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task


class Quiet(uvicorn.Server):
    """Leaves the signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Catcher:
    """Receives call-backs and keeps them; `answers` are the statuses of the next ones (204 when used up)."""

    def __init__(self) -> None:
        self.hooks: list[Hook] = []
        self.answers: list[int] = []
        self.url = ""

    async def receive(self, request: Request) -> Response:
        url = f"{self.url}{request.url.path}"
        self.hooks.append(Hook(url, dict(request.headers), await request.body()))
        return Response(status_code=self.answers.pop(0) if self.answers else 204)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        routes = [Route("/hooks/{name}", self.receive, methods=["POST"])]
        async with serving(Starlette(routes=routes)) as self.url:
            yield self.url


async def until(true: Callable[[], bool], *, seconds: float = 5.0) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 -- what is waited for knows nothing of us
            await asyncio.sleep(0.01)


class Relay:
    """A line to a server that can be cut and mended."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in self._writers:
                writer.close()
            await self._server.wait_closed()
            self._server = None

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers |= {writer, back}
        await asyncio.gather(_pump(reader, back), _pump(there, writer), return_exceptions=True)
        self._writers -= {writer, back}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
