"""`proactive rights`: what people ask about their own data, with its clocks."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from proactive.cli._stored import Stored
    from proactive.domain.dossier import Dossier
    from proactive.domain.rights import RightsRequest

JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
BY = Annotated[str, typer.Option(help="Who does this, for the audit log.")]


def register(app: typer.Typer) -> None:
    rights = typer.Typer(help="What people ask about their own data.", no_args_is_help=True)
    app.add_typer(rights, name="rights")

    @rights.command("list")
    def show(
        answered: Annotated[bool, typer.Option("--answered", help="Those that are answered instead.")] = False,
        as_json: JSON = False,
    ) -> None:
        """List requests that wait, the one that is due first first; `late` says which clock has run out."""
        found = asyncio.run(_listed(answered=answered))
        if as_json:
            typer.echo(json.dumps({"requests": found}, ensure_ascii=False))
            return
        for one in found:
            late = "  LATE" if one["late"] else ""
            typer.echo(f"{one['id']}  {one['right']:<8} {one['state']:<13} due {one['due_on']}{late}")

    @rights.command("add")
    def add(
        code: Annotated[
            str, typer.Argument(help="The check code of a dossier of this person, who proved who they are.")
        ],
        right: Annotated[str, typer.Option("--right", help="see, correct, stop or erase.")],
        said: Annotated[str, typer.Option(help="What they said.")] = "",
    ) -> None:
        """Write down a request that came on paper or over the telephone; its clocks begin now."""
        made = asyncio.run(_added(code, right, said))
        typer.echo(f"{made.id}  {made.right}  acknowledge by {made.acknowledge_by}, answer by {made.due_on}")

    @rights.command("move")
    def move(
        request: Annotated[str, typer.Argument(help="Its id.")],
        to: Annotated[str, typer.Argument(help="acknowledged, granted (erase), done or refused.")],
        answer: Annotated[str, typer.Option(help="What the person is told; needed for done and refused.")] = "",
        by: BY = "operator",
    ) -> None:
        """Acknowledge, grant, do or refuse a request."""
        typer.echo(f"{request} is {asyncio.run(_moved(request, to, answer, by)).state}.")

    @rights.command("put-off")
    def put_off(
        request: Annotated[str, typer.Argument(help="Its id.")],
        because: Annotated[str, typer.Option(help="Why; the person is told.")],
    ) -> None:
        """Give the answer more time, once."""
        typer.echo(f"{request} is to be answered by {asyncio.run(_put_off(request, because)).due_on}.")

    @rights.command("export")
    def export(
        code: Annotated[str, typer.Argument(help="The check code of one of their dossiers.")],
        to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A .csv or .json file.")],
    ) -> None:
        """Write everything that is held of one person, all of their dossiers, into a file for them."""
        typer.echo(f"{asyncio.run(_exported(code, to))} values are in {to}.")


async def _dossier(here: "Stored", code: str) -> "Dossier":
    from proactive.domain.keys import read_code
    from proactive.errors import Unusable

    found = await here.store.dossiers.by_code(read_code(code) or "")
    if found is None:
        raise Unusable("No dossier has this check code.")
    return found


async def _request(here: "Stored", name: str) -> "RightsRequest":
    from proactive.errors import Unusable

    try:
        found = await here.store.rights.get(UUID(name))
    except ValueError:
        found = None
    if found is None:
        raise Unusable(f"There is no request {name}. `proactive rights list` names them.")
    return found


async def _listed(*, answered: bool) -> list[dict[str, object]]:
    from proactive.cli._stored import stored
    from proactive.domain.rights import WAITS, Asked

    async with stored("rights") as here:
        states = set(Asked) - WAITS if answered else WAITS
        found, _ = await here.store.rights.waiting(states, office=None, limit=1000)
        today = here.clock.today()
        kept = {"id", "right", "state", "acknowledge_by", "due_on", "asked_at", "answered_at"}
        return [{**one.model_dump(mode="json", include=kept), "late": one.late(today)} for one in found]


async def _added(code: str, right: str, said: str) -> "RightsRequest":
    from proactive.cli._stored import stored
    from proactive.domain.rights import Right
    from proactive.errors import Unusable
    from proactive.parts import privacy_rules
    from proactive.steps.rights import ask_right

    if right not in set(Right):
        raise Unusable(f"There is no right '{right}'. Use one of: {', '.join(Right)}.")
    async with stored("rights") as here:
        dossier = await _dossier(here, code)
        return await ask_right(
            dossier, Right(right), said=said or None, privacy=privacy_rules(here.settings), store=here.store,
            clock=here.clock,
        )  # fmt: skip


async def _moved(request: str, to: str, answer: str, by: str) -> "RightsRequest":
    from proactive.cli._stored import stored
    from proactive.domain.rights import BY_HAND, Asked
    from proactive.errors import Unusable
    from proactive.steps.rights import answer_right

    if to not in {str(state) for state in BY_HAND}:
        raise Unusable(f"A request does not become '{to}' by hand. Use one of: {', '.join(sorted(BY_HAND))}.")
    if to in {Asked.DONE, Asked.REFUSED} and not answer:
        raise Unusable("Say with --answer what the person is told.")
    async with stored("rights") as here:
        found = await _request(here, request)
        return await answer_right(
            found, Asked(to), by=by, answer=answer, store=here.store, now=here.clock.now()
        )  # fmt: skip


async def _put_off(request: str, because: str) -> "RightsRequest":
    from proactive.cli._stored import stored
    from proactive.parts import privacy_rules
    from proactive.steps.rights import put_off

    async with stored("rights") as here:
        found = await _request(here, request)
        rules = privacy_rules(here.settings)
        return await put_off(found, because=because, privacy=rules, store=here.store, clock=here.clock)


async def _exported(code: str, to: Path) -> int:
    from proactive.cli._private import write_private
    from proactive.cli._stored import stored
    from proactive.errors import Unusable
    from proactive.sheets.writing import listed
    from proactive.steps.held import HEADING, held

    if to.suffix not in {".csv", ".json"}:
        raise Unusable("Say where: --to FILE.csv or FILE.json.")
    async with stored("rights") as here:
        dossier = await _dossier(here, code)
        everything = await here.store.dossiers.of_subject(dossier.subject, limit=1000)
        pieces = await held(everything, store=here.store, catalogue=here.folder)
    if to.suffix == ".json":
        said = json.dumps([one.model_dump(mode="json") for one in pieces], ensure_ascii=False, indent=1).encode()
    else:
        said = listed(HEADING, ((one.place, one.name, one.value, one.source, one.since) for one in pieces))
    await asyncio.to_thread(write_private, to, said)
    return len(pieces)
