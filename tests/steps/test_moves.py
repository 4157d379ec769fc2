"""The two tables that say how a dossier and a notice may move: nothing moves beside them."""

from datetime import UTC, date, datetime
from itertools import pairwise
from uuid import UUID, uuid5

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from proactive.domain.application import STATUS_WORDS
from proactive.domain.dossier import (
    ANSWERED,
    CLOSING_STATUS,
    DECIDED,
    MOVES,
    OPEN,
    TELLABLE,
    Answer,
    Decision,
    Dossier,
    Field,
    State,
    move,
)
from proactive.domain.notice import SENDING_MOVES, Notice, Sending, advance, notice_id
from proactive.errors import OutOfTurn
from proactive.journey import PICKS_UP

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SOMEBODY = UUID("00000000-0000-4000-8000-000000000001")
ENDS = {State.CLOSED, State.REFUSED, State.ENDED}


def dossier(state: State) -> Dossier:
    return Dossier(
        id=SOMEBODY, occasion_id=SOMEBODY, service="s", service_version="1", subject="048168000001", record_key="1",
        cycle="c", anchor=date(2026, 12, 23), ends_on=date(2028, 12, 22), state=state, code="ABCDEFGH",
        office="csgt-da-nang", created_at=NOW, updated_at=NOW, fields=(Field(name="full_name", value="A"),),
    )  # fmt: skip


def notice(state: Sending) -> Notice:
    return Notice(
        id=notice_id(SOMEBODY, "first", "sms"), dossier_id=SOMEBODY, rung="first", channel="sms", to="+84599000100",
        body="x", state=state, created_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize("start", State)
@pytest.mark.parametrize("to", State)
def test_a_dossier_moves_as_the_table_says_and_in_no_other_way(start: State, to: State) -> None:
    if to in MOVES[start]:
        assert move(dossier(start), to).state is to
    else:
        with pytest.raises(OutOfTurn, match=f"{start} cannot become {to}"):
            move(dossier(start), to)


@pytest.mark.parametrize("start", Sending)
@pytest.mark.parametrize("to", Sending)
def test_a_notice_moves_as_the_table_says_and_in_no_other_way(start: Sending, to: Sending) -> None:
    if to in SENDING_MOVES[start]:
        assert advance(notice(start), to).state is to
    else:
        with pytest.raises(OutOfTurn, match=f"{start} cannot become {to}"):
            advance(notice(start), to)


def test_every_state_is_in_the_tables_and_every_end_is_final() -> None:
    assert set(MOVES) == set(State)
    assert set(SENDING_MOVES) == set(Sending)
    assert {state for state, onward in MOVES.items() if not onward} == ENDS


def test_nothing_is_forwarded_but_what_was_approved_and_nothing_approved_but_what_was_confirmed() -> None:
    assert {start for start, onward in MOVES.items() if State.FORWARDED in onward} == {State.APPROVED}
    assert {start for start, onward in MOVES.items() if State.APPROVED in onward} == {State.CONFIRMED}
    assert {start for start, onward in MOVES.items() if State.CLOSED in onward} == {State.FORWARDED}


def test_a_message_in_doubt_is_sent_again_only_through_a_new_plan() -> None:
    assert Sending.CLAIMED not in SENDING_MOVES[Sending.UNKNOWN]
    assert {start for start, onward in SENDING_MOVES.items() if Sending.CLAIMED in onward} == {Sending.PLANNED}
    assert {start for start, onward in SENDING_MOVES.items() if Sending.PLANNED in onward} == {
        Sending.CLAIMED,
        Sending.UNKNOWN,
    }


def test_where_facts_may_still_change_a_dossier_it_may_become_moot() -> None:
    assert all(State.MOOT in MOVES[state] for state in OPEN)
    assert TELLABLE < OPEN


def test_word_of_a_dossier_that_we_move_wakes_the_step_that_moves_it() -> None:
    assert PICKS_UP["offer"] == TELLABLE
    assert {name: states for name, states in PICKS_UP.items() if name != "offer"} == {
        "forward": {State.APPROVED}, "follow": {State.FORWARDED},
    }  # fmt: skip


def test_each_answer_decision_and_closing_status_leads_somewhere_that_can_be_reached() -> None:
    assert set(ANSWERED) == set(Answer)
    assert set(DECIDED) == set(Decision)
    assert all(to in MOVES[State.OFFERED] for to in ANSWERED.values())
    assert all(to in MOVES[State.CONFIRMED] for to in DECIDED.values())
    assert all(to in MOVES[State.FORWARDED] and code in STATUS_WORDS for code, to in CLOSING_STATUS.items())


def test_an_approval_covers_values_claims_choices_and_where_the_result_goes_and_not_the_day_it_was_read() -> None:
    one = dossier(State.CONFIRMED)
    [field] = one.fields
    others = [
        one.model_copy(update={"fields": (field.model_copy(update={"value": "B"}),)}),
        one.model_copy(update={"fields": (field.model_copy(update={"claim": "B"}),)}),
        one.model_copy(update={"choices": {"new_class": "B"}}),
        one.model_copy(update={"return_to": "centre-20242"}),
        one.model_copy(update={"variant": "renew"}),
    ]
    assert len({other.content_hash() for other in (one, *others)}) == 6
    later = one.model_copy(update={"fields": (field.model_copy(update={"as_of": NOW}),), "updated_at": NOW})
    assert later.content_hash() == one.content_hash()


class Journeys(RuleBasedStateMachine):
    """Whoever tries whatever in whatever order: the dossier was only ever where the tables let it be."""

    present: Dossier

    @initialize()
    def begin(self) -> None:
        self.present = dossier(State.DRAFTED)
        self.path = [State.DRAFTED]

    def _try(self, to: State) -> None:
        before = self.present
        try:
            self.present = move(before, to)
        except OutOfTurn:
            assert self.present is before
            return
        self.path.append(to)

    @rule(to=st.sampled_from(State))
    def somebody_moves_it(self, to: State) -> None:
        self._try(to)

    @rule(answer=st.sampled_from(Answer))
    def the_citizen_answers(self, answer: Answer) -> None:
        self._try(ANSWERED[answer])

    @rule(decision=st.sampled_from(Decision))
    def an_officer_decides(self, decision: Decision) -> None:
        self._try(DECIDED[decision])

    @rule(code=st.sampled_from(sorted(CLOSING_STATUS)))
    def the_intake_calls_back(self, code: int) -> None:
        self._try(CLOSING_STATUS[code])

    @invariant()
    def it_went_step_by_step(self) -> None:
        path = self.path
        assert all(after in MOVES[before] for before, after in pairwise(path))
        assert not ENDS & set(path[:-1])
        if State.FORWARDED in path:
            assert path[path.index(State.FORWARDED) - 1] is State.APPROVED
            assert State.CONFIRMED in path[: path.index(State.FORWARDED)]


TestJourneys = Journeys.TestCase
TestJourneys.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_a_notice_has_one_name_for_its_dossier_rung_and_channel() -> None:
    ids = {
        notice_id(one, rung, channel)
        for one in (SOMEBODY, uuid5(SOMEBODY, "x"))
        for rung in ("first", "second")
        for channel in ("sms", "zalo")
    }
    assert len(ids) == 8
    assert notice_id(SOMEBODY, "first", "sms") in ids
