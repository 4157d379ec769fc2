"""What is true of every service, published or draft: tried with the records of its own cases, on any day."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import groupby

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rules
from proactive.settings import Settings
from rules import Service, Verdict, messages, source
from rules.cases import Cases
from rules.channels import channels
from rules.offices import offices
from rules.texts import size
from tests.rules.conftest import Rows

CATALOGUE = rules.load()
AGAIN = rules.load()
EVERY = {**CATALOGUE.services, **CATALOGUE.drafts}
ONCE_MORE = {**AGAIN.services, **AGAIN.drafts}
A_DAY = timedelta(days=1)
SOMEBODY_ELSE = "048000009999"

each_service = pytest.mark.parametrize("name", sorted(EVERY))


@dataclass(frozen=True)
class Known:
    """All that is known of one subject, and the day of the case it comes from."""

    on: date
    rows: Rows


@cache
def known(name: str) -> tuple[Known, ...]:
    """The records of a service's cases, as its registers read them."""
    service = EVERY[name]
    text, _ = source.read(service.folder / "cases.yaml", "cases.yaml")
    assert text is not None
    found = []
    for case in Cases.model_validate({"cases": text.data}).cases:
        given_rows = {r: [rows] if isinstance(rows, dict) else list(rows) for r, rows in case.records.items()}
        found.append(
            Known(case.on, {r: [service.judged[r].take(one) for one in rows] for r, rows in given_rows.items()})
        )
    return tuple(found)


@cache
def template(service: Service, language: str) -> jinja2.Template:
    return messages.template(service.messages_dir / f"sms.{language}.j2")


def asked(service: Service, one: Known, on: date) -> Verdict:
    return service.evaluate(one.rows[service.register][0], one.rows, on)


def boundaries(service: Service, one: Known) -> list[date]:
    """The days around every day on which something may change, in order."""
    anchors = [verdict for years in range(-60, 61, 4) if (verdict := asked(service, one, _moved(one.on, years))).due_on]
    edges = {one.on, *(regime.since for regime in service.text.regimes)}
    for verdict in anchors:
        assert verdict.due_on
        assert verdict.ends_on
        assert verdict.anchor
        edges |= {verdict.due_on, verdict.anchor, verdict.ends_on}
        edges |= {verdict.anchor + timedelta(days=rung.offset_days) for rung in service.ladder}
    return sorted({edge + timedelta(days=step) for edge in edges for step in (-2, -1, 0, 1, 2)})


def _moved(day: date, years: int) -> date:
    return day + timedelta(days=years * 365)


@each_service
def test_what_is_due_stays_due_until_it_is_over(name: str) -> None:
    service = EVERY[name]
    for one in known(name):
        days = [asked(service, one, day) for day in boundaries(service, one)]
        spans = [key for key, _ in groupby((verdict.cycle, verdict.due) for verdict in days)]
        due = [cycle for cycle, holds in spans if holds]

        assert len(due) == len(set(due)), "an occasion is due, then not due, then due again"


@each_service
def test_its_cases_lie_on_both_sides_of_being_due(name: str) -> None:
    service = EVERY[name]
    found = {asked(service, one, one.on).due for one in known(name)}

    assert found == {True, False}
    assert {v.variant for one in known(name) if (v := asked(service, one, one.on)).due} == set(service.variants)


@each_service
def test_of_one_occasion_no_variant_comes_back(name: str) -> None:
    service = EVERY[name]
    for one in known(name):
        days = [(day, asked(service, one, day)) for day in boundaries(service, one)]
        for regime in service.text.regimes:
            in_force = [v for day, v in days if day >= regime.since and (regime.to is None or day <= regime.to)]
            for _, occasion in groupby((v for v in in_force if v.due), key=lambda verdict: verdict.cycle):
                variants = [variant for variant, _ in groupby(verdict.variant for verdict in occasion)]

                assert len(variants) == len(set(variants)), variants


@each_service
def test_it_is_due_only_within_its_own_days(name: str) -> None:
    service = EVERY[name]
    for one in known(name):
        for day in boundaries(service, one):
            verdict = asked(service, one, day)
            if verdict.due:
                assert verdict.due_on is not None
                assert verdict.ends_on is not None
                assert verdict.due_on <= day <= verdict.ends_on
                assert verdict.variant in service.variants
            else:
                assert verdict.variant is None
                assert not verdict.needs


@each_service
def test_what_is_owed_is_what_is_due_now_or_will_be(name: str) -> None:
    service = EVERY[name]
    for one in known(name):
        key = service.judged[service.register].key
        mine = str(one.rows[service.register][0][key])
        for day in boundaries(service, one):
            verdict = asked(service, one, day)
            owed = [o for o in service.owed(one.rows, day) if o.key == mine and o.due_on <= day]

            assert verdict.due == bool(owed)
            assert len(owed) <= 1, "two occasions of one record are open at once"
            assert all((o.cycle, o.due_on, o.ends_on) == (verdict.cycle, verdict.due_on, verdict.ends_on) for o in owed)


@each_service
@given(data=st.data())
def test_neither_order_nor_other_people_matter(name: str, data: st.DataObject) -> None:
    service = EVERY[name]
    one = data.draw(st.sampled_from(known(name)))
    day = one.on + timedelta(days=data.draw(st.integers(-800, 800)))
    shuffled = {
        register: data.draw(st.permutations([*rows, *_strangers(service, register, rows)]))
        for register, rows in data.draw(st.permutations(list(one.rows.items())))
    }
    record = one.rows[service.register][0]
    mine = {row[service.judged[service.register].key] for row in one.rows[service.register]}

    owed = [o for o in service.owed(shuffled, day) if o.key in mine]

    assert service.evaluate(record, shuffled, day) == asked(service, one, day)
    assert sorted(owed, key=str) == sorted(service.owed(one.rows, day), key=str)


def _strangers(service: Service, register: str, rows: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    """The same rows as somebody else's."""
    schema = service.judged[register]
    for row in rows:
        yield {**row, schema.key: f"other-{row[schema.key]}", schema.subject.column: SOMEBODY_ELSE}


@each_service
@given(data=st.data())
def test_the_same_facts_give_the_same_answer(name: str, data: st.DataObject) -> None:
    service, once_more = EVERY[name], ONCE_MORE[name]
    one = data.draw(st.sampled_from(known(name)))
    days = [one.on + timedelta(days=data.draw(st.integers(-800, 800))) for _ in range(3)]
    line = json.dumps(one.rows, default=str).encode()
    read = Known(one.on, once_more.people.read(line))

    forwards = [asked(service, one, day) for day in days]
    backwards = [asked(once_more, read, day) for day in reversed(days)][::-1]

    assert forwards == backwards


@each_service
def test_the_traces_cite_the_law_and_mask_whom_they_are_about(name: str) -> None:
    service = EVERY[name]
    references = {basis.reference for basis in service.text.legal_basis}
    for one in known(name):
        verdict = asked(service, one, one.on)
        said = str([because.value for because in verdict.because])

        in_force = len(verdict.because) > 1 or verdict.because[0].reference is not None
        assert not in_force or {because.reference for because in verdict.because} <= references
        for register, rows in one.rows.items():
            for column, kind in service.judged[register].kinds.items():
                if kind.personal:
                    assert not any(
                        len(str(row[column])) > 8 and str(row[column]) in said for row in rows if row[column]
                    )


@each_service
def test_every_text_is_short_plain_and_asks_for_nothing(name: str) -> None:
    service = EVERY[name]
    for one in known(name):
        record = one.rows[service.register][0]
        key = str(record[service.judged[service.register].key])
        for day in boundaries(service, one):
            verdict = asked(service, one, day)
            if not verdict.due or verdict.anchor is None:
                continue
            rung, _ = service.rung(anchor=verdict.anchor, today=day)
            fields = {
                f.field.name: None if f.value is None else str(f.value) for f in service.fill(record, one.rows, day)
            }
            late = max(0, (day - verdict.anchor).days)
            given_values = {"variant": verdict.variant, "days_late": late, "code": "K7Q4 M2XD", "rung": rung.name}
            values = service.letter_values(key, fields) | given_values
            for language in messages.LANGUAGES:
                text = messages.render(template(service, language), values, channels()["sms"])
                letter = size(text)

                assert (letter.encoding, letter.segments <= 2) == ("GSM-7", True), text
                assert text.endswith("K7Q4 M2XD")
                assert not re.search(r"[0-9]{5,}|https?|www|[.]vn", text), text
                assert not re.search(r"(?i)ngay lap tuc|khan cap|urgent|immediately|bi phat|chuyen khoan|bam vao", text)
                assert re.search(r"Khong thu tien|never ask for money", text), text


@each_service
def test_the_first_rung_is_the_day_it_falls_due(name: str) -> None:
    """Whoever falls due is told the same day, so a later first rung would be told early."""
    service = EVERY[name]
    lead = service.text.values[service.text.window.window.lead_days]

    assert lead.periods[-1].value == -service.ladder[0].offset_days


@each_service
def test_what_is_only_policy_or_half_known_says_so(name: str) -> None:
    service = EVERY[name]
    policy = "Chính sách nhắc của thành phố"

    assert service.confidence(policy) == "K"
    for dated in service.text.values.values():
        for period in dated.periods:
            assert period.reference != policy or period.confidence == "K"


def test_nine_services_are_published_and_three_say_what_must_be_found_first() -> None:
    assert sorted(CATALOGUE.services) == [
        "birth_bundle", "child_health_insurance_end", "death_bundle", "driver_licence_renewal",
        "identity_card_renewal", "military_registration", "passport_expiry", "social_pension",
        "temporary_residence_extension",
    ]  # fmt: skip
    assert sorted(CATALOGUE.drafts) == ["food_safety_certificate", "retail_liquor_licence", "transport_badge"]
    for draft in CATALOGUE.drafts.values():
        assert "Cần đọc" in str(draft.text.draft_because)
    assert not any(
        service in CATALOGUE.drafts.values()
        for register in CATALOGUE.registers
        for service in CATALOGUE.services_watching(register)
    )


def test_a_service_that_prepares_has_a_code_and_offices_that_the_intake_knows() -> None:
    for service in CATALOGUE.services.values():
        assert service.decision.office in offices()
        if service.level > 1:
            assert re.fullmatch(r"[0-9][.][0-9]{6}", service.text.procedure.code)
            assert service.text.competent_office in offices()


def test_where_presence_is_needed_nothing_is_prepared() -> None:
    for service in EVERY.values():
        if any(need.kind == "presence" for need in service.needs.values()):
            assert service.level == 1


def test_the_registers_of_the_default_installation_judge_the_first_service_alone() -> None:
    default = CATALOGUE.connected(Settings.model_fields["source_registers"].default.split(","))

    assert list(default.services) == ["driver_licence_renewal"]
    assert not default.drafts
    assert [service.name for service in default.services_watching("residents")] == ["driver_licence_renewal"]
    assert "sex" not in default.columns_needed("residents")


def test_a_register_holds_no_column_that_no_service_reads() -> None:
    every = {name: set[str]() for name in CATALOGUE.registers}
    for service in EVERY.values():
        for register, column in service.columns():
            every[register].add(column)
    first = EVERY["driver_licence_renewal"].registers
    for name, schema in CATALOGUE.registers.items():
        unused = set(schema.columns) - every[name] - {schema.key, schema.subject.column, schema.updated}
        assert name in first or not unused, (name, unused)
