"""A citizen's e-mail address: used only after a code that went there was typed in, and good for nothing else."""

from datetime import timedelta

from proactive import journey
from proactive.domain.dossier import Dossier
from proactive.store.people import Passcode
from tests.web.browsing import Person
from tests.web.conftest import House
from tests.web.people import person_of

HERE = "an@example.vn"


async def asked(house: House, dossier: Dossier) -> Passcode:
    newest = await house.store.passcodes.latest(dossier.id, channel="email")
    assert newest is not None
    return newest


async def named(house: House, dossier: Dossier, *, email: str = HERE) -> Person:
    """The citizen has named an address on their page."""
    citizen = await house.citizen(dossier)
    await citizen.opens("/dossier/email")
    await citizen.sends("/dossier/email", email=email)
    return citizen


async def test_an_address_is_used_after_its_code_was_typed_in_and_not_before(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await named(house, dossier)
    assert HERE in citizen.text
    assert await house.store.addressees.email(dossier.subject) is None

    code = house.keys.passcode((await asked(house, dossier)).id)
    await citizen.sends("/dossier/email/code", passcode=f"{code[:3]} {code[3:]}")

    assert await house.store.addressees.email(dossier.subject) == HERE
    assert HERE in citizen.text and "Đã ghi nhận" in citizen.text
    await citizen.opens("/dossier/email")
    await citizen.sends("/dossier/email/forget")
    assert await house.store.addressees.email(dossier.subject) is None


async def test_the_letter_says_what_its_code_is_for_and_opens_nothing(house: House) -> None:
    dossier = await house.people.dossier()
    await named(house, dossier)

    await journey.send_passcodes(
        notifiers=house.parts.notifiers, store=house.store, keys=house.keys, clock=house.clock, limit=10
    )

    _, letter = house.email.taken[-1]
    code = house.keys.passcode((await asked(house, dossier)).id)
    assert letter.to == HERE and f"{code[:3]} {code[3:]}" in letter.body
    assert "mở hồ sơ" not in letter.body and dossier.code not in letter.body.replace(" ", "")
    stranger = house.person()
    await stranger.opens("/")
    await stranger.sends("/", code=dossier.code)
    await stranger.sends("/identify", digits=person_of(dossier)[-4:])
    answer = await stranger.sends("/passcode", passcode=code)
    assert answer.status_code == 400


async def test_a_wrong_late_or_used_code_proves_nothing(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await named(house, dossier)
    code = house.keys.passcode((await asked(house, dossier)).id)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"

    for typed in (wrong, "12"):
        assert (await citizen.sends("/dossier/email/code", passcode=typed)).status_code == 400
    house.clock.at += timedelta(minutes=11)
    assert (await citizen.sends("/dossier/email/code", passcode=code)).status_code == 400

    assert await house.store.addressees.email(dossier.subject) is None


async def test_what_is_no_address_and_too_many_codes_are_said_so(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await named(house, dossier, email="khong phai dia chi")
    assert "Nhập một địa chỉ thư điện tử" in citizen.text

    for _ in range(3):
        await citizen.opens("/dossier/email")
        assert (await citizen.sends("/dossier/email", email=HERE)).status_code == 303
    await citizen.opens("/dossier/email")
    answer = await citizen.sends("/dossier/email", email=HERE)

    assert answer.status_code == 400
    assert "nhiều mã" in citizen.text


async def test_nobody_names_an_address_without_having_signed_in(house: House) -> None:
    dossier = await house.people.dossier()
    stranger = house.person()

    answer = await stranger.posts("/dossier/email", {"email": HERE})

    assert answer.status_code == 401
    assert await house.store.passcodes.latest(dossier.id) is None


async def test_not_me_also_forgets_the_address(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    await house.store.addressees.keep_email(dossier.subject, HERE)

    await citizen.sends("/dossier", answer="not_me")

    assert await house.store.addressees.email(dossier.subject) is None
