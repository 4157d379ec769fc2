"""The registers' scores on the desk: how each stands, how that went on, and its worst rows.

Scores are for every officer. The worst rows are for those who look after the data: masked, and shown when somebody
asks, which is written down. No key stands in an address or in a form: a row goes by a keyed hash.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.quality import Score
from proactive.errors import Permanent
from proactive.prefill import text
from proactive.steps.complain import complain_of_record
from proactive.steps.overview import TREND, Standing, overview
from proactive.store.people import Officer, Role
from proactive.web import forms, trend
from proactive.web.desk.sign_in import officer_at, steward_at
from proactive.web.door import SignedIn
from proactive.web.formats import moment
from proactive.web.pages import to
from proactive.web.site import Site
from rules import Dimension
from rules.kinds import ColumnType

HERE = "/desk/quality"
LINES = 14
"""Lines of the table beside the drawing: the newest score of each day."""


class Quality:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route(HERE, self.show, methods=["GET"]),
            Route(f"{HERE}/{{register}}", self.one, methods=["GET"]),
            Route(f"{HERE}/{{register}}/show", self.reveal, methods=["POST"]),
            Route(f"{HERE}/{{register}}/wrong", self.wrong, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        view = await overview(catalogue=self._site.catalogue, store=self._site.store, clock=self._site.clock)
        return self._site.pages.show(
            request,
            "desk/quality.html",
            session=session,
            officer=officer,
            registers=sorted((one for one in view.registers if one.measured), key=_urgency),
            unmeasured=[one.register for one in view.registers if not one.measured],
            waiting=view.waiting,
            dimensions=list(Dimension),
            schemas=self._site.wording.registers(),
        )

    async def one(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        return await self._page(request, session, officer)

    async def _page(
        self,
        request: Request,
        session: SignedIn,
        officer: Officer,
        *,
        status: int = 200,
        open_row: str | None = None,
        said: str | None = None,
        typed: Mapping[str, str] | None = None,
    ) -> Response:
        """`open_row` is the row that somebody asked to see; `said` why a ticket could not be opened."""
        site, standing = self._site, await self._standing(request)
        schema, measured = standing.register, standing.measured
        since = site.clock.now() - TREND
        lines = await site.store.quality.trend(schema.name, since=since)
        faults = {one["name"]: one for one in measured.expectations} if measured else {}
        rows = [
            {"ticket": self._ticket(schema.name, row["key"]), "key": row["key"], "faults": _said(row["faults"], faults)}
            for row in (measured.worst if measured and officer.role is Role.DATA else ())
        ]
        shown = next((row for row in rows if row["ticket"] == open_row), None)
        values = await self._values(schema.name, str(shown["key"])) if shown else None
        return site.pages.show(
            request,
            "desk/quality_one.html",
            status=status,
            session=session,
            officer=officer,
            standing=standing,
            schema=schema,
            services=site.catalogue.services,
            dimensions=list(Dimension),
            trends=[
                (d, trend.points(lines.get(d, [])), trend.level(standing.least.get(d)), _daily(lines.get(d, [])))
                for d in Dimension
            ],
            expectations=sorted(measured.expectations, key=lambda one: -int(one["wrong"])) if measured else [],
            rows=rows,
            steward=officer.role is Role.DATA,
            shown=shown,
            values=values,
            said=said,
            typed=typed or {},
        )

    async def _standing(self, request: Request) -> Standing:
        site = self._site
        view = await overview(catalogue=site.catalogue, store=site.store, clock=site.clock)
        for standing in view.registers:
            if standing.register.name == request.path_params["register"]:
                return standing
        raise HTTPException(404)

    def _ticket(self, register: str, key: str) -> str:
        """What a row goes by on a page."""
        return self._site.keys.digest("worst row", f"{register} {key}").hex()[:24]

    async def _key(self, register: str, ticket: str) -> str | None:
        measured = (await self._site.store.quality.measured()).get(register)
        keys = (str(row["key"]) for row in (measured.worst if measured else ()))
        return next((key for key in keys if self._ticket(register, key) == ticket), None)

    async def _values(self, register: str, key: str) -> list[tuple[Any, str | None]]:
        """The columns of a kept row with their values."""
        record = await self._site.store.quality.record(register, key)
        if record is None:
            return []
        body, schema = msgspec.json.decode(record.body), self._site.catalogue.registers[register]
        kept = self._site.catalogue.columns_needed(register)
        return [
            ((name, column), _written(column.type, body.get(name)))
            for name, column in schema.columns.items()
            if name in kept
        ]

    async def reveal(self, request: Request) -> Response:
        session, officer = await steward_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        register, ticket = (await self._standing(request)).register.name, form.text("row")
        key = await self._key(register, ticket)
        if key is None:
            return self._gone(request, session, register)
        now = self._site.clock.now()
        await self._site.store.quality.looked(register, key, actor=officer.username, what="row", now=now)
        return await self._page(request, session, officer, open_row=ticket)

    async def wrong(self, request: Request) -> Response:
        """An officer says what is wrong with a row: a ticket to its owner."""
        session, officer = await steward_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        register, row = (await self._standing(request)).register.name, form.text("row")
        key = await self._key(register, row)
        if key is None:
            return self._gone(request, session, register)
        typed = {name: form.text(name, most=forms.MOST_NOTE) for name in ("column", "claimed", "note")}
        try:
            ticket = await complain_of_record(
                register, key, **typed, officer=officer.username, office=officer.office,
                catalogue=self._site.catalogue, store=self._site.store, clock=self._site.clock,
            )  # fmt: skip
        except Permanent as no:
            return await self._page(request, session, officer, status=400, open_row=row, said=str(no), typed=typed)
        return to(f"/desk/tickets/{ticket.id}")

    def _gone(self, request: Request, session: SignedIn, register: str) -> Response:
        """It is not among the worst any more."""
        return self._site.pages.show(
            request, "stale.html", status=409, session=session, back=f"{HERE}/{register}", desk=True
        )


def _urgency(standing: Standing) -> tuple[bool, float]:
    """Registers that hold a service up first, then the worst."""
    scores = [score.score for score in standing.scores.values()]
    return not any(standing.short(d) for d in Dimension), min(scores, default=1.0)


def _said(names: list[str], faults: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [faults[name] for name in names if name in faults]


def _written(kind: ColumnType, value: object) -> str | None:
    if value is None:
        return None
    return moment(datetime.fromisoformat(str(value))) if kind is ColumnType.TIMESTAMP else text(value)


def _daily(scores: list[Score]) -> list[Score]:
    """The last score of each day, newest first."""
    days = {(one.at + timedelta(hours=7)).date(): one for one in scores}
    return list(days.values())[::-1][:LINES]
