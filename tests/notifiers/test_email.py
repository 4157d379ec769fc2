"""E-mail: what leaves us, what each answer of a relay means, and what is in doubt."""

import email as mail
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default

import pytest

from proactive.domain.addressee import Addressee
from proactive.errors import Unanswerable, Unusable
from proactive.ports.clock import SetClock
from proactive.ports.notifier import Accepted, Failure, Notifier, Outgoing, Rejected, Unknown
from tests.notifiers.mail import SENDER, Relay, channel

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
TEXT = "Giấy phép lái xe hết hạn ngày 15/03/2027\n\nKính gửi ông/bà,\n\nMã kiểm tra: ABCD EFGH\n\n" + "Đồng ý. " * 40


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    yield Relay()


@pytest.fixture
async def email(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Notifier]:
    async with relay.listening() as port:
        yield await channel(monkeypatch, port, clock=SetClock(NOW), TIMEOUT=1)


def message(text: str = TEXT, *, to: str = "an@example.vn", reference: str = "n-1") -> Outgoing:
    return Outgoing(reference, to, text, NOW)


def read(relay: Relay) -> EmailMessage:
    [envelope] = relay.kept
    assert isinstance(envelope.content, bytes)
    return mail.message_from_bytes(envelope.content, policy=default)


async def test_a_letter_carries_everything_that_is_signed_and_nothing_personal(relay: Relay, email: Notifier) -> None:
    outcome = await email.send(message())

    letter = read(relay)
    assert outcome == Accepted("<n-1@danang.example.vn>")
    assert letter["Message-ID"] == "<n-1@danang.example.vn>"
    assert letter["From"] == f"Dịch vụ công Đà Nẵng <{SENDER}>"
    assert letter["To"] == "an@example.vn"
    assert letter["Subject"] == "Giấy phép lái xe hết hạn ngày 15/03/2027"
    assert letter["Date"].datetime == NOW
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe"] == "<https://app.example.gov.vn/dossier/messages>"
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content().replace("\r\n", "\n").strip() == TEXT.partition("\n\n")[2].strip()


async def test_it_travels_in_short_lines_of_ascii(relay: Relay, email: Notifier) -> None:
    await email.send(message())

    [envelope] = relay.kept
    assert isinstance(envelope.content, bytes)
    lines = envelope.content.decode("ascii").split("\r\n")
    assert max(map(len, lines)) <= 78


async def test_a_text_without_a_subject_gets_the_senders_name(relay: Relay, email: Notifier) -> None:
    await email.send(message("Ma xac thuc mot lan 123 456"))

    letter = read(relay)
    assert letter["Subject"] == "Dịch vụ công Đà Nẵng"
    assert letter.get_content().strip() == "Ma xac thuc mot lan 123 456"


@pytest.mark.parametrize(
    ("said", "failure", "code"),
    [
        ("550 5.1.1 no such user", Failure.PERMANENT, "550 5.1.1"),
        ("550 no such user", Failure.PERMANENT, "550"),
        ("552 5.2.2 mailbox full", Failure.PERMANENT, "552 5.2.2"),
        ("550 5.7.1 relaying denied", Failure.TECHNICAL, "550 5.7.1"),
        ("550 5.1.8 bad sender domain", Failure.TECHNICAL, "550 5.1.8"),
        ("451 4.7.1 greylisted", Failure.TEMPORARY, "451 4.7.1"),
        ("452 too many", Failure.TEMPORARY, "452"),
        ("421 closing", Failure.TEMPORARY, "421"),
        ("530 sign in first", Failure.TECHNICAL, "530"),
        ("599 who knows", Failure.TECHNICAL, "599"),
    ],
)
async def test_each_refusal_of_a_recipient_says_what_to_do(
    relay: Relay, email: Notifier, said: str, failure: Failure, code: str
) -> None:
    relay.to_recipient.append(said)

    outcome = await email.send(message())

    assert isinstance(outcome, Rejected)
    assert (outcome.failure, outcome.code) == (failure, code)
    assert relay.kept == []


async def test_a_refusal_after_the_text_means_it_was_not_taken(relay: Relay, email: Notifier) -> None:
    relay.to_text += ["554 5.7.1 looks like spam", "451 4.3.0 later"]

    first, second = await email.send(message()), await email.send(message())

    assert isinstance(first, Rejected) and first.failure is Failure.TECHNICAL
    assert isinstance(second, Rejected) and second.failure is Failure.TEMPORARY
    assert relay.kept == []


async def test_what_breaks_off_after_the_text_is_unknown_and_nobody_can_be_asked(relay: Relay, email: Notifier) -> None:
    relay.loses_answers = 1

    outcome = await email.send(message())

    assert isinstance(outcome, Unknown)
    assert len(relay.kept) == 1
    with pytest.raises(Unanswerable):
        await email.find(message())


async def test_where_nobody_listens_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = await channel(monkeypatch, 1)

    outcome = await nowhere.send(message())

    assert isinstance(outcome, Rejected)
    assert outcome.failure is Failure.TEMPORARY


async def test_a_relay_that_knows_us_lets_us_in_and_a_wrong_password_is_ours_to_mend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    relay = Relay(account=("danang", "secret"))
    async with relay.listening() as port:
        known = await channel(monkeypatch, port, USER="danang", PASSWORD="secret")
        stranger = await channel(monkeypatch, port, USER="danang", PASSWORD="wrong")

        outcomes = [await known.send(message()), await stranger.send(message())]

    assert isinstance(outcomes[0], Accepted)
    assert isinstance(outcomes[1], Rejected)
    assert outcomes[1].failure is Failure.TECHNICAL
    assert (len(relay.kept), relay.signed_in) == (1, 1)


async def test_a_line_that_others_read_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unusable, match="EMAIL_LINE"):
        await channel(monkeypatch, 25, HOST="relay.example.vn")
    with pytest.raises(Unusable, match="EMAIL_PASSWORD"):
        await channel(monkeypatch, 25, USER="danang")
    with pytest.raises(Unusable, match="EMAIL_SENDER"):
        await channel(monkeypatch, 25, SENDER="nobody")


async def test_without_starttls_no_text_leaves_on_an_open_line(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    async with relay.listening() as port:
        email = await channel(monkeypatch, port, LINE="starttls")

        outcome = await email.send(message())

    assert isinstance(outcome, Rejected)
    assert outcome.failure is Failure.TECHNICAL
    assert relay.kept == []


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (" An.Nguyen+dvc@Example.VN ", "An.Nguyen+dvc@example.vn"),
        ("an@example.vn\r\nBcc: b@example.vn", None),
        ("an@example", None),
        ("an@@example.vn", None),
        (".an@example.vn", None),
        ("an..b@example.vn", None),
        ("an@exa mple.vn", None),
        ("ấn@example.vn", None),
        (f"{'a' * 65}@example.vn", None),
        ("", None),
        (None, None),
    ],
)
def test_only_what_is_an_address_is_written_to(email: Notifier, written: str | None, address: str | None) -> None:
    assert email.reachable(Addressee(phone="0599000101", email=written)) == address
