"""Access to a Zalo Official Account: OAuth version 4, with refresh tokens that are good once.

Zalo answers HTTP 200 to everything and says in the body what went wrong. `expires_in` is a text. Guarantee: one call
makes one request, and nothing of it is ever logged.
"""

import secrets
import string
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlencode

import httpx
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from proactive.errors import Unusable
from proactive.ports.clock import Clock
from proactive.ports.tokens import Answer, Authority, Denied, Given, NotAsked, Pair, Unanswered
from proactive.settings import from_environment

SPENT = -14002
"""The code, the verifier or the refresh token is wrong, too old or used up."""

REFUSALS = {
    SPENT: "Zalo does not take this code or refresh token: it is used up, too old or not from it",
    -14003: "the address to return to is not the one registered with Zalo (ZALO_REDIRECT_URL), or the app may not ask",
}

REFRESH_LIVES = timedelta(days=90)
"""Zalo says three months."""

_VERIFIER_LETTERS, _VERIFIER_LENGTH = string.ascii_letters + string.digits, 43
_SHORTEST_LIFE, _LONGEST_LIFE = 60, 90 * 86_400
NOT_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""What httpx raises before a first byte can have left."""


class Pkce(StrEnum):
    """How the challenge is known to Zalo; sources disagree, so both are there."""

    PER_REQUEST = "per_request"  # in the address that the administrator opens
    FIXED = "fixed"  # registered once with the app, beside the address to return to


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ZALO_", env_ignore_empty=True)

    app_id: str = Field(pattern=r"^[0-9]{5,30}$", description="The app's id, digits.")
    app_secret: SecretStr = Field(min_length=1, description="The app's secret key.")
    oa_secret: SecretStr = Field(min_length=1, description="The Official Account's secret key; verifies events.")
    templates: Path | None = Field(None, description="File that says under which id Zalo approved each text.")
    redirect_url: str = Field("", description="Address registered with the app, to which the administrator returns.")
    pkce_mode: Pkce = Field(Pkce.PER_REQUEST, description="Whether the challenge is in the address, or registered.")
    pkce_verifier: SecretStr = Field(SecretStr(""), description="The verifier behind a registered challenge.")
    proof: bool = Field(False, description="Whether each call carries appsecret_proof.")
    oauth_base: str = Field("https://oauth.zaloapp.com", pattern=r"^https?://[^/?#]+$", description="Gives tokens.")
    zbs_base: str = Field(
        "https://business.openapi.zalo.me", pattern=r"^https?://[^/?#]+$", description="Takes template messages."
    )
    timeout: float = Field(10.0, gt=0, le=25, description="Most seconds that one call may take.")


def read_settings() -> Settings:
    """Raises `Unusable` with all that is wrong."""
    settings = from_environment(Settings, "Zalo messages can't be sent")
    if settings.pkce_mode is Pkce.FIXED and len(settings.pkce_verifier.get_secret_value()) != _VERIFIER_LENGTH:
        raise Unusable(f"ZALO_PKCE_MODE is fixed: ZALO_PKCE_VERIFIER must be the {_VERIFIER_LENGTH} characters of it.")
    return settings


class ZaloAccess(Authority):
    """Gives out the tokens of our app."""

    provider = "zalo"

    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        self.account = settings.app_id
        self._settings = settings
        self._clock = clock
        self._http = httpx.AsyncClient(
            base_url=settings.oauth_base, timeout=settings.timeout, trust_env=False, follow_redirects=False
        )

    def permission(self, *, challenge: str, state: str) -> str:
        asked = {"app_id": self.account, "redirect_uri": self._settings.redirect_url, "code_challenge": challenge}
        return f"{self._settings.oauth_base}/v4/oa/permission?{urlencode({**asked, 'state': state})}"

    def verifier(self) -> str:
        if self._settings.pkce_mode is Pkce.FIXED:
            return self._settings.pkce_verifier.get_secret_value()
        return "".join(secrets.choice(_VERIFIER_LETTERS) for _ in range(_VERIFIER_LENGTH))

    async def exchange(self, code: str, *, verifier: str) -> Answer:
        return await self._ask(grant_type="authorization_code", code=code, code_verifier=verifier)

    async def renew(self, refresh: str) -> Answer:
        return await self._ask(grant_type="refresh_token", refresh_token=refresh)

    async def _ask(self, **form: str) -> Answer:
        secret = self._settings.app_secret.get_secret_value()
        try:
            answer = await self._http.post(
                "/v4/oa/access_token", data={"app_id": self.account, **form}, headers={"secret_key": secret}
            )
            said = answer.json()
        except NOT_REACHED as error:
            return NotAsked(f"Zalo could not be reached ({type(error).__name__})")
        except (httpx.HTTPError, ValueError) as error:
            return Unanswered(f"Zalo's answer did not come or can't be read ({type(error).__name__})")
        return self._read(said, answer.status_code)

    def _read(self, said: object, status: int) -> Answer:
        if not isinstance(said, dict) or status >= 500:
            return Unanswered(f"Zalo answered HTTP {status} without saying what became of it")
        if error := said.get("error"):
            code = number(error)
            why = REFUSALS.get(code or 0, "Zalo refuses; are ZALO_APP_ID and ZALO_APP_SECRET right?")
            return Denied(str(code), why, spent=code == SPENT)
        access, refresh, lives = said.get("access_token"), said.get("refresh_token"), number(said.get("expires_in"))
        if not (isinstance(access, str) and access and isinstance(refresh, str) and refresh and lives):
            return Unanswered("Zalo's answer has no pair of tokens in it")
        now, lives = self._clock.now(), min(max(lives, _SHORTEST_LIFE), _LONGEST_LIFE)
        return Given(Pair(access, refresh, now + timedelta(seconds=lives), now + REFRESH_LIVES))

    async def close(self) -> None:
        await self._http.aclose()


def number(value: object) -> int | None:
    """Zalo writes numbers as numbers and as texts."""
    try:
        return int(str(value))
    except ValueError:
        return None


def authority(*, clock: Clock) -> Authority:
    """Set up from the environment. Raises `Unusable`."""
    return ZaloAccess(read_settings(), clock=clock)
