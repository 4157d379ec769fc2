"""What a service says of itself: its words, its ladder, its letters, its form and who decides."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from rules import Service
from rules.base import Confidence, Words
from rules.cases import CODE
from rules.grammar import Budget, Form, ServiceText
from rules.ladder import rung_days, useful_until
from rules.previews import previews
from rules.templates import Template
from rules.texts import size
from tests.rules.conftest import PERSON, ROOT
from tests.rules.sense import GONE, Changes, changed, registers

ANCHOR = date(2027, 3, 15)  # a Monday


def service(changes: Changes | None = None) -> Service:
    text = ServiceText.model_validate(changed("service.yaml", changes or {}))
    form = Form.model_validate(changed("form.yaml", {}))
    return Service(text, form, registers(), folder=ROOT / text.name, version="v1")


def days(*numbers: int) -> list[date]:
    return [ANCHOR + timedelta(days=number) for number in numbers]


def test_it_is_called_by_its_short_name_or_else_by_its_title() -> None:
    assert service().short == Words(vi="Giấy phép lái xe", en="Driving licence")
    assert service({"short": GONE}).short == service().title == service().text.title


def test_what_it_may_use_a_day_is_what_it_says_or_nothing_of_its_own() -> None:
    assert service().budget == Budget()
    assert service({"budget": {"vnd_a_day": 7}}).budget == Budget(messages_a_day=None, vnd_a_day=7)


def test_its_parts_are_those_that_its_text_names() -> None:
    one = service()

    assert (one.name, one.version, one.register, one.level, one.published) == (
        "driver_licence_renewal", "v1", "driver_licences", 2, True,
    )  # fmt: skip
    assert one.registers == ("driver_licences", "residents", "violations", "health_certificates")
    assert one.messages_dir == ROOT / "driver_licence_renewal" / "messages"
    assert (one.closing.intake_status, one.closing.drop_unanswered_after_days) == (10, 90)
    assert (one.contact.register_name, one.contact.column) == ("residents", "phone")
    assert list(one.needs) == [need.name for need in one.text.needs]
    assert one.variants == one.text.variants and one.decision is one.text.decision
    assert not service({"status": "draft", "draft_because": "why"}).published


def test_how_sure_we_are_of_an_article_is_told_and_of_one_it_does_not_stand_on_nothing() -> None:
    assert service().confidence("Luật 36/2024/QH15, Điều 62.2") is Confidence.V
    with pytest.raises(KeyError):
        service().confidence("Luật X")


def test_the_rung_that_is_open_and_the_day_of_the_next() -> None:
    one = service()
    opens = rung_days(one.ladder, ANCHOR)
    assert list(opens) == days(-60, -30, -15, -1, 1)

    def told(number: int) -> tuple[str, date | None]:
        rung, following = one.rung(anchor=ANCHOR, today=days(number)[0])
        return rung.name, following

    assert told(-90) == told(-61) == told(-60) == told(-31) == ("first", opens[1])
    assert told(-30) == ("second", opens[2])
    assert told(-2) == ("third", opens[3])
    assert told(-1) == told(0) == ("last_day", opens[4])
    assert told(1) == told(500) == ("expired", None)


def test_a_message_is_of_use_until_the_next_rung_the_anchor_or_the_end() -> None:
    one, far = service(), date.max

    assert [one.useful_until(anchor=ANCHOR, rung=rung, ends_on=far) for rung in one.ladder] == [
        *days(-31, -16, -2, 0), far,
    ]  # fmt: skip
    assert one.useful_until(anchor=ANCHOR, rung=one.ladder[1], ends_on=days(-20)[0]) == days(-20)[0]
    assert one.useful_until(anchor=ANCHOR, rung=one.ladder[4], ends_on=days(730)[0]) == days(730)[0]


def test_ahead_of_the_anchor_the_anchor_ends_a_rung_and_past_it_the_next_one_does() -> None:
    rungs = [{"name": name, "offset_days": day, "channels": ["sms"]} for name, day in (("a", -5), ("b", 3), ("c", 9))]
    ladder = service({"ladder": rungs}).ladder

    assert [useful_until(ladder, index, ANCHOR) for index in range(3)] == [*days(0, 8), date.max]
    alone = service({"ladder": rungs[:1]}).ladder
    assert useful_until(alone, 0, ANCHOR) == ANCHOR


@pytest.mark.parametrize(
    ("offset", "anchor", "opens"),
    [
        (-1, "2027-03-16", "2027-03-15"),
        (-1, "2027-03-15", "2027-03-14"),  # a Sunday, but there is a working day left: the anchor itself
        (-2, "2027-03-14", "2027-03-12"),
        (-1, "2027-03-14", "2027-03-12"),  # a weekend only is left: on the Friday
        (-3, "2027-02-10", "2027-02-03"),  # Tet
        (1, "2027-03-13", "2027-03-14"),  # past the anchor it is never too late
    ],
)
def test_a_rung_with_no_working_day_left_opens_on_the_one_before(offset: int, anchor: str, opens: str) -> None:
    ladder = service({"ladder": [{"name": "a", "offset_days": offset, "channels": ["sms"]}]}).ladder

    assert rung_days(ladder, date.fromisoformat(anchor)) == (date.fromisoformat(opens),)


def test_a_rung_of_the_anchor_itself_opens_on_it_even_on_a_day_off() -> None:
    rungs = [{"name": name, "offset_days": day, "channels": ["sms"]} for name, day in (("a", 0), ("b", 1))]

    assert rung_days(service({"ladder": rungs}).ladder, date(2027, 3, 14)) == (date(2027, 3, 14), date(2027, 3, 15))


def test_no_rung_opens_before_the_one_before_it() -> None:
    rungs = [{"name": name, "offset_days": day, "channels": ["sms"]} for name, day in (("a", -2), ("b", -1))]

    assert rung_days(service({"ladder": rungs}).ladder, date(2027, 3, 14)) == (date(2027, 3, 12), date(2027, 3, 12))


def test_a_letter_names_facts_as_each_is_to_be_shown() -> None:
    facts = {"whole": "plain", "end": "last4", "day": "date", "none": "date", "nothing": "plain"}
    letters = {name: {"field": name, "shown": shown} for name, shown in facts.items()}
    letters["key"] = {"field": "key", "shown": "last4"}
    fields = {"whole": "Đà Nẵng", "end": "480123454567", "day": "2027-03-05", "none": None, "other": "x"}

    assert service({"letters": letters}).letter_values("0123456789", fields) == {
        "whole": "Đà Nẵng", "end": "4567", "day": "05/03/2027", "none": "", "nothing": "", "key": "6789",
    }  # fmt: skip


def test_a_provider_gets_values_under_its_own_names() -> None:
    template = Template.model_validate(
        {"parameters": {"hang": {"value": "class", "kind": "code"}, "so": {"value": "count", "kind": "quantity"},
                        "la": {"value": "unknown", "kind": "code"}}}
    )  # fmt: skip

    assert template.given({"class": "B", "count": 7, "more": "x"}) == {"hang": "B", "so": "7", "la": ""}


def test_each_commune_decides_for_itself_where_the_service_says_so() -> None:
    central = service()
    local = service({"decision/of_unit": "residents.unit_code", "decision/office": "csgt-da-nang"})

    def decides(*codes: object, of: Service = local) -> str:
        return of.deciding_office({"residents": [{"unit_code": code} for code in codes]})

    assert decides("20242", of=central) == central.decision.office == "csgt-da-nang"
    assert decides("20242", "20320") == "centre-20242"
    assert decides(None, "20320") == decides("nowhere", "20320") == "centre-20320"
    assert decides("20195") == "centre-20194", "a code of before the merger"
    assert decides() == decides(None) == local.deciding_office({}) == "csgt-da-nang"


def test_the_least_it_accepts_is_told_for_a_day_on_which_it_is_in_force() -> None:
    found = service().least(date(2026, 11, 30))

    assert [(register, dimension.value, least) for (register, dimension), least in found.items()] == [
        ("driver_licences", "correct", 85), ("driver_licences", "complete", 80), ("residents", "correct", 85),
    ]  # fmt: skip
    assert service().least(date(2024, 1, 1)) == {}


def filled(record: dict[str, object], *residents: dict[str, object]) -> dict[str, tuple[Any, ...]]:
    """Of each field its value, where that comes from, and what may be chosen."""
    one = service()
    whole = {**dict.fromkeys(registers()["driver_licences"].columns), "personal_id": PERSON, **record}
    records: dict[str, list[dict[str, object]]] = {
        "driver_licences": [{"personal_id": "of nobody"}, whole],
        "residents": list(residents),
    }
    return {
        field.field.name: (field.value, field.register_name, field.column, [option.code for option in field.options])
        for field in one.fill(whole, records, date(2027, 2, 1))
    }


def test_a_field_says_which_record_fills_it() -> None:
    found = filled({"licence_no": "48-1", "full_name": "AN"}, {"full_name": "", "phone": None}, {"phone": "0905"})

    assert found["full_name"] == ("AN", "driver_licences", "full_name", [])
    assert found["phone"] == ("0905", "residents", "phone", [])
    assert found["personal_id"] == (PERSON, "driver_licences", "personal_id", [])
    assert found["issued_by"] == (None, None, None, [])
    assert found["reason"] == ("Theo thời hạn ghi trên giấy phép lái xe", None, None, [])
    assert found["returning_centre"] == (None, None, None, [])
    assert [field.name for field in service().form.fields] == list(found)  # in their order


@pytest.mark.parametrize(
    ("scheme", "letter", "value", "choices"),
    [("2008", "D", "D2", []), ("2008", "B2", None, ["B", "C1"]), ("2024", "D1", "D1", []), ("2008", "A1", None, []),
     ("2024", None, None, [])],
)  # fmt: skip
def test_a_table_fills_a_field_or_leaves_its_choices(
    scheme: str, letter: str | None, value: str | None, choices: list[str]
) -> None:
    assert filled({"scheme": scheme, "class": letter})["new_class"] == (value, None, None, choices)


def test_every_column_that_a_service_reads_is_named() -> None:
    plain, local = service(), service({"decision/of_unit": "residents.unit_code", "decision/office": "csgt-da-nang"})
    judged, all_of = set(plain.columns_judged()), set(plain.columns())

    assert {
        ("driver_licences", one) for one in ("licence_no", "personal_id", "expires_on", "class", "scheme")
    } <= judged
    assert {(name, registers()[name].subject.column) for name in plain.registers} <= judged
    assert all_of - judged == {
        ("residents", name) for name in ("full_name", "date_of_birth", "address", "unit_code", "phone")
    } | {("driver_licences", name) for name in ("full_name", "date_of_birth", "issued_by")}
    assert set(local.columns()) == all_of
    assert ("residents", "phone") not in set(service({"contact/column": "email"}).columns_judged())


def test_a_variant_of_which_there_is_no_case_is_shown_with_the_longest_values() -> None:
    advice = {"title": {"vi": "a", "en": "b"}, "advice": {"vi": "a", "en": "b"}}
    one = service({"variants/unheard_of": advice})

    found = {preview.variant: preview for preview in previews(one, channel="sms", language="vi")}

    shown = found.pop("unheard_of")
    assert shown.case is None and all(preview.case for preview in found.values())
    assert "29/02/2028" in shown.text and "4567" in shown.text and CODE in shown.text
    assert shown.size == size(shown.text) and shown.faults == ()


def test_without_a_text_for_a_channel_there_is_nothing_to_show(tmp_path: Path) -> None:
    one = service()
    one.messages_dir = tmp_path

    with pytest.raises(LookupError) as refused:
        list(previews(one, channel="sms", language="en"))

    assert refused.value.args == ("driver_licence_renewal has no text messages/sms.en.j2",)


def test_what_is_shown_without_a_case_is_of_the_first_rung_and_not_late(tmp_path: Path) -> None:
    advice = {"title": {"vi": "a", "en": "b"}, "advice": {"vi": "a", "en": "b"}}
    one = service({"variants/unheard_of": advice})
    text = "{{ variant }} {{ rung }} {{ days_late }} {{ code }} {{ licence_class }}"
    (tmp_path / "sms.vi.j2").write_text(text, encoding="utf-8")
    one.messages_dir = tmp_path

    *_, last = previews(one, channel="sms", language="vi")

    assert last.text == f"unheard_of first 0 {CODE} FB2"


def test_without_cases_nobody_can_be_written_to(tmp_path: Path) -> None:
    one = service()
    one.folder = tmp_path

    with pytest.raises(LookupError) as refused:
        list(previews(one, channel="sms", language="vi"))

    assert str(refused.value).startswith("driver_licence_renewal/cases.yaml:1: file: It cannot be read: ")
