"""Rows as registers hold them, sound ones and invented ones of which many are wrong in some way."""

import random
import unicodedata
from collections.abc import Iterator
from typing import Any

import msgspec

from proactive.domain.change import Change
from rules import Catalogue

CLEAN = "Trần Thị Bình"
Row = dict[str, Any]
Rows = dict[str, list[Row]]


def resident(number: int, **changes: object) -> Row:
    row: Row = {
        "personal_id": f"0480900{number:05d}", "full_name": CLEAN, "date_of_birth": "1990-05-06", "sex": "F",
        "unit_code": "20242", "address": "1 Bạch Đằng", "phone": "0901234567",
        "updated_at": "2026-11-22T08:00:00+07:00",
    }  # fmt: skip
    return row | changes


def licence(number: int, **changes: object) -> Row:
    row: Row = {
        "licence_no": f"48{number:010d}", "personal_id": f"0480900{number:05d}", "full_name": CLEAN,
        "date_of_birth": "1990-05-06", "class": "B", "scheme": "2024", "issued_on": "2025-05-06",
        "expires_on": "2035-05-06", "issued_by": "Phòng CSGT", "status": "valid",
        "updated_at": "2026-11-22T08:00:00+07:00",
    }  # fmt: skip
    return row | changes


PHONES = ("0901234567", "0905.123.456", "+84 98 765 4321", "02363822041", "0511388188", None)
CLASSES = (("2024", "B"), ("2024", "A1"), ("2024", "B1"), ("2008", "B1"))


def invented(seed: int) -> Rows:
    """Rows of which many are wrong in some way, or several."""
    chance = random.Random(seed)
    names = [CLEAN, CLEAN.upper(), unicodedata.normalize("NFD", CLEAN), f" {CLEAN}", "Trần  Thị Bình", "Lê Văn Tám"]
    days = ["1990-05-06", "1990-06-05", None]

    def one_resident(number: int) -> Row:
        return resident(
            number,
            full_name=chance.choice(names),
            date_of_birth=chance.choice(days),
            unit_code=chance.choice(["20242", "99999", None]),
            address=chance.choice(["1 Bạch Đằng", None, "1\u00a0Bạch Đằng"]),
            phone=chance.choice(PHONES),
            died_on=chance.choice([None, None, "2027-12-31"]),
        )

    def one_licence(number: int) -> Row:
        scheme, letters = chance.choice(CLASSES)
        return licence(
            number,
            personal_id=f"0480900{chance.randrange(70):05d}",
            full_name=chance.choice([*names, None]),
            date_of_birth=chance.choice(days),
            issued_on=chance.choice(["2025-05-06", "2026-12-30"]),
            expires_on=chance.choice(["2035-05-06", None]),
            issued_by=chance.choice(["Phòng CSGT", None, ""]),
            scheme=scheme,
            **{"class": letters},
        )

    return {"residents": [one_resident(n) for n in range(60)], "driver_licences": [one_licence(n) for n in range(120)]}


def worsening(day: int) -> Rows:
    """Registers that were good once, and in which more is wrong every day."""
    chance = random.Random(day)
    updated = {"updated_at": f"2026-11-{23 + min(day, 6):02d}T08:00:00+07:00"}

    def one_licence(number: int) -> Row:
        row = licence(number, **updated)
        if chance.random() < 0.03 * day:
            row |= {"date_of_birth": "1990-06-05"}
        if chance.random() < 0.02 * day:
            row |= {"expires_on": None, "issued_by": " Phòng  CSGT"}
        return row

    def one_resident(number: int) -> Row:
        row = resident(number, **updated)
        return row | ({"unit_code": "20999"} if chance.random() < 0.01 * day else {})

    return {
        "residents": [one_resident(number) for number in range(60)],
        "driver_licences": [one_licence(number) for number in range(60)],
        "violations": [],
    }


def told(rows: Rows, catalogue: Catalogue, *, version: int) -> Iterator[Change]:
    """The rows as changes of this version."""
    for name, found in rows.items():
        key = catalogue.registers[name].key
        for row in found:
            yield Change(
                register=name, key=str(row[key]), subject=str(row["personal_id"]), version=version,
                record=msgspec.Raw(msgspec.json.encode(row)),
            )  # fmt: skip
