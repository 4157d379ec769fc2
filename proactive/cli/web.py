"""`proactive web`: the pages, the API and the providers' hooks."""

import asyncio

import typer
import uvicorn

from proactive.embedded.ports import require_free
from proactive.journeys import Journeys
from proactive.logs import begin_logging
from proactive.parts import assembled
from proactive.settings import Settings, read
from proactive.web.app import create


def register(app: typer.Typer) -> None:
    @app.command()
    def web() -> None:
        """Serve the pages on PROACTIVE_WEB_HOST and PROACTIVE_WEB_PORT."""
        begin_logging()
        settings = read()
        require_free(settings.web_port, what="the pages", setting="PROACTIVE_WEB_PORT")
        asyncio.run(serve(settings))


async def serve(settings: Settings) -> None:
    async with assembled(settings, application="proactive web", connections=12) as parts:
        pages = create(
            store=parts.store, keys=parts.keys, clock=parts.clock, settings=settings, catalogue=parts.catalogue,
            steps=Journeys(parts), notifiers=parts.notifiers, intake=parts.intake,
        )  # fmt: skip
        server = uvicorn.Server(
            uvicorn.Config(
                pages,
                host=settings.web_host,
                port=settings.web_port,
                access_log=False,
                log_level="warning",
                server_header=False,
                timeout_graceful_shutdown=5,
                timeout_keep_alive=15,
                proxy_headers=False,
            )
        )
        await server.serve()
