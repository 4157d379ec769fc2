"""A service's folder is packed, named and unpacked word for word."""

import hashlib
from pathlib import Path

import pytest

from rules.archive import files, pack, unpack, version
from rules.problem import Unpublishable

PACKED = {"form.yaml": "title: Đơn\n", "messages/sms.vi.j2": "một\r\nhai\n", "messages/zalo.vi.j2": ""}


def test_what_is_packed_is_unpacked_the_same_to_the_byte(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "deep" / "other"
    unpack(PACKED, one)
    unpack(pack(one), other)

    assert pack(one) == pack(other) == PACKED
    assert (other / "messages" / "sms.vi.j2").read_bytes() == b"m\xe1\xbb\x99t\r\nhai\n"
    assert version(one) == version(other)


def test_files_stand_in_one_order_and_what_python_leaves_behind_is_none(tmp_path: Path) -> None:
    unpack({**PACKED, "__pycache__/rules.pyc": "x", "messages/__pycache__/a.pyc": "x"}, tmp_path)

    assert [path.relative_to(tmp_path).as_posix() for path in files(tmp_path)] == list(PACKED)


def test_a_version_is_named_by_paths_lengths_and_bytes(tmp_path: Path) -> None:
    unpack({"a": "12", "b/c": "đ"}, tmp_path)

    assert version(tmp_path) == hashlib.sha256("a\x002\x0012b/c\x002\0đ".encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    "changes", [{"form.yaml": "title: Don\n"}, {"form.yml": ""}, {"messages/zalo.vi.j2": " "}], ids=str
)
def test_anything_that_changes_makes_another_version(tmp_path: Path, changes: dict[str, str]) -> None:
    unpack(PACKED, tmp_path / "one")
    unpack({**PACKED, **changes}, tmp_path / "other")

    assert version(tmp_path / "one") != version(tmp_path / "other")


def test_files_that_are_no_text_are_all_named(tmp_path: Path) -> None:
    unpack(PACKED, tmp_path / "some")
    (tmp_path / "some" / "seal.png").write_bytes(b"\x89PNG")
    (tmp_path / "some" / "messages" / "old.doc").write_bytes(b"\xd0\xcf")

    with pytest.raises(Unpublishable) as refused:
        pack(tmp_path / "some")

    assert [str(one) for one in refused.value.problems] == [
        f"some/{name}: file: It is not UTF-8 text, so it cannot be kept. Move it out."
        for name in ("messages/old.doc", "seal.png")
    ]


@pytest.mark.parametrize("name", ["../out.yaml", "messages/../../out.yaml", "/out.yaml", "", "."])
def test_nothing_is_written_outside_the_folder(tmp_path: Path, name: str) -> None:
    place = tmp_path / "some"

    with pytest.raises(ValueError) as refused:
        unpack({name: "x"}, place)

    assert str(refused.value) == f"'{name}' leads out of the folder"
    assert not list(tmp_path.rglob("*.yaml"))
