"""The grammar of a provider: where it is, what it is asked, which of its claims mean what, and how sure it must be."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator

from proactive.store.people import Role
from rules.base import Rule, Text, Words
from rules.offices import offices

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
EnvName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]


def _safe(url: str) -> str:
    """Whoever can read or change what travels to a provider can sign in as anybody: https, or this machine itself."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}:
        return url
    raise ValueError("a provider is reached by https (http only on this machine, for tests)")


Url = Annotated[str, AfterValidator(_safe)]


class Audience(StrEnum):
    """Who signs in here."""

    CITIZEN = "citizen"
    OFFICER = "officer"


class Where(StrEnum):
    """Where a provider puts the claims that count."""

    ID_TOKEN = "id_token"  # noqa: S105  the name of a place, no secret
    USERINFO = "userinfo"


class Endpoints(Rule):
    """Addresses of a provider that publishes no discovery document."""

    authorize: Url
    token: Url
    keys: Url
    userinfo: Url | None = None
    end_session: Url | None = None


class Level(Rule):
    """The claim that says how surely the provider knows this person, and the values of it that are enough."""

    claim: Text = "acr"
    enough: tuple[Text, ...] = Field(min_length=1)


class Secret(Rule):
    """The environment variable that holds the client's secret; it never stands in the file itself."""

    env: EnvName


class Provider(Rule):
    """One provider. `claims` maps our names (`personal_id`, `name`; for officers what the desk asks for) to its claims;
    a dot leads into an object (`realm_access.roles`).

    `algorithms` are those that an ID token may be signed with; what the provider itself lists is not asked, because a
    token without a signature could be among it.
    """

    name: Name
    title: Words
    audience: Audience
    issuer: Url
    endpoints: Endpoints | None = None
    client_id: Text
    client_secret: Secret
    scope: Text = "openid"
    pkce: bool = True
    ask: dict[Text, Text] = Field(default_factory=dict)
    claims: dict[Text, Text]
    claims_in: Where = Where.ID_TOKEN
    level: Level | None = None
    algorithms: tuple[Text, ...] = ("RS256", "PS256", "ES256")
    origins: tuple[Url, ...] = ()
    """Where else the browser is led than to the issuer: pages let forms lead there."""
    roles: dict[Text, Role] | None = None
    """For officers: what the provider calls a role, and what it is here; the first that somebody has counts."""
    offices: dict[Text, Text] | None = None
    """For officers: the provider's code of an office, and the office here; one that is not listed is ours already."""

    @model_validator(mode="after")
    def _sound(self) -> Provider:
        if self.audience is Audience.CITIZEN and "personal_id" not in self.claims:
            raise ValueError("`claims` must say which claim is the `personal_id`")
        if self.audience is Audience.CITIZEN and self.level is None:
            raise ValueError("`level` must say which level of assurance is enough to open a citizen's dossiers")
        self._desk()
        if "openid" not in self.scope.split():
            raise ValueError("`scope` must contain openid: an ID token is always asked for")
        if wrong := {name for name in self.algorithms if name.lower() == "none" or name.startswith("HS")}:
            raise ValueError(f"`algorithms` are those of a signature that only the provider can make, not {wrong}")
        if taken := {"state", "nonce", "redirect_uri", "response_type", "client_id"} & set(self.ask):
            raise ValueError(f"`ask` may not set {', '.join(sorted(taken))}")
        return self

    def _desk(self) -> None:
        if self.audience is not Audience.OFFICER:
            if self.roles or self.offices:
                raise ValueError("`roles` and `offices` are of providers whose `audience` is officer")
            return
        if lacks := {"username", "roles", "office"} - set(self.claims):
            raise ValueError(f"`claims` must say which claims are the {', '.join(sorted(lacks))} of an officer")
        if not self.roles:
            raise ValueError("`roles` must say which of the provider's roles work here, and as what")
        if unknown := sorted(set((self.offices or {}).values()) - set(offices())):
            raise ValueError(f"`offices` names offices that there are not: {', '.join(unknown)}")

    @property
    def led_to(self) -> tuple[str, ...]:
        """The origins to which a form of ours may lead."""
        named = [self.issuer, *self.origins]
        if self.endpoints:
            named += [url for url in (self.endpoints.authorize, self.endpoints.end_session) if url]
        return tuple(dict.fromkeys(f"{p.scheme}://{p.netloc}" for p in map(urlsplit, named)))

    def read(self, found: Mapping[str, object]) -> dict[str, object]:
        """What the provider's claims mean, by our names; claims that are not there are left out."""
        read = {ours: _inside(found, theirs) for ours, theirs in self.claims.items()}
        return {name: value for name, value in read.items() if value is not None}

    def level_of(self, found: Mapping[str, object]) -> str | None:
        value = _inside(found, self.level.claim) if self.level else None
        return str(value) if value is not None else None


def _inside(found: Mapping[str, object], path: str) -> object:
    value: object = found
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


class Client(Rule):
    """A provider with the secret that we have there."""

    provider: Provider
    secret: SecretStr
