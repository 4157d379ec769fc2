"""A made-up visitor with a browser: follows our pages by their forms, as a person would, over HTTP."""

import asyncio
from collections.abc import Mapping
from html.parser import HTMLParser
from types import TracebackType
from typing import Self

import httpx

from proactive.errors import Temporary

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 8.0)
"""Seconds between tries while the pages do not answer: a restart takes a few of them."""


class _Forms(HTMLParser):
    """The hidden fields, radio buttons and options of a page, form by form."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self.choices: dict[str, list[str]] = {}
        self.links: list[str] = []
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self.forms.append({})
        elif tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "input" and given.get("type") == "hidden" and self.forms:
            self.forms[-1][name] = given.get("value", "")
        elif tag == "input" and given.get("type") == "radio":
            self.choices.setdefault(name, []).append(given.get("value", ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select is not None and self.forms:
            if given.get("value"):
                self.choices.setdefault(self._select, []).append(given["value"])
            if "selected" in given:
                self.forms[-1][self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None


class Page:
    """What the visitor sees."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.path = response.url.path
        self.text = response.text
        read = _Forms()
        read.feed(response.text)
        self._forms = read.forms
        self.choices: Mapping[str, list[str]] = read.choices
        self.links = read.links

    def form(self, having: str = "csrf") -> dict[str, str]:
        """What the first form with this hidden field would send by itself."""
        for form in self._forms:
            if having in form:
                return dict(form)
        raise Temporary(f"The page {self.path} ({self.status}) has no form with {having}.")


class Visitor:
    """One browser, from an address of its own on this machine: the pages count tries by address."""

    def __init__(self, url: str, *, number: int) -> None:
        host = f"127.{1 + number // 62_500 % 250}.{number // 250 % 250}.{1 + number % 250}"
        self._client = httpx.AsyncClient(
            base_url=url,
            follow_redirects=True,
            timeout=30,
            trust_env=False,
            transport=httpx.AsyncHTTPTransport(local_address=host, verify=False),
            headers={"origin": url, "accept-language": "vi"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def get(self, path: str) -> Page:
        return Page(await self._ask("GET", path, None))

    async def send(self, path: str, form: Mapping[str, str]) -> Page:
        return Page(await self._ask("POST", path, dict(form)))

    async def _ask(self, method: str, path: str, form: dict[str, str] | None) -> httpx.Response:
        """As a person would: where no answer comes, press the button again after a while."""
        for pause in PAUSES:
            try:
                return await self._client.request(method, path, data=form)
            except httpx.TransportError:
                await asyncio.sleep(pause)
        return await self._client.request(method, path, data=form)
