"""`proactive status`: what rests where, for the terminal."""

import asyncio
import json
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)


def status(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Say how many dossiers are in each state, what is overdue, what waits, and how long nobody has heard of what."""
    found = asyncio.run(_looked())
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for heading, values in found.items():
        if isinstance(values, dict):
            inside = ", ".join(f"{name} {value:,}" for name, value in values.items()) or "none"
            typer.echo(f"{heading.replace('_', ' ')}: {inside}")
        else:
            typer.echo(f"{heading.replace('_', ' ')}: {values:,}")


async def _looked() -> dict[str, dict[str, float] | float]:
    from proactive.cli._database import database_url
    from proactive.ports.clock import SystemClock
    from proactive.settings import read
    from proactive.store.store import opened

    clock = SystemClock(read().shift)
    async with opened(database_url(), size=1, application="proactive status") as store:
        found = await store.backlogs.now(today=clock.today(), now=clock.now())
    return {
        "dossiers": dict(found.dossiers),
        "overdue_occasions": dict(found.overdue),
        "notices_open": {f"{channel} {state}": number for (channel, state), number in found.notices.items()},
        "oldest_notice_seconds": round(found.oldest_notice_seconds),
        "applications_queued": found.queued_applications,
        "rejected_changes": found.rejected_changes,
        "register_silence_seconds": {name: round(seconds) for name, seconds in found.registers.items()},
        "provider_shares": {f"{group} {channel}": share for (group, channel), share in found.shares.items()},
        "audit_unsealed_seconds": round(found.unsealed_seconds),
    }
