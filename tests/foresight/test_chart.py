"""The chart: an SVG that can be read without its colours."""

import xml.etree.ElementTree as ElementTree

import pytest

from proactive.foresight.chart import COLOURS, SERIES_SHOWN, Bar, grouped, svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(bars: list[Bar], names: dict[str, str]) -> ElementTree.Element:
    return ElementTree.fromstring(svg("Tiêu đề", "Phụ đề", bars, names, others="Khác"))


def heights(picture: ElementTree.Element) -> list[float]:
    return [float(rect.get("height", "0")) for rect in picture.findall(f"{SVG}g/{SVG}rect")]


def test_bars_are_as_high_as_their_numbers_beside_an_axis_of_round_ones() -> None:
    picture = drawn([Bar("01/12", {"a": 10}), Bar("02/12", {"a": 20}), Bar("03/12", {})], {"a": "Dịch vụ A"})
    axis = [text.text for text in picture.findall(f"{SVG}text") if text.get("text-anchor") == "end"]

    first, second = heights(picture)

    assert second == pytest.approx(2 * first)
    assert axis == ["0", "5", "10", "15", "20"]


def test_services_are_stacked_largest_first_and_named_in_that_order() -> None:
    picture = drawn([Bar("12/2026", {"a": 1, "b": 5})], {"a": "Dịch vụ A", "b": "Dịch vụ B"})
    legend = [text.text for text in picture.findall(f"{SVG}text") if text.get("font-size") == "14"][:2]

    assert legend == ["Dịch vụ B", "Dịch vụ A"]
    assert picture.findtext(f"{SVG}g/{SVG}title") == "12/2026: 6 (Dịch vụ B 5; Dịch vụ A 1)"
    assert [rect.get("fill") for rect in picture.findall(f"{SVG}g/{SVG}rect")] == list(COLOURS[:2])


def test_more_services_than_colours_are_drawn_together() -> None:
    names = {f"s{number}": f"Dịch vụ {number}" for number in range(12)}

    picture = drawn([Bar("12/2026", {name: 100 - number for number, name in enumerate(names)})], names)

    assert len(picture.findall(f"{SVG}g/{SVG}rect")) == SERIES_SHOWN
    assert "Khác 455" in (picture.findtext(f"{SVG}g/{SVG}title") or "")


def test_words_are_escaped_and_an_empty_period_is_drawn_too() -> None:
    picture = drawn([Bar("<12>", {"a": 3}), Bar("13", {})], {"a": "A & B"})
    nothing = drawn([], {})

    assert (picture.findtext(f"{SVG}g/{SVG}title") or "").startswith("<12>: 3 (A & B 3)")
    assert heights(nothing) == []


def test_numbers_are_grouped_as_they_are_written_here() -> None:
    assert [grouped(number) for number in (0, 999, 1000, 1234567)] == ["0", "999", "1.000", "1.234.567"]
