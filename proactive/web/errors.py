"""When something goes wrong: every page says what happened, whether anything was saved, and what to do next."""

from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from proactive.errors import TooMany
from proactive.web.door import OFFICER, SignedOut
from proactive.web.pages import Pages, to

OWN_WORDS = {403, 404, 413, 429, 500, 503}
"""Statuses that the error page has words of its own for; others are told as 400: what came cannot be used."""


class Errors:
    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self.handlers: dict[Any, Callable[[Request, Any], Any]] = {
            HTTPException: self.refused,
            TooMany: self.too_many,
            SignedOut: self.signed_out,
        }

    def failed(self, request: Request, status: int) -> Response:
        return self._page(request, status)

    async def refused(self, request: Request, error: HTTPException) -> Response:
        page = self._page(request, error.status_code)
        page.headers.update(error.headers or {})
        return page

    async def too_many(self, request: Request, error: TooMany) -> Response:
        page = self._page(request, 429, minutes=-(-error.seconds // 60))
        page.headers["retry-after"] = str(error.seconds)
        return page

    async def signed_out(self, request: Request, error: SignedOut) -> Response:
        door = "/desk/sign-in" if error.kind == OFFICER else "/"
        if request.method in {"GET", "HEAD"}:
            return to(door)
        return self._pages.show(request, "signed_out.html", status=401, door=door, desk=error.kind == OFFICER)

    def _page(self, request: Request, status: int, *, minutes: int = 1) -> Response:
        desk = request.url.path.startswith("/desk")
        words = status if status in OWN_WORDS else 404 if status == 405 else 400
        # The link to the other language leads to the first page: what was asked for may be anything, somebody's number
        # or the name of another site (`//`), and is not said back.
        path = "/desk" if desk else "/"
        return self._pages.show(
            request, "error.html", status=status, words=words, desk=desk, minutes=minutes, path=path
        )
