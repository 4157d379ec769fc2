"""Spreadsheets as offices have them: read where that is sure, refused with how to mend it where it is not."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

import rules
from proactive.sheets import Headed, Line, Unreadable, headed, opened
from proactive.sheets.cells import NUMBER_AS_TEXT, ZERO_ID, ZERO_PHONE
from proactive.sources import ConnectedRegister, RegisterMapping
from rules import vietnamese
from tests.sheets.files import delimited, workbook

STAMP = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
REGISTERS = rules.sound()[0].registers
HEADINGS = ["Số định danh cá nhân", "Họ, chữ đệm và tên", "Ngày, tháng, năm sinh", "Số điện thoại", "Nơi cư trú"]
LAN = ["048168000001", "Nguyễn Thị Hoàng Anh", "04/03/1968", "0901234567", "12 Bạch Đằng, Đà Nẵng"]


def table(content: bytes, register: str = "residents", **mapping: Any) -> Headed:
    made = RegisterMapping.model_validate(mapping)
    return headed(opened(content), ConnectedRegister(REGISTERS[register], made))


def lines(content: bytes, **more: Any) -> list[Line]:
    return list(table(content, **more).lines(STAMP))


def why(line: Line) -> dict[str, str]:
    """Column -> what is wrong, in Vietnamese; each sentence has Vietnamese words."""
    assert all(vietnamese.known(problem.why, problem.mend) for problem in line.problems), line.problems
    return {problem.where: vietnamese.why(problem.why) for problem in line.problems}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_csv_is_read_whatever_it_is_cut_by_and_in_whatever_unicode(delimiter: str, encoding: str) -> None:
    [line] = lines(delimited([HEADINGS, LAN], delimiter=delimiter, encoding=encoding))

    assert line.problems == [] and line.mended == []
    assert line.row["full_name"] == "Nguyễn Thị Hoàng Anh"
    assert line.row["date_of_birth"] == date(1968, 3, 4)
    assert line.row["updated_at"] == STAMP


def test_windows_1258_is_read_and_said() -> None:
    import unicodedata

    text = "Số định danh cá nhân,Họ, chữ đệm và tên\n".replace("Họ, chữ đệm và tên", '"Họ, chữ đệm và tên"')
    text += "048168000001,Nguyễn Thị Hường\n"
    bytes_ = b"".join(_in_1258(letter) for letter in unicodedata.normalize("NFC", text))

    found = table(bytes_)
    [line] = found.lines(STAMP)

    assert line.row["full_name"] == "Nguyễn Thị Hường"
    assert found.table.notes == ("It was read as Windows-1258. Look whether the names are right.",)


def _in_1258(letter: str) -> bytes:
    """A letter as that code page has it: some whole, the others as a letter and a mark."""
    import unicodedata

    try:
        return letter.encode("cp1258")
    except UnicodeEncodeError:
        parts = unicodedata.normalize("NFD", letter)
        base = unicodedata.normalize("NFC", parts[:-1])
        try:
            return base.encode("cp1258") + parts[-1].encode("cp1258")
        except UnicodeEncodeError:
            base = unicodedata.normalize("NFC", parts[0] + parts[2])
            return base.encode("cp1258") + parts[1].encode("cp1258")


@pytest.mark.parametrize(
    "content",
    [
        "Sè ®Þnh danh,Hä tªn\n048168000001,NguyÔn ThÞ H\xad\xf8ng\n".encode("latin-1"),
        b"a,b\n\x81\x8d\x8f,\x90\x9d\n",
        b"\xff\xfea",
        b"\xef\xbb\xbfa,b\n\xff\xff\n",
    ],
)
def test_what_cannot_be_read_for_sure_is_refused_and_says_how_to_save_it(content: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        table(content)

    [problem] = refused.value.problems
    assert vietnamese.known(problem.why, problem.mend), problem


def test_titles_empty_lines_columns_and_repeated_headings_do_not_matter() -> None:
    rows = [
        ["", "ỦY BAN NHÂN DÂN PHƯỜNG HẢI CHÂU", "", "", "", "", ""],
        ["", "DANH SÁCH NĂM 2026", "", "", "", "", ""],
        ["", "", "", "", "", "", ""],
        ["STT", *(f" {heading.upper()} *" for heading in HEADINGS), ""],
        ["1", *LAN, ""],
        ["", "", "", "", "", "", ""],
        ["STT", *(f" {heading.upper()} *" for heading in HEADINGS), ""],
        ["2", "048168000002", *LAN[1:], ""],
    ]
    for content in (delimited(rows), workbook([[cell or None for cell in row] for row in rows])):
        found = table(content)
        read = list(found.lines(STAMP))

        assert found.unused == ["STT"]
        assert [line.row["personal_id"] for line in read] == ["048168000001", "048168000002"]
        assert [line.number for line in read] == [5, 8]


def test_numbers_of_a_workbook_get_their_nought_back_where_that_is_sure_and_that_is_said() -> None:
    rows = [HEADINGS, [48168000001, "A", datetime(1968, 3, 4), 901234567, "x"], ["48168000002", "B", 24900, None, 7]]  # noqa: DTZ001
    one, two = lines(workbook(rows))

    assert (one.row["personal_id"], one.row["phone"]) == ("048168000001", "0901234567")
    assert one.row["date_of_birth"] == date(1968, 3, 4)
    assert one.mended == [("personal_id", ZERO_ID), ("phone", ZERO_PHONE)]
    assert two.row["personal_id"] == "048168000002" and two.row["date_of_birth"] == date(1968, 3, 3)
    assert one.problems == two.problems == []


@pytest.mark.parametrize("given", [8168000001, 4816800001, "4816800001", "04816800001", "98168000001", "4.8168E+10"])
def test_an_id_that_may_be_another_is_refused(given: object) -> None:
    for content in (delimited([HEADINGS, [given, *LAN[1:]]]), workbook([HEADINGS, [given, *LAN[1:]]])):
        [line] = lines(content)
        schema = REGISTERS["residents"]

        assert line.mended == []
        assert "personal_id" in {p.where for p in [*line.problems, *schema.problems(dict(line.row))]}


def test_a_key_that_is_a_number_is_pointed_out() -> None:
    [line] = lines(
        workbook([["licence_no", "business_no", "issued_on", "status"], [123, "x", "1/2/2026", "valid"]]),
        register="liquor_licences",
    )

    assert line.row["licence_no"] == "123" and line.row["issued_on"] == date(2026, 2, 1)
    assert line.mended == [("licence_no", NUMBER_AS_TEXT)]


@pytest.mark.parametrize(
    ("column", "given", "said"),
    [
        (0, "=1+1", "công thức"), (1, '=HYPERLINK("http://x")', "công thức"), (1, "@SUM(A1)", "công thức"),
        (2, "3/13/1968", "tháng trước ngày"), (2, "04/03/68", "không phải là ngày"), (2, "30/02/1968", "không phải"),
        (0, "4,8E+10", "rút gọn"),
    ],
)  # fmt: skip
def test_what_excel_or_somebody_spoiled_is_named(column: int, given: str, said: str) -> None:
    row = [*LAN]
    row[column] = given
    [line] = lines(delimited([HEADINGS, row]))

    [(_, found)] = why(line).items()
    assert said in found
    assert (line.problems[0].mend and given not in found.replace("'", "")) or column == 1


def test_days_written_month_first_are_noticed_for_the_whole_column() -> None:
    found = table(delimited([HEADINGS, LAN, ["048168000002", "B", "12/31/1990", "", ""]]))
    list(found.lines(STAMP))

    assert found.month_first == {"date_of_birth": 3}


def test_the_sign_that_keeps_a_value_from_being_a_formula_is_taken_off_again() -> None:
    [line] = lines(delimited([HEADINGS, [*LAN[:3], "'+84901234567", "' -x"]]))

    assert line.row["phone"] == "+84901234567" and line.row["address"] == "' -x"


def test_an_updated_at_of_its_own_orders_a_row_and_one_of_the_future_is_refused() -> None:
    heading = [*HEADINGS, "Thời điểm cập nhật"]
    one, two, three = lines(
        delimited([heading, [*LAN, "20/11/2026 08:00"], [*LAN, ""], [*LAN, "2027-01-01T00:00:00+07:00"]])
    )

    assert one.version < two.version == 1795399200000000
    assert why(three) == {"updated_at": "Thời điểm nằm ở tương lai."}


def test_a_source_of_its_own_names_its_headings_codes_and_the_stamp() -> None:
    columns = {
        "licence_no": "Số GP", "business_no": "Mã số", "issued_on": {"from": "Ngày", "format": "dd/mm/yyyy"},
        "status": {"from": "TT", "codes": {"Còn hiệu lực": "valid", "1": "valid", "Thu hồi": "withdrawn"}},
        "updated_at": {"from": "file:stamp"},
    }  # fmt: skip
    rows = [["Số GP", "Mã số", "Ngày", "TT"], ["A1", "0400", "05/01/2026", "Thu hồi"], ["A2", "0401", "05/01/2026", 1]]
    one, two = lines(workbook(rows), register="liquor_licences", columns=columns)

    assert (one.row["status"], two.row["status"]) == ("withdrawn", "valid")
    assert one.problems == two.problems == [] and one.row["updated_at"] == STAMP


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["a", "b"], ["1", "2"]], "No line holds the headings"),
        ([HEADINGS[1:], LAN[1:]], "Columns are missing: personal_id"),
        ([[*HEADINGS, HEADINGS[0]], [*LAN, LAN[0]]], "Two columns have the heading"),
    ],
)
def test_headings_that_cannot_be_meant_are_refused(rows: list[list[str]], said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        table(delimited(rows))

    [problem] = refused.value.problems
    assert problem.why.startswith(said)
    assert vietnamese.known(problem.why, problem.mend), problem
