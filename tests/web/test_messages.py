"""Every text of the pages is there in both languages, compiled from what stands in the catalogues."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from scripts import messages

PLACES = re.compile(r"%\((\w+)\)s")


def strings(message: object) -> list[str]:
    found = message.string  # type: ignore[attr-defined]  # a babel Message
    return [found] if isinstance(found, str) else list(found)


@pytest.fixture(params=messages.LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def catalog(language: str) -> Catalog:
    with (messages.LOCALE / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def test_the_catalogue_has_exactly_the_texts_of_the_pages(catalog: Catalog) -> None:
    assert {m.id for m in catalog if m.id} == {m.id for m in messages.extracted() if m.id}


def test_nothing_is_missing_or_fuzzy(catalog: Catalog) -> None:
    assert [m.id for m in catalog if m.id and (m.fuzzy or not all(strings(m)))] == []


def test_names_in_texts_are_the_same_in_every_language(catalog: Catalog) -> None:
    for message in catalog:
        wanted = set(PLACES.findall(message.id if isinstance(message.id, str) else message.id[0]))
        for text in strings(message) if message.id else ():
            assert set(PLACES.findall(text)) == wanted, message.id


def test_what_is_compiled_is_what_stands_in_the_catalogue(catalog: Catalog, language: str) -> None:
    made = BytesIO()

    write_mo(made, catalog)

    assert made.getvalue() == (messages.LOCALE / language / "LC_MESSAGES" / "messages.mo").read_bytes()


def test_making_the_catalogues_again_changes_nothing(catalog: Catalog, language: str) -> None:
    again = messages.brought_up_to_date(language, messages.extracted())

    assert [(m.id, m.string) for m in again if m.id] == [(m.id, m.string) for m in catalog if m.id]


def test_no_page_has_a_vietnamese_word_outside_the_catalogue() -> None:
    vietnamese = re.compile(r"[ăâđêôơưĂÂĐÊÔƠƯạ-ỹẠ-Ỹ]")
    for path in sorted(messages.PAGES.rglob("*.html")):
        bare = re.sub(r'(?:n?gettext|_)\((?:"[^"]*"|\'[^\']*\')(?:, "[^"]*")?', "", path.read_text(encoding="utf-8"))
        lines = [line for line in bare.splitlines() if vietnamese.search(line) and "Tiếng Việt" not in line]
        assert lines == [], (Path(path).name, lines)
