"""Names as people in and around Da Nang bear them, in rough proportion. All combinations are drawn by lot."""

import unicodedata
from random import Random


def _spread(text: str) -> tuple[str, ...]:
    """`Nguyễn*38 Trần*11 Lê` as a list in which each word stands that many times; `_` is a space, `-` nothing."""
    words: list[str] = []
    for part in unicodedata.normalize("NFC", text).split():
        word, _, times = part.partition("*")
        words += [word.replace("_", " ").replace("-", "")] * int(times or 1)
    return tuple(words)


FAMILY = _spread(
    "Nguyễn*76 Trần*22 Lê*20 Phạm*12 Huỳnh*11 Phan*10 Võ*10 Trương*7 Đặng*6 Bùi*4 Hồ*4 Ngô*4 Đỗ*3 Dương*3 Đoàn*3 "
    "Mai*3 Lương*2 Đinh*2 Hà*2 Cao*2 Tạ Thái*2 Châu Lưu*2 Tôn_Nữ Tăng Ông Đàm Văn Kiều Doãn Thân Trịnh Lâm Vũ "
    "Alăng Bh'riu Zơ_Râm Hồ_Văn Arất"
)
MIDDLE_MALE = _spread(
    "Văn*30 Hữu*6 Đức*6 Minh*6 Quang*5 Công*5 Thanh*5 Ngọc*5 Xuân*4 Đình*5 Quốc*5 Anh*2 Gia*2 Thế*2 Tấn*3 Viết*2 "
    "Trọng*2 Hoàng*3 Bá Phước*2 -*4"
)
MIDDLE_FEMALE = _spread(
    "Thị*40 Ngọc*6 Thanh*5 Thu*4 Kim*4 Bích*3 Mỹ*3 Như*2 Phương*3 Khánh*2 Thị_Thu*5 Thị_Mỹ*4 Thị_Kim*4 "
    "Thị_Thanh*4 Thị_Ngọc*4 Hoàng*2 Bảo*2 Quỳnh*2 -*2"
)
GIVEN_MALE = _spread(
    "Anh*3 Bảo*3 Bình*3 Chiến Công Cường*4 Danh Dũng*4 Duy*3 Dương Đạt*3 Đông Đức*3 Hải*4 Hậu Hiếu*3 Hiệp Hòa*2 "
    "Hoàng*4 Hùng*5 Huy*5 Hưng*2 Khánh*2 Khoa*2 Khôi Kiên*2 Lâm*2 Linh Long*4 Lộc*2 Luân Mạnh Minh*5 Nam*4 "
    "Nghĩa*2 Nhân*2 Nhật*2 Phát Phong*2 Phú*2 Phúc*3 Phước*2 Quân*3 Quang*3 Quốc*2 Quý Sang Sơn*4 Tài*3 Tâm*2 Tân "
    "Thái*2 Thành*4 Thắng*3 Thiện*2 Thịnh*2 Thuận Tiến*3 Tín Toàn*3 Trí*2 Trung*4 Trường*2 Tuấn*5 Tùng*2 Tú*2 "
    "Vinh*3 Việt*2 Vũ*3 Vương Ý"
)
GIVEN_FEMALE = _spread(
    "An Anh*4 Ánh*2 Bích Châu*2 Chi*2 Diễm Diệp Diệu Dung*3 Duyên*2 Giang*2 Hà*4 Hạnh*4 Hằng*3 Hiền*4 Hoa*3 "
    "Hồng*3 Huệ*2 Hương*5 Huyền*3 Khanh Kiều Lan*4 Lành Liên*3 Linh*5 Loan*3 Ly*2 Mai*3 My*2 Mỹ Nga*3 Ngân*3 "
    "Ngọc*3 Nguyệt*2 Nhàn Nhi*3 Nhung*2 Như*2 Oanh*2 Phượng*2 Phương*4 Quyên*2 Sen Sương Tâm*2 Thảo*4 Thắm Thơm "
    "Thu*3 Thủy*4 Thúy*2 Thư*2 Tiên Trang*3 Trâm*2 Trinh*2 Trúc*2 Tuyết*2 Tú Uyên*2 Vân*4 Vy*3 Xuân*2 Yến*3"
)


def name(rng: Random, *, female: bool) -> str:
    """A full name: family, middle, given, in normal form C."""
    middles, givens = (MIDDLE_FEMALE, GIVEN_FEMALE) if female else (MIDDLE_MALE, GIVEN_MALE)
    family, middle, given = one(rng, FAMILY), one(rng, middles), one(rng, givens)
    return f"{family} {middle} {given}" if middle else f"{family} {given}"


def one(rng: Random, of: tuple[str, ...]) -> str:
    return of[int(rng.random() * len(of))]
