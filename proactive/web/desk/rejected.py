"""Refused changes on the desk of an officer who looks after the registers' data.

Nothing is done without a second look: the first form leads to a page that says what a replay would come to, the second
one does it. The end of a key is asked for by a form: no part of it stands in an address.
"""

from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.rejected import Refused, Standing, Which
from proactive.ports.clock import DA_NANG
from proactive.steps.replay import Rehearsed, row_of
from proactive.store.people import Officer
from proactive.web import forms
from proactive.web.desk.sign_in import steward_at
from proactive.web.door import SignedIn
from proactive.web.forms import Form
from proactive.web.pages import to
from proactive.web.site import Site

PAGE = 50
HERE = "/desk/rejected"
FILTERS = ("register", "problem", "since", "until")
DOING = frozenset({"replay", "discard"})
SHORTEST_END = 4


class RejectedChanges:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route(HERE, self.show, methods=["GET"]),
            Route(f"{HERE}/find", self.find, methods=["POST"]),
            Route(f"{HERE}/review", self.review, methods=["POST"]),
            Route(f"{HERE}/do", self.do, methods=["POST"]),
            Route(f"{HERE}/{{id:int}}", self.one, methods=["GET"]),
            Route(f"{HERE}/{{id:int}}/show", self.reveal, methods=["POST"]),
        ]

    async def _posted(self, request: Request) -> tuple[SignedIn, Officer, Form]:
        session, officer = await steward_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        return session, officer, form

    async def show(self, request: Request) -> Response:
        session, officer = await steward_at(self._site, request)
        asked = {name: request.query_params.get(name, "") for name in (*FILTERS, "state")}
        return await self._list(
            request, session, officer, asked, before=_number(request.query_params.get("before", ""))
        )

    async def find(self, request: Request) -> Response:
        """The same list, of the keys that end so."""
        session, officer, form = await self._posted(request)
        asked = {name: form.text(name) for name in (*FILTERS, "state", "key_ends")}
        error = "key_ends" if len(asked["key_ends"]) < SHORTEST_END else None
        if error:
            return await self._list(request, session, officer, {**asked, "key_ends": ""}, error=error)
        return await self._list(request, session, officer, asked)

    async def _list(
        self,
        request: Request,
        session: SignedIn,
        officer: Officer,
        asked: dict[str, str],
        *,
        before: int | None = None,
        error: str | None = None,
    ) -> Response:
        site, store = self._site, self._site.store.rejected
        which = _which(asked)
        tally = await store.tally(which)
        found = await store.found(which, limit=PAGE + 1, before=before)
        rows, more = found[:PAGE], len(found) > PAGE
        kept = {name: asked[name] for name in FILTERS if asked.get(name)}
        return site.pages.show(
            request,
            "desk/rejected.html",
            status=400 if error else 200,
            session=session,
            officer=officer,
            error=error,
            asked=asked,
            registers=site.wording.registers(),
            kinds=await store.kinds(which),
            standings=[(standing, tally[standing], standing is which.standing) for standing in Standing],
            current=which.standing,
            total=tally[which.standing or Standing.WAITING],
            rows=rows,
            schemas=site.wording.registers(),
            upto=await store.newest(),
            narrowed=urlencode(kept),
            older=f"{HERE}?{urlencode({**kept, 'state': which.standing, 'before': rows[-1].id})}" if more else None,
            said=request.query_params.get("said", ""),
            number=_number(request.query_params.get("number", "")) or 0,
        )

    async def one(self, request: Request) -> Response:
        session, officer = await steward_at(self._site, request)
        return await self._page(request, session, officer, await self._found(request))

    async def reveal(self, request: Request) -> Response:
        session, officer, _ = await self._posted(request)
        refused = await self._found(request)
        await self._site.store.rejected.looked(refused.id, actor=officer.username, now=self._site.clock.now())
        return await self._page(request, session, officer, refused, reveal=True)

    async def _found(self, request: Request) -> Refused:
        number = request.path_params["id"]
        refused = await self._site.store.rejected.get(number) if number < 2**63 else None
        if refused is None:
            raise HTTPException(404)
        return refused

    async def _page(
        self,
        request: Request,
        session: SignedIn,
        officer: Officer,
        refused: Refused,
        *,
        reveal: bool = False,
        error: str | None = None,
    ) -> Response:
        site = self._site
        schema = site.wording.registers().get(refused.register_name)
        return site.pages.show(
            request,
            "desk/rejected_one.html",
            status=400 if error else 200,
            session=session,
            officer=officer,
            refused=refused,
            schema=schema,
            row=row_of(refused, schema, reveal=reveal),
            revealed=reveal,
            trial=await site.steps.try_out(Which(ids=(refused.id,))),
            history=await site.store.rejected.history(refused.id),
            error=error,
        )

    async def review(self, request: Request) -> Response:
        """The second look. Changes nothing."""
        session, officer, form = await self._posted(request)
        do, note, which = form.text("do"), form.text("note", most=forms.MOST_NOTE), _meant(form)
        if do not in DOING:
            raise HTTPException(400)
        if do == "discard" and not note:
            if which.ids:
                refused = await self._site.store.rejected.get(which.ids[0])
                if refused is not None:
                    return await self._page(request, session, officer, refused, error="note")
            return await self._list(request, session, officer, _asked(form), error="note")
        rehearsed = await self._site.steps.try_out(which)
        return self._review(request, session, officer, form, do=do, note=note, rehearsed=rehearsed)

    def _review(
        self, request: Request, session: SignedIn, officer: Officer, form: Form, *, do: str, note: str,
        rehearsed: Rehearsed,
    ) -> Response:  # fmt: skip
        return self._site.pages.show(
            request,
            "desk/rejected_review.html",
            session=session,
            officer=officer,
            do=do,
            note=note,
            rehearsed=rehearsed,
            schemas=self._site.wording.registers(),
            fields={**_asked(form), "id": form.text("id"), "upto": form.text("upto")},
        )

    async def do(self, request: Request) -> Response:
        _, officer, form = await self._posted(request)
        do, note, which = form.text("do"), form.text("note", most=forms.MOST_NOTE), _meant(form)
        store, now = self._site.store.rejected, self._site.clock.now()
        if do == "replay":
            number = await store.replay(which, actor=officer.username, now=now)
        elif do == "discard" and note:
            number = await store.discard(which, actor=officer.username, note=note, now=now)
        else:
            raise HTTPException(400)
        return to(f"{HERE}/{which.ids[0]}" if which.ids else f"{HERE}?said={do}&number={number}")


def _asked(form: Form) -> dict[str, str]:
    return {name: form.text(name) for name in (*FILTERS, "key_ends")}


def _meant(form: Form) -> Which:
    """Those that wait among what somebody has looked at: one by its id, or all that the filters choose."""
    number, upto = form.text("id"), _number(form.text("upto"))
    if number:
        return Which(ids=(_number(number) or 0,), standing=Standing.WAITING)
    if upto is None:
        raise HTTPException(400)
    return _which({**_asked(form), "state": Standing.WAITING}).model_copy(update={"upto": upto})


def _which(asked: dict[str, str]) -> Which:
    """What the filters mean; one that cannot be meant is left out."""
    state = asked.get("state", "")
    until = _day(asked.get("until", ""))
    return Which(
        register_name=asked.get("register") or None,
        problem=asked.get("problem") or None,
        since=_day(asked.get("since", "")),
        until=until + timedelta(days=1) if until else None,
        key_ends=asked.get("key_ends") or None,
        standing=Standing(state) if state in set(Standing) else Standing.WAITING,
    )


def _day(typed: str) -> datetime | None:
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        return None
    return datetime.combine(found, time(), DA_NANG) if 1990 <= found.year <= 2100 else None


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None
