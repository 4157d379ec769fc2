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
    "{} holds bytes, not text.": "{} là dữ liệu nhị phân, không phải chữ.",
    "{} is a code that the table `codes` does not list.": "{} là mã chưa có trong bảng chuyển mã.",
    "{} is no day written as {}.": "{} không phải là ngày ghi đủ ngày/tháng/năm.",
    "{} is no moment written as {}.": "{} không phải là thời điểm ghi đủ ngày và giờ.",
    "{} is neither yes nor no.": "{} không phải là có hoặc không.",
    "{} begins like a formula.": "{} bắt đầu như một công thức.",
    "{} was shortened by Excel, and digits are lost.": "{} đã bị Excel rút gọn, mất chữ số.",
    "{} is written month first.": "{} ghi tháng trước ngày.",
    "{} was turned into a date by Excel.": "{} đã bị Excel đổi thành ngày.",
    "It lies in the future.": "Thời điểm nằm ở tương lai.",
    "Its key stands on another line too, with other values.": "Khóa này còn ở dòng khác với giá trị khác.",
    "The file is empty.": "Tệp không có dòng nào.",
    "The file is larger than {} MB.": "Tệp lớn hơn {} MB.",
    "It is an old Excel file (.xls), or one with a password.": "Đây là tệp Excel đời cũ (.xls) hoặc tệp có mật khẩu.",
    "It is not a table: it is a document or a web page.": "Đây là văn bản hoặc trang web, không phải bảng.",
    "Line {} holds bytes that are not {}.": "Dòng {} có chữ không thuộc bảng mã {}.",
    "It is written in a code page that we do not know.": "Tệp ghi bằng một bảng mã không nhận ra được.",
    "It is neither UTF-8 nor Windows-1258; perhaps it is TCVN3 (ABC).": "Tệp không ở bảng mã UTF-8 hay Windows-1258; "
    "có thể là phông chữ TCVN3 (ABC), ví dụ .VnTime.",
    "It was read as Windows-1258. Look whether the names are right.": "Tệp được đọc theo bảng mã Windows-1258. Xin xem "
    "họ tên có đúng dấu không.",
    "It has more than {} rows.": "Tệp có hơn {} dòng.",
    "It has more than {} columns.": "Tệp có hơn {} cột.",
    "Line {} holds a cell of more than {} characters.": "Dòng {} có một ô dài hơn {} ký tự.",
    "Line {} holds a character that cannot be kept (NUL).": "Dòng {} có ký tự không lưu được (NUL).",
    "Line {} holds a cell that cannot be read.": "Dòng {} có một ô không đọc được.",
    "It holds macros.": "Tệp có macro.",
    "It holds links into other files.": "Tệp có liên kết đến tệp khác.",
    "It holds other files.": "Tệp có nhúng tệp khác.",
    "It holds controls.": "Tệp có nút điều khiển.",
    "It holds definitions that no Excel file has.": "Tệp có phần định nghĩa mà tệp Excel không bao giờ có.",
    "It cannot be unpacked: it is damaged, or it is not an Excel file.": "Không mở được: tệp hỏng hoặc không phải tệp "
    "Excel.",
    "It unpacks to more than {} MB.": "Mở ra, tệp lớn hơn {} MB.",
    "It has {} sheets with rows; only {} was read.": "Tệp có {} trang tính có dữ liệu; chỉ đọc trang {}.",
    "No line holds the headings that we look for.": "Không dòng nào có các tiêu đề cột cần tìm.",
    "Two columns have the heading of '{}'.": "Hai cột cùng có tiêu đề của '{}'.",
    "Columns are missing: {}.": "Thiếu cột: {}.",
    "Column '{}' has days written month first, for example in line {}.": "Cột '{}' có ngày ghi tháng trước ngày, ví dụ "
    "ở dòng {}.",
    "It has headings and no rows.": "Tệp chỉ có tiêu đề, không có dòng nào.",
    "No files are taken for this register.": "Cơ sở dữ liệu này không nhận dữ liệu bằng tệp.",
    "The leading 0 of a personal id was put back: Excel had removed it.": "Đã thêm lại số 0 ở đầu số định danh: "
    "Excel đã bỏ mất.",
    "The leading 0 of a phone number was put back: Excel had removed it.": "Đã thêm lại số 0 ở đầu số điện thoại: "
    "Excel đã bỏ mất.",
    "It is a number where text is expected: noughts at its beginning may be lost.": "Ô là số chứ không phải chữ: "
    "số 0 ở đầu có thể đã mất.",
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
    "Name a column of text, or let the source's owner convert it in a view.": "Dùng một cột chữ.",
    "List it in the source's file, or correct it.": "Sửa mã, hoặc thêm vào bảng chuyển mã của nguồn.",
    "Correct it, or name the `format` it is written in.": "Sửa lại thành ngày/tháng/năm, ví dụ 05/01/2026.",
    "Correct it, or list under `none_if` what means that there is none.": "Sửa lại; để trống nếu không có.",
    "List what it may be under `yes` and `no`.": "Ghi có hoặc không.",
    "Write the value itself.": "Ghi chính giá trị đó.",
    "Format the column as text, then type the number again.": "Định dạng cột là Văn bản (Text) rồi nhập lại số.",
    "Format the column as text, then type the value again.": "Định dạng cột là Văn bản (Text) rồi nhập lại.",
    "Write all days of the column as day/month/year.": "Ghi mọi ngày trong cột theo ngày/tháng/năm.",
    "Correct it, or leave the column out.": "Sửa lại, hoặc bỏ cột này.",
    "Keep the line that is right.": "Chỉ giữ lại dòng đúng.",
    "Send the file with its rows.": "Gửi tệp có dữ liệu.",
    "Split it into several files.": "Chia thành nhiều tệp.",
    "Save it as .xlsx without a password.": "Lưu thành .xlsx không có mật khẩu.",
    "Send it as .xlsx or .csv.": "Gửi dạng .xlsx hoặc .csv.",
    "In Excel choose Save as, CSV UTF-8 (or .xlsx), and send that file.": "Trong Excel chọn Lưu thành (Save as), kiểu "
    "CSV UTF-8 hoặc .xlsx, rồi gửi tệp đó.",
    "Remove what is not needed.": "Bỏ các cột không cần.",
    "A quotation mark that is not closed does this; look at that line.": "Thường do một dấu nháy kép không đóng; "
    "xin xem dòng đó.",
    "Shorten that cell.": "Rút ngắn ô đó.",
    "Copy the rows into a new file, as values, and send that.": "Chép các dòng sang tệp mới, dán dạng giá trị, rồi gửi "
    "tệp đó.",
    "Give the first line these headings: {}.": "Đặt tiêu đề ở dòng đầu: {}.",
    "Remove one of them.": "Bỏ bớt một cột.",
    "Add them with these headings.": "Thêm các cột đó với đúng tiêu đề.",
    "Name a register that files may fill.": "Chọn cơ sở dữ liệu nhận dữ liệu bằng tệp.",
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
