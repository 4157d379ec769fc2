"""Files that are made to hurt: refused with a sentence, within memory and time, and never written back as a formula."""

import io
import os
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from proactive.sheets import Limits, Sent, Unreadable, headed, marked, opened
from proactive.sheets.cells import MARKS
from proactive.sources import ConnectedRegister
from rules import vietnamese
from tests.sheets.files import delimited, repacked, workbook
from tests.sheets.test_reading import HEADINGS, LAN, REGISTERS, STAMP

GOOD = workbook([HEADINGS, LAN])
FORMULAS = [
    "=1+1", "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "  =1+1", '=HYPERLINK("http://x","y")',
    "=IMPORTXML(1)", "＝1+1", "%0A=1", "'=1", '"=1',
]  # fmt: skip


def read(content: bytes, limits: Limits | None = None) -> list[Any]:
    table = headed(opened(content, limits=limits), ConnectedRegister(REGISTERS["residents"]))
    return list(table.lines(STAMP))


def bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"\0" * (200 * 2**20))
    return made.getvalue()


def refusals() -> dict[str, bytes]:
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    sheet, strings = "xl__worksheets__sheet1.xml", "xl__sharedStrings.xml"
    return {
        "nothing": b"",
        "blanks": b" \r\n\n",
        "noughts": b"\0" * 5000,
        "an old workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9,
        "a bomb": bomb(),
        "macros": repacked(GOOD, **{"xl__vbaProject.bin": b"x"}),
        "links": repacked(GOOD, xl__externalLinks__a=b"<x/>"),
        "an embedded file": repacked(GOOD, xl__embeddings__a=b"x"),
        "entities": repacked(GOOD, **{strings: entity}),
        "a sheet cut off": repacked(GOOD, **{sheet: b"<worksheet><sheetData><row"}),
        "a package cut off": GOOD[: len(GOOD) // 2],
        "another package": repacked(GOOD, **{"xl__workbook.xml": b""}),
        "no workbook": b"PK\x03\x04",
        "a page": b"<!DOCTYPE html><p>",
        "a document": b"%PDF-1.7 ...",
        "NUL": delimited([HEADINGS, ["a\0b", *LAN[1:]]]),
        "a huge cell": delimited([HEADINGS, [LAN[0], "x" * 5000, *LAN[2:]]]),
        "a quote left open": delimited([HEADINGS]) + b'"' + b"x" * 200_000,
        "a huge cell of a workbook": workbook([HEADINGS, [LAN[0], "x" * 5000, *LAN[2:]]]),
        "far too wide": delimited([["x"] * 5000, ["1"] * 5000]),
        "random": os.urandom(3000),
    }


@pytest.mark.parametrize("name", list(refusals()))
def test_it_is_refused_in_words(name: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(refusals()[name])

    [problem] = refused.value.problems
    assert vietnamese.known(problem.why, problem.mend), problem


def test_limits_of_rows_and_size_are_kept() -> None:
    rows = [HEADINGS, *([f"048168{n:06d}", *LAN[1:]] for n in range(200))]
    for content in (delimited(rows), workbook(rows)):
        with pytest.raises(Unreadable, match="larger"):
            read(content, Limits(size=100))
    with pytest.raises(Unreadable, match="more than 50 rows"):
        read(delimited(rows), Limits(rows=50))


def test_a_sheet_that_lies_about_its_size_is_read_by_what_it_holds() -> None:
    liar = repacked(
        GOOD,
        **{
            "xl__worksheets__sheet1.xml": zipfile.ZipFile(io.BytesIO(GOOD))
            .read("xl/worksheets/sheet1.xml")
            .replace(b'<dimension ref="A1:E2"', b'<dimension ref="A1:XFD1048576"')
        },
    )

    assert len(read(liar)) == 1


@settings(max_examples=150, deadline=None, database=None)
@given(content=st.binary(max_size=400))
def test_whatever_bytes_there_are_it_is_read_or_refused(content: bytes) -> None:
    for start in (b"", GOOD[:30], b"\xff\xfe", b"\xef\xbb\xbf", ",".join(HEADINGS).encode() + b"\n"):
        try:
            read(start + content)
        except Unreadable as refused:
            assert refused.problems[0].mend


@settings(max_examples=100, deadline=None, database=None)
@given(text=st.one_of(st.sampled_from(FORMULAS), st.text(max_size=20)), kind=st.sampled_from(["csv", "xlsx"]))
def test_nothing_that_is_written_back_is_a_formula(text: str, kind: str) -> None:
    content = marked(kind, heading=[text, "b"], lines=[Sent([text, 7], text, "Sửa")])

    for cell in _cells(kind, content):
        if kind == "csv":
            assert not cell or cell.lstrip(" ")[:1] not in MARKS
        else:
            assert cell is None or cell.data_type in ("s", "inlineStr", "n")


def _cells(kind: str, content: bytes) -> list[Any]:
    import csv

    if kind == "csv":
        return [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row]
    return [cell for row in load_workbook(io.BytesIO(content)).active.iter_rows() for cell in row]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_was_refused_can_be_corrected_and_sent_again(kind: str) -> None:
    cells = ["048168000001", "Nguyễn Thị Hoàng Anh", "04/03/1968", "+84901234567", "-5 Bạch Đằng"]
    content = marked(kind, heading=HEADINGS, lines=[Sent(cells, "Sai", "Sửa")])

    [line] = read(content)
    table = headed(opened(content), ConnectedRegister(REGISTERS["residents"]))

    assert line.problems == [] and line.mended == []
    assert [line.row[name] for name in ("personal_id", "phone", "address")] == [cells[0], cells[3], cells[4]]
    assert table.unused == []
