"""Folders of files that are read whole: one file that cannot be used is told, and nothing is read half."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from rules import calendar, channels, groups, prices
from rules.forbidden import prohibitions

ZALO = (Path(channels.__file__).parent / "zalo.yaml").read_text(encoding="utf-8")
SMS = (Path(channels.__file__).parent / "sms.yaml").read_text(encoding="utf-8")
PRICE = "{says: {vi: a, en: b}, periods: [{from: 2026-01-01, value: 7, reference: Luật, confidence: K}]}"

Elsewhere = Callable[[ModuleType, Callable[[], object]], Path]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    """Lets a part of the rules be read from another folder for as long as a test takes."""
    cached = []

    def move(part: ModuleType, reader: Callable[[], object]) -> Path:
        monkeypatch.setattr(part, "__file__", str(tmp_path / "__init__.py"))
        cached.append(reader)
        reader.cache_clear()  # type: ignore[attr-defined]  # what @cache adds
        return tmp_path

    yield move
    for reader in cached:
        reader.cache_clear()  # type: ignore[attr-defined]  # the same


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_a_channel_uses_its_own_texts_or_those_of_one_that_has_its_own(elsewhere: Elsewhere) -> None:
    folder = elsewhere(channels, channels.channels)
    write(folder, zalo=ZALO, other=f"texts_of: zalo\n{ZALO}")

    found = channels.channels()

    assert list(found) == ["other", "zalo"]
    assert (found["other"].template("vi"), found["zalo"].template("en")) == ("zalo.vi.j2", "zalo.en.j2")


@pytest.mark.parametrize("used", ["pigeon", "other"])
def test_a_channel_that_uses_texts_which_nobody_has_is_told(elsewhere: Elsewhere, used: str) -> None:
    folder = elsewhere(channels, channels.channels)
    write(folder, zalo=ZALO, other=f"texts_of: zalo\n{ZALO}", third=f"texts_of: {used}\n{ZALO}")

    with pytest.raises(ValueError) as refused:
        channels.channels()

    assert str(refused.value) == (
        f"rules/channels/third.yaml: texts_of: It is {used}. Name a channel with texts of its own."
    )


def test_every_file_of_channels_that_cannot_be_used_is_told(elsewhere: Elsewhere) -> None:
    folder = elsewhere(channels, channels.channels)
    write(folder, zalo=ZALO, one="- a\n", two="")

    with pytest.raises(ValueError) as refused:
        channels.channels()

    assert [line.split(":")[:3] for line in str(refused.value).splitlines()] == [
        ["rules/channels/one.yaml", "1", " file"], ["rules/channels/two.yaml", "1", " file"],
    ]  # fmt: skip


def test_what_nobody_can_look_for_cannot_be_forbidden(tmp_path: Path) -> None:
    write(tmp_path, sms=SMS.replace("forbids:", "forbids:\n  wit: {reference: Luật, confidence: K}"))

    channel, (problem,) = channels.read(tmp_path / "sms.yaml")

    assert channel is None
    assert (problem.file, problem.where) == ("rules/channels/sms.yaml", "forbids.wit")
    assert problem.why == "Nobody knows what 'wit' forbids."
    assert problem.mend == (f"Forbid one of: {', '.join(prohibitions())}; phrases are listed in rules/wording.yaml.")


def test_a_group_is_read_with_its_shares_and_one_that_cannot_be_used_is_told(elsewhere: Elsewhere) -> None:
    folder = elsewhere(groups, groups.groups)
    write(folder, some="title: {vi: Tin, en: Message}\neither: {sms: 3, viettel_sms: 1}\n")
    (one,) = groups.groups().values()
    assert (one.name, dict(one.either), groups.members("some")) == (
        "some", {"sms": 3, "viettel_sms": 1}, ("sms", "viettel_sms"),
    )  # fmt: skip

    write(folder, zalo="title: {vi: Tin, en: Message}\neither: {sms: 3, viettel_sms: 1}\n")
    groups.groups.cache_clear()
    with pytest.raises(ValueError) as refused:
        groups.groups()
    assert str(refused.value) == "rules/groups/zalo.yaml:1: file: zalo is a channel. Give the group another name."


def test_prices_are_read_by_name_and_a_file_that_cannot_be_used_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prices, "FILE", tmp_path / "prices.yaml")
    write(tmp_path, prices=f"one: {PRICE}\n")
    prices.dated.cache_clear()
    assert [(name, one.periods[0].value) for name, one in prices.dated().items()] == [("one", 7)]

    write(tmp_path, prices=f"one: {PRICE}\none: {PRICE}\n")
    prices.dated.cache_clear()
    with pytest.raises(ValueError) as refused:
        prices.dated()
    prices.dated.cache_clear()
    assert str(refused.value) == (
        "rules/prices/prices.yaml:2: one: The key 'one' is written twice, so one of the two would be silently lost. "
        "Keep one of them."
    )


def test_rules_of_counting_that_cannot_be_read_are_all_told(elsewhere: Elsewhere) -> None:
    folder = elsewhere(calendar, calendar._counting)
    write(folder, counting=f"weekend: {PRICE}\nweekend: {PRICE}\nweekend: {PRICE}\n")

    with pytest.raises(ValueError) as refused:
        calendar.counted("weekend", date(2026, 11, 30))

    assert [line.split(": ")[0] for line in str(refused.value).splitlines()] == [
        "rules/calendar/counting.yaml:2", "rules/calendar/counting.yaml:3",
    ]  # fmt: skip
