"""How far the plan has come, and its weekly reports: figures that are kept, each with the moment it was counted."""

from datetime import date, datetime
from itertools import dropwhile
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.errors import Permanent
from proactive.papers.printing import printed
from proactive.steps.progress import DIMENSIONS, progress, progress_kept
from proactive.steps.weekly import Week, drafted, paper, weekly_kept
from proactive.web.desk.sign_in import officer_at
from proactive.web.site import Site
from rules.offices import offices
from rules.plan import plan
from rules.procedures import OF_THE_UNIT

HERE, REPORTS = "/desk/progress", "/desk/reports"
WEEKS = 12
FIRST = date(2025, 7, 1)
Shares = list[tuple[str, list[float | None]]]


class Progress:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route(HERE, self.show, methods=["GET"]),
            Route(f"{HERE}.json", self.as_json, methods=["GET"]),
            Route(REPORTS, self.report, methods=["GET"]),
            Route(f"{REPORTS}/{{week}}.pdf", self.as_pdf, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        site = self._site
        session, officer = await officer_at(site, request)
        asked = _day(request.query_params.get("on"))
        if asked is None or not FIRST <= asked < site.clock.today():
            told, at = await progress_kept(catalogue=site.catalogue, store=site.store, clock=site.clock)
            asked = None
        else:
            told, at = await self._as_of(asked), site.clock.now()
        free, receipts = told["boundary_free"], told["receipts"]["offices"]
        communes = [
            (name, _share(one), receipts.get(name, {}).get("received", 0), receipts.get(name, {}).get("elsewhere", 0))
            for name, one in free["communes"].items()
        ]
        return site.pages.show(
            request,
            "desk/progress.html",
            session=session,
            officer=officer,
            told=told,
            at=at,
            asked=asked,
            free=free,
            city=_share(free["city"]),
            plan=plan(),
            targets=[
                {**one, "by": date.fromisoformat(one["by"]), "past": one["on"] is not None} for one in free["targets"]
            ],
            months=[
                (f"{date.fromisoformat(one['day']):%d/%m/%Y}", [_share(one)])
                for one in dropwhile(lambda month: not month["of"], free["months"])
            ],
            departments=_rows(free["departments"]),
            fields=_rows(free["fields"]),
            communes=sorted(communes, key=lambda one: (-one[2], offices()[one[0]].name)),
            dimensions=list(DIMENSIONS),
            of_the_unit=OF_THE_UNIT,
        )

    async def _as_of(self, day: date) -> dict[str, Any]:
        site = self._site
        return await progress(day, catalogue=site.catalogue, store=site.store, clock=site.clock)

    async def as_json(self, request: Request) -> Response:
        await officer_at(self._site, request)
        site = self._site
        told, at = await progress_kept(catalogue=site.catalogue, store=site.store, clock=site.clock)
        return Response(msgspec.json.encode({**told, "at": at}), media_type="application/json")

    async def report(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        this, weeks = Week.of(self._site.clock.today()), []
        for _ in range(WEEKS):
            weeks.append(this)
            this = this.before
        known = await drafted(weeks, self._site.store)
        newest = next((week for week in weeks if week in known), weeks[0])
        told, at = await self._report(request.query_params.get("week") or newest.name)
        return self._site.pages.show(
            request,
            "desk/report.html",
            session=session,
            officer=officer,
            told=told,
            at=at,
            weeks=[(one, one in known) for one in weeks],
            due=Week.named(told["week"]).drafted_from,
            span=[date.fromisoformat(told[name]) for name in ("from", "to")],
        )

    async def as_pdf(self, request: Request) -> Response:
        await officer_at(self._site, request)
        told, _ = await self._report(request.path_params["week"])
        content = await printed("weekly", paper(told, self._site.clock.today()))
        name = f"bao-cao-tuan-{told['week']}.pdf"
        return Response(
            content, media_type="application/pdf", headers={"content-disposition": f'inline; filename="{name}"'}
        )

    async def _report(self, name: str) -> tuple[dict[str, Any], datetime]:
        """The draft that was kept when the week was over; of the week that runs as it was last counted."""
        site = self._site
        try:
            week = Week.named(name)
            return await weekly_kept(week, catalogue=site.catalogue, store=site.store, clock=site.clock)
        except Permanent as error:
            raise HTTPException(404) from error


def _share(one: dict[str, int]) -> float | None:
    return one["part"] / one["of"] if one["of"] else None


def _rows(found: dict[str, dict[str, int]]) -> list[tuple[str, list[float | None], int, int]]:
    return [(name, [_share(one)], one["part"], one["of"]) for name, one in found.items()]


def _day(typed: str | None) -> date | None:
    try:
        return date.fromisoformat(typed or "")
    except ValueError:
        return None
