"""SMS: what Twilio says becomes what we do, and what nobody can know is called unknown."""

import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import JSONResponse, Response

from notifiers import sms
from proactive.demo.stage import BreaksOff
from proactive.domain.addressee import Addressee
from proactive.domain.notice import Sending
from proactive.errors import Forged, Unreachable, Unusable
from proactive.ports.clock import SystemClock
from proactive.ports.notifier import Accepted, Failure, Hook, Notifier, Outgoing, Receipt, Rejected, Unknown
from tests.notifiers.twilio import ACCOUNT, PUBLIC, SERVICE, TOKEN, Told, channel, signed

PHONE = "+84599123456"
SID = "SM" + "b" * 32
FORM = {
    "AccountSid": ACCOUNT,
    "ApiVersion": "2010-04-01",
    "From": "DANANG",
    "MessageSid": SID,
    "MessageStatus": "delivered",
    "MessagingServiceSid": SERVICE,
    "SmsSid": SID,
    "SmsStatus": "delivered",
    "To": PHONE,
}


def outgoing(since: datetime | None = None) -> Outgoing:
    return Outgoing("r", PHONE, "Cong an TP Da Nang", since or datetime.now(UTC))


def message(created: datetime, **changes: object) -> dict[str, object]:
    return {"sid": SID, "to": PHONE, "body": "Cong an TP Da Nang", "status": "queued", "date_sent": None,
            "date_created": format_datetime(created), **changes}  # fmt: skip


def page(*messages: dict[str, object]) -> Response:
    return JSONResponse({"messages": list(messages), "page": 0, "page_size": 200, "next_page_uri": None, "uri": "/"})


@pytest.fixture
async def twilio() -> AsyncIterator[Told]:
    told = Told()
    async with told.listening():
        yield told


@pytest.fixture
async def notifier(twilio: Told, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Notifier]:
    opened = await channel(monkeypatch, twilio.url)
    yield opened
    await opened.close()


@pytest.mark.parametrize("code", list(sms.CODES))
async def test_each_code_of_the_table_means_what_the_table_says(notifier: Notifier, twilio: Told, code: int) -> None:
    status = code if code < 1000 else {20003: 401, 20404: 404, 20429: 429}.get(code, 400)
    body = {"message": "…", "more_info": "", "status": status} | ({} if code < 1000 else {"code": code})
    twilio.answers = [JSONResponse(body, status)]

    outcome = await notifier.send(outgoing())

    failure, why = sms.CODES[code]
    assert outcome == Rejected(failure, str(code), why)
    assert len(twilio.requests) == 1


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (20003, Failure.TECHNICAL),
        (20429, Failure.TEMPORARY),
        (21211, Failure.PERMANENT),
        (21408, Failure.TECHNICAL),
        (21610, Failure.OPTED_OUT),
        (21611, Failure.TEMPORARY),
        (21614, Failure.PERMANENT),
    ],
)
def test_the_table_itself_agrees_with_the_provider_s_documentation(code: int, failure: Failure) -> None:
    assert sms.CODES[code][0] is failure


async def test_an_unknown_code_is_permanent_and_told_to_the_operator(
    notifier: Notifier, twilio: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    twilio.answers = [JSONResponse({"code": 99999, "message": f"about {PHONE}", "status": 400}, 400)]

    outcome = await notifier.send(outgoing())

    assert isinstance(outcome, Rejected)
    assert (outcome.failure, outcome.code) == (Failure.PERMANENT, "99999")
    assert PHONE not in outcome.why
    told = capsys.readouterr()
    assert "99999" in told.out + told.err
    assert "599123456" not in told.out + told.err


async def test_a_problem_body_of_the_newer_kind_is_understood_too(notifier: Notifier, twilio: Told) -> None:
    problem = {"type": "https://…", "title": "Stop", "status": 400, "code": 21610}
    twilio.answers = [JSONResponse(problem, 400)]

    outcome = await notifier.send(outgoing())

    assert isinstance(outcome, Rejected)
    assert outcome.failure is Failure.OPTED_OUT


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"code": 20500, "message": "…", "status": 500}, 500),
        Response("<html>bad gateway</html>", 502),
        Response("", 503),
        Response("", 408),
        Response("not json", 201),
        JSONResponse(["not", "a", "message"], 201),
        JSONResponse({"status": "queued"}, 201),
        JSONResponse({"sid": 7}, 201),
        Response("", 201),
        BreaksOff(),
    ],
    ids=lambda answer: f"{type(answer).__name__}-{answer.status_code}-{bytes(answer.body)[:12]!r}",
)
async def test_an_answer_that_proves_nothing_is_unknown_and_not_asked_for_twice(
    notifier: Notifier, twilio: Told, answer: Response
) -> None:
    twilio.answers = [answer]

    outcome = await notifier.send(outgoing())

    assert isinstance(outcome, Unknown)
    assert len(twilio.requests) == 1


async def test_an_answer_that_does_not_come_in_time_is_unknown(twilio: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    twilio.answers, twilio.delay = [Response("", 201)], 1.0
    impatient = await channel(monkeypatch, twilio.url, TIMEOUT="0.2")

    outcome = await impatient.send(outgoing())

    assert isinstance(outcome, Unknown)
    await impatient.close()


async def test_where_nobody_listens_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    lonely = await channel(monkeypatch, "http://127.0.0.1:1")

    outcome = await lonely.send(outgoing())

    assert isinstance(outcome, Rejected)
    assert outcome.failure is Failure.TEMPORARY
    await lonely.close()


async def test_what_is_sent_is_what_twilio_wants(notifier: Notifier, twilio: Told) -> None:
    twilio.answers = [JSONResponse({"sid": SID, "status": "accepted"}, 201)]

    outcome = await notifier.send(outgoing())

    assert outcome == Accepted(SID)
    assert twilio.requests == [
        ("POST", {"To": PHONE, "Body": "Cong an TP Da Nang", "MessagingServiceSid": SERVICE,
                  "StatusCallback": f"{PUBLIC}/hooks/sms"})
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("phone", "address"),
    [
        ("0599123456", PHONE),
        ("+84599123456", PHONE),
        ("0599.123.456", PHONE),
        (" 84599123456", PHONE),
        ("0905 123 456", "+84905123456"),
        ("0511388188", None),
        ("0510385123", None),
        ("+84 511 388 188", None),
        ("02363822000", None),
        ("01234567890", None),
        ("1022", None),
        ("+12025550123", None),
        ("", None),
        (None, None),
        ("khong co", None),
        ("0" * 300, None),
    ],
)
async def test_only_living_mobiles_of_vietnam_can_be_reached(
    notifier: Notifier, phone: str | None, address: str | None
) -> None:
    assert notifier.reachable(Addressee(phone=phone)) == address


@pytest.mark.parametrize("status", list(sms.STATUSES))
async def test_each_status_of_the_table_means_what_the_table_says(notifier: Notifier, status: str) -> None:
    form = {**FORM, "MessageStatus": status}

    receipts = notifier.receipts(signed(urlencode(form).encode()))

    assert receipts == (Receipt("sms", SID, status, sms.STATUSES[status]),)


@pytest.mark.parametrize(
    ("status", "sending"),
    [("sent", None), ("queued", None), ("delivered", Sending.DELIVERED), ("undelivered", Sending.UNDELIVERED),
     ("failed", Sending.UNDELIVERED)],
)  # fmt: skip
def test_the_statuses_agree_with_the_provider_s_documentation(status: str, sending: Sending | None) -> None:
    assert sms.STATUSES[status] is sending


async def test_a_failure_s_code_comes_with_its_receipt(notifier: Notifier) -> None:
    form = {**FORM, "MessageStatus": "undelivered", "ErrorCode": "30003", "SomethingNew": "yes"}

    [receipt] = notifier.receipts(signed(urlencode(form).encode()))

    assert (receipt.sending, receipt.error_code) == (Sending.UNDELIVERED, "30003")


async def test_an_unknown_status_decides_nothing(notifier: Notifier) -> None:
    [receipt] = notifier.receipts(signed(urlencode({**FORM, "MessageStatus": "pondering"}).encode()))

    assert receipt.sending is None


async def test_a_message_to_us_is_no_receipt(notifier: Notifier) -> None:
    form = {"AccountSid": ACCOUNT, "From": PHONE, "Body": "Dừng nhận tin", "SmsStatus": "received"}

    assert notifier.receipts(signed(urlencode(form).encode())) == ()


async def test_the_signature_of_the_provider_s_own_making_is_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A signature computed apart from this code, for the same token, address and form."""
    notifier = await channel(monkeypatch, "http://127.0.0.1:1")
    form = {**FORM, "To": "+84905123456"}
    url = "https://app.example.gov.vn/hooks/twilio/status"
    hook = Hook(url, {"x-twilio-signature": "YzsMLGRr9yWQ0JESo0931Cy5Xwg="}, urlencode(form).encode())

    assert [receipt.status for receipt in notifier.receipts(hook)] == ["delivered"]
    for wrong in (url.replace("https", "http"), url + "?x=1", url + "/"):
        with pytest.raises(Forged):
            notifier.receipts(Hook(wrong, hook.headers, hook.body))
    await notifier.close()


@pytest.mark.parametrize(
    "hook",
    [
        Hook(f"{PUBLIC}/hooks/sms", {}, urlencode(FORM).encode()),
        Hook(f"{PUBLIC}/hooks/sms", {"X-Twilio-Signature": ""}, urlencode(FORM).encode()),
        Hook(f"{PUBLIC}/hooks/sms", {"X-Twilio-Signature": "đ"}, urlencode(FORM).encode()),
        signed(urlencode(FORM).encode(), token="another"),
        signed(urlencode({**FORM, "AccountSid": "AC" + "b" * 32}).encode()),
        signed(urlencode(FORM).encode() + b"&MessageStatus=failed"),
        Hook(f"{PUBLIC}/hooks/sms", {}, b"\xff\xfe"),
        Hook(f"{PUBLIC}/hooks/sms", {}, b""),
        Hook(f"{PUBLIC}/hooks/sms", {}, b'{"MessageSid": "x"}'),
        Hook(f"{PUBLIC}/hooks/sms", {}, b"a=1&" * 5000),
        Hook(f"{PUBLIC}/hooks/sms", {}, b"a=%FF"),
    ],
    ids=range(11),
)
async def test_what_twilio_did_not_sign_for_us_is_forged(notifier: Notifier, hook: Hook) -> None:
    with pytest.raises(Forged):
        notifier.receipts(hook)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
async def test_a_form_altered_by_a_byte_is_forged_or_says_the_very_same(
    notifier: Notifier, data: st.DataObject
) -> None:
    body = urlencode({**FORM, "ErrorMessage": data.draw(st.text(max_size=8))}).encode()
    hook = signed(body)
    place = data.draw(st.integers(0, len(body) - 1))
    byte = data.draw(st.binary(max_size=2))
    altered = body[:place] + byte + body[place + 1 :]
    same = altered.isascii() and sorted(parse_qsl(altered.decode(), True)) == sorted(parse_qsl(body.decode(), True))

    try:
        told = notifier.receipts(Hook(hook.url, hook.headers, altered))
    except Forged:
        assert altered != body
    else:
        assert same
        assert told == notifier.receipts(hook)


async def test_a_message_still_waiting_is_found_by_number_text_and_time(notifier: Notifier, twilio: Told) -> None:
    now = datetime.now(UTC)
    twilio.answers = [
        page(
            message(now, body="Cong an TP Da Nang.", sid="SM1"),
            message(now - timedelta(hours=1), sid="SM2"),
            message(now, sid="SM3"),
        )
    ]

    found = await notifier.find(outgoing())

    assert found == Accepted("SM3")
    [(method, query)] = twilio.requests
    assert (method, query["To"]) == ("GET", PHONE)
    assert not [name for name in query if name.startswith("DateSent")]


async def test_a_message_that_is_not_there_is_not_found(notifier: Notifier, twilio: Told) -> None:
    twilio.answers = [page()]

    assert await notifier.find(outgoing()) is None


async def test_in_a_rehearsal_of_another_day_twilio_s_own_time_counts(
    twilio: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SystemClock(timedelta(days=200))
    rehearsing = await channel(monkeypatch, twilio.url, clock=clock)
    twilio.answers = [page(message(datetime.now(UTC)))]

    assert await rehearsing.find(outgoing(since=clock.now() - timedelta(seconds=5))) == Accepted(SID)
    await rehearsing.close()


@pytest.mark.parametrize(
    "answer", [Response("", 500), Response("what", 200), JSONResponse([], 200), BreaksOff(), Response("", 401)]
)
async def test_who_cannot_be_asked_is_unreachable(notifier: Notifier, twilio: Told, answer: Response) -> None:
    twilio.answers = [answer]

    with pytest.raises(Unreachable):
        await notifier.find(outgoing())


async def test_no_number_and_no_text_stands_in_any_log(
    notifier: Notifier, twilio: Told, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    twilio.answers = [JSONResponse({"sid": SID}, 201), page(message(datetime.now(UTC)))]

    await notifier.send(outgoing())
    await notifier.find(outgoing())

    seen = caplog.text + json.dumps(capsys.readouterr())
    assert "599123456" not in seen
    assert "Cong an" not in seen
    assert TOKEN not in seen


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ACCOUNT_SID", "AC123"),
        ("AUTH_TOKEN", ""),
        ("MESSAGING_SERVICE_SID", "0905123456"),
        ("BASE_URL", "ftp://x"),
        ("TIMEOUT", "90"),
    ],
)
async def test_a_setting_that_cannot_be_used_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(Unusable) as refused:
        await channel(monkeypatch, **{"base_url": "http://127.0.0.1:1", name: value})  # type: ignore[arg-type] # by name

    assert f"TWILIO_{name}" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert TOKEN not in str(refused.value)


async def test_twilio_itself_is_not_asked_to_bring_receipts_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unusable, match="PROACTIVE_PUBLIC_URL"):
        await channel(monkeypatch, "https://api.twilio.com", public_url="http://127.0.0.1:8000")
