"""renew: tokens of providers are renewed long before they end, by one worker at a time.

A refresh token is good once. Whoever asks takes a claim first, asks with no transaction open, and writes what came over
the pair that it was bought with. The trap is an answer that never reached us, or a worker that dies before it has
written: the provider may have used the token up. Then the same token is tried once more, for the next pair is out of
reach either way. If the provider says that it is spent, only a person can help, and is told how; the access token goes
on being used until it ends.
"""

import asyncio
import base64
import contextlib
import hashlib
import json
from collections.abc import Iterable
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from proactive.domain.keys import Keys
from proactive.domain.sealing import Seal, Unsealable
from proactive.domain.token import Kept
from proactive.errors import Permanent, Unreachable
from proactive.ports.clock import Clock
from proactive.ports.tokens import Authority, Denied, Given, NotAsked, Pair, Token, Unanswered
from proactive.store.store import Store
from proactive.store.tokens import SealedPair

log = structlog.get_logger()

LEASE = timedelta(seconds=90)
"""Longer than a provider's call may take and than we try to write what it gave."""

ASK_AGAIN = timedelta(seconds=60)
OPERATOR_MENDS = timedelta(minutes=10)
WRITES = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 25.0)
"""Pauses before each try to write a pair: it exists nowhere else, so we are stubborn."""


async def renew(*, authorities: Iterable[Authority], store: Store, keys: Keys, clock: Clock) -> int:
    """Renew what is due; gives how many providers were asked."""
    asked = 0
    for authority in authorities:
        now = clock.now()
        claimed = await store.tokens.claim(authority.provider, authority.account, now=now, until=now + LEASE)
        if claimed is not None:
            asked += 1
            await _renewed(claimed, authority, store=store, keys=keys, clock=clock)
    return asked


async def _renewed(claimed: SealedPair, authority: Authority, *, store: Store, keys: Keys, clock: Clock) -> None:
    kept, seal = claimed.kept, sealing(keys)
    mend = f"proactive token authorise {kept.provider}"
    try:
        refresh = opened(claimed, seal).refresh
    except Unsealable:
        await _lost(kept, "It was sealed under another PROACTIVE_SECRET.", mend, store=store, clock=clock)
        return
    answer = await authority.renew(refresh)
    now = clock.now()
    match answer:
        case Given(pair):
            successor = sealed(pair, kept.provider, kept.account, kept.generation + 1, seal=seal, clock=clock)
            if await _written(successor, store):
                log.info("renew.done", provider=kept.provider, generation=successor.kept.generation)
        case NotAsked(why):
            await store.tokens.rest(kept, until=now + ASK_AGAIN, why=why, asked=False)
        case Unanswered(why):
            log.warning("renew.unanswered", provider=kept.provider, why=why, tries=kept.tries)
            await store.tokens.rest(kept, until=now + ASK_AGAIN, why=why, asked=True)
        case Denied(code, why, spent=True):
            before = " A renewal before this one had no answer: it was used up by that." if kept.tries > 1 else ""
            await _lost(kept, f"{why} ({code}).{before}", mend, store=store, clock=clock)
        case Denied(code, why):
            log.error("renew.refused", provider=kept.provider, code=code, why=why)
            await store.tokens.rest(kept, until=now + OPERATOR_MENDS, why=f"{why} ({code})", asked=False)


async def _written(successor: SealedPair, store: Store) -> bool:
    """Keep what the provider gave, however long the database is away (within our claim)."""
    for pause in WRITES:
        await asyncio.sleep(pause)
        try:
            kept = await store.tokens.keep(successor)
        except (SQLAlchemyError, OSError):
            continue
        if not kept:  # somebody gave it anew by hand meanwhile: theirs counts
            log.warning("renew.overtaken", provider=successor.kept.provider, generation=successor.kept.generation)
        return kept
    log.error("renew.not_kept", provider=successor.kept.provider, generation=successor.kept.generation)
    return False


async def _lost(kept: Kept, why: str, mend: str, *, store: Store, clock: Clock) -> None:
    log.error("renew.lost", provider=kept.provider, why=why, mend=mend, sends_until=kept.access_until.isoformat())
    await store.tokens.lose(kept, why=why, now=clock.now())


async def authorise(code: str, *, verifier: str, authority: Authority, store: Store, keys: Keys, clock: Clock) -> Kept:
    """Buy the first pair with the code that an administrator came back with; it counts from now on, whatever was
    before. Raises `Permanent` with what to do."""
    match await authority.exchange(code, verifier=verifier):
        case Given(pair):
            pass
        case Denied(number, why):
            raise Permanent(f"{why} ({number}). A code is good for ten minutes and once: begin anew.")
        case NotAsked(why) | Unanswered(why):
            raise Permanent(f"{why}. Begin anew: the code may be used up.")
    for _ in range(3):  # a worker may have renewed the pair before meanwhile
        known = await store.tokens.get(authority.provider, authority.account)
        generation = 1 if known is None else known.kept.generation + 1
        first = sealed(pair, authority.provider, authority.account, generation, seal=sealing(keys), clock=clock)
        if await store.tokens.begin(first):
            return first.kept
    raise Permanent("Somebody else gives access at the same time. See `proactive token list`.")


def challenge(verifier: str) -> str:
    """What stands for a verifier in public (PKCE, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def sealing(keys: Keys) -> Seal:
    return Seal(keys, "provider token")


def sealed(pair: Pair, provider: str, account: str, generation: int, *, seal: Seal, clock: Clock) -> SealedPair:
    """A pair as it may be written."""
    kept = Kept(
        provider=provider, account=account, generation=generation, issued_at=clock.now(),
        access_until=pair.access_until, refresh_until=pair.refresh_until,
    )  # fmt: skip
    plain = json.dumps({"access": pair.access, "refresh": pair.refresh}).encode()
    return SealedPair(kept, seal.close(plain, about=_about(kept)))


def opened(one: SealedPair, seal: Seal) -> Pair:
    """A written pair, readable. Raises `Unsealable`."""
    plain = json.loads(seal.open(one.sealed, about=_about(one.kept)))
    return Pair(plain["access"], plain["refresh"], one.kept.access_until, one.kept.refresh_until)


def _about(kept: Kept) -> str:
    return f"{kept.provider}:{kept.account}:{kept.generation}"


class KeptTokens:
    """What one adapter is given: its account's access token, looked up anew when it may have changed."""

    LOOK_AGAIN = timedelta(seconds=15)

    def __init__(self, provider: str, account: str, *, store: Store, keys: Keys, clock: Clock) -> None:
        self._provider = provider
        self._account = account
        self._store = store
        self._seal = sealing(keys)
        self._clock = clock
        self._known: Token | None = None
        self._look_at = clock.now()
        self._turn = asyncio.Lock()

    async def current(self) -> Token | None:
        async with self._turn:
            now = self._clock.now()
            if self._known is None or now >= self._look_at:
                self._known = await self._look()
                self._look_at = now + self.LOOK_AGAIN
            return self._known

    async def _look(self) -> Token | None:
        try:
            found = await self._store.tokens.get(self._provider, self._account)
        except (SQLAlchemyError, OSError) as error:
            raise Unreachable("The database does not answer.") from error
        if found is None or found.kept.access_until <= self._clock.now():
            return None
        try:
            return Token(opened(found, self._seal).access, found.kept.generation)
        except Unsealable:
            return None

    async def refused(self, generation: int) -> None:
        self._known = None
        with contextlib.suppress(SQLAlchemyError, OSError):  # it will be refused again
            await self._store.tokens.want(self._provider, self._account, generation=generation, now=self._clock.now())
