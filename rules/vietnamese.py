"""What is wrong with a row, said in Vietnamese, for officers and for files that go back to an office.

Problems are kept in English, in the words of the checks that found them; here each of those sentences has its
Vietnamese one. One that is not known yet is shown as it is; a test looks that each sentence of a check is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_WHY = {
    "It is missing or null.": "Thiếu giá trị.",
    "It is empty.": "Ô này để trống.",
    "It holds a character that cannot be kept: U+0000, or half of a character.": "Có ký tự không lưu được.",
    "It holds characters that cannot be kept.": "Có ký tự không lưu được.",
    "{} is not text of 1 to 500 characters.": "{} không phải là chữ dài từ 1 đến 500 ký tự.",
    "{} is not a day of the calendar.": "{} không phải là một ngày có thật.",
    "{} is not a point in time.": "{} không phải là một thời điểm.",
    "{} is not a personal id.": "{} không phải là số định danh cá nhân.",
    "{} is not text of at most 40 characters.": "{} không phải là chữ dài tối đa 40 ký tự.",
    "{} is not a code we know.": "{} không phải là mã được dùng ở cột này.",
    "{} is not a whole number.": "{} không phải là số nguyên.",
    "{} is neither true nor false.": "{} không phải là có hoặc không.",
    "{} is not between {} and {}, so it cannot be true.": "{} không nằm trong khoảng từ {} đến {} nên không thể đúng.",
    "{} is not between the years {} and {}.": "{} không nằm trong các năm từ {} đến {}.",
    "{} is before {} {}.": "{} sớm hơn cột {} ({}).",
    "{} is unknown where {} is {}.": "{} không dùng được khi cột {} là {}.",
    "It is not JSON in UTF-8: {}.": "Dữ liệu gửi đến không phải JSON mã UTF-8: {}.",
    "It is JSON, but not an object.": "Dữ liệu gửi đến là JSON nhưng không phải một bản ghi.",
    "It cannot be read: {}.": "Không đọc được: {}.",
    "It is not a change in JSON.": "Tin gửi đến không phải là một thay đổi dạng JSON.",
    "No such register is connected.": "Cơ sở dữ liệu này chưa được kết nối.",
    "It says nothing about when the row last changed.": "Không nói bản ghi thay đổi lần cuối khi nào.",
    "The message and its row name different records.": "Tin gửi đến và bản ghi trong đó nói về hai bản ghi khác nhau.",
    "The database cannot hold it ({}).": "Cơ sở dữ liệu không lưu được ({}).",
}

_MEND = {
    "Send it: without it the row says nothing.": "Điền giá trị: thiếu nó bản ghi không có nghĩa.",
    "Send it: without it the row cannot be kept.": "Điền giá trị: thiếu nó không lưu được bản ghi.",
    "Remove the character in the source.": "Xóa ký tự đó ở nguồn.",
    "Remove them in the source.": "Xóa các ký tự đó ở nguồn.",
    "Send it as text in quotes.": "Ghi dưới dạng chữ.",
    "Send it as YYYY-MM-DD, or null where there is none.": "Ghi ngày/tháng/năm đủ bốn số năm; để trống nếu không có.",
    "Send null where there is no end: 'infinity' is no day of the calendar.": "Để trống nếu không có ngày kết thúc.",
    "Send it as YYYY-MM-DDThh:mm:ss+07:00.": "Ghi đủ ngày và giờ.",
    "Send exactly 12 digits 0-9, as text, with leading zeros.": "Ghi đúng 12 chữ số, dưới dạng chữ, giữ số 0 ở đầu.",
    "Send the number as text, or null where there is none.": "Ghi số dưới dạng chữ; để trống nếu không có.",
    "Send one of the codes of this column.": "Ghi một trong các mã của cột này.",
    "Send one of {}, or correct {}.": "Ghi một trong: {}; hoặc sửa cột {}.",
    "Send one of {}.": "Ghi một trong: {}.",
    "Send digits without quotes or decimal point.": "Chỉ ghi chữ số, không có dấu.",
    "Send true or false without quotes.": "Ghi có hoặc không.",
    "Correct the date in the source; send null for 'none' or 'unknown'.": "Sửa ngày; để trống nếu không có, không rõ.",
    "Send the time at which the row was last changed.": "Ghi thời điểm bản ghi thay đổi lần cuối.",
    "Correct whichever of {} and {} is wrong in the source.": "Sửa ngày nào sai trong hai cột {} và {}.",
    "Send one JSON object a row.": "Gửi mỗi bản ghi là một đối tượng JSON.",
    "Send plain values in columns.": "Gửi giá trị đơn trong từng cột.",
    "Send {register, key, subject, version, op, record}.": "Gửi đủ register, key, subject, version, op, record.",
    "See rules/registers for their names.": "Xem tên trong rules/registers.",
    "Send when it was last updated.": "Gửi kèm thời điểm cập nhật.",
    "Send the row's own key.": "Gửi đúng khóa của bản ghi.",
    "Tell the operator: our checks should have seen it.": "Báo người vận hành: lẽ ra chúng tôi phải phát hiện trước.",
}


Titles = Mapping[str, str]
"""Column -> how people call it."""


def why(said: str, titles: Titles = {}) -> str:  # noqa: B006  never written to
    """Why it cannot be used."""
    return _in(_WHY_PATTERNS, said, titles) or said


def mend(said: str, titles: Titles = {}) -> str:  # noqa: B006  never written to
    """How to mend it."""
    return _in(_MEND_PATTERNS, said, titles) or said


def known(said_why: str, said_mend: str) -> bool:
    """Both sentences have a Vietnamese one."""
    return _in(_WHY_PATTERNS, said_why, {}) is not None and _in(_MEND_PATTERNS, said_mend, {}) is not None


def _in(patterns: tuple[tuple[re.Pattern[str], str], ...], said: str, titles: Titles) -> str | None:
    for pattern, words in patterns:
        if found := pattern.fullmatch(said):
            return words.format(*(titles.get(part, part) for part in found.groups()))
    return None


def _patterns(sentences: dict[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    made = []
    for english, words in sentences.items():
        parts = [re.escape(part) for part in english.split("{}")]
        made.append((re.compile("(.*?)".join(parts), re.DOTALL), words))
    return tuple(made)


_WHY_PATTERNS, _MEND_PATTERNS = _patterns(_WHY), _patterns(_MEND)
