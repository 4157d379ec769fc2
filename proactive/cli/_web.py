"""What `proactive web` does."""

import asyncio
import signal
from types import FrameType

import sqlalchemy
import structlog
import uvicorn

from proactive.errors import ProactiveError
from proactive.journeys import Journeys
from proactive.memory_use import settle
from proactive.parts import Parts, assembled
from proactive.settings import Settings
from proactive.store.engine import told_when_lost
from proactive.store.scope import DatabaseRole
from proactive.web.app import create
from proactive.web.identity import loader as identity

log = structlog.get_logger()

FOLLOW_SECONDS = 15.0


class _Server(uvicorn.Server):
    """Ends well when it is asked to: uvicorn would send itself the signal once more in the end, and nothing of ours
    would be closed."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


async def serve(settings: Settings) -> None:
    with told_when_lost():
        await _serve(settings)


async def _serve(settings: Settings) -> None:
    async with assembled(settings, application="proactive web", role=DatabaseRole.WEB, connections=12) as parts:
        pages = create(
            store=parts.store, keys=parts.keys, clock=parts.clock, settings=settings, catalogue=parts.catalogue,
            steps=Journeys(parts), notifiers=parts.notifiers, intake=parts.intake,
            told=parts.registers.told.registers if parts.registers.told is not None else (),
            files=parts.files, clients=identity.load(settings.identity), manners=parts.manners,
        )  # fmt: skip
        server = _Server(
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
        following = asyncio.create_task(_follow(parts))
        settle()
        try:
            await server.serve()
        finally:
            following.cancel()


async def _follow(parts: Parts) -> None:
    """Bring the rule book to what is in force, now and then: pages show a dossier in the words of its version."""
    while True:
        await asyncio.sleep(FOLLOW_SECONDS)
        try:
            if parts.book is not None:
                await parts.book.turn(parts.clock.today())
        except (ProactiveError, sqlalchemy.exc.DBAPIError, OSError) as error:
            log.warning("versions.not_followed", error=type(error).__name__)
