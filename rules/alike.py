"""When two writings say the same: letters composed or not, capitals or not, blanks, and days as people write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from rules.kinds import ColumnType

REACHABLE = (
    r"^(?:\+84|0084|84)?0?"
    r"(?:(?:3[0-9]|7[06-9])[0-9]|5(?:1[2-9]|[689][0-9]|2[238]|59)|8(?:[1-8][0-9]|9[6-9])|9(?:[0-8][0-9]|9[013-9]))"
    r"[0-9]{6}$"
)
"""A phone number, its digits and plus only, at which a person gets a message: the mobile numbers of Vietnam. Not those
of machines (01...), and not 0510 and 0511, landline codes of Quang Nam and Da Nang until 2017 that number plans still
take for mobile ones."""

NOT_IN_A_NUMBER = "[^0-9+]"

_NATIONAL = re.compile(r"^(?:\+84|0084|84(?=0?[0-9]{9}$))?0?")
_WRITTEN_DAY = re.compile(r"^([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})$")


def alike(type_: ColumnType, one: str, other: str) -> bool:
    """Do these two mean the same value of such a column?"""
    return plain(type_, one) == plain(type_, other)


def plain(type_: ColumnType, text: str) -> str:
    """The value in the one form by which it is compared."""
    if type_ is ColumnType.PHONE:
        return _NATIONAL.sub("", re.sub(NOT_IN_A_NUMBER, "", text))
    tidy = " ".join(unicodedata.normalize("NFC", text).split()).lower()
    if type_ is ColumnType.DATE and (day := _WRITTEN_DAY.match(tidy)):
        try:
            return date(int(day[3]), int(day[2]), int(day[1])).isoformat()
        except ValueError:
            return tidy
    return tidy
