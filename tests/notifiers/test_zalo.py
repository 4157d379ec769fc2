"""What Zalo answers and tells, and what we make of it."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog.testing

from notifiers import _zalo_events, zalo
from notifiers.zalo import CODES
from proactive.demo.zalo import delivered, event
from proactive.domain.addressee import Addressee
from proactive.domain.notice import Sending
from proactive.errors import Forged, Unusable
from proactive.ports.clock import DA_NANG, SetClock
from proactive.ports.notifier import Accepted, Content, Failure, Hook, Outgoing, Rejected, Unknown
from tests.conftest import MORNING
from tests.notifiers.zalo import APP, APP_SECRET, OA_SECRET, SERVICE, TEMPLATE, Ours, Zalo, standing_in

ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
PARAMETERS = {"hang": "B", "ten": "Nguye\u0302\u0303n"}
WELL = "+84599000101"
VECTOR_1 = (
    b'{"sender":{"id":"4097311281936189049"},"recipient":{"id":"84905123456"},"event_name":"user_received_message",'
    b'"message":{"delivery_time":"1795309330456","msg_id":"a1b2c3d4e5f60718293a","tracking_id":'
    b'"N-01JD0000000000000000000001"},"app_id":"1234567890123456789","timestamp":"1795309331000"}'
)
VECTOR_2 = (
    '{"app_id":"1234567890123456789","sender":{"id":"552177279717587730"},"user_id_by_app":"552177279717587731",'
    '"recipient":{"id":"4097311281936189049"},"event_name":"user_send_text","message":{"text":"Dừng nhận tin",'
    '"msg_id":"b2c3d4e5f60718293a4b"},"timestamp":"1795309400123"}'
).encode()


@pytest.fixture
async def stand_in() -> AsyncIterator[Zalo]:
    async with standing_in() as made:
        yield made


@pytest.fixture
async def ours(stand_in: Zalo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: SetClock) -> AsyncIterator[Ours]:
    async with stand_in.channel(monkeypatch, tmp_path, clock=clock) as opened:
        yield opened


def outgoing(to: str = WELL, *, reference: UUID = ID, variant: str = "renew", language: str = "vi") -> Outgoing:
    content = Content(SERVICE, variant, language, {"licence_class": "B"}, PARAMETERS)
    return Outgoing(str(reference), to, "text", MORNING, content)


# -- Sending


async def test_a_template_goes_out_with_our_reference_and_composed_letters(stand_in: Zalo, ours: Ours) -> None:
    outcome = await ours.notifier.send(outgoing())

    [sent] = stand_in.network.sent.values()
    assert outcome == Accepted(sent.msg_id)
    assert (sent.phone, sent.template_id, sent.tracking_id) == ("84599000101", TEMPLATE, ID.hex)
    assert sent.template_data == {"hang": "B", "ten": "Nguyễn"}


async def test_a_bare_text_is_not_sent(stand_in: Zalo, ours: Ours) -> None:
    outcome = await ours.notifier.send(Outgoing(str(ID), WELL, "text", MORNING))

    assert isinstance(outcome, Rejected)
    assert outcome.failure is Failure.TECHNICAL
    assert stand_in.network.asked == []


@pytest.mark.parametrize(("variant", "language"), [("theory_test", "vi"), ("renew", "en")])
async def test_a_text_that_zalo_has_not_approved_leaves_the_word_to_the_next_channel(
    stand_in: Zalo, ours: Ours, variant: str, language: str
) -> None:
    with structlog.testing.capture_logs() as logs:
        outcomes = [await ours.notifier.send(outgoing(variant=variant, language=language)) for _ in range(2)]

    assert all(isinstance(one, Rejected) and one.failure is Failure.PERMANENT for one in outcomes)
    assert stand_in.network.asked == []
    assert [one["event"] for one in logs] == ["zalo.no_template"]


@pytest.mark.parametrize("code", sorted(CODES))
async def test_every_code_is_what_its_table_says(stand_in: Zalo, ours: Ours, code: int) -> None:
    outcome = await ours.notifier.send(outgoing(f"+84900000{-code:03d}"))

    assert isinstance(outcome, Rejected)
    assert (outcome.failure, outcome.code) == (CODES[code][0], str(code))


@pytest.mark.parametrize("code", [-100, -199])
async def test_a_code_of_which_nobody_knows_the_meaning_leaves_it_open(ours: Ours, code: int) -> None:
    assert isinstance(await ours.notifier.send(outgoing(f"+84900000{-code}")), Unknown)


async def test_a_token_that_is_refused_is_renewed_and_the_message_sent_later(stand_in: Zalo, ours: Ours) -> None:
    stand_in.network.pair()

    outcome = await ours.notifier.send(outgoing())

    assert isinstance(outcome, Rejected)
    assert outcome.failure is Failure.TEMPORARY
    assert ours.tokens.refusals == [1]
    assert stand_in.network.sent == {}


async def test_without_access_the_operator_is_told_by_which_command_it_is_given(stand_in: Zalo, ours: Ours) -> None:
    ours.tokens.access = None

    outcome = await ours.notifier.send(outgoing())

    assert isinstance(outcome, Rejected)
    assert outcome.failure is Failure.TECHNICAL
    assert "proactive token authorise zalo" in outcome.why
    assert stand_in.network.asked == []


async def test_a_database_that_is_away_costs_nothing(stand_in: Zalo, ours: Ours) -> None:
    ours.tokens.silent = True

    outcome = await ours.notifier.send(outgoing())

    assert isinstance(outcome, Rejected)
    assert outcome.failure is Failure.TEMPORARY
    assert stand_in.network.asked == []


async def test_the_proof_of_the_secret_is_sent_where_zalo_wants_it(
    stand_in: Zalo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[httpx.Request] = []
    async with stand_in.channel(monkeypatch, tmp_path, PROOF="true") as opened:
        opened.tokens.access = stand_in.network.access = "TestAccessToken01"
        opened.notifier._http.event_hooks = {"request": [_noting(seen)]}  # type: ignore[attr-defined] # looked into
        await opened.notifier.send(outgoing())

    [request] = seen
    assert (
        request.headers["appsecret_proof"]
        == hmac.digest(APP_SECRET.encode(), b"TestAccessToken01", hashlib.sha256).hex()
        == "6925412b20e32e1e790715b1bad88857dd832c70b567c5763a619fb60bebf7e2"
    )
    assert "TestAccessToken01" not in str(request.url)


def _noting(seen: list[httpx.Request]) -> Any:
    async def note(request: httpx.Request) -> None:
        seen.append(request)

    return note


# -- Quota and hours


async def test_the_last_message_of_the_quota_is_the_last_until_tomorrow_morning(
    stand_in: Zalo, ours: Ours, clock: SetClock
) -> None:
    stand_in.network.daily_quota = 1
    await ours.notifier.send(outgoing())

    outcome = await ours.notifier.send(outgoing("+84599000102"))

    assert isinstance(outcome, Rejected)
    assert (outcome.failure, len(stand_in.network.asked)) == (Failure.TEMPORARY, 1)
    assert outcome.until is not None
    local = outcome.until.astimezone(DA_NANG)
    assert (local.date() - clock.today(), 6 <= local.hour < 7) == (timedelta(days=1), True)

    stand_in.network.daily_quota = 10
    clock.forward(days=1)
    assert isinstance(await ours.notifier.send(outgoing("+84599000102")), Accepted)


async def test_a_quota_that_others_used_up_is_asked_about_once(stand_in: Zalo, ours: Ours) -> None:
    stand_in.network.daily_quota = 0

    outcomes = [await ours.notifier.send(outgoing(f"+8459900010{n}")) for n in range(3)]

    assert all(isinstance(one, Rejected) and one.until is not None for one in outcomes)
    assert len(stand_in.network.asked) == 1


@pytest.mark.parametrize(
    ("hour", "minute", "opens_in"),
    [(22, 0, 1), (21, 46, 1), (2, 0, 0), (6, 4, 0)],
)
async def test_in_zalos_night_nothing_is_sent(
    stand_in: Zalo, ours: Ours, clock: SetClock, hour: int, minute: int, opens_in: int
) -> None:
    clock.at = datetime(2026, 11, 24, hour, minute, tzinfo=DA_NANG).astimezone(UTC)

    outcome = await ours.notifier.send(outgoing())

    assert isinstance(outcome, Rejected)
    assert outcome.until is not None
    assert stand_in.network.asked == []
    assert outcome.until.astimezone(DA_NANG).date() == clock.today() + timedelta(days=opens_in)
    assert outcome.until > clock.now()


@pytest.mark.parametrize(("hour", "minute"), [(6, 5), (21, 45)])
async def test_by_day_it_is_sent(ours: Ours, clock: SetClock, hour: int, minute: int) -> None:
    clock.at = datetime(2026, 11, 24, hour, minute, tzinfo=DA_NANG).astimezone(UTC)

    assert isinstance(await ours.notifier.send(outgoing()), Accepted)


# -- Events


def hook(body: bytes, mac: str, **headers: str) -> Hook:
    return Hook("https://app.example.gov.vn/hooks/zalo", {"X-ZEvent-Signature": f"mac={mac}", **headers}, body)


def verified(given: Hook, *, at: int = 1795309331) -> Any:
    moment = datetime.fromtimestamp(at, UTC)
    return _zalo_events.verified(given, app_id=APP, secret=OA_SECRET, now=moment)


@pytest.mark.parametrize(
    ("body", "mac"),
    [
        (VECTOR_1, "d400c53538d66ca01f49e5dcf5aa42df95aaa6006777ed173c1ba311336b0fec"),
        (VECTOR_2, "b60d152e8f9d2381b65c5931cef937b9f0060e3dc8f36e4741569b6b68e62d3a"),
        (
            VECTOR_2.replace("Dừng nhận tin".encode(), b"D\\u1eebng nh\\u1eadn tin"),
            "87fecb0907a3d4175d2f1e108a7f32923397e15d6c53c6410b39f562922a99e3",
        ),
    ],
)
def test_published_examples_of_the_signature_hold_on_the_bytes_as_they_came(body: bytes, mac: str) -> None:
    assert verified(hook(body, mac))["app_id"] == APP
    for wrong in (hook(body + b" ", mac), hook(body, mac[:-1] + "0"), hook(body, ""), Hook("x", {}, body)):
        with pytest.raises(Forged):
            verified(wrong)


def test_the_time_of_the_header_is_good_as_well() -> None:
    at = "1795309331000"
    body = b'{"event_name":"follow"}'
    mac = hashlib.sha256(APP.encode() + body + at.encode() + OA_SECRET.encode()).hexdigest()

    assert verified(hook(body, mac, **{"X-ZEvent-Timestamp": at})) == {"event_name": "follow"}


def test_an_old_event_is_not_taken_again() -> None:
    given = hook(VECTOR_1, "d400c53538d66ca01f49e5dcf5aa42df95aaa6006777ed173c1ba311336b0fec")

    with pytest.raises(Forged):
        verified(given, at=1795309331 + 2 * 3600 + 1)


@pytest.mark.parametrize("body", [b"[" * 100_000, b"[]", b"nul", b"\xff", b'"x"', b'{"timestamp":"x"}'])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(Forged):
        verified(hook(body, "0" * 64))


async def test_the_console_may_try_the_address_out(ours: Ours) -> None:
    assert ours.notifier.receipts(Hook("https://app.example.gov.vn/hooks/zalo", {}, b"{}")) == ()


async def test_an_event_says_that_a_message_arrived_and_carries_our_reference(stand_in: Zalo, ours: Ours) -> None:
    await ours.notifier.send(outgoing())
    [sent] = stand_in.network.sent.values()
    headers, body = event(stand_in.settings, delivered(sent, int(time.time() * 1000)))

    [receipt] = ours.notifier.receipts(Hook("https://app.example.gov.vn/hooks/zalo", headers, body))

    assert (receipt.provider_ref, receipt.sending, receipt.reference) == (sent.msg_id, Sending.DELIVERED, ID)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"event_name": "user_seen_message", "message": {"msg_ids": ["m"]}}, "seen"),
        (
            {
                "event_name": "user_feedback",
                "message": {"msg_id": "m", "tracking_id": ID.hex, "rate": 5, "note": "tốt"},
            },
            "rated 5",
        ),
    ],
)
def test_who_has_seen_or_rated_a_message_has_it(said: dict[str, Any], status: str) -> None:
    [receipt] = _zalo_events.receipts(said, channel="zalo")

    assert (receipt.status, receipt.sending) == (status, Sending.DELIVERED)
    assert "tốt" not in repr(receipt)


@pytest.mark.parametrize(
    "said",
    [
        {"event_name": "user_received_message", "message": {"msg_id": "of a chat"}},
        {"event_name": "unfollow", "follower": {"id": "1"}},
        {"event_name": "user_received_message", "message": None},
        {"event_name": "user_seen_message", "message": {"msg_ids": 5}},
        {},
    ],
)
def test_the_rest_says_nothing_about_our_messages(said: dict[str, Any]) -> None:
    assert list(_zalo_events.receipts(said, channel="zalo")) == []


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        (json.loads(VECTOR_2), "zalo.stop_of_nobody_known"),
        ({"event_name": "change_template_status", "template_id": "1", "status": {"new_status": "REJECT"}},
         "zalo.template_changed"),
        ({"event_name": "change_oa_daily_quota", "quota": {"new_value": "500"}}, "zalo.quota_changed"),
    ],
)  # fmt: skip
def test_what_an_operator_should_know_is_logged_and_nobody_is_named(said: dict[str, Any], logged: str) -> None:
    with structlog.testing.capture_logs() as logs:
        assert list(_zalo_events.receipts(said, channel="zalo")) == []

    assert [one["event"] for one in logs] == [logged]
    assert "552177279717587730" not in str(logs)


# -- Set-up


async def test_who_is_reached(ours: Ours) -> None:
    assert ours.notifier.reachable(Addressee(phone="0905 123 456")) == "+84905123456"
    assert ours.notifier.reachable(Addressee(phone="0511 3 822 000")) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "FileNotFoundError"), ("- 1", "AttributeError"), ("a: {vi: {renew: x1}}", "a/vi/renew: x1")],
)
def test_a_file_of_templates_that_cannot_be_used_says_why(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "templates.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")

    with pytest.raises(Unusable, match=said):
        zalo.templates(path)


async def test_every_fault_of_the_settings_is_named_at_once(monkeypatch: pytest.MonkeyPatch, ours: Ours) -> None:
    monkeypatch.setenv("ZALO_APP_ID", "x")
    monkeypatch.delenv("ZALO_OA_SECRET")

    with pytest.raises(Unusable, match=r"ZALO_APP_ID.*ZALO_OA_SECRET"):
        await zalo.open(public_url="https://x", clock=SetClock(MORNING), tokens=ours.tokens)
