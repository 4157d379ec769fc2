"""For whoever runs the platform: is this process up, and does its database answer?"""

import asyncio
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from proactive.web.desk.notices import shut_prefixes
from proactive.web.site import Site

PATIENCE = 3.0
SEALED_BY = timedelta(minutes=10)


class Health:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/health", self.health, methods=["GET"]),
            Route("/ready", self.ready, methods=["GET"]),
        ]

    async def health(self, request: Request) -> Response:
        alive = await self._database()
        said: dict[str, object] = {"status": "ok" if alive else "failing", "database": alive}
        alarms = await self._alarms() if alive else []
        if alarms:
            said["alarms"] = alarms
        shares = await self._site.store.providers.shares() if alive else {}
        if shares:
            said["shares"] = {group: one.of for group, one in shares.items()}  # of providers; see the log balance.moved
        return JSONResponse(said, 200 if alive else 503)

    async def _alarms(self) -> list[str]:
        """What somebody must look at, though this process is up."""
        found = []
        if await self._site.store.addressees.alarms():
            found.append("simulated_number")  # a number for rehearsals is somebody's registered phone
        now = self._site.clock.now()
        if await shut_prefixes(self._site):
            found.append("prefix_shut")  # unusually much was asked to be sent to a range of numbers: see the desk
        if await self._site.store.audit.unsealed_for() > SEALED_BY:
            found.append("audit_unsealed")  # after an hour nothing is approved or forwarded
        tokens = await self._site.store.tokens.all()
        return [*found, *(f"token_{worry}:{one.provider}" for one in tokens if (worry := one.worry(now)))]

    async def ready(self, request: Request) -> Response:
        return Response(status_code=204 if await self._database() else 503)

    async def _database(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._site.store.figures.alive()
        except (SQLAlchemyError, OSError, TimeoutError):
            return False
