"""A provider whose answers do not hold: nobody is signed in by any of them."""

import time
from collections.abc import AsyncIterator, Mapping
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey
from joserfc.jws import JWSRegistry
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from proactive.ports.clock import SetClock
from proactive.store.store import Store
from proactive.web.identity.grammar import Audience, Client, Provider
from proactive.web.identity.relying_party import Identity, NotIdentified, RelyingParty, Why
from tests.web.browsing import HERE
from tests.web.conftest import KEYS
from tests.web.people import MORNING
from tests.web.serving import running

OURS = RSAKey.generate_key(2048, {"kid": "1"})
SECRET = "a secret that the portal and the provider share"
FOREIGN = RSAKey.generate_key(2048, {"kid": "1"})


class Hostile:
    """Says in each ID token what a test tells it to."""

    def __init__(self) -> None:
        self.url = ""
        self.nonce = ""
        self.changes: dict[str, object] = {}
        self.key: RSAKey | ECKey | OctKey = OURS
        self.algorithm = "RS256"
        self.userinfo: Mapping[str, object] = {}
        self.token_status = 200
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/keys", self._keys),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
            ]
        )

    async def _metadata(self, _: Request) -> JSONResponse:
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
            }
        )

    async def _keys(self, _: Request) -> JSONResponse:
        return JSONResponse(KeySet([OURS]).as_dict(private=False))

    async def _token(self, _: Request) -> JSONResponse:
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": self.url, "aud": "portal", "sub": "anh", "nonce": self.nonce, "iat": now, "exp": now + 300,
            "acr": "2", "SoDinhDanh": "048190000001", **self.changes,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        registry = JWSRegistry(algorithms=["RS256", "HS256", "none"])
        token = jwt.encode({"alg": self.algorithm, "kid": "1"}, claims, self.key, registry=registry)
        said = {"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": token}
        return JSONResponse(said, self.token_status)

    async def _userinfo(self, _: Request) -> JSONResponse:
        return JSONResponse({"sub": "anh", **self.userinfo})


@pytest.fixture(scope="module")
async def listening() -> AsyncIterator[Hostile]:
    hostile = Hostile()
    async with running(hostile.app) as url:
        hostile.url = url
        yield hostile


@pytest.fixture
def hostile(listening: Hostile) -> Hostile:
    listening.changes, listening.key, listening.algorithm = {}, OURS, "RS256"
    listening.userinfo, listening.token_status = {}, 200
    return listening


def client(hostile: Hostile, **more: object) -> Client:
    about = {
        "name": "vneid", "title": {"vi": "VNeID", "en": "VNeID"}, "audience": "citizen", "issuer": hostile.url,
        "client_id": "portal", "client_secret": {"env": "NONE"}, "claims": {"personal_id": "SoDinhDanh"},
        "level": {"enough": ["2"]}, **more,
    }  # fmt: skip
    return Client(provider=Provider.model_validate(about), secret=SecretStr(SECRET))


async def signs_in(store: Store, hostile: Hostile, **more: object) -> Identity:
    party = RelyingParty(
        [client(hostile, **more)], sign_ons=store.sign_ons, keys=KEYS, clock=SetClock(MORNING), public_url=HERE
    )
    asked = parse_qs(urlsplit(await party.begin("vneid", audience=Audience.CITIZEN, visit="v")).query)
    hostile.nonce = asked["nonce"][0]
    query = f"state={asked['state'][0]}&code=x".encode()
    request = Request({"type": "http", "method": "GET", "query_string": query, "headers": []})
    return await party.finish(request, audience=Audience.CITIZEN, visit="v")


async def test_an_answer_that_holds_is_taken(store: Store, hostile: Hostile) -> None:
    who = await signs_in(store, hostile)

    assert who.claims == {"personal_id": "048190000001"} and who.level == "2"
    assert "048190000001" not in repr(who), "what is logged by mistake holds no personal id"


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"aud": "somebody else"},
        {"iss": "https://another.example"},
        {"exp": 1_700_000_000, "iat": 1_699_999_000},
        {"iat": 4_000_000_000, "exp": 4_000_000_300},
        {"azp": "somebody else", "aud": ["portal", "somebody else"]},
        {"sub": None},
    ],
    ids=",".join,
)
async def test_a_claim_that_does_not_hold_signs_nobody_in(
    store: Store, hostile: Hostile, changes: dict[str, object]
) -> None:
    hostile.changes = changes

    with pytest.raises(NotIdentified) as no:
        await signs_in(store, hostile)

    assert no.value.why is Why.REFUSED


@pytest.mark.filterwarnings("ignore:JWS algorithm")  # said when the provider of this test writes one
@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("RS256", FOREIGN),
        ("none", OURS),
        ("HS256", OctKey.import_key(SECRET)),
    ],
    ids=["a foreign key", "no signature", "a password that both know"],
)
async def test_a_signature_that_does_not_hold_signs_nobody_in(
    store: Store, hostile: Hostile, algorithm: str, key: RSAKey | OctKey
) -> None:
    hostile.algorithm, hostile.key = algorithm, key

    with pytest.raises(NotIdentified) as no:
        await signs_in(store, hostile)

    assert no.value.why is Why.REFUSED


@pytest.mark.parametrize("level", ["1", "", None, "22"])
async def test_a_lower_level_is_not_enough(store: Store, hostile: Hostile, level: str | None) -> None:
    hostile.changes = {"acr": level}

    with pytest.raises(NotIdentified) as no:
        await signs_in(store, hostile)

    assert no.value.why is Why.LEVEL


async def test_claims_of_userinfo_count_only_for_the_same_person(store: Store, hostile: Hostile) -> None:
    hostile.changes, hostile.userinfo = {"SoDinhDanh": None}, {"SoDinhDanh": "048190000009"}

    who = await signs_in(store, hostile, claims_in="userinfo")
    hostile.userinfo = {"sub": "binh", "SoDinhDanh": "048190000009"}

    assert who.claims == {"personal_id": "048190000009"}
    with pytest.raises(NotIdentified):
        await signs_in(store, hostile, claims_in="userinfo")


async def test_a_provider_that_is_not_there_is_told_as_silent(store: Store, hostile: Hostile) -> None:
    away = client(hostile, issuer="http://127.0.0.1:9")
    party = RelyingParty([away], sign_ons=store.sign_ons, keys=KEYS, clock=SetClock(MORNING), public_url=HERE)

    with pytest.raises(NotIdentified) as no:
        await party.begin("vneid", audience=Audience.CITIZEN, visit="v")

    assert no.value.why is Why.SILENT
