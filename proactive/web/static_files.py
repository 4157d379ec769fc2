"""Stylesheets, scripts and type, read once, sent compressed, and kept by browsers until their content changes."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
COMPRESSED = {".css", ".js", ".svg", ".txt"}


@dataclass(frozen=True)
class File:
    kind: str
    content: bytes
    smaller: bytes | None
    mark: str


class StaticFiles:
    """The files of one folder, by name; nothing else of the disk can be asked for."""

    def __init__(self, folder: Path) -> None:
        self._files = {path.name: _file(path) for path in sorted(folder.iterdir()) if path.suffix in KINDS}

    def address(self, name: str) -> str:
        """Where a page finds the file: another address whenever the content is another."""
        return f"/static/{name}?v={self._files[name].mark}"

    async def serve(self, request: Request) -> Response:
        file = self._files.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        # Only an address that names the content never changes; scripts and type are also asked for without it.
        kept = "31536000, immutable" if request.query_params.get("v") == file.mark else "3600"
        headers = {"cache-control": f"public, max-age={kept}", "etag": f'"{file.mark}"'}
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        content = file.content
        if file.smaller is not None:
            headers["vary"] = "accept-encoding"
            if "gzip" in request.headers.get("accept-encoding", ""):
                headers["content-encoding"] = "gzip"
                content = file.smaller
        return Response(content, media_type=file.kind, headers=headers)


def _file(path: Path) -> File:
    content = path.read_bytes()
    smaller = gzip.compress(content, 9, mtime=0) if path.suffix in COMPRESSED else None
    return File(KINDS[path.suffix], content, smaller, hashlib.sha256(content).hexdigest()[:10])
