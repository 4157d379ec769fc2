"""The driver: made-up people appear in the registers, read their phones, press buttons; officers decide.

It writes down what it did and what it was told, as the checker reads it. `told` is `ok` where a page said so, `no`
where it refused, and `unknown` where no answer came: that is a third outcome, and no failure.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from proactive.demo.visitor import Page, Visitor
from proactive.errors import ProactiveError
from tests.faults.checker.opening import opener
from tests.faults.checker.world import codes
from tests.faults.stack import Stack
from tests.faults.witnessed import plain
from tests.steps.people import Person, driver

PASSCODE = re.compile(r"\b([0-9]{3}) ([0-9]{3})\b")
PASSWORD = "mot mat khau de thu"
OFFICER, COLLEAGUE = "binh", "mai"
KEYS = {"residents": "personal_id", "driver_licences": "licence_no"}
ANSWERS = ("confirm",) * 6 + ("wrong", "not_now", "already_done", "never", "silent")
ENDINGS = ("00",) * 8 + ("95", "96", "97", "98")
"""Of phone numbers; what they do to a text stands in proactive/demo/network.py."""
TURNS = ("dies", "renews", "moves", "nothing", "nothing", "nothing", "nothing", "nothing")
AT_ONCE = 6
DOUBTFUL = (409, 500, 502, 503, 504)


@dataclass
class Someone:
    person: Person
    answer: str
    turn: str
    """What becomes of them in the middle of it all."""
    code: str | None = None
    done: bool = False
    tries: int = 0


@dataclass
class Crowd:
    """Everybody of one stack, schedule after schedule."""

    stack: Stack
    everybody: dict[str, Someone] = field(default_factory=dict)
    """By personal id."""
    versions: int = 0
    under_way: int = 0
    """Texts that the provider has and that have not come to their phone."""
    _busy: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _officers: asyncio.Task[None] | None = None
    _desks: dict[str, Visitor] = field(default_factory=dict)
    _taken: dict[str, dict[str, str]] = field(default_factory=dict)
    _arrived: list[dict[str, str]] = field(default_factory=list)
    _read_to: int = 0
    unexpected: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.stack.folder

    def write(self, log: str, **line: Any) -> None:
        with (self.folder / f"{log}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"at": datetime.now(UTC).isoformat(), **line}, ensure_ascii=False) + "\n")

    # -- the registers

    async def appear(self, chance: Random, number: int, *, bad: bool = True) -> None:
        """So many people with licences that are due, one whose day is far, and one with a row that nobody can use.

        The first two say yes, whatever the seed, so that something goes all the way. Where people come again and again
        none of them is `bad`: of more such rows no service would believe the register, and nobody would be told.
        """
        people = []
        for one in range(number):
            n, plain_one = len(self.everybody) + 1, one < 2
            phone = f"0599{n:04d}{'00' if plain_one else chance.choice(ENDINGS)}"
            days = chance.randint(1, 55)
            person = driver(n, phone=phone).with_licence(expires_on=self.stack.today + timedelta(days=days))
            someone = Someone(person, chance.choice(ANSWERS), chance.choice(TURNS))
            if plain_one:
                someone.answer, someone.turn = "confirm", "nothing"
            self.everybody[person.personal_id] = someone
            people.append(person)
        n = len(self.everybody) + 1
        later = driver(n, phone=None).with_licence(expires_on=self.stack.today + timedelta(days=900))
        unusable = [driver(n + 1, phone=None).with_licence(class_="ZZ")] if bad else []
        self.everybody |= {p.personal_id: Someone(p, "silent", "nothing", done=True) for p in (later, *unusable)}
        await self.commit([*people, later])
        await self.commit(unusable, bad=("driver_licences",))

    async def commit(self, people: list[Person], *, bad: tuple[str, ...] = ()) -> None:
        """Their rows are committed in the source, then written down."""
        lines = []
        rows: dict[str, list[dict[str, Any]]] = {}
        for person in people:
            for register, found in person.rows().items():
                for row in found:
                    at = self._later()
                    changed = {**row, "updated_at": at}
                    rows.setdefault(register, []).append(changed)
                    version = round(at.timestamp() * 1_000_000)
                    lines.append(
                        {
                            "register": register, "key": str(row[KEYS[register]]), "subject": row["personal_id"],
                            "version": version, "row": plain(changed), "bad": register in bad,
                        }
                    )  # fmt: skip
        for tries in range(40):
            try:
                await self.stack.source.put({name: tuple(found) for name, found in rows.items()})
                break
            except psycopg.Error:  # the database is being restarted: the registers' owner tries again
                assert tries < 39
                await asyncio.sleep(0.25)
        for line in lines:
            self.write("source", **line)

    def _later(self) -> datetime:
        """When a row was changed: never twice the same moment, never in the future."""
        self.versions += 1
        return self.stack.now().replace(microsecond=0) - timedelta(days=3) + timedelta(milliseconds=self.versions)

    async def turns(self, chance: Random, among: list[Someone]) -> None:
        """Some die, renew, or get another name, in the middle of everything."""
        for someone in among:
            if someone.turn == "nothing":
                continue
            await asyncio.sleep(chance.uniform(0, 0.4))
            person = someone.person
            if someone.turn == "dies":
                someone.person = person.but(died_on=self.stack.today - timedelta(days=1))
            elif someone.turn == "renews":
                far = self.stack.today + timedelta(days=3650)
                newer = replace(person.licences[0], number=f"9{person.licences[0].number[1:]}", expires_on=far)
                someone.person = person.but(licences=(*person.licences, newer))
            else:
                someone.person = person.but(full_name="TRẦN THỊ THU HÀ", address="99 Lê Lợi, thành phố Đà Nẵng")
            await self.commit([someone.person])

    # -- citizens

    def arrived(self) -> list[dict[str, str]]:
        """The texts that reached a phone, from the provider's own journal."""
        path = self.folder / "phones.jsonl"
        if path.exists():
            with path.open("rb") as file:
                file.seek(self._read_to)
                lines = file.read().splitlines(keepends=True)
            for line in lines:
                if not line.endswith(b"\n"):
                    break  # it is being written
                self._read_to += len(line)
                with contextlib.suppress(ValueError):  # cut off by a kill, and another begun behind it
                    self._heard(json.loads(line))
        return self._arrived

    def _heard(self, entry: dict[str, Any]) -> None:
        if "taken" in entry:
            self._taken[entry["taken"]["sid"]] = entry["taken"]
            self.under_way += 1
        elif entry.get("status") in ("delivered", "undelivered"):
            self.under_way -= 1
            if entry["status"] == "delivered" and entry["sid"] in self._taken:
                self._arrived.append(self._taken[entry["sid"]])

    def step(self) -> None:
        """Let everybody with a text act on it, and the officers look at what waits."""
        for subject, task in list(self._busy.items()):
            if task.done():
                del self._busy[subject]
                self._note(task)
        phones = {f"+84{one.person.phone[1:]}": one for one in self.everybody.values() if one.person.phone}
        for text in self.arrived():
            someone = phones.get(text["to"])
            if someone is None or someone.done or someone.person.personal_id in self._busy:
                continue
            for code in codes(text["body"]):
                someone.code = code
            if someone.code is not None and len(self._busy) < AT_ONCE:
                task = asyncio.create_task(self._citizen(someone, someone.code))
                self._busy[someone.person.personal_id] = task
        if self._officers is None or self._officers.done():
            if self._officers is not None:
                self._note(self._officers)
            self._officers = asyncio.create_task(self._decide())

    def _note(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, ProactiveError | httpx.HTTPError | psycopg.Error | OSError):
            self.unexpected.append(repr(error))

    @property
    def idle(self) -> bool:
        """Nobody is at it, and everybody who has a text has done what they will do."""
        waiting = any(one.code is not None and not one.done for one in self.everybody.values())
        return not (waiting or self._busy or self.under_way)

    def at_it(self) -> str:
        """Who is still at it, for a sentence."""
        waiting = [f"{one.code}:{one.tries}" for one in self.everybody.values() if one.code and not one.done]
        return f"busy {len(self._busy)}, on their way {self.under_way}, waiting {waiting}"

    async def _citizen(self, someone: Someone, code: str) -> None:
        if someone.answer == "silent":
            someone.done = True
            return
        dossier = await self._one("SELECT state, answer, blocked_by FROM dossier WHERE code = %s", code)
        if dossier is None or dossier["state"] == "drafted":
            return
        if dossier["answer"] is not None or dossier["state"] not in ("offered", "unreached"):
            someone.done = True
            return
        someone.tries += 1
        if someone.tries > 25:
            self.unexpected.append(f"a citizen gave up at {dossier['state']}")
            someone.done = True
            return
        async with Visitor(self._pages, number=int(someone.person.personal_id[-6:]) + 1000 * someone.tries) as browser:
            page = await self._enter(browser, code, someone)
            if page is not None:
                reply = partial(self._reply, browser, page, someone.answer)
                await self._pressed(reply, who="citizen", code=code, what=someone.answer)
        await asyncio.sleep(0.1)

    @property
    def _pages(self) -> str:
        return f"http://127.0.0.1:{self.stack.hops['web'].port}"

    async def _enter(self, browser: Visitor, code: str, someone: Someone) -> Page | None:
        before = self._passcodes(someone)
        page = await browser.get("/")
        page = await browser.send("/", {**page.form(), "code": code})
        page = await browser.send("/identify", {**page.form(), "digits": someone.person.personal_id[-4:]})
        for _ in range(60):
            if len(found := self._passcodes(someone)) > len(before):
                break
            await asyncio.sleep(0.1)
        else:
            return None
        page = await browser.send("/passcode", {**page.form(), "passcode": found[-1]})
        return page if page.path == "/dossier" and page.status == 200 else None

    def _passcodes(self, someone: Someone) -> list[str]:
        to = f"+84{(someone.person.phone or '')[1:]}"
        texts = [one["body"] for one in self.arrived() if one["to"] == to and "ma xac thuc" in one["body"]]
        return ["".join(found.groups()) for text in texts if (found := PASSCODE.search(text))]

    async def _reply(self, browser: Visitor, page: Page, answer: str) -> Page:
        if answer == "wrong":
            page = await browser.get("/dossier/correct")
            form = {**page.form("version"), "claim-address": "12 Trần Phú", "note": "Tôi đã chuyển chỗ ở."}
            return await browser.send("/dossier/correct", form)
        form = {**page.form("version"), "answer": answer}
        form |= {name: values[0] for name, values in page.choices.items() if name.startswith("choice-")}
        return await browser.send("/dossier", form)

    async def _pressed(self, press: Callable[[], Any], **line: str) -> Page | None:
        """Press a button, and write down what was said."""
        line["since"] = datetime.now(UTC).isoformat()
        try:
            page: Page = await press()
        except httpx.HTTPError:
            self.write("people", **line, told="unknown")
            raise
        except ProactiveError:  # the page before it has no such button: nothing was pressed
            return None
        # The browser presses again where no answer comes, so "that is done already" may be the answer to our own press.
        told = "ok" if page.status < 400 else "unknown" if page.status in DOUBTFUL else "no"
        self.write("people", **line, told=told)
        return page

    # -- officers

    async def _decide(self) -> None:
        """A colleague prepares, the officer approves; one in eight is refused."""
        await asyncio.sleep(0.15)
        waiting = await self._all("SELECT id, prepared_by, subject FROM dossier WHERE state = 'confirmed' ORDER BY id")
        if not waiting:
            return
        whose = opener(self.stack.lookup_key) if self.stack.lookup_key else str
        refused = {one["id"] for one in waiting if int(whose(one["subject"])[-3:]) % 8 == 0}
        if unprepared := [one["id"] for one in waiting if one["prepared_by"] is None and one["id"] not in refused]:
            await self._at_the_desk(COLLEAGUE, dict.fromkeys(unprepared, "prepare"))
        await self._at_the_desk(
            OFFICER, {one["id"]: "refuse" if one["id"] in refused else "approve" for one in waiting}
        )

    async def _at_the_desk(self, who: str, decisions: dict[Any, str]) -> None:
        browser = self._desks.pop(who, None)
        signed_in = browser is not None
        if browser is None:
            browser = await Visitor(self._pages, number=9_000_000 + len(who)).__aenter__()
        try:
            if not signed_in:
                page = await browser.get("/desk/sign-in")
                await browser.send("/desk/sign-in", {**page.form(), "username": who, "password": PASSWORD})
            for dossier, decision in decisions.items():
                await self._at_one(browser, who, dossier, decision)
            self._desks[who] = browser  # still signed in; whoever met trouble signs in anew
        finally:
            if who not in self._desks:
                await browser.__aexit__(None, None, None)

    async def _at_one(self, browser: Visitor, who: str, dossier: Any, decision: str) -> None:
        page = await browser.get(f"/desk/dossiers/{dossier}")
        form = {**page.form("version"), "decision": decision, "note": ""}
        if decision == "refuse" and not page.choices.get("ground"):
            return  # it has come back to its citizen in the meantime: nothing is to be decided
        if decision == "refuse":
            form |= {"note": "Ảnh trong hồ sơ không rõ.", "ground": page.choices["ground"][0]}
        press = partial(browser.send, f"/desk/dossiers/{dossier}/decide", form)
        await self._pressed(press, who=who, dossier=str(dossier), what=decision)

    # -- what a person would see by looking

    async def _all(self, question: str, *values: Any) -> list[dict[str, Any]]:
        async with await psycopg.AsyncConnection.connect(
            self.stack.reader, row_factory=dict_row, connect_timeout=2
        ) as connection:
            return await (await connection.execute(question.encode(), values)).fetchall()

    async def _one(self, question: str, *values: Any) -> dict[str, Any] | None:
        found = await self._all(question, *values)
        return found[0] if found else None

    async def stop(self) -> None:
        tasks = [*self._busy.values(), *([self._officers] if self._officers else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for browser in self._desks.values():
            await browser.__aexit__(None, None, None)
