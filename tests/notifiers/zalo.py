"""A Zalo that stands in on this machine, and our side of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from notifiers import _zalo_access, zalo
from notifiers.memory import MemoryTokens
from proactive.demo.zalo import ZaloSettings, app
from proactive.demo.zalo_network import ZaloNetwork
from proactive.domain.keys import Keys
from proactive.domain.token import Kept
from proactive.ports.clock import Clock, SetClock
from proactive.ports.notifier import Notifier
from proactive.ports.tokens import Authority
from proactive.steps import renew
from proactive.store.store import Store
from tests.conftest import MORNING
from tests.demo.servers import serving

APP, APP_SECRET, OA_SECRET = "1234567890123456789", "TestAppSecret01", "TestOaSecretKey01"
SECRET = "a secret of at least thirty-two letters"
KEYS = Keys(SECRET)
SERVICE, TEMPLATE = "driver_licence_renewal", "301234"
VARIANTS = ("renew", "full_test")


@dataclass
class Ours:
    notifier: Notifier
    tokens: MemoryTokens


@dataclass
class Zalo:
    """The stand-in, and the environment under which our side finds it."""

    url: str
    network: ZaloNetwork
    settings: ZaloSettings

    def environment(self, **more: str) -> dict[str, str]:
        ours = {
            "APP_ID": APP, "APP_SECRET": APP_SECRET, "OA_SECRET": OA_SECRET, "OAUTH_BASE": self.url,
            "ZBS_BASE": self.url, "REDIRECT_URL": "https://app.example.gov.vn/zalo", "TIMEOUT": "2", **more,
        }  # fmt: skip
        return {f"ZALO_{name}": value for name, value in ours.items()}

    def access(self, patch: pytest.MonkeyPatch, clock: Clock, **more: str) -> Authority:
        for name, value in self.environment(**more).items():
            patch.setenv(name, value)
        return _zalo_access.authority(clock=clock)

    async def permitted(self, authority: Authority, store: Store, clock: Clock) -> Kept:
        """An administrator has given us access."""
        verifier = authority.verifier()
        code = self.network.permit(renew.challenge(verifier))
        return await renew.authorise(
            code, verifier=verifier, authority=authority, store=store, keys=KEYS, clock=clock
        )  # fmt: skip

    @asynccontextmanager
    async def channel(
        self, patch: pytest.MonkeyPatch, folder: Path, *, clock: Clock | None = None, **more: str
    ) -> AsyncIterator[Ours]:
        """The channel, let in."""
        file = folder / "templates.yaml"
        file.write_text(yaml.safe_dump({SERVICE: {"vi": dict.fromkeys(VARIANTS, TEMPLATE)}}), encoding="utf-8")
        for name, value in self.environment(TEMPLATES=str(file), **more).items():
            patch.setenv(name, value)
        self.network.pair()
        tokens = MemoryTokens(self.network.access)
        notifier = await zalo.open(
            public_url="https://app.example.gov.vn", clock=clock or SetClock(MORNING), tokens=tokens
        )
        yield Ours(notifier, tokens)
        await notifier.close()


@asynccontextmanager
async def standing_in(**settings: float | str) -> AsyncIterator[Zalo]:
    given = ZaloSettings(APP, APP_SECRET, OA_SECRET, **{"step": 0.01, **settings})  # type: ignore[arg-type] # by name
    application = app(given)
    async with serving(application) as url:
        yield Zalo(url, application.state.network, given)
