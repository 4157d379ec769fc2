"""Who is at the door: sessions, forms that only our own pages can send, sign-in attempts, and how often one may try.

A session's token is in the browser's cookie only; the store keeps its hash. Before anybody has signed in, forms are
bound to a random cookie, so that no other site can send them (also not the one that signs in).
"""

import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from itsdangerous import BadData, URLSafeSerializer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from proactive.domain.acting import Acting
from proactive.domain.keys import Keys
from proactive.errors import ProactiveError
from proactive.ports.clock import Clock
from proactive.store.desk import Desk
from proactive.store.people import Officer, Session
from proactive.store.scope import Scope, enter
from proactive.store.store import Store
from proactive.web.forms import Form

CITIZEN, OFFICER, PERSON = "citizen", "officer", "person"
"""Kinds of session: a citizen for one dossier, an officer, and a person who signed in and sees all of their own."""

HOUR = timedelta(hours=1)
MANY = 600
"""Tries from one address that did not end well, an hour or a day. Hundreds of mobile phones share one (ADR 0064), so
what is to be guessed is guarded by itself as well: each check code, one-time code, phone and name has its own limit."""
CITIZEN_STAYS = timedelta(minutes=20)
OFFICER_STAYS = timedelta(hours=8)
OFFICER_IDLES = timedelta(minutes=15)
ATTEMPT_LASTS = timedelta(minutes=15)


class SignedOut(ProactiveError):
    """Nobody is signed in (any more). `kind` says whose door to show."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind


BY_CODE = Acting()


@dataclass(frozen=True)
class SignedIn:
    holder: str
    csrf: str
    token_hash: str
    acting: Acting = BY_CODE
    """How it is known who this is, of citizens and persons."""
    officer: Officer | None = None
    """Whose session it is, at the desk."""


@dataclass(frozen=True)
class Attempt:
    """Somebody is proving who they are. `ticket` is the id that the one-time code has, if one was asked for."""

    code: str
    ticket: UUID


class Door:
    def __init__(self, *, store: Store, desk: Desk, keys: Keys, clock: Clock, public_url: str) -> None:
        self._store, self._desk, self._keys, self._clock = store, desk, keys, clock
        self._public = urlsplit(public_url)
        self._secure = self._public.scheme == "https"
        self._attempts = URLSafeSerializer(keys.derive("attempt"))

    # --- cookies

    def _name(self, what: str) -> str:
        return f"__Host-{what}" if self._secure else what

    def cookie(self, request: Request, what: str) -> str | None:
        return request.cookies.get(self._name(what))

    def give(self, response: Response, what: str, value: str, *, stays: timedelta | None = None) -> None:
        seconds = int(stays.total_seconds()) if stays else None
        response.set_cookie(
            self._name(what), value, max_age=seconds, path="/", httponly=True, secure=self._secure, samesite="lax"
        )

    def take(self, response: Response, what: str) -> None:
        response.delete_cookie(self._name(what), path="/", httponly=True, secure=self._secure, samesite="lax")

    # --- forms of people who have not signed in

    def visit(self, request: Request) -> str:
        """The random value that this browser's forms are bound to; new where it has none."""
        known = getattr(request.state, "visit", None) or self.cookie(request, "visit") or ""
        if len(known) != 22:
            known = secrets.token_urlsafe(16)
        request.state.visit = known
        return known

    def visit_csrf(self, request: Request) -> str:
        return self._keys.digest("form", self.visit(request)).hex()

    def check_visit(self, request: Request, form: Form) -> None:
        """Raises 403 unless the form came from a page of ours in this browser."""
        if not self.cookie(request, "visit"):
            raise HTTPException(403)
        self._check(request, form, self.visit_csrf(request))

    def check(self, request: Request, form: Form, session: SignedIn) -> None:
        """Raises 403 unless the form came from a page of this session."""
        self._check(request, form, session.csrf)

    def _check(self, request: Request, form: Form, expected: str) -> None:
        if not self._from_here(request) or not compare_digest(form.text("csrf").encode(), expected.encode()):
            raise HTTPException(403)

    def _from_here(self, request: Request) -> bool:
        # Our pages send no referrer, and then browsers write `Origin: null` even for our own forms: where the browser
        # says by Sec-Fetch-Site where a form comes from, that counts; older ones are held by the token alone.
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "null")
        if site is not None and site not in {"same-origin", "none"}:
            return False
        if origin == "null":
            return True
        return urlsplit(origin).netloc in {self._public.netloc, request.headers.get("host")}

    # --- sessions

    async def signed_in(self, request: Request, kind: str) -> SignedIn:
        """Whoever is signed in; what is a citizen's own is in sight from here on. Raises `SignedOut`."""
        if token := self.cookie(request, kind):
            known = self._keys.token_hash(token)
            found = await (self._at_work(known) if kind == OFFICER else self._citizen(known, kind))
            if found is not None:
                return found
        raise SignedOut(kind)

    async def _at_work(self, known: str) -> SignedIn | None:
        found = await self._desk.awake(known, now=self._clock.now(), idle=OFFICER_IDLES, longest=OFFICER_STAYS)
        return SignedIn(found.session.holder, found.session.csrf, known, officer=found.officer) if found else None

    async def _citizen(self, known: str, kind: str) -> SignedIn | None:
        session = await self._store.sessions.find(known, now=self._clock.now())
        if session is None or session.kind != kind:
            return None
        enter(Scope(dossier=session.holder) if kind == CITIZEN else Scope(subject=session.holder))
        return SignedIn(session.holder, session.csrf, known, await self._store.sign_ons.acting(known))

    async def sign_in(
        self, request: Request, response: Response, *, kind: str, holder: str, acting: Acting | None = None
    ) -> None:
        """A new session under a new token, whatever the browser brought with it; the old one ends. `acting` says how
        it is known who this is, where it is not by a one-time code or a password."""
        await self._end(request, kind)
        token, now = secrets.token_urlsafe(32), self._clock.now()
        stays = OFFICER_IDLES if kind == OFFICER else CITIZEN_STAYS
        session = Session(kind=kind, holder=holder, csrf=secrets.token_urlsafe(24), expires_at=now + stays)
        await self._store.sessions.begin(self._keys.token_hash(token), session, now=now)
        if acting is not None:
            await self._store.sign_ons.note(self._keys.token_hash(token), acting)
        self.give(response, kind, token, stays=OFFICER_STAYS if kind == OFFICER else CITIZEN_STAYS)
        self.take(response, "attempt")

    async def sign_out(self, request: Request, response: Response, *, kind: str) -> None:
        await self._end(request, kind)
        self.take(response, kind)

    async def _end(self, request: Request, kind: str) -> None:
        if token := self.cookie(request, kind):
            await self._store.sessions.end(self._keys.token_hash(token))

    # --- attempts

    def begin(self, response: Response, code: str, ticket: UUID | None = None) -> None:
        """Remember in the browser, signed, which code is being proved; the same kind of value for every code."""
        until = int((self._clock.now() + ATTEMPT_LASTS).timestamp())
        self.give(response, "attempt", str(self._attempts.dumps([code, str(ticket or uuid4()), until])))

    def attempt(self, request: Request) -> Attempt | None:
        """What is being proved in this browser; the dossier of that code is in sight of the pages from here on."""
        try:
            code, ticket, until = self._attempts.loads(self.cookie(request, "attempt") or "")
        except (BadData, ValueError):
            return None
        if until <= self._clock.now().timestamp():
            return None
        enter(Scope(code=code))
        return Attempt(code, UUID(ticket))

    # --- how often

    async def throttle(self, what: str, whom: str, *, most: int, per: timedelta) -> None:
        """Raises `TooMany`. What is counted is a keyed hash: no address and no code is kept."""
        await self._store.counters.throttle(self._counter(what, whom), most=most, per=per, now=self._now())

    async def give_back(self, *what: str, whom: str, per: timedelta) -> None:
        """Tries that ended well count no more: one address is a whole office, or hundreds of mobile phones.

        Only when a person is proved altogether. Given back for a part of it, the counter would tell a guesser which
        part was right.
        """
        names = [self._counter(one, whom) for one in what]
        await self._store.counters.give_back(names, per=per, now=self._now())

    def _counter(self, what: str, whom: str) -> str:
        return f"{what}:{self._keys.digest('throttle', whom).hex()[:32]}"

    def _now(self) -> datetime:
        return self._clock.now()


def address(request: Request) -> str:
    """Whom to count tries against: an IPv4 address, or the network of 64 bits that one IPv6 customer has."""
    host = request.client.host if request.client else ""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)
