"""The real web process, on a real port, for a connector of its own."""

import asyncio
import os
import secrets
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from proactive.domain.keys import Keys
from proactive.embedded.ports import LOOPBACK, kept_port
from proactive.ports.clock import SystemClock
from proactive.store.store import opened
from tests.web.push.sender import Sender

REGISTERS = ("driver_licences", "residents", "violations", "health_certificates")
ROOT = Path(__file__).parents[3]
SECRET = "a secret of more than thirty-two characters"


@dataclass
class Served:
    """A web process that is started, killed and started again on one port."""

    url: str
    folder: Path
    env: dict[str, str]
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with (self.folder / "web.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "proactive.cli", "web", cwd=ROOT, env=self.env, stdout=log, stderr=log
            )
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            for _ in range(1200):
                assert self.process.returncode is None, (self.folder / "web.log").read_text()
                try:
                    if (await client.get(f"{self.url}/health")).status_code == 200:
                        return
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)
        raise AssertionError("the web process does not answer")

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def serving(database_url: str, folder: Path, **more: str) -> AsyncIterator[tuple[Served, Sender]]:
    """The web process over this migrated database, where registers are pushed, and a connector that may push them."""
    port = kept_port(folder / "web-port")
    url = f"http://{LOOPBACK}:{port}"
    env = {
        "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PROACTIVE_DATA_DIR": str(folder),
        "PROACTIVE_DATABASE_URL": database_url, "PROACTIVE_SECRET": SECRET, "PROACTIVE_WEB_PORT": str(port),
        "PROACTIVE_PUBLIC_URL": url, "PROACTIVE_TOLD_REGISTERS": ",".join(REGISTERS), "PROACTIVE_PUSH_RATE": "1000000",
        "TWILIO_ACCOUNT_SID": "AC" + "e" * 32, "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "TWILIO_MESSAGING_SERVICE_SID": "MG" + "e" * 32, "TWILIO_BASE_URL": f"http://{LOOPBACK}:9",
        "PROACTIVE_INTAKE_URL": f"http://{LOOPBACK}:9",
        "PROACTIVE_INTAKE_SECRET": f"whsec_{b64encode(secrets.token_bytes(32)).decode()}", **more,
    }  # fmt: skip
    id, served = f"con_{secrets.token_hex(4)}", Served(url, folder, env)
    async with opened(database_url, size=1) as store:
        await store.connectors.make(id, name=id, registers=REGISTERS, now=SystemClock().now())
    await served.start()
    async with httpx.AsyncClient(base_url=url, timeout=10, trust_env=False) as client:
        try:
            yield served, Sender(client, id, (Keys(SECRET).connector_secret(id, 1),))
        finally:
            if served.process is not None and served.process.returncode is None:
                await served.kill()
