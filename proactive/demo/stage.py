"""What the stand-ins share: their pages, the way they are run, and a journal that survives a restart."""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import uvicorn
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Pages:
    """Renders the templates beside this file; every value in them is escaped."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "pages"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def show(self, template: str, **values: object) -> Response:
        return HTMLResponse(self._templates.get_template(template).render(**values), headers=_HEADERS)


def as_json(content: object, status: int = 200) -> Response:
    return JSONResponse(content, status, headers={"Cache-Control": "no-store"})


class Journal:
    """Lines of JSON in a file, written as they happen; without a file nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: TextIO | None = None

    def read(self) -> Iterator[dict[str, Any]]:
        """What was written before. A last line that was cut off by a crash counts for nothing."""
        if self._path is None or not self._path.exists():
            return
        for line in self._path.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                yield json.loads(line)

    def write(self, **entry: object) -> None:
        if self._path is None:
            return
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", encoding="utf-8", buffering=1)
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class BreaksOff(Response):
    """An answer that ends before it is complete: whoever asked cannot know what became of the request."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"4096")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise ConnectionAbortedError("broken off on purpose")


class LocalOnly:
    """Answers only to the names of this machine, so that no page of elsewhere can reach in by a name of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").partition(":")[0]
            if host not in {LOOPBACK, "localhost"}:
                await Response("Chỉ dùng trên máy này. This machine only.", 421)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def arguments(description: str, extra: Mapping[str, str]) -> argparse.Namespace:
    """Options of a stand-in: `--port`, `--keep FILE`, and `extra` ones that are seconds, each with its words."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--keep", type=Path, help="file that keeps everything over a restart")
    for name, words in extra.items():
        parser.add_argument(f"--{name}", type=float, help=words)
    return parser.parse_args()


def run(app: Starlette, *, port: int) -> None:
    """Serve until told to stop."""
    uvicorn.run(
        app,
        host=LOOPBACK,
        port=port,
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=2,
        lifespan="on",
    )
