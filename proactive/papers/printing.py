"""Prints a form: `forms/<name>.typ` and data become a PDF that is tagged, searchable and says that it is Vietnamese.

Data travels as one JSON text and is only ever shown as text: what somebody calls themselves is never read as Typst. No
font of the machine is used: Libertinus Serif (OFL-1.1), which has every Vietnamese letter, comes with Typst itself.
"""

import asyncio
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import typst

FORMS = Path(__file__).parent / "forms"
STANDARD: Final = "ua-1"
"""PDF/UA-1: tags, a title and a language, so that screen readers read a form in its order. Typst refuses without."""

AT_ONCE = asyncio.Semaphore(2)
"""Printing takes a processor for a moment: more at once would keep pages waiting."""


@cache
def forms() -> frozenset[str]:
    """The forms there are: a file each; a file that begins with an underscore is a part of others."""
    return frozenset(path.stem for path in FORMS.glob("[a-z]*.typ"))


async def printed(form: str, data: Mapping[str, object]) -> bytes:
    """The form as PDF. Raises `KeyError` for a form that is not there."""
    if form not in forms():
        raise KeyError(form)
    async with AT_ONCE:
        return await asyncio.to_thread(_compiled, form, msgspec.json.encode(data).decode())


def _compiled(form: str, data: str) -> bytes:
    made = typst.compile(
        FORMS / f"{form}.typ",
        root=FORMS,
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": data},
        pdf_standards=[STANDARD],
    )
    assert isinstance(made, bytes)
    return made
