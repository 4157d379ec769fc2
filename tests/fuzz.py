"""Made-up call-backs, files and rules: whatever comes is taken or refused by name, and what is taken can be stored.

    make fuzz N=100000 [SEED=1]

Call-backs of Twilio, Zalo and the intake are signed well, so that what is behind the signature is tried (Viettel calls
nobody back); spreadsheets, rule files and Debezium's messages are sound ones, spoilt by bytes and by words. Prints one
JSON object with a count for each target; ends with 1 where anything else than the named refusals came out. The push API
has its own (`make fuzz-push`).
"""

import argparse
import asyncio
import hashlib
import json
import os
import random
import sys
import tempfile
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any
from urllib.parse import quote_plus
from uuid import uuid4

import msgspec
import structlog
from standardwebhooks import Webhook
from twilio.request_validator import RequestValidator

import rules
from connectors.intakes import http
from connectors.registers._debezium_change import Part, Reader
from notifiers import _zalo_events, sms
from proactive.cli._progress import progress
from proactive.domain.base import Value
from proactive.domain.change import decode, encode
from proactive.errors import Forged
from proactive.ports.clock import SystemClock
from proactive.ports.notifier import Hook
from proactive.sheets import Unreadable, headed, opened
from proactive.sources import ConnectedRegister, RegisterMapping, RowMapper
from rules import RegisterSchema, loader
from tests.connectors.registers import captures
from tests.sheets.files import HEADINGS, delimited, workbook
from tests.web.push.fuzz import PARTS, STRANGE

PUBLIC, ACCOUNT, TOKEN = "https://app.example.gov.vn", "AC" + "a" * 32, "b" * 32
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ENVIRONMENT = {
    "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_MESSAGING_SERVICE_SID": "MG" + "c" * 32,
    "PROACTIVE_INTAKE_URL": "http://127.0.0.1:9", "PROACTIVE_INTAKE_SECRET": SECRET,
}  # fmt: skip
RARELY = {"rules": 60, "xlsx": 6}
"""Targets that take long get one of so many turns."""
YAML = [": ", "- ", "{", "}", "[", "]", "&a ", "*a", "!!python/object:os.system ", "<<: ", "|", ">", "'", '"', "#",
        "null", "0x10", "1e400", "2026-02-30", "\t", "\n", "\x00", "é" * 300, "{{7*7}}", "vi: "]  # fmt: skip


class Fuzz:
    def __init__(self, seed: int, folder: Path) -> None:
        self.chance, self.folder, self.at = random.Random(seed), folder, datetime.now(UTC)
        self.counts, self.refused, self.faults = Counter[str](), Counter[str](), list[str]()
        self.targets: dict[str, Callable[[], object]] = {}

    async def ready(self) -> "Fuzz":
        os.environ.update(ENVIRONMENT)
        clock = SystemClock()
        self.twilio = await sms.open(public_url=PUBLIC, clock=clock)
        self.intake = await http.open()
        self.signer, self.webhook = RequestValidator(TOKEN), Webhook(SECRET)  # type: ignore[no-untyped-call]  # untyped
        place = copytree(Path(rules.__file__).parent / "driver_licence_renewal", self.folder / "driver_licence_renewal")
        self.registers = loader.load_registers()
        self.files = {one: one.read_bytes() for one in sorted(place.rglob("*")) if one.is_file()}
        self.schema: RegisterSchema = self.registers["violations"]
        self.captured = [message for shape in captures.SHAPES for message in captures.captured(shape)]
        self.reader = Reader(RowMapper(RegisterMapping(), captures.LICENCES), wall=captures.WALL)
        self.part = Part()
        rows = [HEADINGS, *(["VP1", "048168000001", "A", "01/10/2026", "", "hiệu lực"] for _ in range(8))]
        names = list(self.schema.columns)
        own = [names, *([f"x{n}" for _ in names] for n in range(8))]
        self.csv = [delimited(rows), delimited(own, delimiter=";"), delimited(own, encoding="utf-16")]
        self.xlsx = [workbook(rows), workbook(own)]
        self.targets = {
            "twilio": self._twilio, "zalo": self._zalo, "intake": self._intake,
            "debezium": self._debezium, "csv": self._csv, "xlsx": self._xlsx, "rules": self._rules,
        }  # fmt: skip
        return self

    def once(self, name: str) -> None:
        self.counts[name] += 1
        try:
            self.targets[name]()
        except (Forged, Unreadable) as no:
            self.refused[f"{name}: {type(no).__name__}"] += 1
        except Exception as error:
            said = f"{name} {self.counts[name]}: {type(error).__name__}: {str(error)[:200]}"
            self.faults.append(said)

    async def close(self) -> None:
        for one in (self.twilio, self.intake):
            await one.close()

    # --- call-backs

    def _strange(self) -> Any:
        return deepcopy(self.chance.choice(STRANGE))  # what is spoilt further must not be everybody's

    def _twilio(self) -> None:
        form = {"MessageSid": "SM1", "MessageStatus": "delivered", "AccountSid": ACCOUNT, "To": "+84599123456"}
        for _ in range(self.chance.choice([0, 1, 2])):
            name = self.chance.choice([*form, "ErrorCode", "x"])
            form[name] = str(self._strange())
        try:
            body = "&".join(f"{quote_plus(k)}={quote_plus(v)}" for k, v in form.items()).encode()
        except UnicodeEncodeError:  # no browser can send half a letter
            body = b"MessageSid=%ED%A0%80&MessageStatus=sent"
        if self.chance.random() < 0.3:
            body = self._bytes(body)
        url = f"{PUBLIC}/hooks/sms"
        try:
            signature = self.signer.compute_signature(url, form)  # type: ignore[no-untyped-call]  # untyped
        except UnicodeError:
            signature = "x"
        _storable(self.twilio.receipts(Hook(url, {"x-twilio-signature": signature}, body)))

    def _zalo(self) -> None:
        now = datetime.now(UTC)
        said: Any = {
            "event_name": "user_received_message", "timestamp": str(int(now.timestamp() * 1000)), "app_id": "1",
            "message": {"delivery_time": "1764000000000", "msg_id": "m1", "tracking_id": str(uuid4())},
            "sender": {"id": "1"}, "recipient": {"id": "2"},
        }  # fmt: skip
        self._document(said)
        body = json.dumps(said).encode()
        if self.chance.random() < 0.3:
            body = self._bytes(body)
        at = said.get("timestamp", "0") if isinstance(said, dict) else "0"
        mac = hashlib.sha256(b"1" + body + str(at).encode("utf-8", "surrogatepass") + b"oa").hexdigest()
        hook = Hook(f"{PUBLIC}/hooks/zalo", {"x-zevent-signature": f"mac={mac}"}, body)
        found = _zalo_events.verified(hook, app_id="1", secret="oa", now=now)
        if found is not None:
            _storable(_zalo_events.receipts(found, channel="zalo"))

    def _intake(self) -> None:
        said: Any = {
            "reference": "H17-261123-0047", "code": 4, "at": "2026-11-23T02:00:00Z", "office": "csgt-da-nang",
            "note": "Đang xử lý",
        }  # fmt: skip
        self._document(said)
        body = json.dumps(said).encode()
        if self.chance.random() < 0.3:
            body = self._bytes(body)
        now = datetime.now(UTC)
        stamp = str(int(now.timestamp()))
        try:
            signature = self.webhook.sign("msg_1", now, body.decode())
        except UnicodeDecodeError:
            signature = f"v1,{b64encode(b'x' * 32).decode()}"
        headers = {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": signature}
        _storable(self.intake.news(Hook(f"{PUBLIC}/hooks/intake", headers, body)))

    # --- captured changes

    def _debezium(self) -> None:
        """A message of one of the shapes in which Debezium writes, its document or its bytes spoilt."""
        message = self.chance.choice(self.captured)
        key, value = message.key, message.value
        if value is not None and self.chance.random() < 0.7:
            said = json.loads(value)
            self._document(said)
            value = json.dumps(said).encode()
        if self.chance.random() < 0.4:
            key, value = key and self._bytes(key), value and self._bytes(value)
        change = self.reader.read(msgspec.structs.replace(message, key=key, value=value), self.part).change
        if change is not None:
            decode(encode(change))
        if change is not None and change.faults:
            self.refused["debezium: put aside"] += 1

    # --- files and rules

    def _csv(self) -> None:
        self._table(self._bytes(self.chance.choice(self.csv), times=self.chance.choice([0, 1, 3, 8])))

    def _xlsx(self) -> None:
        self._table(self._bytes(self.chance.choice(self.xlsx), times=self.chance.choice([1, 2, 5])))

    def _table(self, content: bytes) -> None:
        for _ in headed(opened(content), ConnectedRegister(self.schema)).lines(self.at):
            pass

    def _rules(self) -> None:
        path = self.chance.choice(list(self.files))
        text = self.files[path].decode()
        for _ in range(self.chance.choice([1, 1, 2, 4])):
            at, to = sorted(self.chance.randrange(len(text) + 1) for _ in range(2))
            piece = self.chance.choice([*YAML, *(str(one) for one in STRANGE if "\ud800" not in str(one))])
            text = self.chance.choice(
                [text[:at] + piece + text[at:], text[:at] + text[min(to, at + 40) :], text[:at] + piece]
            )
        try:
            path.write_text(text, encoding="utf-8", errors="surrogatepass")
            loader.examine(self.folder / "driver_licence_renewal", self.registers)
        finally:
            path.write_bytes(self.files[path])

    # --- spoiling

    def _document(self, said: Any) -> None:
        for _ in range(self.chance.choice([0, 1, 1, 2])):
            where = said
            inner = [one for one in where.values() if isinstance(one, dict) and one]
            if inner and self.chance.random() < 0.5:
                where = self.chance.choice(inner)
            name = self.chance.choice([*where, "x"])
            if self.chance.random() < 0.2:
                where.pop(name, None)
            else:
                where[name] = self._strange()

    def _bytes(self, body: bytes, *, times: int = 1) -> bytes:
        for _ in range(times):
            at, to = sorted(self.chance.randrange(len(body) + 1) for _ in range(2))
            body = self.chance.choice(
                [body[:at], body[:at] + self.chance.choice(PARTS) + body[at:], body[:at] + body[to:],
                 body[:at] + self.chance.randbytes(2) + body[at + 2 :]]
            )  # fmt: skip
        return body


def _storable(found: Iterable[Value | Any]) -> None:
    """PostgreSQL takes it: as text there is no NUL in it, and no half letter."""
    for one in found:
        for said in _texts(one.model_dump() if isinstance(one, Value) else vars(one)):
            said.encode()
            if "\x00" in said:
                raise ValueError("a NUL would reach the database")


def _texts(said: Any) -> Iterator[str]:
    """Every text in it, at any depth; what has no text of its own counts as it is written."""
    if isinstance(said, dict):
        for key, value in said.items():
            yield from (*_texts(key), *_texts(value))
    elif isinstance(said, (list, tuple, set, frozenset)):
        for one in said:
            yield from _texts(one)
    else:
        yield str(said)


async def fuzz(number: int, seed: int) -> Fuzz:
    """So many inputs, over all targets in turn."""
    with tempfile.TemporaryDirectory(prefix="proactive-fuzz-") as folder:
        made = await Fuzz(seed, Path(folder)).ready()
        names = list(made.targets)
        with progress("Inputs", number) as more:
            for turn in range(number):
                name = names[turn % len(names)]
                every = RARELY.get(name, 1)
                made.once(name if (turn // len(names)) % every == 0 else names[turn % 5])
                more(1)
        await made.close()
        return made


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    began = time.process_time()
    done = asyncio.run(fuzz(asked.n, asked.seed))
    told = {
        "inputs": sum(done.counts.values()), "counts": done.counts, "refused": done.refused,
        "faults": len(done.faults), "first": done.faults[:10], "seconds": round(time.process_time() - began, 1),
    }  # fmt: skip
    print(json.dumps(told, indent=1, ensure_ascii=False))
    sys.exit(1 if done.faults else 0)
