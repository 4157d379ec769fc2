"""What citizens send as a photo or file: known by its content, never by its name, and made harmless before it is kept.

A picture is decoded and written anew: place and time of taking, the camera, and whatever was hidden behind it are gone.
A PDF stays as it is, and is refused where it holds anything but pages to look at.
"""

import asyncio
import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

from PIL import Image, ImageOps
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from proactive.domain.document import DocumentKind
from proactive.errors import ProactiveError

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000
MOST_PAGES = 30
LONGEST_EDGE = 3000
QUALITY = 85
MOST_OBJECTS = 20_000
AT_ONCE = 2
MAGIC = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"%PDF-", "PDF"))
ACTIVE = frozenset({"/JS", "/JavaScript", "/Launch", "/EmbeddedFiles", "/EmbeddedFile", "/XFA",
                    "/RichMedia", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Movie", "/Sound"})  # fmt: skip
"""Keys and names by which a PDF does something or carries something, instead of being looked at."""


class Wrong(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    BIG = "big"
    KIND = "kind"
    BROKEN = "broken"
    HUGE = "huge"  # too many pixels or pages
    LOCKED = "locked"
    ACTIVE = "active"


class NotTaken(ProactiveError):
    def __init__(self, why: Wrong) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Taken:
    """What is kept of it."""

    content: bytes
    kind: DocumentKind
    pages: int

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class Uploads:
    """Takes so many at once, in threads; whoever comes then waits."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)

    async def take(self, content: bytes) -> Taken:
        """Raises `NotTaken`."""
        async with self._room:
            return await asyncio.to_thread(taken, content)


def taken(content: bytes) -> Taken:
    """The file as it may be kept. Raises `NotTaken`."""
    if not content:
        raise NotTaken(Wrong.EMPTY)
    if len(content) > MOST_BYTES:
        raise NotTaken(Wrong.BIG)
    kind = next((kind for magic, kind in MAGIC if content.startswith(magic)), None)
    if kind is None:
        raise NotTaken(Wrong.KIND)
    return _document(content) if kind == "PDF" else _picture(content, kind)


def _picture(content: bytes, kind: str) -> Taken:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own bound is lower
            with Image.open(BytesIO(content), formats=[kind]) as picture:
                if picture.width * picture.height > MOST_PIXELS or getattr(picture, "n_frames", 1) > 1:
                    raise NotTaken(Wrong.HUGE)
                if kind == "JPEG":
                    picture.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))  # decodes no more than is kept
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
                if upright.mode not in {"RGB", "L"}:
                    paper = Image.new("RGB", upright.size, "white")
                    seen = upright.convert("RGBA")
                    paper.paste(seen, mask=seen.getchannel("A"))
                    upright = paper
                plain = Image.new(upright.mode, upright.size)
                plain.paste(upright)  # nothing but what is seen goes along
    except (Image.DecompressionBombError, MemoryError) as error:
        raise NotTaken(Wrong.HUGE) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise NotTaken(Wrong.BROKEN) from error
    kept = BytesIO()
    plain.save(kept, "JPEG", quality=QUALITY, optimize=True)
    return Taken(kept.getvalue(), DocumentKind.JPEG, 1)


def _document(content: bytes) -> Taken:
    try:
        reader = PdfReader(BytesIO(content), strict=False)
        if reader.is_encrypted:
            raise NotTaken(Wrong.LOCKED)
        pages = len(reader.pages)
        if not 0 < pages <= MOST_PAGES:
            raise NotTaken(Wrong.HUGE)
        for number, name in enumerate(_names(reader.trailer)):
            if name in ACTIVE:
                raise NotTaken(Wrong.ACTIVE)
            if number > MOST_OBJECTS:
                raise NotTaken(Wrong.HUGE)
    except NotTaken:
        raise
    except Exception as error:  # a broken file makes the reader fail in any way it likes
        raise NotTaken(Wrong.BROKEN) from error
    return Taken(content, DocumentKind.PDF, pages)


def _names(root: DictionaryObject) -> Iterator[str]:
    """Every key, and every name that stands as a value, of all that can be reached."""
    seen: set[tuple[int, int]] = set()
    left: list[object] = [root]
    while left:
        one = left.pop()
        if (place := getattr(one, "idnum", None)) is not None:
            key = (int(place), int(getattr(one, "generation", 0)))
            if key in seen:
                continue
            seen.add(key)
            one = one.get_object()  # type: ignore[attr-defined]  # only references have a number
        if isinstance(one, DictionaryObject):
            yield from one.keys()
            left.extend(one.raw_get(name) for name in one)
        elif isinstance(one, ArrayObject):
            left.extend(list.__iter__(one))
        elif isinstance(one, str) and one.startswith("/"):
            yield one
