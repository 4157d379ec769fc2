"""A stand-in for the province's adapter to the national portal: the same wire shape, on this machine only.

It remembers dossiers by their code, knows sessions that end, and can be told to answer as the real one may: a code
written otherwise, none at all, a page of HTML, or nothing.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from proactive.demo.stage import LocalOnly, as_json

ACCOUNT = {"username": "stand-in", "password": "stand-in"}
HTML, SILENCE = "html", "silence"


@dataclass
class Portal:
    """`next_answers` are given instead of the right ones, each once: an error_code, `HTML` or `SILENCE`."""

    dossiers: dict[str, dict[str, Any]] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    next_answers: deque[object] = field(default_factory=deque)
    success: object = "00"
    sessions: set[str] = field(default_factory=set)
    begun: int = 0

    async def auth(self, request: Request) -> Response:
        if await request.json() != ACCOUNT or not request.headers.get("dstcode"):
            return as_json({"session": "", "error_code": 1})
        self.begun += 1
        self.sessions.add(f"s-{self.begun}")
        return as_json({"session": f"s-{self.begun}", "error_code": 0})

    async def call(self, request: Request) -> Response:
        body = await request.json()
        self.calls.append(body)
        if body["session"] not in self.sessions:
            return as_json({"error_code": "401", "error_message": "session"})
        result: list[dict[str, Any]] = [self._do(body["service"], body.get("isUpdating"), one) for one in body["data"]]
        said = self.next_answers.popleft() if self.next_answers else self.success
        if said == HTML:
            return HTMLResponse("<html>Bad gateway</html>")
        if said == SILENCE:
            await asyncio.sleep(60)
        code = {} if said is None else {"error_code": said}
        return as_json({**code, "error_message": "theo ý người thử", "result": [one for one in result if one]})

    def _do(self, service: str, updating: str | None, item: dict[str, Any]) -> dict[str, Any]:
        code = item["MaHoSo"]
        if service == "TraCuuHoSo":
            return self.dossiers.get(code, {})
        if self.next_answers and self.next_answers[0] not in {HTML, SILENCE, None, self.success}:
            return {}  # it is going to say no
        if service == "DongBoHoSoMC":
            assert (updating == "True") == (code in self.dossiers)
            self.dossiers[code] = {**self.dossiers.get(code, {}), **item}
        elif code in self.dossiers:
            self.steps.append(item)
        return {"MaHoSo": code}


def app(portal: Portal) -> Starlette:
    """The stand-in as an application."""
    routes = [
        Route("/auth", portal.auth, methods=["POST"]),
        Route("/integration", portal.call, methods=["POST"]),
        Route("/share", portal.call, methods=["POST"]),
    ]
    return Starlette(routes=routes, middleware=[Middleware(LocalOnly)])
