"""A stand-in for the platform's push API, by docs/connectors.md, that can be told to behave like a bad line.

It keeps events by their id, as the real one does, and remembers in which order they came.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from random import Random
from typing import Any

from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.demo.servers import serving

CONNECTOR = "c-1"
SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="

LATE = 0.6
"""Seconds after which nobody waits for an answer any more."""

Events = list[dict[str, Any]]
Mood = Callable[[Events], str]
"""What to do with the next request: a name of `MOODS`, looked up by the events in it."""


def is_bad(event: dict[str, Any]) -> bool:
    """The record says so itself."""
    return bool(event["data"].get("record", {}).get("class") == "BAD")


def good(_: Events) -> str:
    return "take"


def moody(seed: int) -> Mood:
    """Does something bad to every other request, in an order that the seed gives, and then everything once more."""
    deck = ["take"] * 6 + ["late", "lost", "busy", "away", "broken", "small"]
    chance = Random(seed)
    chance.shuffle(deck)
    cards = cycle(deck)
    return lambda _: next(cards)


@dataclass
class Receiver:
    """What it has, and how it is in the mood for."""

    mood: Mood = good
    wanted: list[str] = field(default_factory=list)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Every event by its id, in the order in which they came first."""
    bodies: dict[str, set[str]] = field(default_factory=dict)
    """By id, in how many ways it was written."""
    requests: list[str] = field(default_factory=list)
    """The body's hash by which each request was named."""
    did: Counter[str] = field(default_factory=Counter)
    is_bad: Callable[[dict[str, Any]], bool] = is_bad
    url: str = ""

    @property
    def changes(self) -> Events:
        return [event for event in self.kept.values() if event["type"] == "proactive.register.changed"]

    def of_type(self, name: str) -> Events:
        return [event for event in self.kept.values() if event["type"] == f"proactive.register.{name}"]

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator[str]:
        async with serving(Starlette(routes=[Route("/v1/events", self.post, methods=["POST"])]), port) as self.url:
            yield self.url

    async def post(self, request: Request) -> Response:
        body = await request.body()
        try:
            Webhook(SECRET).verify(body, dict(request.headers), json_parse=False)
            assert request.headers["connector-id"] == CONNECTOR
        except Exception:
            return _problem(401, "unauthorised", "Unknown connector or wrong signature.")
        assert request.headers["content-type"] == "application/cloudevents-batch+json"
        events: Events = json.loads(body)
        self.requests.append(request.headers["webhook-id"])
        mood = self.mood(events)
        self.did[mood] += 1
        return await getattr(self, f"_{mood}")(events)  # type: ignore[no-any-return]  # every mood answers

    # -- The moods

    async def _take(self, events: Events) -> Response:
        known = 0
        for event in events:
            known += event["id"] in self.kept
            self.kept.setdefault(event["id"], event)
            self.bodies.setdefault(event["id"], set()).add(json.dumps(event))
        answer = {"accepted": len(events) - known, "known": known, "snapshot": self.wanted}
        return JSONResponse(answer, status_code=202)

    async def _late(self, events: Events) -> Response:
        """Keeps them, and answers when the caller has given up."""
        answer = await self._take(events)
        await asyncio.sleep(LATE)
        return answer

    async def _slow(self, events: Events) -> Response:
        await asyncio.sleep(LATE)
        return await self._take(events)

    async def _lost(self, events: Events) -> Response:
        await asyncio.sleep(LATE)
        return Response(status_code=500)

    async def _busy(self, events: Events) -> Response:
        return _problem(429, "too-fast", "Too fast.", retry_after="0")

    async def _away(self, events: Events) -> Response:
        return _problem(503, "unavailable", "Our database is away.", retry_after="0")

    async def _broken(self, events: Events) -> Response:
        """Keeps them, and dies before it can say so."""
        await self._take(events)
        return Response("Internal Server Error", status_code=500, headers={"retry-after": "0"})

    async def _small(self, events: Events) -> Response:
        if len(events) <= 40:
            return await self._take(events)
        return _problem(413, "too-many", "Too many events.")

    async def _large(self, events: Events) -> Response:
        return _problem(413, "too-deep", "Nested too deep.")

    async def _names(self, events: Events) -> Response:
        """Refuses the events whose record says so, and names them."""
        bad = [number for number, event in enumerate(events) if self.is_bad(event)]
        if not bad:
            return await self._take(events)
        fault = {"where": "data.record.class", "why": "It is bad.", "mend": "No."}
        problems = [{"event": number, "id": events[number]["id"], **fault} for number in bad]
        return _problem(400, "malformed", "An event cannot be read.", problems=problems)

    async def _names_none(self, events: Events) -> Response:
        if not any(map(self.is_bad, events)):
            return await self._take(events)
        return _problem(400, "malformed", "Something cannot be read.")

    async def _stranger(self, events: Events) -> Response:
        """A proxy in between that knows nothing of us."""
        return Response("<html>Welcome to the guest network</html>", status_code=200)

    async def _strange_no(self, events: Events) -> Response:
        return Response("<html>400 Bad Request</html>", status_code=400)

    async def _shut(self, events: Events) -> Response:
        return _problem(401, "unauthorised", "Unknown connector or wrong signature.")


def _problem(status: int, kind: str, detail: str, *, retry_after: str | None = None, **more: Any) -> Response:
    return JSONResponse(
        {"type": f"urn:proactive:problem:{kind}", "title": detail, "status": status, "detail": detail, **more},
        status_code=status,
        media_type="application/problem+json",
        headers={} if retry_after is None else {"retry-after": retry_after},
    )
