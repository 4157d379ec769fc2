"""Starts the certified provider of the tests, and walks through its pages as a browser would."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import httpx
from pydantic import SecretStr

from proactive.embedded.ports import kept_port
from proactive.web.identity.grammar import Client, Provider

ROOT = Path(__file__).parents[3]
MODULE = ROOT / "build" / "identity" / "node_modules" / "oidc-provider" / "lib" / "index.js"
NONE = "NO NODE.JS OR NO oidc-provider: signing in at a real provider was not tried; run scripts/identity.sh"
SECRET = "only for tests, nobody has it anywhere else"
XSRF = re.compile(r'name="xsrf" value="([^"]+)"')


def there_is_one() -> bool:
    return shutil.which("node") is not None and MODULE.is_file()


def citizen(personal_id: str, *, acr: str = "urn:vn:ial:2") -> dict[str, object]:
    """An account as VNeID would have it."""
    return {"acr": acr, "claims": {"SoDinhDanh": personal_id, "name": "Nguyễn Thị Hoàng Anh"}}


@dataclass
class Certified:
    issuer: str
    process: subprocess.Popen[str]

    def client(self, name: str = "vneid", **more: object) -> Client:
        about = {
            "name": name,
            "title": {"vi": "VNeID (thử)", "en": "VNeID (test)"},
            "audience": "citizen",
            "issuer": self.issuer,
            "client_id": "portal",
            "client_secret": {"env": "NONE"},
            "scope": "openid profile citizen",
            "claims": {"personal_id": "SoDinhDanh", "name": "name"},
            "level": {"claim": "acr", "enough": ["urn:vn:ial:2"]},
            **more,
        }
        return Client(provider=Provider.model_validate(about), secret=SecretStr(SECRET))

    async def log_in(self, asked: str, account: str, *, back: str) -> str:
        """From the address that we send browsers to, back to the address that the provider sends them to."""
        async with httpx.AsyncClient(timeout=20) as browser:
            page = await browser.get(asked)
            while page.has_redirect_location and not page.headers["location"].startswith(back):
                page = await browser.get(urljoin(str(page.url), page.headers["location"]))
            if not page.has_redirect_location:
                page = await browser.post(page.url, data={"login": account})
            while not page.headers.get("location", "").startswith(back):
                assert page.has_redirect_location, page.text
                page = await browser.get(urljoin(str(page.url), page.headers["location"]))
            return unescape(page.headers["location"])


@contextmanager
def certified(accounts: Mapping[str, object], *, public_url: str, folder: Path) -> Iterator[Certified]:
    """The provider, as a process of its own, ready to be asked."""
    port = kept_port(folder / "port")
    clients = [
        {
            "client_id": "portal",
            "client_secret": SECRET,
            "redirect_uris": [f"{public_url}/sign-in/return", f"{public_url}/desk/sign-in/return"],
            "post_logout_redirect_uris": [f"{public_url}/signed-out", f"{public_url}/desk/signed-out"],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
        }
    ]
    process = subprocess.Popen(
        ["node", str(Path(__file__).with_name("provider.mjs"))],
        env={
            "PATH": os.environ["PATH"],
            "IDENTITY_MODULE": MODULE.as_uri(),
            "IDENTITY_PORT": str(port),
            "IDENTITY_CLIENTS": json.dumps(clients),
            "IDENTITY_ACCOUNTS": json.dumps(accounts),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert "ready" in process.stdout.readline()
        yield Certified(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()
