"""`proactive capacity`: officers' hours against the work of the next twelve months, and who says how many there are."""

import asyncio
import json
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proactive.cli._signed import SignedBy, signed
from proactive.errors import Unusable

if TYPE_CHECKING:
    from proactive.foresight.workload import Load, Month, Year


def register(app: typer.Typer) -> None:
    """Add the commands."""
    capacity = typer.Typer(help="Officers' hours against the work to come.", invoke_without_command=True)
    app.add_typer(capacity, name="capacity")
    capacity.callback()(show)
    capacity.command("say")(say)


def show(
    context: typer.Context,
    office: Annotated[str, typer.Option(help="Only this office.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Twelve months ahead: what falls due, the hours that takes, the hours there are, and messages against budgets."""
    if context.invoked_subcommand is not None:
        return
    found, said = asyncio.run(_year())
    told = told_json(found, said, office)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for name, months in {**({} if office else {"the whole city": told["city"]}), **told["offices"]}.items():
        typer.echo(name)
        for one in months:
            part = "" if one["part"] is None else f"  {100 * one['part']:.0f} %"
            there = "nobody has said" if one["hours"] is None else f"{one['hours']:,} hours there"
            work = f"{one['occasions']:>9,} due  {one['needed']:>10,} hours needed"
            typer.echo(f"  {one['month']}  {work}, {there}{part}")


def say(
    office: Annotated[str, typer.Argument(metavar="OFFICE", help="Its id, see `proactive office list`.")],
    hours: Annotated[int, typer.Option(help="Hours of all its officers together in a week of five days.")],
    by: SignedBy,
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="From this day on; today.")] = None,
    note: Annotated[str | None, typer.Option(help="Why; it is kept.")] = None,
) -> None:
    """Say how many hours an office has from a day on. Its own officers may, and those of the role data of any."""
    from_day = asyncio.run(_say(office, hours, by, first, note))
    typer.echo(f"{office} has {hours:,} hours a week from {from_day} on.")


def told_json(found: "Year", said: dict[str, list[tuple[date, int]]], office: str = "") -> dict[str, Any]:
    """All of it for programs: counts as they are, so not to be published as such."""
    return {
        "city": [_load(month, load) for month, load in found.city.items()],
        "offices": {
            name: [_load(month, load) for month, load in loads.items()]
            for name, loads in found.offices.items()
            if office in ("", name)
        },
        "services": {
            name: [
                {
                    "month": f"{month.first:%Y-%m}", **due.asdict(),
                    "budget": {"messages": most.messages, "vnd": most.vnd},
                }
                for (month, due), most in zip(months.items(), found.budgets[name].values(), strict=True)
            ]
            for name, months in found.services.items()
        },
        "said": {
            name: [{"from": from_day.isoformat(), "hours_a_week": hours} for from_day, hours in lines]
            for name, lines in said.items()
            if office in ("", name)
        },
    }  # fmt: skip


def _load(month: "Month", load: "Load") -> dict[str, Any]:
    return {
        "month": f"{month.first:%Y-%m}",
        "occasions": load.sum.occasions,
        "needed": load.sum.officer_hours,
        "hours": load.hours,
        "part": None if load.part is None else round(load.part, 4),
    }


async def _year() -> tuple["Year", dict[str, list[tuple[date, int]]]]:
    from proactive.cli._stored import stored
    from proactive.foresight.workload import ahead, budgets, year
    from proactive.parts import good_manners
    from proactive.store.expectations import Expectations

    async with stored("capacity") as here:
        services = list(here.book.catalogue.services.values())
        policy = good_manners(here.settings).on(here.clock.today())
        expected = await ahead(services, here.clock.today(), expectations=Expectations(here.store.engine))
        said = await here.store.capacities.all()
        return year(expected, said, budgets(services, policy), is_working=policy.is_working), said


async def _say(office: str, hours: int, by: str, first: str | None, note: str | None) -> date:
    from proactive.cli._stored import day
    from proactive.foresight.capacity import say as kept

    async with signed(by) as here:
        officer = await here.store.officers.get(by)
        if officer is None:
            raise Unusable(f"There is no officer {by}.")
        from_day = day(first, here.clock.today(), "--from")
        await kept(
            officer, office, hours_a_week=hours, from_day=from_day, note=note, store=here.store, clock=here.clock
        )
        return from_day
