"""CSV as offices write it: UTF-8 with or without its mark, UTF-16 as Excel's "Unicode text", Windows-1258; comma,
semicolon, tab or bar.

Anything may be read as some old code page: what is not Unicode is believed to be Windows-1258 only where every
letter is a Vietnamese one, and refused otherwise. TCVN3 (.VnTime and its like) is always refused: guessed
names are wrong names.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator

from proactive.sheets.limits import Cell, Limits
from proactive.sheets.problems import Unreadable

LETTERS = frozenset(
    letter
    for base in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
    for mark in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    for letter in unicodedata.normalize("NFC", base + mark)
) | frozenset("đĐ–—‘’“”…°•§²³\u00a0₫×±«»")
DELIMITERS = ",;\t|"
LOOKED_AT = 20
"""Lines that say what stands between the cells."""
SAVE_AS = "In Excel choose Save as, CSV UTF-8 (or .xlsx), and send that file."


def read(content: bytes, limits: Limits) -> tuple[str, Iterator[list[Cell]], tuple[str, ...]]:
    """The delimiter, the rows, and what a person should know. Raises `Unreadable`, also while rows are read."""
    encoding, notes = _encoding(content)
    delimiter = _delimiter(_head(content, encoding))
    return delimiter, _rows(content, encoding, delimiter, limits), notes


def _encoding(content: bytes) -> tuple[str, tuple[str, ...]]:
    if content.startswith(b"\xef\xbb\xbf"):
        _must_decode(content, "utf-8-sig")
        return "utf-8-sig", ()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        _must_decode(content, "utf-16")
        return "utf-16", ()
    if (bare := _bare_utf16(content)) is not None:
        _must_decode(content, bare)
        return bare, ()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1258", (_believed_1258(content),)
    return "utf-8", ()


def _must_decode(content: bytes, encoding: str) -> None:
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Unreadable(f"Line {line} holds bytes that are not {encoding.upper()}.", SAVE_AS) from error


def _bare_utf16(content: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of the first line is nought."""
    head = content[:200]
    if len(head) < 8:
        return None
    if head[1::2].count(0) > len(head) // 4 and head[::2].count(0) == 0:
        return "utf-16-le"
    if head[::2].count(0) > len(head) // 4 and head[1::2].count(0) == 0:
        return "utf-16-be"
    return None


def _believed_1258(content: bytes) -> str:
    try:
        text = unicodedata.normalize("NFC", content.decode("cp1258"))
    except UnicodeDecodeError as error:
        raise Unreadable("It is written in a code page that we do not know.", SAVE_AS) from error
    strange = {letter for letter in text if not letter.isascii()} - LETTERS
    if strange:
        raise Unreadable("It is neither UTF-8 nor Windows-1258; perhaps it is TCVN3 (ABC).", SAVE_AS)
    return "It was read as Windows-1258. Look whether the names are right."


def _head(content: bytes, encoding: str) -> str:
    return content[:65_536].decode(encoding, "replace")


def _delimiter(head: str) -> str:
    """What stands between cells: what cuts the most of the first lines into the same number of them."""
    lines = [line for line in head.splitlines()[:LOOKED_AT] if line.strip()]
    best, most = ",", (0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        except csv.Error:
            continue
        widest = max(widths, default=1)
        score = (sum(width == widest for width in widths if widest > 1), widest)
        if score > most:
            best, most = delimiter, score
    return best


def _rows(content: bytes, encoding: str, delimiter: str, limits: Limits) -> Iterator[list[Cell]]:
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    reader = csv.reader(text, delimiter=delimiter)
    try:
        for number, row in enumerate(reader, 1):
            if number > limits.rows + LOOKED_AT:
                raise Unreadable(f"It has more than {limits.rows} rows.", "Split it into several files.")
            if len(row) > limits.columns:
                raise Unreadable(f"It has more than {limits.columns} columns.", "Remove what is not needed.")
            for cell in row:
                if "\x00" in cell:
                    raise Unreadable(f"Line {reader.line_num} holds a character that cannot be kept (NUL).", SAVE_AS)
                if len(cell) > limits.cell:
                    raise Unreadable(
                        f"Line {reader.line_num} holds a cell of more than {limits.cell} characters.",
                        "A quotation mark that is not closed does this; look at that line.",
                    )
            yield [*row]
    except csv.Error as error:
        mend = "A quotation mark that is not closed does this; look at that line."
        raise Unreadable(f"Line {reader.line_num} holds a cell that cannot be read.", mend) from error
