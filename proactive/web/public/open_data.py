"""For everybody: which services come by themselves, what the city does with the data, and open figures."""

from collections.abc import Mapping
from datetime import date

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.steps.open_data import DATASETS, ROUNDED_TO, TOLD, as_csv, dataset
from proactive.web.site import Site
from rules import RegisterSchema, Service
from rules.base import Words


class OpenData:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/services", self.services, methods=["GET"]),
            Route("/your-data", self.your_data, methods=["GET"]),
            Route("/open-data", self.show, methods=["GET"]),
            Route("/open-data/{name}.json", self.as_json, methods=["GET"]),
            Route("/open-data/{name}.csv", self.as_csv, methods=["GET"]),
        ]

    async def services(self, request: Request) -> Response:
        site = self._site
        return site.pages.show(
            request,
            "public/services.html",
            services=[(one, _days(one)) for one in site.wording.services],
            registers=site.wording.registers(),
        )

    async def your_data(self, request: Request) -> Response:
        site = self._site
        registers = site.wording.registers()
        return site.pages.show(
            request,
            "public/your_data.html",
            services=[(one, _read(one, registers)) for one in site.wording.services],
            registers=registers,
        )

    async def show(self, request: Request) -> Response:
        site = self._site
        told = {name: await dataset(name, store=site.store, clock=site.clock) for name in DATASETS}
        city = [one for one in reversed(told["boundary-free"]["rows"]) if not one["field"]]
        return site.pages.show(
            request,
            "public/open_data.html",
            told=told,
            datasets=DATASETS,
            states=TOLD,
            least=ROUNDED_TO,
            titles={one.name: one.title for one in site.wording.services},
            city=[
                (f"{date.fromisoformat(one['day']):%d/%m/%Y}", [one["boundary_free"] / one["published"]])
                for one in city
            ],
        )

    async def _told(self, request: Request) -> dict[str, object]:
        name = request.path_params["name"]
        if name not in DATASETS:
            raise HTTPException(404)
        return await dataset(name, store=self._site.store, clock=self._site.clock)

    async def as_json(self, request: Request) -> Response:
        answer = Response(msgspec.json.encode(await self._told(request)), media_type="application/json")
        answer.headers["access-control-allow-origin"] = "*"  # figures for everybody, without anybody's session
        return answer

    async def as_csv(self, request: Request) -> Response:
        told = await self._told(request)
        name = request.path_params["name"]
        content = as_csv(DATASETS[name].columns, told["rows"])  # type: ignore[arg-type]  # as `dataset` makes them
        answer = Response(content, media_type="text/csv; charset=utf-8")
        answer.headers["content-disposition"] = f'attachment; filename="{name}.csv"'
        return answer


def _days(service: Service) -> list[int]:
    """On which days before (negative) and after the date people are told."""
    return sorted(rung.offset_days for rung in service.ladder)


def _read(service: Service, registers: Mapping[str, RegisterSchema]) -> list[tuple[Words, Words, list[Words]]]:
    """What this service reads: each register, its owner, and the columns."""
    wanted: dict[str, set[str]] = {}
    for register, column in service.columns():
        wanted.setdefault(register, set()).add(column)
    found = []
    for name, columns in wanted.items():
        if (schema := registers.get(name)) is not None:
            titles = [each.title for column, each in schema.columns.items() if column in columns]
            found.append((schema.title, schema.owner, titles))
    return found
