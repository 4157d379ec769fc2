"""The public list of procedures: a page, a page each, and the same as JSON and CSV for other programs."""

import csv
import io
from collections.abc import Sequence

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.procedure import Stage
from proactive.sheets.writing import safe
from proactive.steps.catalogue import Listed, said, search
from proactive.web import forms
from proactive.web.site import Site
from rules.offices import OfficeKind, offices
from rules.procedures import OF_THE_UNIT
from rules.procedures.rows import HEADINGS, write

PAGE = 30
LONGEST_SEARCH = 100


class Procedures:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/procedures", self.show, methods=["GET"]),
            Route("/procedures.json", self.as_json, methods=["GET"]),
            Route("/procedures.csv", self.as_csv, methods=["GET"]),
            Route("/procedures/{code}", self.one, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        everything = await self._published()
        found = _chosen(everything, request)
        page = forms.page_number(request, digits=4)
        return self._site.pages.show(
            request,
            "public/procedures.html",
            everything=len(everything),
            fields=sorted({one.procedure.field for one in everything}),
            found=found[(page - 1) * PAGE : page * PAGE],
            total=len(found),
            page=page,
            pages=max(1, -(-len(found) // PAGE)),
            asked={name: request.query_params.get(name, "")[:LONGEST_SEARCH] for name in ("q", "field", "boundary")},
            authority=_authority,
        )

    async def one(self, request: Request) -> Response:
        entry = next(
            (one for one in await self._published() if one.procedure.code == request.path_params["code"]), None
        )
        if entry is None:
            raise HTTPException(404)
        history = [
            line
            for line in await self._site.store.procedures.history(entry.entry.code)
            if line["version"] == entry.entry.version
        ]
        return self._site.pages.show(
            request,
            "public/procedure.html",
            entry=entry.entry,
            procedure=entry.procedure,
            fee=entry.procedure.fee(self._site.clock.today()),
            authority=_authority,
            places=_places,
            history=history,
        )

    async def as_json(self, request: Request) -> Response:
        """Everything that a page shows, and the internal process besides."""
        found = _chosen(await self._published(), request)
        told = [{"version": one.entry.version, "published_at": one.entry.changed_at, **one.entry.body} for one in found]
        return Response(msgspec.json.encode({"procedures": told}), media_type="application/json")

    async def as_csv(self, request: Request) -> Response:
        """The same in the form that `proactive procedures import` reads."""
        made = io.StringIO(newline="")
        writer = csv.writer(made, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(HEADINGS.values())
        for one in _chosen(await self._published(), request):
            row = write(one.procedure)
            writer.writerow([safe(row[name]) for name in HEADINGS])
        answer = Response(b"\xef\xbb\xbf" + made.getvalue().encode(), media_type="text/csv; charset=utf-8")
        answer.headers["content-disposition"] = 'attachment; filename="thu-tuc.csv"'
        return answer

    async def _published(self) -> list[Listed]:
        return [Listed(entry, said(entry)) for entry in await self._site.store.procedures.all(Stage.PUBLISHED)]


def _chosen(everything: Sequence[Listed], request: Request) -> list[Listed]:
    asked = request.query_params
    found = list(search(list(everything), asked.get("q", "")[:LONGEST_SEARCH]))
    if field := asked.get("field", ""):
        found = [one for one in found if one.procedure.field == field]
    if asked.get("boundary") in {"free", "bound"}:
        free = asked["boundary"] == "free"
        found = [one for one in found if one.procedure.boundary_free is free]
    return sorted(found, key=lambda one: (one.procedure.sample, one.procedure.field, one.procedure.code))


def _authority(authority: str) -> str | None:
    """The deciding office's name; None where each unit decides for itself."""
    return None if authority == OF_THE_UNIT else offices()[authority].name


def _places(places: Sequence[str]) -> list[str]:
    """Kinds as they are, for the template to say; offices by their names."""
    kinds = set(OfficeKind)
    return [place if place in kinds else offices()[place].name for place in places]
