"""The relying party: sends a browser to a provider, and believes who comes back only after every check.

Checked are: the attempt is this browser's own and used once; the answer is of the provider that was asked (RFC 9207);
the code is exchanged with PKCE at an address that stands in the settings; the ID token's signature, issuer, audience,
time and nonce (authlib); userinfo speaks of the same person; and how sure the provider is. No token is kept.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

import httpx2
import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError
from starlette.requests import Request

from proactive.domain.keys import Keys
from proactive.errors import ProactiveError
from proactive.ports.clock import Clock
from proactive.store.sign_ons import SignInAttempt, SignOns
from proactive.web.identity.grammar import Audience, Client, Provider, Where

log = structlog.get_logger()

ATTEMPT_LASTS = timedelta(minutes=10)
CALL_LASTS = 10.0
RETURNS = {Audience.CITIZEN: "/sign-in/return", Audience.OFFICER: "/desk/sign-in/return"}
"""The one address of ours to which providers send each kind of people back; registered with them letter for letter."""
LEFT = {Audience.CITIZEN: "/signed-out", Audience.OFFICER: "/desk/signed-out"}


class Why(StrEnum):
    """Why nobody was signed in."""

    DECLINED = "declined"  # they said no at the provider
    STALE = "stale"  # too late, twice, or from another browser
    REFUSED = "refused"  # the provider's answer does not hold
    SILENT = "silent"  # the provider did not answer
    LEVEL = "level"  # it is not sure enough of this person


class NotIdentified(ProactiveError):
    """Nobody was signed in."""

    def __init__(self, why: Why, provider: Provider | None = None) -> None:
        super().__init__(why)
        self.why, self.provider = why, provider


@dataclass(frozen=True)
class Identity:
    """Who came back, as the provider has it: `claims` by our names, see `Provider.claims`."""

    provider: Provider
    sub: str
    claims: Mapping[str, object] = field(repr=False)
    level: str | None = None


class RelyingParty:
    def __init__(
        self, clients: Sequence[Client], *, sign_ons: SignOns, keys: Keys, clock: Clock, public_url: str
    ) -> None:
        self._clients = {client.provider.name: client for client in clients}
        self._sign_ons, self._keys, self._clock = sign_ons, keys, clock
        self._public = public_url.rstrip("/")
        self._registry = OAuth()
        self._apps: dict[str, Any] = {}

    def offered(self, audience: Audience) -> list[Provider]:
        """The providers at which these people may sign in."""
        return [one.provider for one in self._clients.values() if one.provider.audience is audience]

    def led_to(self) -> list[str]:
        """The origins to which forms of our pages lead."""
        return sorted({origin for one in self._clients.values() for origin in one.provider.led_to})

    async def begin(self, name: str, *, audience: Audience, visit: str) -> str:
        """The address to send this browser to. Raises `NotIdentified` where the provider does not answer."""
        client = self._clients.get(name)
        if client is None or client.provider.audience is not audience:
            raise NotIdentified(Why.STALE)
        app = await self._app(client)
        try:
            asked = await app.create_authorization_url(self._public + RETURNS[audience], **client.provider.ask)
        except (httpx2.HTTPError, ValueError) as error:
            raise self._failed(Why.SILENT, client.provider, error) from error
        await self._sign_ons.begin(
            SignInAttempt(
                state_hash=self._hash("state", asked["state"]),
                provider=name,
                audience=audience,
                browser=self._hash("browser", visit),
                nonce=asked["nonce"],
                verifier=asked.get("code_verifier") or "",
                expires_at=self._clock.now() + ATTEMPT_LASTS,
            ),
            now=self._clock.now(),
        )
        return str(asked["url"])

    async def finish(self, request: Request, *, audience: Audience, visit: str) -> Identity:
        """Who came back. Raises `NotIdentified`; an attempt is used up whatever comes of it."""
        answer = request.query_params
        attempt = await self._sign_ons.take(
            self._hash("state", answer.get("state", "")),
            browser=self._hash("browser", visit),
            audience=audience,
            now=self._clock.now(),
        )
        client = self._clients.get(attempt.provider) if attempt else None
        if attempt is None or client is None:
            raise NotIdentified(Why.STALE)
        provider = client.provider
        app = await self._app(client)
        if self._mixed_up(app.server_metadata, answer.get("iss"), provider):
            raise self._failed(Why.REFUSED, provider, "issuer")
        if no := answer.get("error"):
            why = Why.DECLINED if no == "access_denied" else Why.REFUSED
            raise self._failed(why, provider, "access_denied" if why is Why.DECLINED else "error")
        try:
            claims = await self._claims(app, provider, attempt, code=answer.get("code", ""))
        except (OAuthError, JoseError, KeyError, ValueError, RuntimeError) as error:
            raise self._failed(Why.REFUSED, provider, error) from error
        except httpx2.HTTPError as error:
            raise self._failed(Why.SILENT, provider, error) from error
        level = provider.level_of(claims)
        if provider.level is not None and level not in provider.level.enough:
            raise self._failed(Why.LEVEL, provider, "level")
        log.info("sign_in.identified", provider=provider.name, audience=str(audience))
        return Identity(provider, str(claims["sub"]), provider.read(claims), level)

    async def _claims(self, app: Any, provider: Provider, attempt: SignInAttempt, *, code: str) -> dict[str, Any]:
        more = {"code_verifier": attempt.verifier} if attempt.verifier else {}
        back = self._public + RETURNS[Audience(attempt.audience)]
        token = await app.fetch_access_token(redirect_uri=back, code=code, **more)
        told = await app.parse_id_token(token, nonce=attempt.nonce, leeway=60)
        if told is None:
            raise KeyError("id_token")
        if provider.claims_in is Where.ID_TOKEN:
            return dict(told)
        more_told = await app.userinfo(token=token)
        if more_told["sub"] != told["sub"]:
            raise ValueError("userinfo speaks of somebody else")
        return {**more_told, **told}

    async def leaving(self, name: str | None, *, audience: Audience) -> str | None:
        """Where to send who signs out, so that they are signed out of the provider too; None where it offers nothing.

        The ID token that a provider may be handed there is not kept and not sent: it holds personal data, and this is
        an address. The provider asks whether to sign out instead.
        """
        client = self._clients.get(name or "")
        if client is None:
            return None
        try:
            app = await self._app(client)
        except NotIdentified:
            return None
        end = app.server_metadata.get("end_session_endpoint")
        if not end:
            return None
        asked = {
            "client_id": client.provider.client_id,
            "post_logout_redirect_uri": self._public + LEFT[audience],
            "state": secrets.token_urlsafe(12),
        }
        return f"{end}{'&' if '?' in end else '?'}{urlencode(asked)}"

    async def _app(self, client: Client) -> Any:
        """Authlib's client of a provider, with its metadata. Raises `NotIdentified` where the provider is silent."""
        provider = client.provider
        if provider.name not in self._apps:
            app = self._registry.register(
                provider.name,
                overwrite=True,
                client_id=provider.client_id,
                client_secret=client.secret.get_secret_value(),
                client_kwargs={
                    "scope": provider.scope,
                    "timeout": CALL_LASTS,
                    **({"code_challenge_method": "S256"} if provider.pkce else {}),
                },
                **_places(provider),
            )
            try:
                metadata = await app.load_server_metadata()
            except (httpx2.HTTPError, ValueError) as error:
                raise self._failed(Why.SILENT, provider, error) from error
            if metadata.get("issuer") != provider.issuer:
                raise self._failed(Why.REFUSED, provider, "issuer")
            metadata["id_token_signing_alg_values_supported"] = list(provider.algorithms)
            self._apps[provider.name] = app
        return self._apps[provider.name]

    def _mixed_up(self, metadata: Mapping[str, Any], told: str | None, provider: Provider) -> bool:
        """Is the answer of another provider than the one that was asked?"""
        must = bool(metadata.get("authorization_response_iss_parameter_supported"))
        return (must or told is not None) and told != provider.issuer

    def _hash(self, what: str, value: str) -> str:
        return self._keys.digest(f"sign-in {what}", value).hex()

    def _failed(self, why: Why, provider: Provider, error: Exception | str) -> NotIdentified:
        # Only its kind: what a provider says may quote claims.
        said = error if isinstance(error, str) else type(error).__name__
        log.warning("sign_in.failed", provider=provider.name, why=str(why), error=said)
        return NotIdentified(why, provider)


def _places(provider: Provider) -> dict[str, Any]:
    if provider.endpoints is None:
        return {"server_metadata_url": f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"}
    at = provider.endpoints
    known = {
        "issuer": provider.issuer,
        "authorization_endpoint": at.authorize,
        "token_endpoint": at.token,
        "jwks_uri": at.keys,
        "userinfo_endpoint": at.userinfo,
        "end_session_endpoint": at.end_session,
    }
    return {name: value for name, value in known.items() if value is not None}
