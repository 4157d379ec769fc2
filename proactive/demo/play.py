"""The demo's people: citizens who read their phones and answer on the pages, and an officer who decides at the desk.

They use the front door only. What each of them does is fixed by the seed and by who they are, so that every run of the
same demo comes to the same counts, whatever breaks in between.
"""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
import psycopg
import structlog
from psycopg import AsyncConnection

from proactive.demo.visitor import Page, Visitor
from proactive.domain.dossier import Answer, Decision, Dossier, State
from proactive.errors import ProactiveError, Temporary
from proactive.store.store import Store

log = structlog.get_logger()

CODE = re.compile(r"\b([2-9A-HJ-NP-Z]{4}) ([2-9A-HJ-NP-Z]{4})\b")
PASSCODE = re.compile(r"\b([0-9]{3}) ([0-9]{3})\b")
AT_ONCE = 24
AT_THE_DESK = 6
PATIENCE = 20.0
TRIES = 5

ANSWERS: Sequence[tuple[int, Answer | None]] = (
    (80, Answer.CONFIRM),
    (85, Answer.WRONG),
    (89, Answer.NOT_NOW),
    (93, Answer.ALREADY_DONE),
    (95, Answer.NOT_ME),
    (97, Answer.NEVER),
    (100, None),
)
"""Of a hundred citizens, those below the number give this answer; the last few never look at their phone."""

REFUSED_OF_A_HUNDRED = 2


def lot(seed: int, *who: str) -> int:
    """0 to 99, always the same for the same person and question."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{':'.join(who)}".encode()).digest()[:4], "big") % 100


def codes(body: str) -> list[str]:
    """The check codes in a text; one that speaks of several matters has one for each."""
    return ["".join(found.groups()) for found in CODE.finditer(body)] if "Ma kiem tra" in body else []


@dataclass(frozen=True)
class Message:
    """A text as it arrived on a phone."""

    to: str
    body: str


@dataclass(frozen=True)
class ToTry:
    """A made-up citizen whose answer is left to whoever watches: what that person would know."""

    code: str
    last_digits: str
    phone: str


@dataclass
class Played:
    """What the made-up people have done so far."""

    answered: dict[str, str] = field(default_factory=dict)
    """Check code -> answer."""
    held_back: dict[str, "ToTry"] = field(default_factory=dict)
    """By check code: who is left for whoever tries the demo by hand."""
    decided: int = 0


class Play:
    """All the demo's people. `hold_back`: how many citizens leave their answer to whoever watches."""

    def __init__(
        self,
        *,
        pages: str,
        phones: str,
        store: Store,
        seed: int,
        officer: tuple[str, str],
        colleague: tuple[str, str],
        hold_back: int,
    ) -> None:
        self._pages = pages
        self._store = store
        self._seed = seed
        self._officer, self._colleague = officer, colleague
        self._hold_back = hold_back
        self._phones = httpx.AsyncClient(base_url=phones, timeout=10, trust_env=False)
        self._arrived: list[Message] = []
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._tries: Counter[str] = Counter()
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._desk_gate = asyncio.Semaphore(AT_THE_DESK)
        self.played = Played()

    async def close(self) -> None:
        for task in self._busy.values():
            task.cancel()
        await asyncio.gather(*self._busy.values(), return_exceptions=True)
        await self._phones.aclose()

    async def messages(self) -> list[Message]:
        """Every text that arrived on a phone, in order."""
        while True:
            answer = (await self._phones.get("/phones.json", params={"after": len(self._arrived)})).json()
            if not answer["messages"]:
                return self._arrived
            self._arrived += [Message(entry["to"], entry["body"]) for entry in answer["messages"]]

    async def taken(self) -> list[Message]:
        """Every text that the provider took, in order, delivered or not."""
        answer = await self._phones.get("/log.json")
        return [Message(entry["to"], entry["body"]) for entry in answer.json() if entry["sid"]]

    async def citizens(self) -> int:
        """Let everybody with a new text act on it; gives how many are still at it."""
        for code, task in list(self._busy.items()):
            if task.done():
                del self._busy[code]
                if (error := task.exception()) is not None and not isinstance(error, ProactiveError | httpx.HTTPError):
                    raise error
        for message in await self.messages():
            for code in codes(message.body):
                if code in self.played.answered or code in self.played.held_back or code in self._busy:
                    continue
                if len(self.played.held_back) < self._hold_back and (who := await self._to_try(code, message.to)):
                    self.played.held_back[code] = who
                elif self._tries[code] < TRIES:
                    self._busy[code] = asyncio.create_task(self._citizen(code, message.to))
        return len(self._busy)

    async def _to_try(self, code: str, phone: str) -> ToTry | None:
        dossier = await self._store.dossiers.by_code(code)
        if dossier is None or dossier.blocked_by is not None:
            return None
        if self._answer(dossier) is not Answer.CONFIRM:
            return None
        return ToTry(code, self._person(dossier)[-4:], phone)

    def _person(self, dossier: Dossier) -> str:
        return self._store.pseudonyms.open(dossier.subject)

    def _answer(self, dossier: Dossier) -> Answer | None:
        number = lot(self._seed, self._person(dossier), dossier.record_key)
        return next(answer for below, answer in ANSWERS if number < below)

    async def _citizen(self, code: str, phone: str) -> None:
        """One citizen: the code, the last digits, the one-time code from the phone, the dossier, the answer."""
        async with self._gate:
            # A person knows their own number; the demo looks it up where the person would look at their card.
            dossier = await self._store.dossiers.by_code(code)
            if dossier is None:
                raise Temporary("The text names a dossier that is not there yet.")
            if dossier.state is State.DRAFTED:
                raise Temporary("The text is here before anybody knows that it was sent; look again.")
            if dossier.answer is not None:  # it was kept although nobody said so: the pages died just then
                self.played.answered[code] = dossier.answer
                return
            answer = self._answer(dossier)
            if answer is None:
                self.played.answered[code] = "silent"
                return
            if dossier.blocked_by is not None and answer is Answer.CONFIRM:
                self.played.answered[code] = "blocked"
                return
            self._tries[code] += 1
            async with Visitor(self._pages, number=hash(code) % 10_000_000) as browser:
                page = await self._enter(browser, code, self._person(dossier)[-4:], phone)
                page = await self._reply(browser, page, answer)
                if page.status >= 400:
                    raise Temporary(f"{answer} was answered with {page.status}.")
            self.played.answered[code] = answer

    async def _enter(self, browser: Visitor, code: str, digits: str, phone: str) -> Page:
        before = len(await self._passcodes(phone))
        page = await browser.get("/")
        page = await browser.send("/", {**page.form(), "code": code.lower()})
        page = await browser.send("/identify", {**page.form(), "digits": digits})
        passcode = await self._passcode(phone, before)
        page = await browser.send("/passcode", {**page.form(), "passcode": passcode})
        if page.path != "/dossier":
            raise Temporary(f"The way in ended at {page.path} ({page.status}).")
        return page

    async def _passcodes(self, phone: str) -> list[str]:
        answer = await self._phones.get("/phones.json", params={"to": phone})
        texts = [entry["body"] for entry in answer.json()["messages"] if "ma xac thuc" in entry["body"]]
        return ["".join(found.groups()) for text in texts if (found := PASSCODE.search(text))]

    async def _passcode(self, phone: str, before: int) -> str:
        for _ in range(int(PATIENCE / 0.1)):
            found = await self._passcodes(phone)
            if len(found) > before:
                return found[-1]
            await asyncio.sleep(0.1)
        raise Temporary("No one-time code arrived on the phone.")

    async def _reply(self, browser: Visitor, page: Page, answer: Answer) -> Page:
        if answer is Answer.WRONG:
            page = await browser.get("/dossier/correct")
            form = {**page.form("version"), "claim-address": "12 Trần Phú", "note": "Tôi đã chuyển chỗ ở."}
            return await browser.send("/dossier/correct", form)
        form = {**page.form("version"), "answer": str(answer)}
        for name, values in page.choices.items():
            if name.startswith("choice-"):
                form[name] = values[0]
        return await browser.send("/dossier", form)

    async def officer(self) -> int:
        """The officer decides what waits at the desk, after a colleague has prepared what needs two people; gives how
        many dossiers were decided."""
        office = await self._store.officers.get(self._officer[0])
        if office is None:
            raise Temporary("The demo's officer is not there.")
        waiting, _ = await self._store.dossiers.queue(office=office.office, states=[State.CONFIRMED], limit=200)
        if not waiting:
            return 0
        if unprepared := [d for d in waiting if d.two_people and not d.prepared and not self._refused(d)]:
            await self._at_the_desk(self._colleague, unprepared, prepare=True)
        decided = await self._at_the_desk(self._officer, waiting, prepare=False)
        self.played.decided += decided
        return decided

    async def _at_the_desk(self, who: tuple[str, str], dossiers: Sequence[Dossier], *, prepare: bool) -> int:
        async with Visitor(self._pages, number=9_999_998 if prepare else 9_999_999) as browser:
            page = await browser.get("/desk/sign-in")
            await browser.send("/desk/sign-in", {**page.form(), "username": who[0], "password": who[1]})
            return sum(await asyncio.gather(*(self._decide(browser, d, prepare=prepare) for d in dossiers)))

    def _refused(self, dossier: Dossier) -> bool:
        return lot(self._seed, "officer", self._person(dossier), dossier.record_key) < REFUSED_OF_A_HUNDRED

    async def _decide(self, browser: Visitor, dossier: Dossier, *, prepare: bool) -> int:
        async with self._desk_gate:
            page = await browser.get(f"/desk/dossiers/{dossier.id}")
            try:
                form = page.form("version")
            except Temporary:
                return 0  # somebody was first
            if prepare:
                form |= {"decision": "prepare"}
            elif self._refused(dossier):
                form |= {"decision": str(Decision.REFUSE), "note": "Ảnh trong hồ sơ không rõ."}
                form |= {"ground": page.choices["ground"][0]}
            else:
                form |= {"decision": str(Decision.APPROVE), "note": ""}
            page = await browser.send(f"/desk/dossiers/{dossier.id}/decide", form)
            return int(page.status < 400)


async def duplicates(intake: str, messages: Sequence[Message]) -> int:
    """How many citizens were told twice and how many applications exist twice, as the outside world saw it."""
    offers = Counter((m.to, m.body) for m in messages if "Ma kiem tra" in m.body)
    twice = sum(count - 1 for count in offers.values())
    async with httpx.AsyncClient(base_url=intake, timeout=10, trust_env=False) as client:
        entries = (await client.get("/log.json")).json()
    applications = Counter(entry["dossier_id"] for entry in {e["reference"]: e for e in entries}.values())
    return twice + sum(count - 1 for count in applications.values())


async def source_rows(owner_url: str) -> int:
    """How many rows the made-up registers hold."""
    try:
        async with await AsyncConnection.connect(owner_url, connect_timeout=5) as connection:
            row = await (
                await connection.execute(
                    "SELECT (SELECT count(*) FROM residents) + (SELECT count(*) FROM driver_licences) "
                    "+ (SELECT count(*) FROM violations) + (SELECT count(*) FROM health_certificates)"
                )
            ).fetchone()
    except psycopg.Error as error:
        raise Temporary("The source does not answer.") from error
    return int(row[0]) if row else 0
