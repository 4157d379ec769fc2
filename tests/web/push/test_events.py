"""What is answered to whom, and what is in the ledger then."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from proactive.domain.keys import Keys
from proactive.ports.clock import SystemClock
from proactive.store.store import Store
from proactive.web.push.endpoint import MOST_BYTES, Push
from proactive.web.push.pace import Pace
from tests.conftest import PSEUDONYMS
from tests.web.push.conftest import KEYS
from tests.web.push.sender import BATCH, BINARY, STRUCTURED, Sender, changed, licence, word


async def ledger(store: Store) -> list[dict[str, Any]]:
    async with store.engine.connect() as connection:
        rows = await connection.execute(text("SELECT * FROM event ORDER BY id"))
        return [dict(row) for row in rows.mappings()]


# -- Taken


async def test_a_batch_is_answered_when_it_is_in_the_ledger(sender: Sender, store: Store) -> None:
    events = [changed(licence(n), version=n) for n in (1, 2, 3)]

    answer = await sender.send(events)

    assert (answer.status_code, answer.json()["accepted"], answer.json()["known"]) == (202, 3, 0)
    kept = await ledger(store)
    assert [(row["event_id"], row["key"], PSEUDONYMS.open(row["person"]), row["version"]) for row in kept] == [
        (event["id"], event["subject"], event["data"]["record"]["personal_id"], event["data"]["version"])
        for event in events
    ]
    assert json.loads(kept[0]["body"]) == events[0]["data"]["record"]


async def test_an_empty_batch_is_fine(sender: Sender) -> None:
    assert (await sender.send([])).json()["accepted"] == 0


async def test_one_event_may_come_by_itself_and_stray_headers_are_ignored(sender: Sender, store: Store) -> None:
    event = changed()

    answer = await sender.raw(json.dumps(event).encode(), f"{STRUCTURED}; charset=utf-8", headers={"ce-id": "other"})

    assert answer.status_code == 202
    assert [row["event_id"] for row in await ledger(store)] == [event["id"]]


async def test_or_with_its_attributes_in_headers(sender: Sender, store: Store) -> None:
    event = changed(licence(7, licence_no="Số 7%"))
    named = {
        f"ce-{name}": quote(str(event[name])) for name in ("specversion", "id", "source", "type", "subject", "time")
    }

    answer = await sender.raw(json.dumps(event["data"]).encode(), BINARY, headers=named)

    assert answer.status_code == 202, answer.text
    assert [(row["event_id"], row["key"]) for row in await ledger(store)] == [(event["id"], "Số 7%")]


async def test_the_same_event_again_is_taken_and_changes_nothing(sender: Sender, store: Store) -> None:
    first, second = changed(licence(1)), changed(licence(2))
    await sender.send([first])
    before = await ledger(store)

    answer = await sender.send([second, dict(reversed(first.items()))])

    assert (answer.status_code, answer.json()["accepted"], answer.json()["known"]) == (202, 1, 1)
    assert (await ledger(store))[0] == before[0]
    assert len(await ledger(store)) == 2


async def test_the_same_bytes_again_are_taken_and_change_nothing(sender: Sender, store: Store) -> None:
    events = [changed()]

    answers = [await sender.send(events) for _ in range(3)]

    assert [answer.json()["accepted"] for answer in answers] == [1, 0, 0]
    assert len(await ledger(store)) == 1


async def test_a_row_that_is_wrong_for_its_register_is_taken(sender: Sender) -> None:
    nobody = changed(licence(personal_id="not an id", expires_on="1066-10-14"))

    assert (await sender.send([nobody, changed(licence(2))])).json()["accepted"] == 2


async def test_a_deletion_needs_no_row(sender: Sender, store: Store) -> None:
    gone = changed()
    gone["data"] = {"register": "driver_licences", "op": "delete", "version": 5}

    assert (await sender.send([gone])).status_code == 202

    [row] = await ledger(store)
    assert (row["deleted"], row["version"], row["body"]) == (True, 5, "{}")


async def test_registers_that_were_never_told_to_their_end_are_asked_for(sender: Sender, store: Store) -> None:
    assert (await sender.send([word("heartbeat")])).json()["snapshot"] == ["driver_licences", "residents"]
    await store.positions.catch_up("residents", columns=RESIDENTS, now=SystemClock().now())

    answer = await sender.send([word("heartbeat")])

    assert answer.json() == {"accepted": 0, "known": 1, "snapshot": ["driver_licences"]}


RESIDENTS = ",".join(
    ("address", "date_of_birth", "died_on", "full_name", "personal_id", "phone", "sex", "unit_code", "updated_at")
)


async def test_a_heartbeat_is_heard_and_not_kept(sender: Sender, store: Store) -> None:
    await sender.send(word("heartbeat"))

    heard = await store.hearing.of(["driver_licences"])
    assert heard["driver_licences"].at is not None
    assert datetime.now(UTC) - heard["driver_licences"].at < timedelta(minutes=1)
    assert await ledger(store) == []


# -- Who it is


async def test_two_secrets_are_good_while_they_are_rotated(sender: Sender, store: Store) -> None:
    old, now = sender.secrets, SystemClock().now()
    await store.connectors.rotate("CSGT", previous_until=now + timedelta(hours=1))
    new = (KEYS.connector_secret(sender.id, 2),)

    for secrets in (old, new, (*old, *new)):
        sender.secrets = secrets
        assert (await sender.send([changed()])).status_code == 202


async def test_only_the_last_two_are(sender: Sender, store: Store) -> None:
    for _ in range(2):
        await store.connectors.rotate("CSGT", previous_until=SystemClock().now() + timedelta(hours=1))

    assert (await sender.send([changed()])).status_code == 401


async def test_after_the_overlap_the_old_one_is_not(sender: Sender, store: Store) -> None:
    await store.connectors.rotate("CSGT", previous_until=SystemClock().now() - timedelta(seconds=1))

    assert (await sender.send([changed()])).status_code == 401


async def test_a_revocation_counts_at_the_next_request(sender: Sender, store: Store) -> None:
    assert (await sender.send([changed()])).status_code == 202
    await store.connectors.revoke("CSGT", now=SystemClock().now())

    assert (await sender.send([changed()])).status_code == 401


@pytest.mark.parametrize("late", [timedelta(seconds=301), -timedelta(seconds=310)])
async def test_a_signature_is_good_for_five_minutes(sender: Sender, late: timedelta) -> None:
    answer = await sender.send([changed()], late=late)

    assert answer.status_code == 401
    assert answer.json()["problems"][0]["where"] == "webhook-timestamp"
    assert answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    "headers",
    [
        {"connector-id": "con_other"}, {"connector-id": ""}, {"webhook-signature": ""}, {"webhook-signature": "v1"},
        {"webhook-signature": "v1,a,b"}, {"webhook-signature": "v1,?"}, {"webhook-signature": "v1a,AAAA"},
        {"webhook-timestamp": "1e9"}, {"webhook-timestamp": ""}, {"webhook-id": "x" * 129}, {"webhook-id": "other"},
    ],
)  # fmt: skip
async def test_whoever_cannot_sign_is_not_known(sender: Sender, store: Store, headers: dict[str, str]) -> None:
    answer = await sender.raw(json.dumps([changed()]).encode(), headers=headers)

    assert answer.status_code == 401, answer.text
    assert await ledger(store) == []


async def test_another_secret_or_another_platform_is_not_good(sender: Sender) -> None:
    for keys, generation in ((KEYS, 2), (Keys("another secret of more than thirty-two"), 1)):
        sender.secrets = (keys.connector_secret(sender.id, generation),)
        assert (await sender.send([changed()])).status_code == 401


async def test_a_connector_tells_of_its_own_registers_only(sender: Sender, store: Store) -> None:
    foreign = changed()
    foreign["data"]["register"] = "violations"

    answer = await sender.send([changed(), foreign, word("caught_up", "violations")])

    assert answer.status_code == 403
    assert [(one["event"], one["where"]) for one in answer.json()["problems"]] == [
        (1, "data.register"), (2, "data.register"),
    ]  # fmt: skip
    assert await ledger(store) == []


# -- The same id with other content


async def test_an_event_id_never_stands_for_other_content(sender: Sender, store: Store) -> None:
    event = changed(licence(1))
    await sender.send([event])
    other = {**event, "data": {**event["data"], "version": 2}}

    answer = await sender.send([changed(licence(2)), other])

    assert answer.status_code == 409
    assert answer.json()["problems"] == [{
        "event": 1, "id": event["id"], "where": "id", "why": "It came before with other content.",
        "mend": "Never send it again by itself: a counter was reset, or somebody else sends under this name.",
    }]  # fmt: skip
    assert len(await ledger(store)) == 1, "all or nothing"


async def test_nor_twice_in_one_batch(sender: Sender, store: Store) -> None:
    event = changed(licence(1))

    answer = await sender.send([event, {**event, "subject": "another"}])

    assert answer.status_code == 409
    assert await ledger(store) == []


async def test_a_webhook_id_never_stands_for_other_bytes(sender: Sender, store: Store) -> None:
    await sender.send([changed()], webhook_id="request-1")

    answer = await sender.send([changed()], webhook_id="request-1")

    assert (answer.status_code, answer.json()["problems"][0]["where"]) == (409, "webhook-id")
    assert len(await ledger(store)) == 1


# -- Cannot be read


@pytest.mark.parametrize(
    ("body", "where", "why"),
    [
        (b"", "character 0", "It is not JSON"),
        (b"[}", "character 1", "It is not JSON"),
        (b"[] []", "character 3", "It is not JSON"),
        (b"{}", "body", "A batch is an array"),
        (b"\xef\xbb\xbf[]", "byte 0", "byte order mark"),
        (b'["\xe9"]', "byte 2", "not UTF-8"),
        ('["\N{HEAVY BLACK HEART}"]'.encode("utf-16"), "byte 0", "not UTF-8"),
        (b'[{"a": NaN}]', "NaN", "no number of JSON"),
        (b"[-Infinity]", "-Infinity", "no number of JSON"),
        (b"[1e400]", "", "too large"),
        (b"[18446744073709551616]", "", "64 bits"),
        (b"[" + b"9" * 5000 + b"]", "", "thousands of digits"),
        (b'[{"id": "1", "id": "2"}]', "id", "there twice"),
        (b'[{"data": {"record": {"a": 1, "\\u0061": 1}}}]', "a", "there twice"),
        (b'[{"data": {"record": {"a": "x\\u0000"}}}]', "[0].data.record.a", "NUL"),
        (b'[{"da\\u0000ta": 1}]', "[0].da\x00ta", "NUL"),
        (b'["\\ud83d"]', "[0]", "half of a surrogate pair"),
        (b'[{"data": {"record": {"a": "\\udc00\\ud800"}}}]', "[0].data.record.a", "half of a surrogate pair"),
        (b'["a\nb"]', "character 3", "It is not JSON"),
    ],
)
async def test_what_no_row_could_be_is_refused_with_its_place(
    sender: Sender, store: Store, body: bytes, where: str, why: str
) -> None:
    answer = await sender.raw(body)

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    [problem] = answer.json()["problems"]
    assert problem["where"] == where
    assert why in problem["why"]
    assert problem["mend"]
    assert await ledger(store) == []


async def test_an_escaped_backslash_before_u0000_is_no_nul(sender: Sender) -> None:
    assert (await sender.raw(json.dumps([changed(licence(issued_by="C:\\u0000"))]).encode())).status_code == 202


@pytest.mark.parametrize("opening", [b"[" * 30, b'{"a":' * 30, b"[" * 100_000])
async def test_deep_nesting_is_too_much(sender: Sender, opening: bytes) -> None:
    closing = b"]" if opening[:1] == b"[" else b"}"

    answer = await sender.raw(opening + b"1" + closing * opening.count(opening[:1]))

    assert (answer.status_code, answer.json()["type"]) == (413, "urn:proactive:problem:too-deep")


GOOD = changed()


@pytest.mark.parametrize(
    ("event", "where"),
    [
        (5, ""),
        ({key: value for key, value in GOOD.items() if key != "id"}, "id"),
        ({key: value for key, value in GOOD.items() if key != "subject"}, "subject"),
        ({key: value for key, value in GOOD.items() if key != "data"}, "data"),
        ({**GOOD, "id": ""}, "id"),
        ({**GOOD, "id": 7}, "id"),
        ({**GOOD, "id": "a\u001fb"}, "id"),
        ({**GOOD, "subject": "a\nb"}, "subject"),
        ({**GOOD, "source": None}, "source"),
        ({**GOOD, "specversion": "2.0"}, "specversion"),
        ({**GOOD, "type": "proactive.register.destroyed"}, "type"),
        ({**GOOD, "time": "yesterday"}, "time"),
        ({**GOOD, "time": "2026-11-25T03:04:05"}, "time"),
        ({**GOOD, "datacontenttype": "text/xml"}, "datacontenttype"),
        ({**GOOD, "dossierId": "1"}, "dossierId"),
        ({**GOOD, "trace": {"a": 1}}, "trace"),
        ({**GOOD, "data_base64": "AAAA"}, "data_base64"),
        ({**GOOD, "data": {**GOOD["data"], "version": "1"}}, "data.version"),
        ({**GOOD, "data": {**GOOD["data"], "version": 0}}, "data.version"),
        ({**GOOD, "data": {**GOOD["data"], "version": True}}, "data.version"),
        ({**GOOD, "data": {**GOOD["data"], "version": 1.5}}, "data.version"),
        ({**GOOD, "data": {**GOOD["data"], "op": "truncate"}}, "data.op"),
        ({**GOOD, "data": {**GOOD["data"], "record": []}}, "data.record"),
        ({**GOOD, "data": {**GOOD["data"], "record": None}}, "data.record"),
        ({**GOOD, "data": {**GOOD["data"], "more": 1}}, "data.more"),
    ],
)
async def test_a_wrong_event_is_named_with_its_field_and_takes_its_batch_with_it(
    sender: Sender, store: Store, event: Any, where: str
) -> None:
    answer = await sender.send([changed(licence(2)), event])

    assert answer.status_code == 400, answer.text
    [problem] = answer.json()["problems"]
    assert (problem["event"], problem["where"]) == (1, where), problem
    assert await ledger(store) == []


async def test_all_wrong_events_of_a_batch_are_named_at_once(sender: Sender) -> None:
    answer = await sender.send([{**changed(), "time": "x"}, changed(), {**changed(), "source": ""}])

    assert [(one["event"], one["where"]) for one in answer.json()["problems"]] == [(0, "time"), (2, "source")]


# -- Too much, or something else


async def test_too_many_events_are_too_many(sender: Sender) -> None:
    answer = await sender.raw(b"[" + b",".join([b"1"] * 1001) + b"]")

    assert (answer.status_code, answer.json()["type"]) == (413, "urn:proactive:problem:too-many")


async def test_a_large_body_is_refused_before_it_is_read(sender: Sender, push: Push) -> None:
    """Asked of the application itself: a client would read on behind its back."""
    parts = iter([{"type": "http.request", "body": b" " * 65_536, "more_body": True}] * 1000)
    statuses: list[int] = []

    async def receive() -> Any:
        return next(parts)

    async def send(message: Any) -> None:
        statuses.append(message.get("status"))

    signed = [(name.encode(), value.encode()) for name, value in sender.headers(b"", BATCH).items()]
    scope = {"type": "http", "method": "POST", "path": "/v1/events", "headers": signed}
    await push(scope, receive, send)
    left = len(list(parts))
    await push({**scope, "headers": [*signed, (b"content-length", b"99999999")]}, receive, send)

    assert [status for status in statuses if status] == [413, 413]
    assert left == 1000 - MOST_BYTES // 65_536 - 1


@pytest.mark.parametrize(
    ("mode", "headers"),
    [
        ("text/plain", {}), ("", {}), ("application/cloudevents+avro", {}), (f"{BATCH}; charset=latin-1", {}),
        (BATCH, {"content-encoding": "gzip"}),
    ],
)  # fmt: skip
async def test_other_kinds_of_content_are_not_understood(sender: Sender, mode: str, headers: dict[str, str]) -> None:
    assert (await sender.raw(b"[]", mode, headers=headers)).status_code == 415


@pytest.mark.parametrize("missing", ["ce-specversion", "ce-id", "ce-source", "ce-type"])
async def test_no_id_is_made_up_for_an_event_without_one(sender: Sender, missing: str) -> None:
    event = changed()
    named = {f"ce-{name}": str(event[name]) for name in ("specversion", "id", "source", "type", "subject")}
    del named[missing]

    answer = await sender.raw(json.dumps(event["data"]).encode(), BINARY, headers=named)

    assert (answer.status_code, answer.json()["problems"][0]["where"]) == (400, missing)


async def test_who_tells_too_fast_is_told_when_to_come_back(sender: Sender, push: Push) -> None:
    push._pace = Pace(10, burst=100)
    assert (await sender.send([changed(licence(n)) for n in range(100)])).status_code == 202

    answer = await sender.send([changed(licence(n)) for n in range(50)])

    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 6


async def test_other_addresses_and_methods_are_told_apart(sender: Sender) -> None:
    assert (await sender.client.get("/v1/nothing")).status_code == 404
    got = await sender.client.get("/v1/events")
    assert (got.status_code, got.headers["allow"]) == (405, "POST")
