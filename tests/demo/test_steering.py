"""The demo's pages of steering have figures, made by the steps that people would take."""

from proactive.demo.steering import furnish
from proactive.ports.clock import SetClock
from proactive.steps.candidates import ranking
from proactive.steps.progress import progress
from proactive.steps.tally import tally
from proactive.store.store import Store
from rules import Catalogue


async def test_candidates_progress_obstacles_and_reports_have_figures(
    store: Store, clock: SetClock, catalogue: Catalogue
) -> None:
    await furnish(store, clock)
    await furnish(store, clock)
    await tally(catalogue=catalogue, store=store, clock=clock, at_once=True)

    told = await progress(clock.today(), catalogue=catalogue, store=store, clock=clock)
    assert told["boundary_free"]["city"]["of"] == 6 and len({one["of"] for one in told["boundary_free"]["months"]}) > 3
    assert told["obstacles"] == {"reported": 3, "resolved": 1, "open": 2, "late": 1}
    found = await ranking(catalogue=catalogue, store=store, clock=clock)
    assert {one.candidate: str(one.state) for one in found.living.values()} == {
        "transport-badge": "accepted", "food-safety": "proposed",
    }  # fmt: skip
    kinds = {one["kind"] for one in await store.obstacles.reminders("vp-ubnd-da-nang")}
    assert kinds <= {"due_soon", "overdue", "to_office"} and kinds & {"overdue", "to_office"}
