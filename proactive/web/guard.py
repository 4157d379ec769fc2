"""Around every page: headers that keep browsers strict, a log line without anybody's data, and a designed failure.

The address in the log is the route with its names (`/desk/dossiers/{id}`), never what stood in it, and no query.
"""

import time
import traceback
from collections.abc import Callable
from pathlib import Path

import sqlalchemy.exc
import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from proactive import metrics
from proactive.store.scope import NOBODY, within

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})

log = structlog.get_logger()

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "x-robots-tag": "noindex",
}
OURS = str(Path(__file__).parents[1])
SILENT_DATABASE = (
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.InterfaceError,
    sqlalchemy.exc.TimeoutError,
    OSError,
)


class Guard:
    def __init__(self, app: ASGIApp, *, failed: Callable[[Request, int], Response], https: bool) -> None:
        self._app = app
        self._failed = failed
        self._headers = HEADERS | ({"strict-transport-security": "max-age=31536000"} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            with within(NOBODY):
                await self._app(scope, receive, sending)
        except Exception as error:
            # Only where it failed: the text of an error may quote what somebody typed.
            log.error("page.failed", error=type(error).__name__, at=_where(error))
            if status:
                raise
            answer = self._failed(Request(scope), 503 if isinstance(error, SILENT_DATABASE) else 500)
            await answer(scope, receive, sending)
        finally:
            took, route = time.perf_counter() - began, _route(scope)
            metrics.PAGE.labels(_method(scope), route, status).observe(took)
            log.info("page", method=_method(scope), route=route, status=status, ms=round(took * 1000, 1))


def _where(error: Exception) -> str:
    """The innermost line of ours, and the innermost line of all."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if OURS in frame.filename] or frames
    return " <- ".join(f"{frame.filename}:{frame.lineno}" for frame in (frames[-1], ours[-1]))


def _method(scope: Scope) -> str:
    """Anybody may call with a method of their own making, and each would be a figure more."""
    method: str = scope["method"]
    return method if method in METHODS else "other"


def _route(scope: Scope) -> str:
    path: str = scope["path"]
    if "endpoint" not in scope:
        return "(none)"
    for name, value in scope.get("path_params", {}).items():
        path = path.replace(str(value), f"{{{name}}}")
    return path
