"""The stand-in for Twilio behaves as its contract says, remembers over a restart, and shows the phones."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from twilio.request_validator import RequestValidator

from proactive.demo.phones import PhoneSettings, app
from tests.demo.servers import Catcher, serving, until

ACCOUNT, SERVICE, TOKEN = "AC" + "a" * 32, "MG" + "c" * 32, "token"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"


def settings(**changes: Any) -> PhoneSettings:
    return PhoneSettings(**{"account_sid": ACCOUNT, "auth_token": TOKEN, "step": 0.01, **changes})


def client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, auth=(ACCOUNT, TOKEN), trust_env=False)


def form(to: str, body: str = "Xin chào", **more: str) -> dict[str, str]:
    return {"To": to, "Body": body, "MessagingServiceSid": SERVICE, **more}


@pytest.fixture
async def phones() -> AsyncIterator[httpx.AsyncClient]:
    async with serving(app(settings())) as url, client(url) as opened:
        yield opened


async def arrived(phones: httpx.AsyncClient, number: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(5):
        while True:
            messages: list[dict[str, Any]] = (await phones.get("/phones.json?after=0")).json()["messages"]
            if len(messages) >= number:
                return messages
            await asyncio.sleep(0.01)


async def test_a_message_is_taken_in_the_provider_s_shape_and_arrives(phones: httpx.AsyncClient) -> None:
    answer = await phones.post(f"{MESSAGES}.json", data=form("+84599000101"))
    [message] = await arrived(phones, 1)
    later = (await phones.get(f"{MESSAGES}/{message['sid']}.json")).json()

    given = answer.json()
    assert answer.status_code == 201
    assert re.fullmatch("SM[0-9a-f]{32}", given["sid"])
    assert set(given) == {
        "account_sid", "api_version", "body", "date_created", "date_sent", "date_updated", "direction", "error_code",
        "error_message", "from", "messaging_service_sid", "num_media", "num_segments", "price", "price_unit", "sid",
        "status", "subresource_uris", "to", "uri",
    }  # fmt: skip
    assert (given["status"], given["date_sent"], given["from"], given["num_segments"]) == ("accepted", None, None, "0")
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000", given["date_created"])
    assert (later["status"], later["from"], later["num_segments"]) == ("delivered", "DANANG", "1")
    assert later["date_sent"]


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (form(""), 400, 21604),
        (form("+84599000101", ""), 400, 21602),
        ({"To": "+84599000101", "Body": "x"}, 400, 21603),
        (form("0599000101"), 400, 21211),
        (form("+842363822000"), 400, 21614),
        (form("+84599000101", "a" * 1601), 400, 21617),
        (form("+84599000197"), 400, 21610),
        (form("+84599000195"), 429, 20429),
    ],
)
async def test_what_it_does_not_take_it_refuses_in_the_provider_s_words(
    phones: httpx.AsyncClient, sent: dict[str, str], status: int, code: int
) -> None:
    answer = await phones.post(f"{MESSAGES}.json", data=sent)

    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["status"] == status
    assert answer.json()["more_info"].endswith(str(code))


async def test_busy_once_it_takes_the_same_message_the_next_time(phones: httpx.AsyncClient) -> None:
    answers = [(await phones.post(f"{MESSAGES}.json", data=form("+84599000195"))).status_code for _ in range(2)]

    assert answers == [429, 201]


async def test_an_unsure_number_takes_the_message_and_breaks_off(phones: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await phones.post(f"{MESSAGES}.json", data=form("+84599000196"))

    assert [message["to"] for message in await arrived(phones, 1)] == ["+84599000196"]


async def test_special_numbers_can_be_made_ordinary() -> None:
    async with serving(app(settings(special=False))) as url, client(url) as phones:
        for tail in ("95", "96", "97", "98"):
            answer = await phones.post(f"{MESSAGES}.json", data=form(f"+845990001{tail}"))
            assert answer.status_code == 201
        await arrived(phones, 4)


@pytest.mark.parametrize("auth", [None, (ACCOUNT, "wrong"), ("AC" + "b" * 32, TOKEN)])
async def test_a_stranger_gets_nothing(phones: httpx.AsyncClient, auth: tuple[str, str] | None) -> None:
    async with httpx.AsyncClient(base_url=phones.base_url, auth=auth, trust_env=False) as stranger:
        for answer in (
            await stranger.post(f"{MESSAGES}.json", data=form("+84599000101")),
            await stranger.get(f"{MESSAGES}.json"),
            await stranger.get(f"{MESSAGES}/SM1.json"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (401, 20003)


async def test_a_message_nobody_sent_is_not_found(phones: httpx.AsyncClient) -> None:
    answer = await phones.get(f"{MESSAGES}/SM{'0' * 32}.json")

    assert (answer.status_code, answer.json()["code"]) == (404, 20404)


async def test_the_list_goes_by_number_and_day_and_turns_pages(phones: httpx.AsyncClient) -> None:
    for number in range(5):
        await phones.post(f"{MESSAGES}.json", data=form("+84599000101", f"text {number}"))
    await phones.post(f"{MESSAGES}.json", data=form("+84599000102"))
    await arrived(phones, 6)
    day = (await phones.get("/log.json")).json()[0]["at"][:10]

    async def bodies(**query: str) -> list[str]:
        found = (await phones.get(f"{MESSAGES}.json", params=query)).json()["messages"]
        return [message["body"] for message in found]

    first = (await phones.get(f"{MESSAGES}.json", params={"To": "+84599000101", "PageSize": "3"})).json()
    second = (await phones.get(first["next_page_uri"])).json()

    assert [message["body"] for message in first["messages"] + second["messages"]] == [
        f"text {number}" for number in (4, 3, 2, 1, 0)
    ]
    assert second["next_page_uri"] is None
    assert len(await bodies(**{"DateSent>": day})) == 6
    assert await bodies(**{"DateSent<": "2001-01-01"}) == []
    assert await bodies(To="+84599000102", DateSent=day) == ["Xin chào"]


async def test_receipts_are_signed_tried_again_and_come_for_each_status() -> None:
    catcher = Catcher()
    catcher.answers = [503]
    async with catcher.listening() as public, serving(app(settings())) as url, client(url) as phones:
        await phones.post(f"{MESSAGES}.json", data=form("+84599000198", StatusCallback=f"{public}/hooks/sms#rc=3"))
        await until(lambda: len(catcher.hooks) == 4)

    validator = RequestValidator(TOKEN)  # type: ignore[no-untyped-call] # the library ships no types
    said = [dict(parse_qsl(hook.body.decode())) for hook in catcher.hooks]
    assert sorted(entry["MessageStatus"] for entry in said) == ["queued", "queued", "sent", "undelivered"]
    assert {entry.get("ErrorCode") for entry in said if entry["MessageStatus"] == "undelivered"} == {"30003"}
    for hook, entry in zip(catcher.hooks, said, strict=True):
        given = hook.headers["x-twilio-signature"]
        assert validator.validate(hook.url, entry, given)  # type: ignore[no-untyped-call] # the same


async def test_after_a_restart_it_still_knows_everything_and_finishes_what_was_on_its_way(tmp_path: Path) -> None:
    keep = tmp_path / "phones" / "kept.jsonl"
    async with serving(app(settings(keep=keep, step=30.0))) as url, client(url) as phones:
        await phones.post(f"{MESSAGES}.json", data=form("+84599000101", "một\nhai"))
        await phones.post(f"{MESSAGES}.json", data=form("+84599000197"))
        before = (await phones.get("/log.json")).json()
    with keep.open("a") as torn:
        torn.write('{"taken": {"sid"')

    async with serving(app(settings(keep=keep))) as url, client(url) as phones:
        [message] = await arrived(phones, 1)
        assert (await phones.get("/log.json")).json() == before

    assert message["body"] == "một\nhai"
    assert [entry["answer"] for entry in before] == [201, 400]
    assert [entry["sid"] is None for entry in before] == [False, True]


async def test_what_is_told_about_one_phone_is_in_order_and_only_what_arrived(phones: httpx.AsyncClient) -> None:
    for number in range(3):
        await phones.post(f"{MESSAGES}.json", data=form("+84599000101", f"text {number}"))
    await phones.post(f"{MESSAGES}.json", data=form("+84599000198"))
    await arrived(phones, 3)

    one = (await phones.get("/phones.json", params={"to": "+84599000101"})).json()["messages"]
    dead = (await phones.get("/phones.json", params={"to": "+84599000198"})).json()["messages"]
    rest = (await phones.get("/phones.json", params={"after": "2"})).json()

    assert [message["body"] for message in one] == ["text 0", "text 1", "text 2"]
    assert dead == []
    assert (len(rest["messages"]), rest["next"]) == (1, 3)


async def test_the_page_shows_the_newest_phones_and_escapes_everything(phones: httpx.AsyncClient) -> None:
    for number in range(65):
        await phones.post(
            f"{MESSAGES}.json", data=form(f"+84599{100_000 + number * 10}", f"<script>alert({number})</script>")
        )

    page = await phones.get("/phones")
    found = await phones.get("/phones", params={"number": "0599 100 0"})
    hostile = await phones.get("/phones", params={"number": '"><script>x'})

    assert page.text.count('class="phone"') == 60
    assert "<script" not in page.text
    assert "&lt;script&gt;alert(64)" in page.text
    assert "0599 100 640" in page.text
    assert found.text.count('class="phone"') == 10
    assert "<script" not in hostile.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_it_answers_to_the_names_of_this_machine_only(phones: httpx.AsyncClient) -> None:
    there = await phones.get("/phones", headers={"host": "phones.example.com"})

    assert there.status_code == 421
    assert (await phones.get("/health")).json() == {"status": "ok"}
