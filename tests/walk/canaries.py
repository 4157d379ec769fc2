"""Canaries: one made-up person whose every personal value is looked for wherever nobody may read it.

Each value is looked for as it is written, as people and programs write it otherwise (without accents, as JSON, in an
address, in base64), and a phone and a day in each of their usual forms.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, quote_plus

import httpx

from rules.texts import plain
from tests.steps.people import Person, driver
from tests.walk.stage import Stage

ASKED = ("/", "/desk/dossiers/", "/desk/cases/", "/procedures/", "/check?code=", "/dossier?field=")
SENT = ("/", "/identify", "/passcode", "/desk/sign-in", "/hooks/sms", "/hooks/intake", "/v1/events")
EMAIL = "canary.quynh@hopthu.example.vn"
CANARY = driver(
    1, full_name="TRƯƠNG QUỲNH KHUYẾN", date_of_birth=date(1957, 8, 29), phone="0599873100",
    address="731/46 Trần Cao Vân, phường Thanh Khê, thành phố Đà Nẵng",
).but(personal_id="048157731946")  # fmt: skip
PERSON = CANARY.with_licence(number="480167319046")


@dataclass(frozen=True)
class Canary:
    field: str
    forms: frozenset[bytes]

    def seen_in(self, places: Mapping[str, bytes]) -> list[str]:
        """Where it stands, and in which form."""
        return [
            f"{self.field} in {place}: {form.decode(errors='replace')}"
            for place, content in places.items()
            for form in self.forms
            if form in content
        ]


def of(person: Person, *, email: str | None = None) -> list[Canary]:
    """The canaries of this person."""
    written = {
        "personal id": [person.personal_id],
        "name": [person.full_name, person.full_name.title(), plain(person.full_name)],
        "phone": [person.phone, person.phone[1:], f"+84{person.phone[1:]}", f"84{person.phone[1:]}"]
        if person.phone
        else [],
        "address": [person.address, plain(person.address), person.address.split(",")[0]],
        "licence number": [one.number for one in person.licences],
        "e-mail": [email] if email else [],
        "birth date": [f"{person.date_of_birth:{form}}" for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%Y%m%d")],
    }
    return [
        Canary(field, frozenset(form for value in values for form in _forms(value)))
        for field, values in written.items()
        if values
    ]


def _forms(value: str) -> Iterator[bytes]:
    for one in {value, value.lower()}:
        yield one.encode()
        yield json.dumps(one)[1:-1].encode()
        yield quote(one).encode()
        yield quote_plus(one).encode()
    if len(value) >= 9:
        yield b64encode(value.encode()).rstrip(b"=")[:-1]  # its last letter depends on what follows


async def errors(stage: Stage, person: Person) -> bytes:
    """What is answered to whoever asks amiss with this person's values: whole answers, headers included."""
    phone, [licence, *_] = person.phone or "", person.licences
    values = (person.personal_id, person.full_name, phone, person.address, licence.number, EMAIL,
              person.date_of_birth.isoformat())  # fmt: skip
    found = []
    async with httpx.AsyncClient(base_url=stage.pages, trust_env=False) as client:
        for value in values:
            written = quote(value, safe="")
            found += [await client.get(path + written) for path in ASKED]
            found += [await client.post(path, data={"code": value, "digits": value, "To": value}) for path in SENT]
            found.append(await client.post("/v1/events", json=[{"subject": value, "data": {"name": value}}]))
            found.append(await client.put(f"/v1/applications/{written}", json={"applicant": value}))
            found.append(await client.request("PATCH", "/dossier", headers={"x-name": written}))
    assert {one.status_code for one in found} & {400, 401, 403, 404, 405}
    return b"\n".join(str(one.headers.raw).encode() + one.content for one in found)
