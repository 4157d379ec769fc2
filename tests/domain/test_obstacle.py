"""An obstacle moves only as the table says, in its owner's working days, and is reminded of in time."""

from datetime import date, datetime
from uuid import UUID

import pytest

from proactive.domain.obstacle import OBSTACLE_MOVES, Obstacle, ObstacleState, Reminder, moved, reminders, reported
from proactive.errors import OutOfTurn, Permanent
from rules.checks import VIETNAM

UNIT, OWNER = "centre-20410", "vp-ubnd-da-nang"
MONDAY = datetime(2026, 10, 5, 9, tzinfo=VIETNAM)


def made(at: datetime = MONDAY) -> Obstacle:
    return reported(
        UUID(int=1), title="Máy quét hỏng", detail="Không gửi được", kind="system", procedure=None, office=UNIT,
        by="hoa", owner=OWNER, at=at, working_days=5,
    )  # fmt: skip


def step(
    one: Obstacle, to: ObstacleState, *, office: str = OWNER, note: str = "đã làm", at: datetime = MONDAY
) -> Obstacle:
    return moved(one, to, by="x", office=office, at=at, note=note, working_days=5)


@pytest.mark.parametrize(
    ("at", "due"),
    [("2026-10-05T09:00", "2026-10-12"), ("2026-10-05T15:00", "2026-10-13"), ("2026-10-03T10:00", "2026-10-12")],
)
def test_its_time_is_counted_like_a_dossier_s(at: str, due: str) -> None:
    assert made(datetime.fromisoformat(at).replace(tzinfo=VIETNAM)).due_on == date.fromisoformat(due)


@pytest.mark.parametrize("state", list(ObstacleState))
def test_only_the_steps_of_the_table_can_be_taken(state: ObstacleState) -> None:
    one = made().model_copy(update={"state": state})
    for to in set(ObstacleState) - OBSTACLE_MOVES[state]:
        with pytest.raises(OutOfTurn):
            step(one, to)


def test_the_owner_removes_and_only_who_reported_says_that_it_is_gone() -> None:
    resolved = step(step(made(), ObstacleState.WORKING), ObstacleState.RESOLVED, note="Đã thay máy")

    assert resolved.answer == "Đã thay máy" and resolved.version == 3
    with pytest.raises(Permanent, match="Only an officer"):
        step(resolved, ObstacleState.CLOSED)
    with pytest.raises(Permanent, match="Only an officer"):
        step(made(), ObstacleState.RESOLVED, office=UNIT)
    with pytest.raises(Permanent, match="Say how"):
        step(made(), ObstacleState.RESOLVED, note=" ")
    assert step(resolved, ObstacleState.CLOSED, office=UNIT).state is ObstacleState.CLOSED


def test_one_that_is_not_gone_has_its_time_anew() -> None:
    resolved = step(made(), ObstacleState.RESOLVED)
    again = step(resolved, ObstacleState.WORKING, office=UNIT, at=datetime(2026, 10, 19, 9, tzinfo=VIETNAM))

    assert again.due_on == date(2026, 10, 26) and again.resolved_at is None


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-10-07", []),
        ("2026-10-08", [Reminder.DUE_SOON]),
        ("2026-10-12", [Reminder.DUE_SOON]),
        ("2026-10-13", [Reminder.OVERDUE]),
        ("2026-10-14", [Reminder.OVERDUE]),
        ("2026-10-15", [Reminder.OVERDUE, Reminder.TO_OFFICE]),
    ],
)
def test_reminders_come_before_and_after_the_day(day: str, said: list[Reminder]) -> None:
    assert reminders(made(), date.fromisoformat(day), warn=2) == said


def test_nobody_is_reminded_of_what_is_removed() -> None:
    assert reminders(step(made(), ObstacleState.RESOLVED), date(2027, 1, 1), warn=2) == []


def test_a_step_leaves_this_and_says_that() -> None:
    later = datetime(2026, 10, 7, 9, tzinfo=VIETNAM)
    resolved = step(made(), ObstacleState.RESOLVED, note=" " + "a" * 2100, at=later)

    assert made() == Obstacle(
        id=UUID(int=1), title="Máy quét hỏng", detail="Không gửi được", kind="system", office=UNIT, reported_by="hoa",
        reported_at=MONDAY, owner=OWNER, due_on=date(2026, 10, 12), changed_by="hoa", changed_at=MONDAY,
    )  # fmt: skip
    changed = {"changed_by": "x", "changed_at": later, "version": 2}
    assert resolved == made().model_copy(
        update={**changed, "state": ObstacleState.RESOLVED, "answer": "a" * 2000, "resolved_at": later}
    )
    closed = moved(resolved, ObstacleState.CLOSED, by="y", office=UNIT, at=MONDAY, note="", working_days=5)
    assert (closed.resolved_at, closed.due_on, closed.answer) == (later, resolved.due_on, resolved.answer)
    with pytest.raises(OutOfTurn) as turn:
        step(closed, ObstacleState.WORKING)
    with pytest.raises(Permanent) as office:
        step(made(), ObstacleState.WITHDRAWN)
    with pytest.raises(Permanent) as words:
        step(made(), ObstacleState.RESOLVED, note="")
    assert [str(one.value) for one in (turn, office, words)] == [
        "An obstacle that is closed cannot become working.",
        f"Only an officer of {UNIT} can do this, and x is of {OWNER}.",
        "Say how it was removed.",
    ]


def test_it_is_late_once_its_day_is_over_and_while_it_is_open() -> None:
    day = made().due_on

    assert [made().late(day), made().late(date(2026, 10, 13))] == [False, True]
    assert not step(made(), ObstacleState.RESOLVED).late(date(2026, 10, 13))


@pytest.mark.parametrize(
    ("title", "detail", "sound"),
    [
        ("t" * 160, "d" * 2000, True), ("t" * 161, "d", False), ("t", "d" * 2001, False), ("t", " ", False),
        (" ", "d", False),
    ],
)  # fmt: skip
def test_its_words_have_bounds(title: str, detail: str, sound: bool) -> None:
    def report() -> Obstacle:
        return reported(
            UUID(int=1), title=title, detail=detail, kind="law", procedure="p", office=UNIT, by="a", owner=OWNER,
            at=MONDAY, working_days=5,
        )  # fmt: skip

    if sound:
        assert (report().title, report().detail, report().procedure) == (title, detail, "p")
    else:
        with pytest.raises(Permanent, match=r"^Say in a title and a few sentences what stands in the way\.$"):
            report()


def test_an_empty_one_is_refused() -> None:
    with pytest.raises(Permanent):
        reported(
            UUID(int=1),
            title=" ",
            detail="x",
            kind="law",
            procedure=None,
            office=UNIT,
            by="a",
            owner=OWNER,
            at=MONDAY,
            working_days=5,
        )
