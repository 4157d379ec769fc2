"""Citizens and an officer who use the front door only: what they type, what they see, what they press."""

import re
from dataclasses import dataclass

import httpx

from proactive.demo.visitor import Page, Visitor
from tests.walk.stage import Stage
from tests.walk.waiting import until

_CODE = re.compile(r"Ma kiem tra: ([2-9A-HJ-NP-Z]{4}) ([2-9A-HJ-NP-Z]{4})")
_PASSCODE = re.compile(r"\b([0-9]{3}) ([0-9]{3})\b")


class Watched(Visitor):
    """A browser whose every address is remembered: those that it was sent to, and those that pages led to."""

    def __init__(self, stage: Stage, *, number: int) -> None:
        super().__init__(stage.pages, number=number)
        self._seen = stage.addresses

    async def _ask(self, method: str, path: str, form: dict[str, str] | None) -> httpx.Response:
        answer = await super()._ask(method, path, form)
        self._seen += [str(one.url) for one in (*answer.history, answer)] + Page(answer).links
        return answer


@dataclass
class Citizen:
    """One citizen with the phone in the hand."""

    stage: Stage
    phone: str
    personal_id: str
    browser: Visitor

    async def inbox(self) -> list[str]:
        """What has arrived on the phone, oldest first."""
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{self.stage.phones}/phones.json", params={"to": self.phone})
        return [entry["body"] for entry in answer.json()["messages"]]

    async def offers(self) -> list[str]:
        return [body for body in await self.inbox() if _CODE.search(body)]

    async def code(self) -> str:
        """The check code of the text, once it has arrived."""
        found = await until(self.offers, what=f"a text on {self.phone}")
        match = _CODE.search(found[0])
        assert match is not None
        return "".join(match.groups())

    async def enter(self) -> Page:
        """The way in: the code, the last digits, the one-time code; ends on the dossier's page."""
        code = await self.code()
        before = len(await self._passcodes())
        page = await self.browser.get("/")
        page = await self.browser.send("/", {**page.form(), "code": code})
        page = await self.browser.send("/identify", {**page.form(), "digits": self.personal_id[-4:]})

        async def newer() -> str | None:
            found = await self._passcodes()
            return found[-1] if len(found) > before else None

        passcode = await until(newer, what=f"a one-time code on {self.phone}")
        page = await self.browser.send("/passcode", {**page.form(), "passcode": passcode})
        assert (page.path, page.status) == ("/dossier", 200), page.text
        return page

    async def answer(self, answer: str, page: Page) -> Page:
        form = {**page.form("version"), "answer": answer}
        for name, values in page.choices.items():
            if name.startswith("choice-"):
                form[name] = values[0]
        after = await self.browser.send("/dossier", form)
        assert after.status < 400, after.text
        return after

    async def _passcodes(self) -> list[str]:
        texts = [body for body in await self.inbox() if "ma xac thuc" in body]
        return ["".join(found.groups()) for body in texts if (found := _PASSCODE.search(body))]


async def decide(stage: Stage, dossier: object, decision: str, *, note: str, username: str, password: str) -> Page:
    """An officer signs in, opens the dossier and decides; what needs two people was prepared by `mai` before."""
    if decision == "approve":
        await decide(stage, dossier, "prepare", note="", username="mai", password=password)
    async with Watched(stage, number=9_000_001) as browser:
        page = await browser.get("/desk/sign-in")
        await browser.send("/desk/sign-in", {**page.form(), "username": username, "password": password})
        page = await browser.get(f"/desk/dossiers/{dossier}")
        assert page.status == 200, page.text
        form = {**page.form("version"), "decision": decision, "note": note}
        form |= {"ground": page.choices["ground"][0]} if decision == "refuse" else {}
        after = await browser.send(f"/desk/dossiers/{dossier}/decide", form)
        assert after.status < 400, after.text
        return after
