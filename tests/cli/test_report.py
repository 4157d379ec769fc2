"""`proactive report`: what the worker drafted and counted, as it is printed."""

from pathlib import Path

from proactive.ports.clock import SetClock
from proactive.steps.tally import tally
from proactive.steps.weekly import Week, weekly
from proactive.store.store import Store
from rules import Catalogue
from tests.cli.conftest import Run


async def test_the_week_that_the_worker_drafted_is_printed_as_it_was(
    run: Run, store: Store, clock: SetClock, catalogue: Catalogue, tmp_path: Path
) -> None:
    last = Week.of(clock.today()).before
    await tally(catalogue=catalogue, store=store, clock=clock)
    paper = tmp_path / "week.pdf"

    told = (await run("report", "weekly", "--week", last.name, "--json", "--pdf", paper)).json
    printed = (await run("report", "weekly", "--week", last.name)).out
    running = (await run("report", "weekly", "--json")).json

    assert told == await weekly(last, catalogue=catalogue, store=store, clock=clock)
    assert all(line[language] in printed for one in told["sections"] for line in one["lines"] for language in line)
    assert paper.read_bytes().startswith(b"%PDF") and (told["running"], running["running"]) == (False, True)
    assert "is no week" in (await run("report", "weekly", "--week", "2026")).refused
    assert "has not begun" in (await run("report", "weekly", "--week", "2030-W01")).refused


async def test_progress_is_printed_and_figures_are_counted_at_once(run: Run) -> None:
    told = (await run("report", "progress", "--on", "2025-10-01", "--json")).json
    printed = (await run("report", "progress")).out
    counted = (await run("report", "count")).out

    assert told["day"] == "2025-10-01" and told["boundary_free"]["city"] == {"part": 0, "of": 0, "share": None}
    assert "boundary-free 0 of 0" in printed and "50 % by 2025-09-01: not reached" in printed
    assert "figures are counted and kept" in counted
    assert "has not come yet" in (await run("report", "progress", "--on", "2031-01-01")).refused
