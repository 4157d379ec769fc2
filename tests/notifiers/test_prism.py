"""Our requests are Twilio's: judged by Stoplight Prism, an independent mock made from Twilio's own OpenAPI document.

Prism refuses requests that the document does not allow, so one that gets an answer is one that Twilio documents.
`scripts/prism.sh` brings both; without Node.js these are skipped.
"""

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from notifiers import sms
from proactive.ports.notifier import Accepted, Outgoing
from tests.notifiers.twilio import ACCOUNT, TOKEN, channel

PLACE = Path(__file__).parents[2] / "build" / "prism"
PRISM = PLACE / "node_modules" / ".bin" / "prism"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
WHOLE = {"To": "+84599123456", "MessagingServiceSid": "MG" + "c" * 32, "Body": "Ma kiem tra: QBDD MTMA"}

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (PLACE / "complete").exists(),
    reason="Prism is not here: run scripts/prism.sh (needs Node.js)",
)


def trimmed(document: dict[str, Any]) -> dict[str, Any]:
    """Twilio's document with the paths of messages alone: Prism reads it in a moment."""
    paths = {path: what for path, what in document["paths"].items() if "/Messages" in path}
    return {**document, "paths": paths}


@pytest.fixture(scope="module")
async def mock(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    file = tmp_path_factory.mktemp("prism") / "twilio.json"
    file.write_text(json.dumps(trimmed(json.loads((PLACE / "twilio_api_v2010.json").read_text()))))
    async with _listening(file) as url:
        yield url


@asynccontextmanager
async def _listening(document: Path) -> AsyncIterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        str(PRISM), "mock", "--host", "127.0.0.1", "--port", str(port), str(document),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(90), httpx.AsyncClient() as client:
            while True:
                try:
                    await client.get(url)
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.2)
        yield url
    finally:
        process.terminate()
        await process.wait()


async def asked(url: str, form: dict[str, str], **more: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=url) as client:
        return await client.post(MESSAGES, data=form, **more)


async def test_what_we_send_is_a_request_that_twilio_documents(mock: str, monkeypatch: pytest.MonkeyPatch) -> None:
    twilio = await channel(monkeypatch, mock)

    outcome = await twilio.send(Outgoing("a notice", "+84599123456", "Ma kiem tra: QBDD MTMA", NOW))

    assert isinstance(outcome, Accepted)
    await twilio.close()


async def test_what_we_ask_about_a_message_is_a_request_that_twilio_documents(
    mock: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    twilio = await channel(monkeypatch, mock)

    found = await twilio.find(Outgoing("a notice", "+84599123456", "a text that the mock does not have", NOW))

    assert found is None  # it answered, and the answer could be read
    await twilio.close()


@pytest.mark.parametrize(
    ("form", "more", "status"),
    [
        (WHOLE, {"auth": (ACCOUNT, TOKEN)}, 201),
        ({"MessagingServiceSid": WHOLE["MessagingServiceSid"]}, {"auth": (ACCOUNT, TOKEN)}, 422),  # nobody to send to
        ({**WHOLE, "MessagingServiceSid": "no sid"}, {"auth": (ACCOUNT, TOKEN)}, 422),
        ({**WHOLE, "StatusCallback": "not an address"}, {"auth": (ACCOUNT, TOKEN)}, 422),
        (WHOLE, {}, 401),
    ],
)
async def test_the_mock_does_refuse_what_twilio_does_not_document(
    mock: str, form: dict[str, str], more: dict[str, Any], status: int
) -> None:
    answer = await asked(mock, form, **more)

    assert answer.status_code == status, answer.text


async def test_every_status_of_twilios_document_is_one_we_know() -> None:
    document = json.loads((PLACE / "twilio_api_v2010.json").read_text())

    theirs = set(document["components"]["schemas"]["message_enum_status"]["enum"])
    assert theirs - {"receiving", "received"} <= set(sms.STATUSES)  # those two are of messages that come in
