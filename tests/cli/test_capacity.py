"""`proactive capacity`: hours are said in somebody's own name, and set against the work of the months to come."""

from tests.cli.conftest import Arrive, Run
from tests.cli.test_forecast_and_simulate import due_in
from tests.cli.test_live_and_guests import officers
from tests.cli.test_live_and_guests import run as typed

__all__ = ["officers"]
OFFICE = "csgt-da-nang"


async def test_hours_are_said_and_set_against_what_falls_due(run: Run, arrive: Arrive, officers: None) -> None:
    await arrive(due_in(1, 3), due_in(2, 20), due_in(3, 20), due_in(4, 400))

    first = await typed("capacity", "say", OFFICE, "--hours", "35", "--by", "an", "--from", "2026-01-01")
    await typed("capacity", "say", OFFICE, "--hours", "70", "--by", "an", "--from", "2026-12-07", "--note", "thêm")
    others = await typed("capacity", "say", "centre-20242", "--hours", "1", "--by", "an", "--from", "2026-01-01")
    wrong = await typed("capacity", "say", OFFICE, "--hours", "-1", "--by", "an", "--from", "2026-01-01")
    told = (await run("capacity", "--json", "--office", OFFICE)).json
    printed = (await run("capacity")).out

    assert first.stdout == f"{OFFICE} has 35 hours a week from 2026-01-01 on.\n"
    assert "somebody of centre-20242" in str(others.exception) and "no number of hours" in str(wrong.exception)
    assert told["said"] == {
        OFFICE: [{"from": "2026-01-01", "hours_a_week": 35}, {"from": "2026-12-07", "hours_a_week": 70}]
    }
    november, december = told["offices"][OFFICE][:2]
    of_november = november["month"], november["occasions"], november["hours"]
    assert of_november == ("2026-11", 1, 35.0)  # from the 23rd, and the 24th is a day off
    assert (december["month"], december["occasions"]) == ("2026-12", 2)
    assert december["hours"] == 4 * 7 + 19 * 14  # 23 working days of December, the first four before the 7th
    assert december["needed"] == 0.5 and december["part"] == round(0.5 / december["hours"], 4)
    assert told["services"]["driver_licence_renewal"][1]["budget"]["messages"] > 0
    assert "the whole city" in printed and "35.0 hours there" in printed
