"""Over TLS: the platform's certificate is always checked, and ours is shown where it is asked for."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from connectors.site.answers import Answer, Later, ShutOut, Taken
from connectors.site.platform import Platform
from connectors.site.settings import Platform as Settings
from connectors.site.settings import Secret
from connectors.site.spool import Spooled
from proactive.errors import Unusable
from proactive.ports.clock import SystemClock
from tests.connectors.site.receiver import CONNECTOR, SECRET, Receiver
from tests.connectors.site.test_spool import change, written
from tests.demo.servers import Quiet, until

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates of this test")


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With their keys: ca, platform and site signed by it for 127.0.0.1, stranger signed by nobody."""
    folder = tmp_path_factory.mktemp("certificates")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    for name in ("ca", "stranger"):
        openssl(folder, "req", "-x509", *key, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}",
                "-days", "2", "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
    for name in ("platform", "site"):
        openssl(folder, "req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-out", f"{name}.pem", "-days", "2", "-extfile", "names")  # fmt: skip
    return folder


@asynccontextmanager
async def serving(receiver: Receiver, certificates: Path, *, name: str, ask: bool) -> AsyncIterator[str]:
    """The receiver over TLS, as `name`; `ask`: only for whom the CA knows."""
    app = Starlette(routes=[Route("/v1/events", receiver.post, methods=["POST"])])
    config = uvicorn.Config(
        app, "127.0.0.1", 0, log_level="critical", ws="none", timeout_graceful_shutdown=1,
        ssl_certfile=certificates / f"{name}.pem", ssl_keyfile=str(certificates / f"{name}.key"),
        ssl_ca_certs=str(certificates / "ca.pem"), ssl_cert_reqs=ssl.CERT_REQUIRED if ask else ssl.CERT_NONE,
    )  # fmt: skip
    server = Quiet(config)
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield f"https://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task


async def pushed(url: str, folder: Path, **settings: Path) -> Answer:
    """What one event over this line is answered with."""
    (folder / "secret").write_text(SECRET)
    (folder / "secret").chmod(0o600)
    platform = Platform(
        Settings(url=url, connector=CONNECTOR, secret=Secret(file=folder / "secret"), timeout_seconds=10, **settings),
        clock=SystemClock(),
    )
    [event] = written(change(1))
    try:
        return await platform.push([Spooled(1, event.id, event.register, event.body, False)])
    finally:
        await platform.close()


async def test_a_platform_whose_certificate_a_known_authority_has_signed_is_told(
    certificates: Path, tmp_path: Path
) -> None:
    receiver = Receiver()
    async with serving(receiver, certificates, name="platform", ask=False) as url:
        answer = await pushed(url, tmp_path, ca=certificates / "ca.pem")

    assert answer == Taken()
    assert len(receiver.kept) == 1


@pytest.mark.parametrize(("name", "ca"), [("stranger", "ca.pem"), ("platform", "stranger.pem"), ("platform", None)])
async def test_nobody_else_gets_a_single_event(certificates: Path, tmp_path: Path, name: str, ca: str | None) -> None:
    receiver = Receiver()
    async with serving(receiver, certificates, name=name, ask=False) as url:
        answer = await pushed(url, tmp_path, **({"ca": certificates / ca} if ca else {}))

    assert isinstance(answer, ShutOut)
    assert "certificate can't be trusted" in answer.why
    assert receiver.requests == []


async def test_our_certificate_is_shown_where_it_is_asked_for(certificates: Path, tmp_path: Path) -> None:
    receiver = Receiver()
    ours = {"certificate": certificates / "site.pem", "key": certificates / "site.key"}
    async with serving(receiver, certificates, name="platform", ask=True) as url:
        without = await pushed(url, tmp_path, ca=certificates / "ca.pem")
        with_it = await pushed(url, tmp_path, ca=certificates / "ca.pem", **ours)

    assert isinstance(without, Later)
    assert with_it == Taken()


async def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"platform\.ca"):
        await pushed("https://127.0.0.1:1", tmp_path, ca=tmp_path / "nowhere.pem")
