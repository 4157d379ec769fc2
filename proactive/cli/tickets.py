"""`proactive tickets`: corrections that somebody asked the owners of registers for."""

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from proactive.domain.ticket import Ticket


def register(app: typer.Typer) -> None:
    tickets = typer.Typer(help="Corrections asked of the owners of registers.", no_args_is_help=True)
    app.add_typer(tickets, name="tickets")

    @tickets.command("list")
    def show(
        state: Annotated[
            str | None, typer.Option(help="open, sent, corrected, otherwise, rejected, withdrawn.")
        ] = None,
        name: Annotated[str | None, typer.Option("--register", help="Only of this register.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    ) -> None:
        """List tickets, oldest first: which column of which register, where it stands. Values are not shown."""
        found = asyncio.run(_listed(state, name))
        if as_json:
            typer.echo(json.dumps({"tickets": found}, ensure_ascii=False))
            return
        for line in found:
            typer.echo(f"{line['id']}  {line['state']:<10} {line['register']}.{line['column']}  {line['record']}")

    @tickets.command("export")
    def export(
        owner: Annotated[str | None, typer.Option(help="The owner, as its registers name it in Vietnamese.")] = None,
        name: Annotated[str | None, typer.Option("--register", help="Or one register.")] = None,
        to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="A .csv, .xlsx or .json file.")] = None,
        send: Annotated[bool, typer.Option("--sent", help="The owner gets it: open tickets are sent now.")] = False,
        by: Annotated[str, typer.Option(help="Who does this, for the tickets' history.")] = "operator",
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
    ) -> None:
        """Write the open and sent tickets of an owner into a file for them. It holds personal data."""
        made, number = asyncio.run(_exported(owner, name, to, send=send, by=by, as_json=as_json))
        if as_json:
            sys.stdout.write(made.decode() + "\n")
            return
        typer.echo(f"{number} tickets are in {to}.")


async def _listed(state: str | None, name: str | None) -> list[dict[str, Any]]:
    from proactive.cli._stored import stored
    from proactive.domain.ticket import TicketState
    from proactive.errors import Unusable

    if state is not None and state not in set(TicketState):
        raise Unusable(f"There is no state '{state}'. Use one of: {', '.join(TicketState)}.")
    async with stored("tickets") as here:
        registers = here.folder.registers if name is None else [name]
        states = list(TicketState) if state is None else [TicketState(state)]
        return [_line(one) for one in await here.store.tickets.owed_to(registers, states)]


def _line(one: "Ticket") -> dict[str, Any]:
    def at(moment: datetime) -> str:
        return moment.isoformat()

    return {
        "id": str(one.id), "register": one.register_name, "column": one.column, "record": f"***{one.key[-4:]}",
        "state": str(one.state), "said_by": one.said_by, "office": one.office, "opened_at": at(one.opened_at),
        "changed_at": at(one.changed_at),
    }  # fmt: skip


async def _exported(
    owner: str | None, name: str | None, to: Path | None, *, send: bool, by: str, as_json: bool
) -> tuple[bytes, int]:
    from proactive.cli._private import write_private
    from proactive.cli._stored import stored
    from proactive.domain.ticket import LIVE
    from proactive.errors import Unusable
    from proactive.steps.send_tickets import FORMATS, lines, owners, sent

    kind = "json" if as_json else (to.suffix.removeprefix(".") if to is not None else "")
    if kind not in FORMATS:
        raise Unusable("Say where: --to FILE.csv, FILE.xlsx or FILE.json; or --json to print it.")
    async with stored("tickets") as here:
        known = owners(here.folder)
        if (owner is None) == (name is None) or (owner is not None and owner not in known):
            raise Unusable(f"Name a register, or one owner of: {'; '.join(known)}.")
        registers = known[owner] if owner is not None else [str(name)]
        found = await here.store.tickets.owed_to(registers, LIVE)
        make, _ = FORMATS[kind]
        made = make(lines(found, here.folder))
        if to is not None and not as_json:
            await asyncio.to_thread(write_private, to, made)
        if send:
            await sent(found, actor=by, store=here.store, clock=here.clock)
        return made, len(found)
