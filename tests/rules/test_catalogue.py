"""The rule book turns a page at a time: what is in force, what is kept beside it, and what is left aside."""

from collections.abc import Mapping
from typing import Any

import pytest

from rules import Catalogue, Service

LICENCES, PASSPORTS = "driver_licence_renewal", "passport_expiry"


@pytest.fixture
def book(catalogue: Catalogue) -> Catalogue:
    """A rule book of two published services that a test may turn."""
    services = {name: catalogue.services[name] for name in (LICENCES, PASSPORTS)}
    return Catalogue(services, catalogue.registers)


def again(service: Service, version: str, **changes: object) -> Service:
    """The same service as contents of another name."""
    text = service.text.model_copy(update=changes)
    return Service(text, service.form, service._schemas, folder=service.folder, version=version)


def draft(service: Service) -> Service:
    return again(service, "of a draft", status="draft")


def names(services: Mapping[Any, Service]) -> list[Any]:
    return list(services)


def test_services_that_tell_people_stand_apart_from_drafts(book: Catalogue) -> None:
    licences, passports = book.services[LICENCES], draft(book.services[PASSPORTS])

    book.turn({LICENCES: licences, PASSPORTS: passports})

    assert (names(book.services), names(book.drafts)) == ([LICENCES], [PASSPORTS])
    assert names(book.versions) == [(LICENCES, licences.version), (PASSPORTS, "of a draft")]
    assert book.services[LICENCES] is licences and book.drafts[PASSPORTS] is passports


def test_a_turned_page_is_another_object_and_the_old_one_stays_as_it_was(book: Catalogue) -> None:
    before = book.edition
    assert book.edition is before

    book.turn({})

    assert book.edition is not before
    assert names(before.services) == [LICENCES, PASSPORTS]
    assert not book.services and not book.versions


def test_a_version_that_is_asked_for_is_given_or_else_the_one_in_force(book: Catalogue) -> None:
    ours = book.services[LICENCES]
    older = again(ours, "older")
    book.turn({LICENCES: ours}, [older])

    assert book.under(LICENCES, "older") is older
    assert book.under(LICENCES, ours.version) is ours
    assert book.under(LICENCES, "never heard of") is ours
    assert book.under("nothing", "older") is None
    assert book.kept_beside() == ["older"]


def test_neither_what_is_in_force_nor_a_draft_is_kept_beside(book: Catalogue) -> None:
    ours = book.services[LICENCES]
    book.turn(
        {LICENCES: ours, PASSPORTS: draft(book.services[PASSPORTS])}, [again(ours, "older"), again(ours, "oldest")]
    )

    assert book.kept_beside() == ["older", "oldest"]


def test_what_is_left_aside_is_kept_as_it_was_told(book: Catalogue) -> None:
    assert book.aside == {}
    held = {LICENCES: "theirs"}

    book.leave(held)
    held.clear()

    assert book.aside == {LICENCES: "theirs"}


def test_where_a_register_is_not_connected_services_that_look_into_it_must_wait(book: Catalogue) -> None:
    licences, passports = book.services[LICENCES], book.services[PASSPORTS]
    older = again(licences, "older")
    book.turn({LICENCES: licences, PASSPORTS: draft(passports)}, [older])

    all_of_licences = book.connected(licences.registers)
    none_of_them = book.connected(["residents", *passports.registers])

    assert names(all_of_licences.services) == [LICENCES]
    assert set(all_of_licences.registers) == set(licences.registers)
    assert all_of_licences.kept_beside() == ["older"]
    assert not none_of_them.services and names(none_of_them.drafts) == [PASSPORTS]
    assert names(none_of_them.versions) == [(PASSPORTS, "of a draft")]


def test_columns_are_needed_by_what_is_published_also_by_a_version_kept_beside(book: Catalogue) -> None:
    ours = book.services[LICENCES]
    schema = book.registers["driver_licences"]
    read = {column for register, column in ours.columns() if register == "driver_licences"}
    always = {schema.key, schema.subject.column, schema.updated}

    assert book.columns_needed("driver_licences") == read | always
    book.turn({}, [again(ours, "older")])
    assert book.columns_needed("driver_licences") == read | always
    book.turn({LICENCES: draft(ours)})
    assert book.columns_needed("driver_licences") == always < read | always
    assert book.columns_needed("violations") == {"violation_no", "personal_id", "updated_at"}


def test_whom_a_change_of_a_register_may_matter_to(book: Catalogue) -> None:
    licences, passports = book.services[LICENCES], book.services[PASSPORTS]

    assert book.services_watching("violations") == (licences,)
    assert book.services_watching("residents") == (licences, passports)
    assert book.services_watching("weather") == ()


def test_the_published_rule_book_needs_what_any_of_its_services_reads(catalogue: Catalogue) -> None:
    for name, service in catalogue.services.items():
        for register, column in service.columns():
            assert column in catalogue.columns_needed(register), (name, register, column)
