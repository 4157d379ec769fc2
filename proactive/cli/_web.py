"""What `proactive web` does."""

import uvicorn

from proactive.journeys import Journeys
from proactive.parts import assembled
from proactive.settings import Settings
from proactive.web.app import create


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
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=settings.trusted_proxies or None,
            )
        )
        await server.serve()
