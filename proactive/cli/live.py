"""`proactive live`: two people switch a service live, one stops it."""

import asyncio
import json
from datetime import date, timedelta
from typing import Annotated, Any

import typer

from proactive.cli._signed import SignedBy, signed
from proactive.errors import Unusable

Service = Annotated[str, typer.Argument(metavar="SERVICE", help="A published service.")]
Because = Annotated[str, typer.Option(help="Why; it is kept.")]


def register(app: typer.Typer) -> None:
    live = typer.Typer(help="How far services may go: to guests only, or to everybody.", no_args_is_help=True)
    app.add_typer(live, name="live")

    @live.command("propose")
    def propose(
        service: Service,
        by: SignedBy,
        reason: Because,
        until: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="The last day; 30 days at most.")] = None,
    ) -> None:
        """Ask for a service to tell everybody; somebody else has to approve it. The password is asked for."""
        ends_on = asyncio.run(_propose(service, by, reason, until))
        typer.echo(f"{service}: proposed until {ends_on}; somebody else than {by} approves it.")

    @live.command("approve")
    def approve(service: Service, by: SignedBy) -> None:
        """Switch a proposed service live. Whoever proposed it cannot."""
        ends_on = asyncio.run(_approve(service, by))
        typer.echo(f"{service} is live until {ends_on}.")

    @live.command("stop")
    def stop(service: Service, by: SignedBy, reason: Because) -> None:
        """Stop a service, or `all`: from the next batch on nothing of it goes out, to guests neither."""
        for name in asyncio.run(_stop(service, by, reason)):
            typer.echo(f"{name} is stopped; two people can switch it live again.")

    @live.command("list")
    def show(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
        """Say how far each published service may go, and everything that was ever switched."""
        found = asyncio.run(_list())
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False, default=str))
            return
        for name, mode in found["services"].items():
            typer.echo(f"{mode:<8} {name}")
        for line in found["log"]:
            steps = [
                f"{verb} by {line[f'{verb}_by']} {line[f'{verb}_at']:%Y-%m-%d %H:%M}"
                for verb in ("proposed", "approved", "stopped")
                if line[f"{verb}_by"]
            ]
            typer.echo(f"  {line['service']} until {line['ends_on']}: {', '.join(steps)} ({line['reason']})")


async def _propose(service: str, by: str, reason: str, until: str | None) -> date:
    from proactive.parts import good_manners
    from proactive.settings import read

    async with signed(by) as here:
        _published(service)
        today = here.clock.today()
        longest = good_manners(read()).on(today).live_at_most_days
        try:
            ends_on = date.fromisoformat(until) if until else today + timedelta(days=longest)
        except ValueError as error:
            raise Unusable(f"--until {until} is no day. Write it like 2026-12-24.") from error
        if not today <= ends_on <= today + timedelta(days=longest):
            raise Unusable(f"--until {ends_on} is not within {longest} days from today; propose it again by then.")
        await here.store.live.propose(service, reason=reason, ends_on=ends_on, by=by, now=here.clock.now())
    return ends_on


async def _approve(service: str, by: str) -> date:
    async with signed(by) as here:
        return await here.store.live.approve(service, by=by, now=here.clock.now())


async def _stop(service: str, by: str, reason: str) -> list[str]:
    async with signed(by) as here:
        names = sorted(_services()) if service == "all" else [service]
        if service != "all":
            _published(service)
        for name in names:
            await here.store.live.stop(name, because=reason, by=by, now=here.clock.now(), today=here.clock.today())
    return names


async def _list() -> dict[str, Any]:
    async with signed(None) as here:
        modes = await here.store.live.modes(today=here.clock.today())
        log = [dict(line) for line in await here.store.live.log()]
    return {"services": {name: str(modes.get(name, "trial")) for name in sorted(_services())}, "log": log}


def _services() -> set[str]:
    from rules import sound

    catalogue, _ = sound()
    return set(catalogue.services)


def _published(service: str) -> None:
    if service not in (known := _services()):
        raise Unusable(f"There is no published service {service}. Use one of: {', '.join(sorted(known))}.")
