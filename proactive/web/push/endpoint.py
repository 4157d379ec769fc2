"""`POST /v1/events`: read no more than is allowed, see who sends it, read it strictly, commit it, answer 202.

The body is never held beyond `MOST_BYTES`; at most `AT_ONCE` requests are worked on, so that neither the pages nor the
pool of connections starve. Nothing is logged but the connector's id and numbers.
"""

import asyncio
import hashlib
import time
from collections.abc import Collection, Mapping

import msgspec
import sqlalchemy.exc
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from proactive.domain.keys import Keys
from proactive.ports.clock import Clock
from proactive.store.connectors import Connector
from proactive.store.ledger import CAUGHT_UP, CHANGED, NewEvent, Request, Reused
from proactive.store.store import Store
from proactive.web.guard import HEADERS, SILENT_DATABASE
from proactive.web.push import documents, signature, wire
from proactive.web.push.pace import Pace
from proactive.web.push.problems import Fault, Problem, refused
from rules import Catalogue

log = structlog.get_logger()

MOST_BYTES = 1024 * 1024
AT_ONCE = 6
WAITING = 64
ARRIVES_WITHIN = 20.0
DATABASE_WITHIN = 5.0
COME_BACK = "2"
EVENTS, OPENAPI = "/v1/events", "/v1/openapi.json"


class Push:
    """An ASGI application of its own, for everything under `/v1/`."""

    def __init__(
        self, *, store: Store, keys: Keys, clock: Clock, catalogue: Catalogue, told: Collection[str], rate: float
    ) -> None:
        """`told` are the registers of which snapshots are wanted; `rate` is events a second of one connector."""
        self._store, self._keys, self._clock, self._catalogue = store, keys, clock, catalogue
        self._told = frozenset(told)
        self._hash_key = keys.derive("event")
        self._pace = Pace(rate, burst=max(2 * rate, wire.MOST_EVENTS))
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, connector, count = time.perf_counter(), "", 0
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in reversed(scope["headers"])
        }
        try:
            self._routed(scope)
            if scope["path"] == OPENAPI:
                await _respond(send, 200, documents.openapi_json(), {"content-type": "application/json"})
                return
            connector = headers.get("connector-id", "")
            count, body = await self._events(headers, receive)
            await _respond(send, 202, body, {"content-type": "application/json"})
            status = 202
        except Problem as problem:
            status, count = problem.status, problem.event_count
            kind = {"content-type": "application/problem+json"}
            await _respond(send, status, problem.body, kind | problem.headers)
        log.info(
            "push", connector=connector if signature.ID.fullmatch(connector) else "", status=status, events=count,
            ms=round((time.perf_counter() - began) * 1000, 1),
        )  # fmt: skip

    def _routed(self, scope: Scope) -> None:
        allowed = {EVENTS: {"POST"}, OPENAPI: {"GET", "HEAD"}}.get(scope["path"])
        if allowed is None:
            raise refused("not-found", "", "There is nothing at this address.", f"Use {EVENTS} or {OPENAPI}.")
        if scope["method"] not in allowed:
            names = ", ".join(sorted(allowed))
            raise refused("not-allowed", "", f"This address takes {names}.", "See /v1/openapi.json.", allow=names)

    async def _events(self, headers: Mapping[str, str], receive: Receive) -> tuple[int, bytes]:
        if self._inside >= WAITING:
            raise refused("unavailable", "", "Many requests are waiting.", "Come back.", retry_after=COME_BACK)
        self._inside += 1
        try:
            body = await _body(headers, receive)
            async with self._turn, asyncio.timeout(DATABASE_WITHIN):
                return await self._take(headers, body)
        except (*SILENT_DATABASE, sqlalchemy.exc.DBAPIError, TimeoutError) as error:
            log.warning("push.database_away", error=type(error).__name__)
            raise refused(
                "unavailable", "", "The database does not answer.", "Send the same again.", retry_after=COME_BACK
            ) from error
        except Problem:
            raise
        except Exception as error:
            log.exception("push.failed")
            raise Problem("failed") from error
        finally:
            self._inside -= 1

    async def _take(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        now = self._clock.now()
        connector = await self._connector(headers.get("connector-id", ""))
        generations = connector.generations(now) if connector is not None else ()
        secrets = [self._keys.connector_secret(headers["connector-id"], one) for one in generations]
        signature.check(secrets, headers, body)
        assert connector is not None  # without one there is no secret that could have been right
        sent = wire.events(headers, body)
        _require_own(connector, sent)
        if (seconds := self._pace.ask(connector.id, max(1, len(sent)))) > 0:
            raise refused("too-fast", "", "More events than agreed.", "Come back.", retry_after=str(seconds))
        kept = [one for one in sent if not isinstance(one.event, wire.Heartbeat)]
        try:
            accepted = await self._store.ledger.take(
                [self._row(one) for one in kept],
                connector=connector.id,
                request=Request(headers["webhook-id"], self._hash(body)),
                heard={one.event.data.register for one in sent},
                now=now,
            )
        except Reused as error:
            raise _reused(error, kept) from error
        answer = wire.Answer(accepted=accepted, known=len(sent) - accepted, snapshot=self._wanted(connector))
        return len(sent), msgspec.json.encode(answer)

    async def _connector(self, id: str) -> Connector | None:
        return await self._store.connectors.find(id) if signature.ID.fullmatch(id) else None

    def _row(self, sent: wire.Sent) -> NewEvent:
        event = sent.event
        content = self._hash(msgspec.json.encode([type(event).__name__, _subject(event), sent.data], order="sorted"))
        if not isinstance(event, wire.RegisterChanged):
            return NewEvent(event.source, event.id, content.hex(), CAUGHT_UP, event.data.register)
        record = event.data.record or {}
        return NewEvent(
            source=event.source, event_id=event.id, content_hash=content.hex(), kind=CHANGED,
            register=event.data.register, key=event.subject, person=self._person(event.data.register, record),
            version=event.data.version, deleted=event.data.op == "delete", body=msgspec.json.encode(record).decode(),
        )  # fmt: skip

    def _person(self, register: str, record: Mapping[str, object]) -> str:
        """Whom a row is about; empty where it does not say, and then recognise puts it aside with the reason."""
        schema = self._catalogue.registers.get(register)
        found = record.get(schema.subject.column) if schema is not None else None
        return found if isinstance(found, str) and found.isprintable() else ""

    def _hash(self, content: bytes) -> bytes:
        return hashlib.blake2b(content, key=self._hash_key, digest_size=16).digest()

    def _wanted(self, connector: Connector) -> list[str]:
        """Its registers that were never told to their end, or not with the columns that services need now."""
        return [
            register
            for register, columns in connector.told_with.items()
            if register in self._told and (columns is None or not self._catalogue.columns_needed(register) <= columns)
        ]


class Beside:
    """Before the pages and everything around them: what is under `/v1/` goes to the push API, but for applications."""

    def __init__(self, app: ASGIApp, *, push: ASGIApp) -> None:
        self._app, self._push = app, push

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        apart = path.startswith("/v1/") and not path.startswith("/v1/applications")
        await (self._push if apart else self._app)(scope, receive, send)


async def _body(headers: Mapping[str, str], receive: Receive) -> bytes:
    """The body, refused as soon as it is known to be too long, and not waited for without end."""
    announced = headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and (len(announced) > 12 or int(announced) > MOST_BYTES):
        raise _too_large()
    found = bytearray()
    try:
        async with asyncio.timeout(ARRIVES_WITHIN):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise refused("slow", "body", "The connection ended.", "Send it whole.")
                found += message.get("body", b"")
                if len(found) > MOST_BYTES:
                    raise _too_large()
                if not message.get("more_body"):
                    return bytes(found)
    except TimeoutError as error:
        raise refused(
            "slow", "body", f"It did not arrive within {ARRIVES_WITHIN:g} s.", "Send less at once."
        ) from error


def _too_large() -> Problem:
    return refused("too-large", "body", f"It has more than {MOST_BYTES} bytes.", "Send fewer events at once.")


def _require_own(connector: Connector, sent: Collection[wire.Sent]) -> None:
    faults = [
        Fault(
            event=place, id=one.event.id, where="data.register", why="It is not a register of this connector.",
            mend="Ask the operator, or use the connector that was made for it.",
        )
        for place, one in enumerate(sent)
        if one.event.data.register not in connector.registers
    ]  # fmt: skip
    if faults:
        raise Problem("not-yours", *faults[: wire.MOST_FAULTS], event_count=len(sent))


def _reused(error: Reused, kept: list[wire.Sent]) -> Problem:
    mend = "Never send it again by itself: a counter was reset, or somebody else sends under this name."
    if not error.events:
        return refused("id-reused", "webhook-id", "It came before with another body.", mend)
    return Problem(
        "id-reused",
        *(
            Fault(event=place, id=kept[place].event.id, where="id", why="It came before with other content.", mend=mend)
            for place in error.events[: wire.MOST_FAULTS]
        ),
        event_count=len(kept),
    )


def _subject(event: wire.Event) -> str | None:
    return event.subject if isinstance(event, wire.RegisterChanged) else None


_ALWAYS = [
    (name.encode(), HEADERS[name].encode()) for name in ("x-content-type-options", "cache-control", "referrer-policy")
]


async def _respond(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    named = [(name.encode(), value.encode()) for name, value in headers.items()]
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*named, length, *_ALWAYS]})
    await send({"type": "http.response.body", "body": body})
