"""How a service begins, word for word; and a folder that is packed and unpacked."""

from pathlib import Path

import pytest

import rules
from rules import Unpublishable, archive
from rules.loader import load_registers
from rules.scaffold import Taken, begin
from tests.rules.begun import TOLD, begun

ROOT = Path(rules.__file__).parent


def test_a_service_begins_with_these_files(tmp_path: Path) -> None:
    assert begun(tmp_path) == TOLD.read_text(encoding="utf-8")


def test_nothing_begins_where_nothing_could_fall_due(tmp_path: Path) -> None:
    with pytest.raises(Taken) as refused:
        begin("boat_check", tmp_path, load_registers(ROOT), "military_registrations")

    assert str(refused.value) == (
        "The register military_registrations has no date from which something could fall due. Name another."
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "register", "why"),
    [
        ("Boats", None, "'Boats' is no name: write small letters, digits and underscores, beginning with a letter."),
        ("day", None, "There is a rules/day.py already. Choose another name, or edit that."),
        ("calendar", None, "There is a rules/calendar already. Choose another name, or edit that."),
        ("taken", None, "There is a {root}/taken already. Choose another name, or edit that."),
        ("single", None, "There is a {root}/single.py already. Choose another name, or edit that."),
        ("boat_check", "Boats", "'Boats' is no name for a register: write small letters, digits and underscores."),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(tmp_path: Path, name: str, register: str | None, why: str) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "single.py").touch()

    with pytest.raises(Taken) as refused:
        begin(name, tmp_path, load_registers(ROOT), register)

    assert str(refused.value) == why.format(root=tmp_path.name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["single.py", "taken"]


def test_a_new_register_needs_the_one_of_people(tmp_path: Path) -> None:
    with pytest.raises(Taken) as refused:
        begin("boat_check", tmp_path, {}, "boats")

    why = "The rules have no register 'residents', where phone numbers and deaths stand. Add it first."
    assert str(refused.value) == why


def test_what_was_packed_comes_back_word_for_word(tmp_path: Path) -> None:
    place = ROOT / "driver_licence_renewal"

    archive.unpack(archive.pack(place), tmp_path / "again")

    assert archive.pack(tmp_path / "again") == archive.pack(place)
    assert archive.version(tmp_path / "again") == archive.version(place)
    assert "messages/sms.vi.j2" in archive.pack(place)


def test_the_name_of_contents_is_the_same_everywhere_and_for_ever(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "text.yaml").write_bytes("tiếng Việt".encode())
    (tmp_path / "first").write_bytes(b"a")
    before = archive.version(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "made").write_bytes(b"b")

    assert before == archive.version(tmp_path) == "02108b9a22d5d0d3"


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    place = tmp_path / "service"
    place.mkdir()
    (place / "picture.png").write_bytes(b"\xff\xfe")

    with pytest.raises(Unpublishable) as refused:
        archive.pack(place)

    (problem,) = refused.value.problems
    assert str(problem) == ("service/picture.png: file: It is not UTF-8 text, so it cannot be kept. Move it out.")


@pytest.mark.parametrize("name", ["../out", "/out", "", "in/../../out"])
def test_nothing_is_unpacked_outside(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"leads out of the folder$") as refused:
        archive.unpack({name: "text"}, tmp_path / "place")

    assert str(refused.value) == f"'{name}' leads out of the folder"
    assert not (tmp_path / "out").exists()
