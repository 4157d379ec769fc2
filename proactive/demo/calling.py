"""Call-backs of the stand-ins: signed anew for each try, tried again for a while, never too many at once."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import httpx

_AT_ONCE = 16
_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)

Signed = Callable[[], tuple[Mapping[str, str], bytes]]
"""Headers and body of one try."""


class Caller:
    """Posts call-backs in the background. Open while the stand-in runs."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(timeout=15, trust_env=False)
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this in the background, until it ends or the stand-in does."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def post(self, url: str, signed: Signed) -> bool:
        """Whether the other side took it in the end. It is not the stand-in's to worry when it did not."""
        for pause in (*_PAUSES, None):
            async with self._room:
                headers, body = signed()
                try:
                    answer = await self._client.post(url, headers=dict(headers), content=body)
                except httpx.HTTPError:
                    answer = None
            if answer is not None and (answer.is_success or answer.status_code in {400, 401, 403, 404, 410}):
                return answer.is_success
            if pause is None:
                break
            await asyncio.sleep(pause)
        return False

    async def close(self) -> None:
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._client.aclose()
