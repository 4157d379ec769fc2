"""`proactive rejected`: the changes that were refused: see them, try them out, take them once more or let them be."""

import asyncio
import getpass
import sys
from typing import Annotated, Any

import typer

from proactive.cli import _refused as refused
from proactive.cli._refused import AsJson, By, Column, Everything, Ids, KeyEnds, Register, Since, Until, Yes
from proactive.domain.rejected import Standing, Which
from proactive.errors import Unusable


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Changes of registers that were refused.", no_args_is_help=True)
    app.add_typer(group, name="rejected")
    group.command("list")(listed)
    group.command("show")(show)
    group.command("replay")(replay)
    group.command("discard")(discard)


def listed(
    register: Register = None,
    since: Since = None,
    until: Until = None,
    problem: Column = None,
    key_ends: KeyEnds = None,
    state: Annotated[str | None, typer.Option(help=f"Only these: {', '.join(Standing)}.")] = None,
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1, max=10_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List refused changes: register, key, and for each problem where, why and how to mend it."""
    which = refused.chosen(
        register=register, since=since, until=until, problem=problem, key_ends=key_ends, standing=state
    )
    found, tally = asyncio.run(_listed(which, limit))
    if as_json:
        return refused.written({"states": tally, "changes": [refused.shown(one) for one in found]})
    for one in found:
        typer.echo(refused.line(one))
    typer.echo("  ".join(f"{number} {name}" for name, number in tally.items() if number) or "None.", err=True)
    return None


async def _listed(which: Which, limit: int) -> tuple[list[Any], dict[str, int]]:
    from proactive.cli._stored import stored

    async with stored("rejected") as here:
        tally = await here.store.rejected.tally(which)
        return await here.store.rejected.found(which, limit=limit), {str(name): n for name, n in tally.items()}


def show(
    number: Annotated[int, typer.Argument(metavar="ID", help="Its id in the list.")],
    reveal: Annotated[bool, typer.Option("--reveal", help="Show all of the row; the look is written down.")] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Show one refused change: its row, what is wrong, what a replay would do, and who did what about it."""
    said = asyncio.run(_show(number, reveal=reveal, by=by or getpass.getuser()))
    if as_json:
        return refused.written(said)
    typer.echo(f"{said['register']} {said['key']}, version {said['version']}, {said['state']}")
    for name, value in (said["row"] or {"(row)": "it cannot be read"}).items():
        typer.echo(f"    {name}: {'–' if value is None else value}")
    for fault in said["problems"]:
        typer.echo(f"  {fault['where']}: {fault['why']} {fault['mend']}")
    typer.echo(f"  taken once more it would be {_becomes(said['replay'])}")
    for deed in said["history"]:
        typer.echo(f"  {deed['at']}  {deed['actor']}  {deed['verb']}{': ' + deed['note'] if deed['note'] else ''}")
    return None


async def _show(number: int, *, reveal: bool, by: str) -> dict[str, Any]:
    from proactive.cli._stored import stored
    from proactive.facts import Facts
    from proactive.steps.replay import row_of, tried

    async with stored("rejected") as here:
        one = await here.store.rejected.get(number)
        if one is None:
            raise Unusable(f"There is no refused change {number}. See `proactive rejected list`.")
        if reveal:
            await here.store.rejected.looked(number, actor=by, now=here.clock.now())
        facts = Facts(here.book.catalogue, here.store.pseudonyms)
        schema = facts.registers.get(one.register_name)
        trial = tried(one, facts=facts)
        return {
            **refused.shown(one, reveal=reveal),
            "row": row_of(one, schema, reveal=reveal),
            "replay": str(trial.becomes),
            "history": [deed.model_dump(mode="json") for deed in await here.store.rejected.history(number)],
        }


def replay(
    ids: Ids = None,
    register: Register = None,
    since: Since = None,
    until: Until = None,
    problem: Column = None,
    key_ends: KeyEnds = None,
    everything: Everything = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
    yes: Yes = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Take refused changes once more, by the rules of now: each ends kept, overtaken, or refused again with why."""
    which = refused.chosen(
        ids=ids, register=register, since=since, until=until, problem=problem, key_ends=key_ends, standing="waiting"
    )
    said = asyncio.run(_rehearsed(_narrow(which, everything)))
    if not as_json:
        _told(said)
    if not dry_run and said["total"]:
        _confirmed(yes, f"Take {said['total']} refused changes once more?")
        said["asked"] = asyncio.run(_replay(which.model_copy(update={"upto": said["upto"]}), by))
    if as_json:
        refused.written(said)
    elif "asked" in said:
        typer.echo(f"{said['asked']} are on their way; a worker takes them. `proactive rejected list` shows what came.")


def discard(
    why: Annotated[str, typer.Option("--why", help="Why nothing needs to be done about them; kept with them.")],
    ids: Ids = None,
    register: Register = None,
    since: Since = None,
    until: Until = None,
    problem: Column = None,
    key_ends: KeyEnds = None,
    everything: Everything = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many.")] = False,
    yes: Yes = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Let refused changes be. They stay in the table with who said so, when and why."""
    which = refused.chosen(
        ids=ids, register=register, since=since, until=until, problem=problem, key_ends=key_ends, standing="waiting"
    )
    said = asyncio.run(_counted(_narrow(which, everything)))
    if not dry_run and said["total"]:
        _confirmed(yes, f"Let {said['total']} refused changes be?")
        said["discarded"] = asyncio.run(_discard(which.model_copy(update={"upto": said["upto"]}), why, by))
    if as_json:
        refused.written(said)
    else:
        typer.echo(f"{said['discarded']} discarded." if "discarded" in said else f"{said['total']} would be discarded.")


def _narrow(which: Which, everything: bool) -> Which:
    if which.all and not everything:
        raise Unusable("Say which: ids, --register, --since, --until, --problem or --key-ends; or --all.")
    return which


def _confirmed(yes: bool, question: str) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise Unusable(f"{question} Nobody is there to ask: say --yes, or --dry-run.")
    if not typer.confirm(question, err=True):
        raise Unusable("Nothing was done.")


def _told(said: dict[str, Any]) -> None:
    typer.echo("  ".join(f"{number} {_becomes(name)}" for name, number in said["becomes"].items()) or "None waits.")
    for one in said["refused_because_of"]:
        typer.echo(f"    {one['changes']} {one['register']}: {one['column']}")


def _becomes(standing: str) -> str:
    return "refused again" if standing == Standing.WAITING else standing


async def _rehearsed(which: Which) -> dict[str, Any]:
    from proactive.cli._stored import stored
    from proactive.facts import Facts
    from proactive.steps.replay import try_out

    async with stored("rejected") as here:
        upto = await here.store.rejected.newest()
        bounded = which.model_copy(update={"upto": upto})
        found = await try_out(bounded, facts=Facts(here.book.catalogue, here.store.pseudonyms), store=here.store)
    return {
        "total": found.total,
        "upto": upto,
        "becomes": {str(name): number for name, number in found.counts.items()},
        "refused_because_of": [
            {"register": register, "column": column, "changes": number}
            for (register, column), number in found.problems.most_common()
        ],
        "first": [
            {
                "id": one.refused.id, "register": one.refused.register_name,
                "key": refused.masked(one.refused.key), "becomes": str(one.becomes),
                "problems": [{"where": p.where, "why": p.why, "mend": p.mend} for p in one.problems],
            }
            for one in found.first
        ],
    }  # fmt: skip


async def _counted(which: Which) -> dict[str, Any]:
    from proactive.cli._stored import stored

    async with stored("rejected") as here:
        upto = await here.store.rejected.newest()
        tally = await here.store.rejected.tally(which.model_copy(update={"upto": upto}))
        return {"total": tally[Standing.WAITING], "upto": upto}


async def _replay(which: Which, by: str | None) -> int:
    from proactive.cli._stored import stored

    async with stored("rejected") as here:
        return await here.store.rejected.replay(which, actor=by or getpass.getuser(), now=here.clock.now())


async def _discard(which: Which, why: str, by: str | None) -> int:
    from proactive.cli._stored import stored

    async with stored("rejected") as here:
        return await here.store.rejected.discard(
            which, actor=by or getpass.getuser(), note=why.strip()[:1000], now=here.clock.now()
        )
