"""A service's folder as one value that can be kept, and back: what was published stays as it was, word for word."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from rules.problem import Problem, Unpublishable

Files = Mapping[str, str]
"""Path within the folder, with slashes, and the text of that file."""


def files(place: Path) -> list[Path]:
    """The files that make up a service, in a fixed order."""
    return sorted(path for path in place.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def version(place: Path) -> str:
    """The name of a folder's contents: the same contents have the same name wherever they lie."""
    digest = hashlib.sha256()
    for path in files(place):
        body = path.read_bytes()
        digest.update(f"{path.relative_to(place).as_posix()}\0{len(body)}\0".encode())
        digest.update(body)
    return digest.hexdigest()[:16]


def pack(place: Path) -> dict[str, str]:
    """The folder's contents. Raises `Unpublishable` for a file that is not text."""
    packed, problems = {}, []
    for path in files(place):
        name = path.relative_to(place).as_posix()
        try:
            packed[name] = path.read_bytes().decode()
        except UnicodeDecodeError:
            problems.append(
                Problem("file", "It is not UTF-8 text, so it cannot be kept.", "Move it out.", f"{place.name}/{name}")
            )
    if problems:
        raise Unpublishable(problems)
    return packed


def unpack(packed: Files, place: Path) -> None:
    """Write the contents into a folder that is not there yet. Raises ValueError for a path that leads out of it."""
    for name, text in packed.items():
        parts = PurePosixPath(name).parts
        if not parts or PurePosixPath(name).is_absolute() or ".." in parts:
            raise ValueError(f"'{name}' leads out of the folder")
        path = place.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
