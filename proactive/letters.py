"""Letters: the text of a notice, from the service's template for its channel, and what it costs to send.

Templates are files reviewed with the service. Values in them are codes, dates and digits, never free text, so nobody
can speak to citizens in the city's name by having an odd name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from proactive.domain.addressee import Addressee
from proactive.errors import Permanent
from proactive.ports.notifier import Notifier
from rules.channels import channels
from rules.messages import filled_in
from rules.texts import size

HOTLINE = "1022"


@dataclass(frozen=True)
class Letter:
    """A text ready to be sent. `segments` is what an SMS provider will count and bill."""

    text: str
    encoding: str
    segments: int


def measured(text: str) -> Letter:
    """The text with what it takes to send it."""
    how = size(text)
    return Letter(text, how.encoding, how.segments)


def spaced(code: str) -> str:
    """A check code as people read it: K7Q4 M2XD."""
    return f"{code[:4]} {code[4:]}"


def day(value: date) -> str:
    return value.strftime("%d/%m/%Y")


def write(folder: Path, *, channel: str, language: str, values: Mapping[str, object]) -> Letter:
    """The letter of a service for a channel. Raises `Permanent` where the template or its result may not be used."""
    name = channels()[channel].template(language)
    try:
        text = filled_in(_environment(folder).get_template(name), values)
    except jinja2.TemplateError as error:
        raise Permanent(f"The template {name} of {folder.parent.name} cannot be used: {error}") from error
    said = channels()[channel].laid_out(text)
    if wrong := [why for why, _ in channels()[channel].faults(said)]:
        raise Permanent(f"The text {name} of {folder.parent.name} may not go out: {' '.join(wrong)}")
    return measured(said)


@lru_cache(maxsize=256)
def _environment(folder: Path) -> jinja2.Environment:
    return ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # plain text
    )


def code_channel(notifiers: Mapping[str, Notifier], addressee: Addressee) -> tuple[str, str] | None:
    """The channel by which a one-time code can go to this person, and their address on it."""
    for name, notifier in notifiers.items():
        address = notifier.reachable(addressee) if carries_codes(name) else None
        if address is not None:
            return name, address
    return None


def carries_codes(channel: str) -> bool:
    """Whether a one-time code that opens a dossier may go by this channel."""
    known = channels().get(channel)
    return known is not None and known.carries_codes


def address_text(code: str) -> str:
    """The text that carries a code by which somebody proves to read an address. It opens nothing."""
    return (
        "Mã xác nhận địa chỉ thư điện tử\n\n"
        f"Mã xác nhận: {code[:3]} {code[3:]}. Mã dùng trong 10 phút, ở trang mà ông/bà vừa nhập địa chỉ này.\n\n"
        "Nếu ông/bà không yêu cầu, xin bỏ qua thư này: không có mã thì địa chỉ không được dùng. "
        "Không đọc mã cho bất kỳ ai, kể cả cán bộ."
    )


def passcode_text(code: str) -> str:
    """The text that carries a one-time code; it says what it is for and what nobody will ask."""
    return measured(
        f"Dich vu cong Da Nang: ma xac thuc mot lan {code[:3]} {code[3:]}, dung trong 10 phut de mo ho so cua ong/ba. "
        "Khong doc ma nay cho bat ky ai, ke ca can bo."
    ).text
