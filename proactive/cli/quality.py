"""`proactive quality`: how correct, complete, clean and alive each register is, how that went on, the worst rows."""

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from proactive.steps.overview import Overview, Standing

SHOWN = 5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("quality")(quality)


def quality(
    name: Annotated[str | None, typer.Option("--register", help="Only this one.")] = None,
    days: Annotated[int, typer.Option(help="How far back the trend goes.", min=1, max=1825)] = 14,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show each register's scores (đúng, đủ, sạch, sống), its worst rows, and which services wait because of it."""
    found = asyncio.run(_found(name, days))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found["registers"]:
        scores = "  ".join(
            f"{word} {_said(one['scores'].get(word))}" for word in ("correct", "complete", "clean", "alive")
        )
        typer.echo(f"{one['register']:<26} {scores}")
        if one["measured_at"] is None:
            typer.echo("    not measured yet: it is when everything the source holds was read once")
            continue
        rows = f"{one['rows']:,} rows, {one['refused']:,} refused"
        typer.echo(f"    {rows}; measured {one['measured_at']} in {one['seconds']} s")
        for fault in [fault for fault in one["expectations"] if fault["wrong"]][:SHOWN]:
            typer.echo(f"    {fault['wrong']:>8,}  {fault['dimension']:<9} not so: {fault['says']['vi']}")
        for row in one["worst"][:SHOWN]:
            typer.echo(f"    {row['record']:<10} {', '.join(row['faults'])}")
    for waiting in found["waiting"]:
        typer.echo(f"{waiting['service']} waits, with {waiting['occasions']:,} occasions: {' '.join(waiting['why'])}")


def _said(score: dict[str, Any] | None) -> str:
    return f"{score['score'] * 100:5.1f} %" if score else "   –   "


async def _found(name: str | None, days: int) -> dict[str, Any]:
    from proactive.cli._stored import stored
    from proactive.errors import Unusable
    from proactive.steps.overview import overview

    async with stored("quality") as here:
        catalogue = here.book.catalogue
        if name is not None and name not in catalogue.registers:
            raise Unusable(f"There is no connected register '{name}'. Name one of: {', '.join(catalogue.registers)}.")
        view = await overview(catalogue=catalogue, store=here.store, clock=here.clock)
        since = here.clock.now() - timedelta(days=days)
        return {
            "registers": [
                {**_register(one), "trend": await _trend(here.store, one.register.name, since)}
                for one in view.registers
                if name in (None, one.register.name)
            ],
            "waiting": _waiting(view),
        }


async def _trend(store: Any, register: str, since: Any) -> dict[str, list[dict[str, object]]]:
    trend = await store.quality.trend(register, since=since)
    return {
        str(dimension): [{"at": point.at.isoformat(), "score": round(point.score, 4)} for point in points]
        for dimension, points in trend.items()
    }


def _register(one: "Standing") -> dict[str, Any]:
    measured = one.measured
    return {
        "register": one.register.name,
        "title": one.register.title.model_dump(),
        "owner": one.register.owner.model_dump(),
        "measured_at": measured.measured_at.isoformat() if measured else None,
        "seconds": round(measured.seconds, 2) if measured else None,
        "rows": measured.rows if measured else None,
        "refused": measured.refused if measured else None,
        "changed_at": measured.changed_at.isoformat() if measured and measured.changed_at else None,
        "heard_at": measured.heard_at.isoformat() if measured and measured.heard_at else None,
        "scores": {
            str(dimension): {
                "score": score.score, "counted": score.counted, "wrong": score.wrong, "least": one.least.get(dimension),
            }
            for dimension, score in one.scores.items()
        },
        "complete_for": {service: score.score for service, score in one.by_service.items()},
        "expectations": sorted(measured.expectations, key=lambda line: -line["wrong"]) if measured else [],
        "worst": [
            {"record": f"***{row['key'][-4:]}", "faults": row["faults"]} for row in (measured.worst if measured else ())
        ],
    }  # fmt: skip


def _waiting(view: "Overview") -> list[dict[str, Any]]:
    titles = {one.register.name: one.register.title.vi for one in view.registers}
    return [
        {
            "service": one.service.name,
            "occasions": one.occasions,
            "why": [short.why(titles.get(short.register, short.register)) for short in one.shortfalls],
        }
        for one in view.waiting
    ]
