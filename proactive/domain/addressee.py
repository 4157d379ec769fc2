"""The addressee: how a citizen can be reached on whatever channel, and which writings of an address are one."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, replace
from functools import lru_cache

import phonenumbers

_DEAD_AREAS = ("510", "511")
"""Quang Nam's and Da Nang's landline codes until 2017: number plans still take them for mobile numbers."""


@dataclass(frozen=True)
class Addressee:
    """Where one citizen can be reached. Each channel takes what it can use, see `Notifier.reachable`.

    `phone` is as the register writes it; `email` is one that the citizen proved to read (docs/adr/0024).
    """

    phone: str | None = None
    email: str | None = None
    language: str = "vi"

    @classmethod
    def at(cls, address: str) -> Addressee:
        """Whoever is at this address, and nothing else known of them."""
        return cls(email=address) if "@" in address else cls(phone=address)

    @property
    def mobile(self) -> str | None:
        """The phone as E.164 (+84905123456), or None where it is not a Vietnamese mobile number."""
        return mobile(self.phone or "")

    def without(self, wrong: Container[str]) -> Addressee:
        """The addressee without addresses that are somebody else's; `wrong` holds them as `one_form` gives them."""
        return replace(
            self,
            phone=None if self.phone and one_form(self.phone) in wrong else self.phone,
            email=None if self.email and one_form(self.email) in wrong else self.email,
        )

    def any_in(self, addresses: Container[str]) -> str | None:
        """The first of their addresses that is among these, which are written as `one_form` gives them."""
        forms = [one_form(address) for address in (self.phone, self.email) if address]
        return next((form for form in forms if form in addresses), None)


@lru_cache(maxsize=4096)
def mobile(phone: str) -> str | None:
    """A Vietnamese mobile number as E.164, however it was written; None for everything else."""
    # As registers write it and as channels do: the same number is parsed once.
    national = len(phone) == 10 and phone[0] == "0" and phone.isascii() and phone.isdigit()
    return _mobile(f"+84{phone[1:]}" if national else phone)


@lru_cache(maxsize=4096)
def _mobile(phone: str) -> str | None:
    if _AS_CHANNELS_DO.fullmatch(phone):  # nothing to parse, which takes most of the time
        number = phonenumbers.PhoneNumber(country_code=84, national_number=int(phone[3:]))
    else:
        try:
            number = phonenumbers.parse(phone, "VN")
        except phonenumbers.NumberParseException:
            return None
    national = phonenumbers.national_significant_number(number)
    if (
        number.country_code != 84
        or national.startswith(_DEAD_AREAS)
        or phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.MOBILE
    ):
        return None
    return f"+84{national}"


_AS_CHANNELS_DO = re.compile(r"\+84[1-9][0-9]{8}")


def one_form(address: str) -> str:
    """The one form of an address that is written in several ways, to tell whether two are the same."""
    address = address.strip()
    return address.lower() if "@" in address else (mobile(address) or address)
