"""Where the invented people live: the 94 real units, the crowded ones more often, with invented house numbers."""

from random import Random

from proactive.demo.names import one
from rules.offices import Unit, UnitKind, units

_CROWDED = {
    "20242": 9,
    "20209": 8,
    "20263": 7,
    "20275": 7,
    "20257": 7,
    "20200": 7,
    "20197": 6,
    "20260": 6,
    "20305": 6,
    "20285": 5,
}
_CROWDED |= {"20314": 4, "20341": 4, "20410": 3, "20551": 3, "20350": 3}
_SHARE = {UnitKind.WARD: 24, UnitKind.COMMUNE: 8, UnitKind.SPECIAL_ZONE: 1}
"""How often a unit is drawn, in tenths where it is not among the crowded ones. A guess, no count."""

_STREETS = (
    "Nguyễn Văn Linh", "Lê Duẩn", "Trần Phú", "Hùng Vương", "Điện Biên Phủ", "Nguyễn Tri Phương", "Ông Ích Khiêm",
    "Hoàng Diệu", "Phan Châu Trinh", "Trưng Nữ Vương", "Núi Thành", "Ngô Quyền", "Võ Nguyên Giáp", "Tôn Đức Thắng",
    "Nguyễn Lương Bằng", "Cách Mạng Tháng Tám", "Trường Chinh", "Lý Thái Tổ", "Hải Phòng", "Quang Trung",
    "Phan Đăng Lưu", "Thái Phiên", "Nguyễn Hoàng", "Lê Lợi", "Bạch Đằng",
)  # fmt: skip


class Places:
    """Draws a unit and an address in it."""

    def __init__(self) -> None:
        self._drawn = tuple(unit for unit in units().values() for _ in range(_weight(unit)))

    def draw(self, rng: Random) -> tuple[str, str]:
        """A unit code and an address."""
        unit = self._drawn[int(rng.random() * len(self._drawn))]
        number = 1 + int(rng.random() ** 2 * 400)
        if unit.kind is UnitKind.WARD:
            spot = f"Số {number} {one(rng, _STREETS)}"
        else:
            spot = f"Tổ {1 + number % 9}, thôn {1 + number % 12}"
        return unit.code, f"{spot}, {unit.full_name}, thành phố Đà Nẵng"


def _weight(unit: Unit) -> int:
    return 10 * _CROWDED[unit.code] if unit.code in _CROWDED else _SHARE[unit.kind]
