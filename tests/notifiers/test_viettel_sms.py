"""Brandname SMS over Viettel: what each answer means, and what leaves us."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from starlette.responses import Response

from notifiers.viettel_sms import CODES
from proactive.domain.addressee import Addressee
from proactive.errors import Unanswerable, Unusable
from proactive.ports.notifier import Accepted, Failure, Notifier, Outgoing, Rejected, Unknown
from tests.notifiers.viettel import SOAP, Gateway, channel, returned

TEXT = 'CSGT TP Da Nang: "GPLX" duoi 4567 het han & <can> doi. Ma kiem tra: K7Q4 M2XD'


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    yield Gateway()


@pytest.fixture
async def viettel(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Notifier]:
    async with gateway.listening() as url:
        notifier = await channel(monkeypatch, url, TIMEOUT="0.5")
        yield notifier
        await notifier.close()


def message(text: str = TEXT) -> Outgoing:
    return Outgoing("notice", "84599000101", text, datetime.now(UTC))


async def test_the_gateway_gets_the_text_as_it_is_and_takes_it(gateway: Gateway, viettel: Notifier) -> None:
    outcome = await viettel.send(message())

    assert outcome == Accepted("notice")
    assert gateway.queue == [("84599000101", TEXT)]
    [fields] = gateway.received
    assert (fields["RequestID"], fields["ContentType"], fields["ServiceID"]) == ("1", "0", "UBND-DANANG")


async def test_accented_text_is_marked_as_such(gateway: Gateway, viettel: Notifier) -> None:
    await viettel.send(message("Giấy phép lái xe của ông/bà"))

    assert gateway.received[0]["ContentType"] == "1"


async def test_the_same_text_again_is_known_to_be_there_already(gateway: Gateway, viettel: Notifier) -> None:
    first, second = await viettel.send(message()), await viettel.send(message())

    assert first == second == Accepted("notice")
    assert len(gateway.queue) == 1


@pytest.mark.parametrize(
    ("said", "failure", "code"),
    [
        ("Authenticate: Cp_code: NULL_OR_BLANK", Failure.TECHNICAL, "2"),
        ("Authenticate: UserName: NULL_OR_BLANK", Failure.TECHNICAL, "3"),
        ("Authenticate: Password: NULL_OR_BLANK", Failure.TECHNICAL, "4"),
        ("Authenticate: CP_CODE_NOT_FOUND", Failure.TECHNICAL, "5"),
        ("Authenticate: WRONG_INFORMATION_AUTHENTICATE", Failure.TECHNICAL, "6"),
        ("Authenticate: IP_INVALID (YOUR IP: 192.0.2.7)", Failure.TECHNICAL, "8"),
        ("Check RequestID: REQUEST_ID_NOT_NUMBER", Failure.TECHNICAL, "11"),
        ("Check UserID: NULL_OR_BLANK", Failure.PERMANENT, "13"),
        ("Check ReceiverID: FORMAT_ERROR", Failure.PERMANENT, "15"),
        ("Length of ReceiverID is invalid.", Failure.PERMANENT, "15"),
        ("UserID_NOT_EQUAL_ReceiverID", Failure.TECHNICAL, "16"),
        ("Unable to check telco from input receiver", Failure.PERMANENT, "17"),
        ("Check ServiceID: ALIAS_INVALID:TELCO=MB", Failure.PERMANENT, "19"),
        ("Check Content: MAXLENGTH_LIMIT_500_BYTE (YOUR_CONTENT: 612 BYTE)", Failure.TECHNICAL, "25"),
        ("Check Content: MSG_ERROR_CONTAIN_BLACKLIST", Failure.TECHNICAL, "26"),
        ("check template: content_not_match_template", Failure.TECHNICAL, "98"),
        ("Check information error", Failure.TEMPORARY, "99"),
        ("Something nobody has heard of", Failure.PERMANENT, "0"),
    ],
)
async def test_each_refusal_says_what_to_do(
    gateway: Gateway, viettel: Notifier, said: str, failure: Failure, code: str
) -> None:
    gateway.answers.append(returned(said, "0"))

    outcome = await viettel.send(message())

    assert isinstance(outcome, Rejected)
    assert (outcome.failure, outcome.code) == (failure, code)


@pytest.mark.parametrize(
    "answer",
    [
        Response("<html><body>Bad gateway</body></html>", media_type="text/html"),
        Response("", media_type="text/xml"),
        returned("Insert MT_QUEUE: OK", "7"),
        Response(
            f'<S:Envelope xmlns:S="{SOAP}"><S:Body><S:Fault><faultstring>x</faultstring></S:Fault></S:Body>'
            "</S:Envelope>",
            status_code=500,
        ),
        Response(status_code=502),
        Response(b'<!DOCTYPE a [<!ENTITY b "c">]>' + bytes(returned("Insert MT_QUEUE: OK", "1").body)),
        Response(bytes(returned("Insert MT_QUEUE: OK" + " " * 70_000, "1").body)),
    ],
)
async def test_an_answer_that_is_not_the_gateways_own_leaves_it_unknown(
    gateway: Gateway, viettel: Notifier, answer: Response
) -> None:
    gateway.answers.append(answer)

    assert isinstance(await viettel.send(message()), Unknown)


@pytest.mark.parametrize(
    ("status", "failure"),
    [(301, Failure.TECHNICAL), (403, Failure.TECHNICAL), (404, Failure.TECHNICAL), (429, Failure.TEMPORARY)],
)
async def test_a_relay_that_does_not_let_it_through_is_a_refusal(
    gateway: Gateway, viettel: Notifier, status: int, failure: Failure
) -> None:
    gateway.answers.append(Response(status_code=status, headers={"location": "/elsewhere"}))

    outcome = await viettel.send(message())

    assert isinstance(outcome, Rejected)
    assert outcome.failure is failure
    assert len(gateway.received) == 1


async def test_what_it_took_without_answering_is_unknown_and_nobody_can_be_asked(
    gateway: Gateway, viettel: Notifier
) -> None:
    gateway.loses_answers = 1

    outcome = await viettel.send(message())

    assert isinstance(outcome, Unknown)
    assert len(gateway.queue) == 1
    with pytest.raises(Unanswerable):
        await viettel.find(message())
    assert len(gateway.received) == 1


async def test_where_nobody_listens_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    viettel = await channel(monkeypatch, "http://127.0.0.1:1/bulkapi")

    outcome = await viettel.send(message())
    await viettel.close()

    assert isinstance(outcome, Rejected)
    assert outcome.failure is Failure.TEMPORARY


async def test_a_password_does_not_go_over_an_open_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unusable, match="PRIVATE_LINE"):
        await channel(monkeypatch, "http://gateway.example.vn:8009/bulkapi")

    private = await channel(monkeypatch, "http://gateway.example.vn:8009/bulkapi", PRIVATE_LINE="true")
    await private.close()


async def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unusable, match="VIETTEL_SMS_BRANDNAME"):
        await channel(monkeypatch, "https://gateway.example.vn/bulkapi", BRANDNAME="a name of too many letters")


def test_its_numbers_have_no_plus(viettel: Notifier) -> None:
    assert viettel.reachable(Addressee(phone="0599 000 101")) == "84599000101"
    assert viettel.reachable(Addressee(phone="0236 3822 333")) is None


def test_no_beginning_hides_another() -> None:
    beginnings = [beginning for beginning, *_ in CODES]

    for index, one in enumerate(beginnings):
        assert not any(one.startswith(before) for before in beginnings[:index])
