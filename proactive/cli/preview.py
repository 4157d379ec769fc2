"""`proactive preview`: the texts of a service as citizens would get them, with what each takes to send."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("preview")(preview)


def preview(
    service_name: Annotated[str, typer.Argument(metavar="SERVICE", help="A service of the folder, a draft too.")],
    channel: Annotated[str, typer.Option(help="The channel, by the name of its file in rules/channels.")] = "sms",
    language: Annotated[Literal["vi", "en"], typer.Option(help="vi or en.")] = "vi",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array, an object a variant.")] = False,
    rules: Annotated[Path | None, typer.Option("--rules", help="Another folder of rules.", file_okay=False)] = None,
) -> None:
    """Show the text of every variant, in how many parts it travels and what that costs; ends with 1 if one may not go
    out."""
    from proactive.cli.services import opened
    from proactive.errors import Unusable
    from proactive.foresight.prices import price
    from proactive.ports.clock import SystemClock
    from rules.channels import channels
    from rules.previews import previews

    catalogue = opened(rules)
    service = {**catalogue.services, **catalogue.drafts}.get(service_name)
    if service is None:
        raise Unusable(f"There is no service {service_name}. `proactive services` lists them.")
    if channel not in channels():
        raise Unusable(f"There is no channel {channel}. Use one of: {', '.join(channels())}.")
    try:
        found = list(previews(service, channel=channel, language=language))
    except LookupError as error:
        raise Unusable(f"{error}. Write it, or name another channel or language.") from error
    cost = price(channels()[channel], SystemClock().today())
    shown = [
        {
            "variant": one.variant,
            "text": one.text,
            "encoding": one.size.encoding,
            "segments": one.size.segments,
            "cost_vnd": cost(one.text),
            "faults": list(one.faults),
            "case": one.case,
        }
        for one in found
    ]
    if as_json:
        typer.echo(json.dumps(shown, ensure_ascii=False))
    else:
        for one in found:
            vnd = cost(one.text)
            billed = "" if vnd is None else f", {vnd} đồng"
            typer.echo(f"{one.variant}  [{one.size.encoding}, {one.size.segments} phần{billed}]\n  {one.text}")
            for fault in one.faults:
                typer.echo(f"  ! {fault}")
    raise typer.Exit(1 if any(one.faults for one in found) else 0)
