"""One table moves a pilot; the draw is stable, even and unlike another pilot's."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proactive.domain.pilot import (
    STEPS,
    Arm,
    Candidate,
    Cohort,
    Outcome,
    Pilot,
    PilotState,
    Verb,
    drawn,
    includes,
    take,
)
from proactive.errors import OutOfTurn, Permanent

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
HELD = "........h.......h.h........h.....hh.hhh."
EDGE = [30, 98, 42, 83, 68, 97, 35, 67, 9, 50]
PILOT = Pilot(
    id=1, service="s", service_version="1", reason="r", document="d", a_day=1, total=1, starts_on=date(2026, 11, 1),
    ends_on=date(2026, 12, 1), state=PilotState.PROPOSED, proposed_by="an", proposed_at=NOW,
)  # fmt: skip


@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("state", PilotState)
def test_every_step_is_in_the_table_or_refused(verb: Verb, state: PilotState) -> None:
    pilot = PILOT.model_copy(update={"state": state, "paused_by": "an"})

    if state in STEPS[verb][0]:
        after = take(pilot, verb, by="binh", now=NOW, today=NOW.date(), outcome=Outcome.GO)
        assert after.state is STEPS[verb][1] and after.version == 1
    else:
        with pytest.raises(OutOfTurn):
            take(pilot, verb, by="binh", now=NOW, today=NOW.date(), outcome=Outcome.GO)


def test_nothing_starts_outside_its_days() -> None:
    approved = PILOT.model_copy(update={"state": PilotState.APPROVED})
    for day in (date(2026, 10, 31), date(2026, 12, 2)):
        with pytest.raises(OutOfTurn, match="from 2026-11-01"):
            take(approved, Verb.START, by="binh", now=NOW, today=day)


def test_a_refusal_says_what_to_do_instead() -> None:
    paused = PILOT.model_copy(update={"state": PilotState.PAUSED, "paused_by": "an"})
    running = PILOT.model_copy(update={"state": PilotState.RUNNING})
    stopped = PILOT.model_copy(update={"state": PilotState.STOPPED})
    done: dict[Verb, Pilot] = {}
    said = []
    for pilot, verb, by in (
        (PILOT, Verb.STOP, "binh"), (PILOT, Verb.APPROVE, "an"), (paused, Verb.RESUME, "an"),
        (stopped, Verb.CONCLUDE, "binh"), (PILOT, Verb.APPROVE, "binh"), (running, Verb.PAUSE, "binh"),
        (paused, Verb.RESUME, "binh"),
    ):  # fmt: skip
        try:
            done[verb] = take(pilot, verb, by=by, now=NOW, today=NOW.date())
        except (OutOfTurn, Permanent) as error:
            said.append((type(error), str(error)))

    assert said == [
        (OutOfTurn, "Pilot 1 is proposed: stop is for one that is paused or running."),
        (Permanent, "an proposed it: somebody else has to approve it."),
        (Permanent, "an paused it: somebody else has to say that it may go on."),
        (Permanent, "Say what was decided: go, no_go or again."),
    ]
    assert (done[Verb.APPROVE].approved_by, done[Verb.APPROVE].approved_at) == ("binh", NOW)
    assert done[Verb.PAUSE] == running.model_copy(
        update={"state": PilotState.PAUSED, "version": 1, "paused_by": "binh"}
    )
    assert done[Verb.RESUME].state is PilotState.RUNNING


def test_what_was_decided_is_kept_and_first_and_last_day_count() -> None:
    stopped = PILOT.model_copy(update={"state": PilotState.STOPPED})
    approved = PILOT.model_copy(update={"state": PilotState.APPROVED})

    concluded = take(stopped, Verb.CONCLUDE, by="binh", now=NOW, today=NOW.date(), outcome=Outcome.AGAIN)
    started = [take(approved, Verb.START, by="b", now=NOW, today=day) for day in (PILOT.starts_on, PILOT.ends_on)]

    assert concluded.outcome is Outcome.AGAIN
    assert {one.state for one in started} == {PilotState.RUNNING}
    with pytest.raises(OutOfTurn, match=r"^Pilot 1 is from 2026-11-01 to 2026-12-01: propose another one\.$"):
        take(approved, Verb.START, by="b", now=NOW, today=date(2026, 12, 2))


def test_a_range_holds_its_ends() -> None:
    cohort = Cohort(fields={"born": ("1980-01-01..1989-12-31",)})
    days = ("1979-12-31", "1980-01-01", "1989-12-31", "1990-01-01", "1980-01-01..1989-12-31")

    assert [includes(PILOT.model_copy(update={"cohort": cohort}), Candidate(fields={"born": day})) for day in days] == [
        False, True, True, False, True,
    ]  # fmt: skip


def test_the_draw_is_stable_even_and_differs_between_pilots() -> None:
    people = [f"0490{number:08d}" for number in range(20_000)]
    one = [drawn(b"a" * 32, person, hold_out=20) for person in people]
    other = [drawn(b"b" * 32, person, hold_out=20) for person in people]

    assert one == [drawn(b"a" * 32, person, hold_out=20) for person in people]
    assert 3_800 < one.count(Arm.HELD) < 4_200
    both = sum(a is b is Arm.HELD for a, b in zip(one, other, strict=True))
    assert 700 < both < 900  # four percent: whom one pilot leaves out says nothing about another
    assert {drawn(b"a" * 32, person, hold_out=0) for person in people} == {Arm.TOLD}


def test_the_draw_is_the_same_for_ever() -> None:
    """Whom a pilot left out is asked again months later."""
    held = "".join("h" if drawn(b"a" * 32, str(n), hold_out=25) is Arm.HELD else "." for n in range(40))
    edge = [
        min(share for share in range(101) if drawn(b"a" * 32, str(n), hold_out=share) is Arm.HELD) for n in range(10)
    ]

    assert (held, edge) == (HELD, EDGE)


@given(st.text(max_size=12), st.integers(0, 50), st.integers(0, 50))
def test_a_larger_hold_out_only_ever_adds_people(person: str, few: int, many: int) -> None:
    few, many = sorted((few, many))

    assert drawn(b"k" * 32, person, hold_out=few) is Arm.TOLD or drawn(b"k" * 32, person, hold_out=many) is Arm.HELD


@pytest.mark.parametrize(
    ("cohort", "belongs"),
    [
        (Cohort(), True),
        (Cohort(units=("20242", "20194")), True),
        (Cohort(units=("20194",)), False),
        (Cohort(variants=("late",)), False),
        (Cohort(fields={"class": ("B1", "B2")}), True),
        (Cohort(fields={"born": ("1980-01-01..1989-12-31",)}), True),
        (Cohort(fields={"born": ("1990-01-01..1999-12-31",)}), False),
        (Cohort(units=("20242",), fields={"class": ("C",)}), False),
        (Cohort(fields={"unknown": ("x",)}), False),
    ],
)
def test_all_that_a_cohort_names_must_hold(cohort: Cohort, belongs: bool) -> None:
    somebody = Candidate(unit="20242", variant="renew", fields={"class": "B1", "born": "1985-06-01", "unknown": None})

    assert includes(PILOT.model_copy(update={"cohort": cohort}), somebody) is belongs
