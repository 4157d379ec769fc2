"""Nobody learns who has a dossier, nobody guesses a way in, and opening a link opens nothing."""

import re
from time import perf_counter

import httpx
import pytest

from proactive.domain.dossier import State
from proactive.domain.keys import new_code
from proactive.web.citizen import check, entrance
from tests.web.browsing import Person
from tests.web.conftest import House
from tests.web.people import person_of

CHANGES_EVERY_TIME = re.compile(r'name="csrf" value="[^"]*"|nonce="[^"]*"|>[0-9A-Z]{4} [0-9A-Z]{4}<')

SAME_TIME = entrance.SAME_TIME


def same(one: httpx.Response, other: httpx.Response) -> bool:
    """Do the two pages say the same, apart from the code that was typed and their own secrets?"""
    pages = [CHANGES_EVERY_TIME.sub("", page.text) for page in (one, other)]
    cookies = [sorted(page.headers.get("set-cookie", "").partition("=")[0]) for page in (one, other)]
    return one.status_code == other.status_code and pages[0] == pages[1] and cookies[0] == cookies[1]


async def tries(person: Person, code: str, digits: str) -> list[httpx.Response]:
    """What somebody sees who types this code and these digits, and then a one-time code out of the air."""
    seen = []
    await person.opens("/")
    for action, typed in (
        ("/", {"code": code}),
        ("/identify", {"digits": digits}),
        ("/passcode", {"passcode": "123456"}),
    ):
        seen.append(await person.sends(action, typed))
        assert person.page is not None
        seen.append(person.page)
    return seen


async def test_an_unknown_code_wrong_digits_and_no_phone_look_like_the_real_thing(house: House) -> None:
    known = await house.people.dossier()
    unreachable = await house.people.dossier(phone=None)

    real = await tries(house.person(), known.code, person_of(known)[-4:])
    strangers = [
        await tries(house.person(), new_code(), "1234"),
        await tries(house.person(), known.code, "9999"),
        await tries(house.person(), unreachable.code, person_of(unreachable)[-4:]),
    ]

    for seen in strangers:
        assert all(same(one, other) for one, other in zip(real, seen, strict=True))


async def test_an_answer_takes_its_time_whether_or_not_something_was_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrance, "SAME_TIME", SAME_TIME)
    dossier = await house.people.dossier()

    took = []
    for digits in (person_of(dossier)[-4:], "9999"):
        person = house.person()
        await person.opens("/")
        await person.sends("/", code=dossier.code)
        fields = {**person.hidden("/identify"), "digits": digits}
        began = perf_counter()
        await person.posts("/identify", fields)
        took.append(perf_counter() - began)

    assert min(took) >= SAME_TIME


async def test_only_the_right_digits_make_a_passcode(house: House) -> None:
    dossier = await house.people.dossier()

    await tries(house.person(), dossier.code, "9999")

    assert await house.store.passcodes.latest(dossier.id) is None


async def test_a_code_is_read_in_lower_case_with_spaces_and_hyphens(house: House) -> None:
    dossier = await house.people.dossier()
    person = house.person()
    await person.opens("/")

    await person.sends("/", code=f" {dossier.code[:4].lower()}-{dossier.code[4:].lower()} ")

    assert f"{dossier.code[:4]} {dossier.code[4:]}" in person.text


async def test_what_cannot_be_a_code_is_told_so_at_once(house: House) -> None:
    person = house.person()
    await person.opens("/")

    answer = await person.sends("/", code="O0I1")

    assert answer.status_code == 400 and "Mã gồm đúng 8 chữ và số" in person.text


async def test_a_one_time_code_may_be_tried_five_times(house: House) -> None:
    dossier = await house.people.dossier()
    person = house.person()
    await person.opens("/")
    await person.sends("/", code=dossier.code)
    await person.sends("/identify", digits=person_of(dossier)[-4:])
    right = await house.passcode(dossier)
    wrong = "000000" if right != "000000" else "111111"

    for _ in range(5):
        await person.sends("/passcode", passcode=wrong)
    late = await person.sends("/passcode", passcode=right)

    assert late.status_code == 400
    assert (await person.opens("/dossier")).url.path == "/"


async def test_a_one_time_code_is_good_for_ten_minutes_and_once(house: House) -> None:
    dossier = await house.people.dossier()
    late, first, second = house.person(), house.person(), house.person()
    for person in (late, first):
        await person.opens("/")
        await person.sends("/", code=dossier.code)
        await person.sends("/identify", digits=person_of(dossier)[-4:])
        if person is late:
            expired = await house.passcode(dossier)
            house.clock.forward(minutes=11)
            assert (await late.sends("/passcode", passcode=expired)).status_code == 400
    passcode = await house.passcode(dossier)
    second.client.cookies = httpx.Cookies(first.client.cookies)
    await second.opens("/passcode")

    assert (await first.sends("/passcode", passcode=passcode)).status_code == 303
    assert (await second.sends("/passcode", passcode=passcode)).status_code == 400


async def test_a_one_time_code_is_no_use_in_another_browser(house: House) -> None:
    dossier = await house.people.dossier()
    asked, other = house.person(), house.person(address="198.51.100.7")
    await asked.opens("/")
    await asked.sends("/", code=dossier.code)
    await asked.sends("/identify", digits=person_of(dossier)[-4:])
    passcode = await house.passcode(dossier)
    await other.opens("/")
    await other.sends("/", code=dossier.code)
    await other.sends("/identify", digits="9999")

    answer = await other.sends("/passcode", passcode=passcode)

    assert answer.status_code == 400


async def test_a_phone_gets_at_most_three_codes_an_hour(house: House) -> None:
    dossier = await house.people.dossier()
    person = house.person()
    await person.opens("/")
    await person.sends("/", code=dossier.code)

    made = set()
    for _ in range(6):
        await person.opens("/identify")
        await person.sends("/identify", digits=person_of(dossier)[-4:])
        assert "Nhập mã một lần" in person.text
        newest = await house.store.passcodes.latest(dossier.id)
        assert newest is not None
        made.add(newest.id)
        house.clock.forward(seconds=1)

    assert len(made) == 3


async def test_guessing_codes_from_one_place_is_stopped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrance, "MANY", 20)
    person = house.person(address="203.0.113.9")
    await person.opens("/")
    fields = person.hidden("/")

    answers = [(await person.posts("/", {**fields, "code": new_code()})).status_code for _ in range(21)]

    assert answers == [303] * 20 + [429]


async def test_many_people_with_one_address_all_get_in(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mobile operator puts hundreds behind one: those who come in are not counted against each other."""
    monkeypatch.setattr(entrance, "MANY", 2)

    for _ in range(5):
        dossier = await house.people.dossier()
        person = await house.citizen(dossier, address="203.0.113.40")
        assert (await person.opens("/dossier")).status_code == 200


async def test_the_counter_does_not_tell_a_guesser_that_the_digits_were_right(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right digits without the one-time code count as wrong ones do."""
    monkeypatch.setattr(entrance, "MANY", 3)
    dossier = await house.people.dossier()
    right = person_of(dossier)[-4:]
    wrong = f"{(int(right) + 1) % 10_000:04d}"

    answers = {}
    for place, tried in (
        ("203.0.113.41", [wrong, wrong, wrong, wrong]),
        ("203.0.113.42", [wrong, right, right, wrong]),
    ):
        person = house.person(address=place)
        await person.opens("/")
        await person.sends("/", code=dossier.code)
        await person.opens("/identify")
        fields = person.hidden("/identify")
        answers[place] = [(await person.posts("/identify", {**fields, "digits": one})).status_code for one in tried]

    assert answers["203.0.113.41"] == answers["203.0.113.42"] == [303, 303, 303, 429]


async def test_guessing_the_digits_of_one_code_is_stopped_wherever_it_comes_from(house: House) -> None:
    dossier = await house.people.dossier()

    answers = []
    for number in range(11):
        person = house.person(address=f"203.0.113.{number + 20}")
        await person.opens("/")
        await person.sends("/", code=dossier.code)
        answers.append((await person.sends("/identify", digits=f"{number:04d}")).status_code)

    assert answers == [303] * 10 + [429]


async def test_neighbours_in_one_ipv6_network_count_as_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "IN_A_MINUTE", 5)
    answers = []
    for number in range(6):
        person = house.person(address=f"2001:db8:1:1::{number:x}")
        await person.opens("/check")
        answers.append((await person.sends("/check", code=new_code())).status_code)

    assert answers == [200] * 5 + [429]


async def test_too_many_tries_says_when_to_come_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "IN_A_MINUTE", 5)
    person = house.person()
    await person.opens("/check")
    fields = person.hidden("/check")
    for _ in range(5):
        await person.posts("/check", {**fields, "code": new_code()})

    answer = await person.posts("/check", {**fields, "code": new_code()})

    assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0 and "1022" in answer.text


async def test_a_session_planted_beforehand_is_not_the_one_that_signs_in(house: House) -> None:
    dossier = await house.people.dossier()
    person = house.person()
    person.client.cookies.set("citizen", "planted-by-somebody-else")
    await person.opens("/")
    await person.sends("/", code=dossier.code)
    await person.sends("/identify", digits=person_of(dossier)[-4:])

    answer = await person.sends("/passcode", passcode=await house.passcode(dossier))

    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("citizen="))
    assert "planted" not in cookie and "HttpOnly" in cookie and "SameSite=lax" in cookie
    planted = house.person()
    planted.client.cookies.set("citizen", "planted-by-somebody-else")
    assert (await planted.opens("/dossier")).url.path == "/"


async def test_signing_in_again_ends_the_session_before(house: House) -> None:
    dossier = await house.people.dossier()
    person = await house.citizen(dossier)
    before = person.client.cookies["citizen"]
    house.clock.forward(seconds=1)  # of two codes of one moment nobody could say which is the newest

    await person.opens("/")
    await person.sends("/", code=dossier.code)
    await person.sends("/identify", digits=person_of(dossier)[-4:])
    await person.sends("/passcode", passcode=await house.passcode(dossier))

    old = house.person()
    old.client.cookies.set("citizen", before)
    assert person.client.cookies["citizen"] != before
    assert (await old.opens("/dossier")).url.path == "/"


async def test_only_the_hash_of_a_session_is_stored(house: House) -> None:
    dossier = await house.people.dossier()
    person = await house.citizen(dossier)

    async with house.store.engine.connect() as connection:
        stored = str((await connection.exec_driver_sql("SELECT * FROM session")).all())

    assert person.client.cookies["citizen"] not in stored


async def test_a_citizens_session_ends_after_twenty_minutes(house: House) -> None:
    dossier = await house.people.dossier()
    person = await house.citizen(dossier)
    house.clock.forward(minutes=19)
    still = await person.opens("/dossier")
    house.clock.forward(minutes=2)

    gone = await person.opens("/dossier")

    assert still.url.path == "/dossier" and gone.url.path == "/"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_robots_that_open_links_change_nothing(house: House, method: str) -> None:
    dossier = await house.people.dossier()
    citizen, officer = await house.citizen(dossier), await house.officer()
    before = await house.counts()

    for person in (citizen, officer, house.person()):
        for path in (
            "/", "/identify", "/passcode", "/not-me", "/dossier", "/dossier/correct", "/sign-out", "/check", "/desk",
            "/desk/sign-in", "/desk/sign-out", f"/desk/dossiers/{dossier.id}", f"/desk/dossiers/{dossier.id}/decide",
            f"/desk/dossiers/{dossier.id}/review", f"/desk/dossiers/{dossier.id}/show", "/hooks/sms", "/hooks/intake",
            "/mine", "/sign-in", "/sign-in/return?state=x&code=y", "/signed-out", "/dossier/uses",
            "/dossier/application", "/desk/assist", f"/desk/dossiers/{dossier.id}/papers/receipt",
            "/health", "/ready", "/dossier?answer=confirm&version=1", f"/check?code={dossier.code}",
        ):  # fmt: skip
            answer = await person.client.request(method, path, headers={"user-agent": "facebookexternalhit/1.1"})
            assert answer.status_code < 500

    after = await house.counts()
    noted = {"reading", "audit_leaf", "counter"}  # that an officer was shown a dossier; how often somebody came back
    assert {table for table in after if after[table] != before[table]} <= noted


async def test_whoever_holds_a_message_may_say_that_it_is_not_for_them(house: House) -> None:
    dossier = await house.people.dossier()
    person = house.person()
    await person.opens("/")
    await person.sends("/", code=dossier.code)

    await person.sends("/not-me")

    declined = await house.people.again(dossier.id)
    _, wrong = await house.store.notices.unwanted([dossier.subject])
    assert declined.state is State.DECLINED and wrong == {(dossier.subject, dossier.phone)}
    assert "NGUYỄN" not in person.text


async def test_not_me_says_the_same_of_an_unknown_code(house: House) -> None:
    dossier = await house.people.dossier()
    known, unknown = house.person(), house.person()
    pages = []
    for person, code in ((known, dossier.code), (unknown, new_code())):
        await person.opens("/")
        await person.sends("/", code=code)
        pages.append(await person.sends("/not-me"))

    assert same(*pages)


async def test_a_code_alone_cannot_take_back_what_a_citizen_has_confirmed(house: House) -> None:
    dossier = await house.people.dossier()
    confirmed = await house.people.moved(dossier, State.CONFIRMED, verb="confirm", actor="citizen")
    person = house.person()
    await person.opens("/")
    await person.sends("/", code=dossier.code)

    await person.sends("/not-me")

    assert await house.people.again(dossier.id) == confirmed


async def test_no_code_goes_to_a_phone_whose_holder_said_not_me(house: House) -> None:
    dossier = await house.people.dossier()
    person = house.person()
    await person.opens("/")
    await person.sends("/", code=dossier.code)
    await person.sends("/not-me")

    await person.opens("/")
    await person.sends("/", code=dossier.code)
    await person.sends("/identify", digits=person_of(dossier)[-4:])

    assert await house.store.passcodes.latest(dossier.id) is None


async def test_a_form_from_another_site_is_refused(house: House) -> None:
    dossier = await house.people.dossier()
    person = house.person()
    await person.opens("/")
    fields = {**person.hidden("/"), "code": dossier.code}

    assert (await person.posts("/", fields, origin="https://elsewhere.example")).status_code == 403
    assert (await person.posts("/", fields, **{"sec-fetch-site": "cross-site", "origin": "null"})).status_code == 403
    assert (await person.posts("/", {"code": dossier.code})).status_code == 403
    assert (await house.person().posts("/", fields)).status_code == 403
    assert (await person.posts("/", fields)).status_code == 303


async def test_an_attempt_lasts_a_quarter_of_an_hour(house: House) -> None:
    person = house.person()
    await person.opens("/")
    await person.sends("/", code=new_code())

    house.clock.forward(minutes=16)

    assert (await person.opens("/identify")).url.path == "/"


async def test_an_attempt_that_was_tampered_with_is_none(house: House) -> None:
    person = house.person()
    await person.opens("/")
    await person.sends("/", code=new_code())
    value = person.client.cookies["attempt"]
    person.client.cookies.clear()
    person.client.cookies.set("attempt", value[:-2] + "xx")

    assert (await person.opens("/identify")).url.path == "/"
