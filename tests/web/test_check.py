"""Did the city send me this? The answer is about the code, never about anybody."""

from datetime import timedelta

from proactive.domain.keys import new_code
from tests.web.conftest import House
from tests.web.people import person_of


async def test_a_code_that_was_sent_is_confirmed_with_its_day_and_matter(house: House) -> None:
    dossier = await house.people.dossier()
    person = house.person()
    await person.opens("/check")

    await person.sends("/check", code=dossier.code)

    assert "Đúng, thành phố đã gửi tin nhắn có mã này" in person.text
    assert "23/11/2026" in person.text and "Đổi giấy phép lái xe khi đến hạn" in person.text
    assert not any(private in person.text for private in ("NGUYỄN", person_of(dossier), dossier.record_key, "4567"))


async def test_unknown_expired_and_never_sent_codes_look_alike(house: House) -> None:
    expired, drafted = await house.people.dossier(), await house.people.dossier(told=False)
    await house.people.moved(expired, ends_on=house.clock.today() - timedelta(days=1))

    answers = []
    for code in (new_code(), expired.code, drafted.code):
        person = house.person()
        await person.opens("/check")
        await person.sends("/check", code=code)
        spaced = f"{code[:4]} {code[4:]}"
        answers.append(person.text.replace(spaced, "").partition("<h1")[2].partition("</main>")[0])

    assert "Chúng tôi không thấy tin nhắn nào có mã này" in answers[0]
    assert answers[0] == answers[1] == answers[2]
