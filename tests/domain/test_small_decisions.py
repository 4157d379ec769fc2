"""Decisions of a line or two, at their edges: calls, files, counts, scores, what is decided together or kept."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid5

import pytest

from proactive.domain.addressee import Addressee, mobile, one_form
from proactive.domain.application import Progress
from proactive.domain.call import Call, CallOutcome, closes, may_call
from proactive.domain.change import keepable, storable
from proactive.domain.decidable import Decidable
from proactive.domain.dossier import Answer, Dossier, Field, State, look_again, move
from proactive.domain.effect import Share, Verdict, effect
from proactive.domain.few import few, hidden
from proactive.domain.files import Fate, FileState, Listing, OfficeFile, suspicious
from proactive.domain.notice import Notice, Sending, advance, notice_id
from proactive.domain.quality import Score, freshness, percent, share
from proactive.domain.rejected import Standing as Refusal
from proactive.domain.rejected import Which as Refused
from proactive.domain.sent import Sent, Untold, Which
from proactive.errors import OutOfTurn
from rules.checks import VIETNAM

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
ONE, OTHER = UUID(int=1), UUID(int=2)
MINUTE = timedelta(minutes=1)

CALL = Call(
    notice_id=ONE, dossier_id=OTHER, office="o", body="", try_after=NOW, made_at=NOW, claimed_by="lan",
    claimed_until=NOW + MINUTE,
)  # fmt: skip


def test_a_call_is_held_by_who_claimed_it_until_then() -> None:
    assert CALL.held_by("lan", NOW) is True
    assert [CALL.held_by("binh", NOW), CALL.held_by("lan", NOW + MINUTE)] == [False, False]
    assert CALL.model_copy(update={"claimed_until": None}).held_by("lan", NOW) is False


def test_a_call_that_nobody_answers_is_tried_three_times() -> None:
    tries = [CALL.model_copy(update={"tries": n}) for n in range(4)]

    assert [closes(one, CallOutcome.NO_ANSWER) for one in tries] == [False, False, True, True]
    assert closes(CALL, CallOutcome.TOLD) and closes(CALL, CallOutcome.WITHDRAWN)


@pytest.mark.parametrize(
    ("at", "may"),
    [
        ("00:59:59", False), ("01:00:00", True), ("12:59:59", True), ("13:00:00", False),
    ],
)  # fmt: skip
def test_one_calls_from_eight_to_eight_in_vietnam(at: str, may: bool) -> None:
    moment = datetime.fromisoformat(f"2026-11-23T{at}+00:00")

    assert may_call(moment, working=True) is may_call(moment.replace(tzinfo=None), working=True) is may
    assert may_call(moment.astimezone(VIETNAM), working=True) is may
    assert not may_call(moment, working=False)


FILE = OfficeFile(
    id=ONE, register_name="r", name="n", kind="csv", delimiter=",", listing=Listing.FULL, state=FileState.PREVIEWED,
    origin="desk", by="lan", stamp=1, received_at=NOW,
    counts={Fate.NEW: 2, Fate.CHANGED: 3, Fate.VANISHES: 5, Fate.UNCHANGED: 7},
)  # fmt: skip


def test_a_file_changes_what_is_new_changed_or_gone() -> None:
    assert (FILE.moves, FILE.number(Fate.UNCHANGED), FILE.number(Fate.REFUSED)) == (10, 7, 0)


@pytest.mark.parametrize(
    ("vanishing", "kept", "odd"), [(5, 5, False), (6, 59, True), (6, 60, False), (11, 100, True), (10, 100, False)]
)
def test_half_a_list_is_suspicious(vanishing: int, kept: int, odd: bool) -> None:
    assert suspicious(vanishing, kept) is odd


def test_counts_that_could_point_at_somebody_are_hidden() -> None:
    assert [few(n) for n in range(7)] == [False, True, True, True, True, False, False]
    assert hidden({"a": 9, "b": 5, "c": 0}) == frozenset()
    assert hidden({"a": 4, "b": 1, "c": 9}) == {"a", "b"}
    assert hidden({"a": 3, "b": 40, "c": 7, "d": 0}) == {"a", "b", "c"}  # or the one could be worked out (ADR 0060)
    assert hidden({"a": 3, "b": 7, "c": 7}) == {"a", "b", "c"}
    assert hidden({"a": 3, "b": 0}) == {"a"}


def test_a_score_is_of_today_for_a_day() -> None:
    score = Score(register_name="r", service="", dimension="d", at=NOW, counted=1, wrong=0, score=1.0)

    assert not score.grown_old(NOW + timedelta(days=1))
    assert score.grown_old(NOW + timedelta(days=1, microseconds=1))


def test_shares_freshness_and_percent_at_their_edges() -> None:
    promised = timedelta(hours=10)

    assert [share(0, 0), share(-1, 0), share(1, 1), share(4, 1)] == [1.0, 1.0, 0.0, 0.75]
    assert [freshness(promised * n, promised) for n in (0, 1, 1.5, 2, 3, 4)] == [1.0, 1.0, 0.75, 0.5, 0.0, 0.0]
    assert [percent(one) for one in (0.0, 0.9999, 0.29, 0.5678, 1.0)] == [
        "0,0 %",
        "99,9 %",
        "29,0 %",
        "56,7 %",
        "100,0 %",
    ]


DOSSIER = Dossier(
    id=ONE, occasion_id=OTHER, service="s", service_version="v", subject="1", record_key="2", cycle="c",
    anchor=date(2026, 12, 1), ends_on=date(2028, 12, 1), state=State.CONFIRMED, version=3, code="QBDDMTMA", office="o",
    answer=Answer.CONFIRM, blocked_by="b", held_because="h", two_people=True, created_at=NOW, updated_at=NOW,
    not_told_because="x",
)  # fmt: skip


def test_a_dossier_is_cut_down_to_what_decides() -> None:
    prepared = DOSSIER.model_copy(update={"prepared_by": "lan", "prepared_hash": DOSSIER.content_hash()})
    void = prepared.model_copy(update={"prepared_hash": "other"})
    plain = Decidable(
        id=ONE, office="o", state=State.CONFIRMED, version=3, said=False, answer=Answer.CONFIRM, blocked_by="b",
        held_because="h", two_people=True, prepared_by=None,
    )  # fmt: skip

    assert Decidable.of(DOSSIER) == Decidable.of(void) == plain
    assert Decidable.of(prepared) == plain.model_copy(update={"prepared_by": "lan"})
    assert Decidable.of(DOSSIER.model_copy(update={"answer_note": "sai"})).said
    claimed = (Field(name="a", value="1"), Field(name="b", value="2", claim="3"))
    assert Decidable.of(DOSSIER.model_copy(update={"fields": claimed})).said
    assert not Decidable.of(DOSSIER.model_copy(update={"fields": claimed[:1]})).said


def test_a_dossier_is_looked_at_again_from_then_on() -> None:
    after = look_again(DOSSIER, today=date(2026, 11, 23), at=NOW)

    assert after == DOSSIER.model_copy(
        update={"tell_on": date(2026, 11, 23), "tell_after": NOW, "not_told_because": None}
    )


def test_an_approval_covers_a_post_address_and_is_as_before_without_one() -> None:
    """Hashes of before there were any are stored, and must be the same for ever."""
    content = '["s","1","c",null,[],[],null]'

    assert DOSSIER.content_hash() == sha256(content.encode()).hexdigest()
    posted = DOSSIER.model_copy(update={"post_to": "12 Bạch Đằng"})
    assert posted.content_hash() == sha256(f'{content[:-1]},"12 Bạch Đằng"]'.encode()).hexdigest()


def test_a_notice_is_known_by_dossier_rung_and_channel() -> None:
    """Stored: it may never change."""
    assert notice_id(ONE, "first", "sms") == uuid5(
        UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8"), f"notice:{ONE}:first:sms"
    )


def test_a_move_that_is_not_listed_is_named() -> None:
    notice = Notice(id=ONE, dossier_id=OTHER, rung="r", channel="sms", to="", body="", created_at=NOW)

    with pytest.raises(OutOfTurn) as told:
        advance(notice, Sending.ACCEPTED)
    with pytest.raises(OutOfTurn) as moved:
        move(DOSSIER, State.FORWARDED)
    assert str(told.value) == "A notice that is planned cannot become accepted."
    assert str(moved.value) == "A dossier that is confirmed cannot become forwarded."


def test_a_page_of_notices_ends_at_a_place() -> None:
    notice = Notice(id=ONE, dossier_id=OTHER, rung="r", channel="sms", to="", body="", created_at=NOW)
    untold = Untold(
        dossier_id=OTHER, service="s", state="drafted", phone=None, not_told_because=None, held_because=None,
        tell_after=NOW,
    )  # fmt: skip

    assert Sent(notice=notice, service="s", office="o", reference=None).place == (NOW, ONE)
    assert untold.place == (NOW, OTHER)


def test_whoever_asks_by_code_reference_or_phone_asks_about_somebody() -> None:
    assert not Which(office="o", service="s").of_somebody
    assert all(Which(office=None, **{name: "1"}).of_somebody for name in ("code", "reference", "phone"))


def test_all_refused_changes_are_those_that_nothing_narrows_down() -> None:
    assert Refused().all and Refused(standing=Refusal.WAITING, upto=7).all
    assert not Refused(register_name="r").all and not Refused(ids=(1,), upto=7).all


def test_what_others_wrote_is_kept_without_what_cannot_be() -> None:
    assert keepable("a\x00b\ud800c") == "a\ufffdb?c"
    assert storable("a\x00b\n" + "ộ" * 300) == "a\ufffdb\ufffd" + "ộ" * 196
    told = Progress(reference="r\x00", code=4, at=NOW, office=None, note="ghi\x00chú")
    assert (told.reference, told.office, told.note) == ("r\ufffd", None, "ghi\ufffdchú")


@pytest.mark.parametrize(
    ("phone", "number"),
    [
        ("0905123456", "+84905123456"), ("+84 905 123 456", "+84905123456"), ("84905123456", "+84905123456"),
        ("1905123456", None), ("00905123456", None), ("0510123456", None), ("02363822222", None), ("", None),
        ("٠905123456", "+84905123456"), ("+1 202 555 0123", None), ("khong", None), ("0511234567", None),
    ],
)  # fmt: skip
def test_a_vietnamese_mobile_has_one_form(phone: str, number: str | None) -> None:
    assert mobile(phone) == Addressee(phone=phone).mobile == number


def test_an_addressee_without_what_is_somebody_elses() -> None:
    both = Addressee(phone="0905 123 456", email="An@Example.org", language="en")

    assert both.without({"+84905123456"}) == Addressee(email="An@Example.org", language="en")
    assert both.without({"an@example.org"}) == Addressee(phone="0905 123 456", language="en")
    assert both.without(set()) == both
    assert both.any_in({"an@example.org"}) == "an@example.org"
    assert both.any_in({"an@example.org", "+84905123456"}) == "+84905123456"
    assert both.any_in({"x"}) is Addressee().any_in({""}) is None
    assert (Addressee.at("a@b.vn"), Addressee.at("0905")) == (Addressee(email="a@b.vn"), Addressee(phone="0905"))
    assert (one_form(" A@B.vn "), one_form(" 113 ")) == ("a@b.vn", "113")


def test_a_difference_that_touches_nought_is_not_seen() -> None:
    """Groups that are the same to the last person: the interval lies around nought, and with none in either it ends
    there."""
    none = effect(Share(0, 40), Share(0, 40))
    some = effect(Share(0, 30), Share(1, 30))

    assert none is not None and none.verdict is Verdict.NOT_SEEN
    assert some is not None and some.verdict is Verdict.NOT_SEEN
