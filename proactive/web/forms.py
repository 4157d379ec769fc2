"""What a browser sends: a small form, read strictly. Nothing in it is believed to be a value of the dossier."""

import unicodedata
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

MOST_BYTES = 64 * 1024
MOST_FIELDS = 200
MOST_NOTE = 1000


class Form:
    """The fields of one form, each once; the last one wins."""

    def __init__(self, fields: dict[str, str]) -> None:
        self._fields = fields

    def text(self, name: str, *, most: int = 200) -> str:
        """What was typed, in one Unicode form, without control characters, no longer than `most` characters."""
        typed = unicodedata.normalize("NFC", self._fields.get(name, ""))
        return "".join(letter for letter in typed if letter == "\n" or letter.isprintable()).strip()[:most]

    def secret(self, name: str) -> str:
        """A password, as it was typed."""
        return unicodedata.normalize("NFC", self._fields.get(name, "")[:1000])

    def number(self, name: str) -> int:
        """A whole number; -1 where there is none, which no version ever is."""
        text = self._fields.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1

    def digits(self, name: str) -> str:
        """Digits that people type with spaces and full stops between them."""
        return "".join(letter for letter in self._fields.get(name, "")[:40] if letter.isascii() and letter.isdigit())

    def starting(self, prefix: str, *, most: int = 200) -> dict[str, str]:
        """The fields whose name starts so, by the rest of their name; empty ones are left out."""
        names = [name for name in self._fields if name.startswith(prefix)]
        found = {name.removeprefix(prefix): self.text(name, most=most) for name in names}
        return {name: value for name, value in found.items() if value}


def query(typed: str) -> dict[str, str]:
    """An address's query that came as a field of a form; nothing where it is none."""
    try:
        return dict(parse_qsl(typed, max_num_fields=20))
    except ValueError:
        return {}


def page_number(request: Request, *, digits: int = 5) -> int:
    """Which page of a list is asked for, from 1; the first where what stands in the address is no such number."""
    asked = request.query_params.get("page", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= digits and int(asked) else 1


async def body(request: Request, *, most: int = MOST_BYTES) -> bytes:
    """The body, at most so many bytes of it; a longer one is refused before it is read to its end."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > most:
            raise HTTPException(413)
    return bytes(found)


@dataclass(frozen=True)
class Upload:
    """A file that came with a form: its name, as the browser gives it, and its bytes."""

    name: str
    content: bytes


async def read_with_file(request: Request, *, most: int) -> tuple[Form, Upload | None]:
    """A form with one file of at most `most` bytes; what is longer is refused before it is read to its end."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise HTTPException(415)

    async def bounded() -> AsyncGenerator[bytes, None]:
        got = 0
        async for part in request.stream():
            got += len(part)
            if got > most + MOST_BYTES:
                raise HTTPException(413)
            yield part

    try:
        parser = MultiPartParser(request.headers, bounded(), max_files=1, max_fields=20, max_part_size=MOST_BYTES)
        sent = await parser.parse()
    except (MultiPartException, UnicodeError, ValueError, LookupError) as error:
        raise HTTPException(400) from error
    fields: dict[str, str] = {}
    upload = None
    for name, value in sent.multi_items():
        if isinstance(value, str):
            fields[name] = value
        else:
            upload = Upload(value.filename or "", await value.read())
            await value.close()
    return Form(fields), upload


async def read(request: Request, *, most_fields: int = MOST_FIELDS, most_bytes: int = MOST_BYTES) -> Form:
    """The form of a request, within limits. Raises 400, 413 or 415."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    try:
        sent = (await body(request, most=most_bytes)).decode("utf-8")
        return Form(dict(parse_qsl(sent, keep_blank_values=True, max_num_fields=most_fields, errors="strict")))
    except ValueError as error:
        raise HTTPException(400) from error
