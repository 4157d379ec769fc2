"""`proactive publish`: freezes a service's folder, to be in force from a day on."""

import asyncio
import getpass
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from proactive.errors import Unusable


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("publish")(publish)


def publish(
    service_name: Annotated[str, typer.Argument(metavar="SERVICE", help="The service whose folder is published.")],
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="YYYY-MM-DD", help="The day from which it counts; today."),
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who publishes it; your account's name.")] = None,
    withdrawn: Annotated[bool, typer.Option("--withdraw", help="Tell nobody new from then on.")] = False,
    told_again: Annotated[
        bool, typer.Option("--told-again", help="Yes, people who were told may be told again.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    rules: Annotated[Path | None, typer.Option("--rules", help="Another folder of rules.", file_okay=False)] = None,
) -> None:
    """Freeze what a service's folder says. Dossiers keep their version; what is not yet drafted is worked out anew."""
    said = asyncio.run(
        _publish(service_name, since, by or getpass.getuser(), withdrawn=withdrawn, told_again=told_again, rules=rules)
    )
    if as_json:
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    what = said["version"] or "withdrawn"
    typer.echo(
        f"{said['service']} {what} from {said['active_from']}, published by {said['published_by']}."
        if said["fresh"]
        else f"{said['service']} {what} is in force on that day already; nothing was changed."
    )
    if missing := said["columns_not_kept"]:
        typer.echo(
            f"Of records that are kept already, {', '.join(missing)} is not known. Start the workers anew: they read "
            "these registers again.",
            err=True,
        )  # fmt: skip


async def _publish(
    name: str, since: str | None, by: str, *, withdrawn: bool, told_again: bool, rules: Path | None
) -> dict[str, Any]:
    from proactive.cli._stored import day, stored
    from proactive.publishing import publish, withdraw
    from proactive.store.published import PublishedVersions
    from rules import Unpublishable

    async with stored("publish", rules) as here:
        today, versions = here.clock.today(), PublishedVersions(here.store.engine)
        first = day(since, today, "--from")
        if withdrawn:
            made = await withdraw(name, since=first, by=by, versions=versions, today=today, now=here.clock.now())
        else:
            service = here.folder.services.get(name) or here.folder.drafts.get(name)
            if service is None:
                raise Unusable(f"There is no sound service '{name}' in the folder. See `proactive check`.")
            try:
                made = await publish(
                    service, since=first, by=by, catalogue=here.book.catalogue, versions=versions, today=today,
                    now=here.clock.now(), told_again=told_again,
                )  # fmt: skip
            except Unpublishable as error:
                raise Unusable(str(error)) from error
    said: dict[str, Any] = {
        "service": name, "version": made.published.version or None, "active_from": str(made.published.active_from),
        "published_by": made.published.published_by, "fresh": made.fresh, "before": made.before or None,
        "columns_not_kept": list(made.not_kept),
    }  # fmt: skip
    return said
