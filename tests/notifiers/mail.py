"""A real SMTP server on this machine that keeps what it takes, and the channel pointed at it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from notifiers import email
from proactive.ports.clock import Clock, SystemClock
from proactive.ports.notifier import Notifier

PUBLIC = "https://app.example.gov.vn"
SENDER = "dichvucong@danang.example.vn"


@dataclass
class Relay:
    """Takes mail, and does with the next messages what it is told. `kept` are those it took."""

    kept: list[Envelope] = field(default_factory=list)
    to_recipient: list[str] = field(default_factory=list)
    """Answers to the next recipients."""
    to_text: list[str] = field(default_factory=list)
    """Answers to the next texts, which are then not taken."""
    loses_answers: int = 0
    """So many answers never come, though the text is taken."""
    account: tuple[str, str] | None = None
    signed_in: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_RCPT(  # noqa: N802 -- the server calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_recipient:
            return self.to_recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- the same
        if self.to_text:
            return self.to_text.pop(0)
        self.kept.append(envelope)
        if self.loses_answers:
            self.loses_answers -= 1
            await self.released.wait()
        return "250 OK"

    def _knows(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        right = isinstance(data, LoginPassword) and self.account == (data.login.decode(), data.password.decode())
        self.signed_in += right
        return AuthResult(success=right, handled=False)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Its port."""

        def session() -> SMTP:
            return SMTP(
                self, hostname="relay", authenticator=self._knows if self.account else None,
                auth_require_tls=False, enable_SMTPUTF8=True, loop=asyncio.get_running_loop(),
            )  # fmt: skip

        server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            self.released.set()
            server.close()


async def channel(patch: pytest.MonkeyPatch, port: int, *, clock: Clock | None = None, **env: Any) -> Notifier:
    settings = {"HOST": "127.0.0.1", "PORT": port, "LINE": "plain", "SENDER": SENDER, "TIMEOUT": 5, **env}
    for name, value in settings.items():
        patch.setenv(f"EMAIL_{name}", str(value))
    return await email.open(public_url=PUBLIC, clock=clock or SystemClock())
