"""A person at a browser without JavaScript: follows our pages by their forms, over the application itself."""

import re
from collections.abc import Mapping
from html import unescape
from types import TracebackType
from typing import Self

import httpx
from starlette.applications import Starlette

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL)
HERE = "http://pages.test"


class Person:
    """Keeps cookies and the last page; `address` is where the network says they are."""

    def __init__(self, app: Starlette, *, address: str = "192.0.2.1") -> None:
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=(address, 40_000)),  # type: ignore[arg-type]  # an ASGI application
            base_url=HERE,
            headers={"origin": HERE},
        )
        self.page: httpx.Response | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.aclose()

    @property
    def text(self) -> str:
        assert self.page is not None
        return unescape(self.page.text)

    async def opens(self, path: str) -> httpx.Response:
        """Open a page, and where it leads."""
        self.page = await self.client.get(path, follow_redirects=True)
        return self.page

    def hidden(self, action: str) -> dict[str, str]:
        """The hidden fields of the form that posts to this path."""
        assert self.page is not None
        for form in FORM.findall(self.page.text):
            if f'action="{action}"' in form.partition(">")[0]:
                return {name: unescape(value) for name, value in HIDDEN.findall(form)}
        raise AssertionError(f"no form for {action} on {self.page.url}: {self.page.text[:300]}")

    async def sends(self, action: str, fields: Mapping[str, str] | None = None, **more: str) -> httpx.Response:
        """Fill in the form that posts there and press its button, then look at where that leads."""
        form = {**self.hidden(action), **(fields or {}), **more}
        answer = await self.client.post(action, data=form)
        self.page = await self.client.get(answer.headers["location"]) if answer.status_code == 303 else answer
        return answer

    async def posts(self, action: str, fields: Mapping[str, str], **headers: str) -> httpx.Response:
        """Send exactly these fields, whatever page is open."""
        return await self.client.post(action, data=dict(fields), headers=headers)
