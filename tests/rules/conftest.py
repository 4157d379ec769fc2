"""The published rule book, and people to ask it about."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

import rules
from rules import Catalogue, Service

Rows = dict[str, list[dict[str, object]]]
ROOT = Path(rules.__file__).parent

PERSON = "048090000001"
LICENCE: dict[str, object] = {
    "licence_no": "480123454567",
    "personal_id": PERSON,
    "full_name": "NGUYỄN VĂN AN",
    "date_of_birth": "1990-03-04",
    "class": "B",
    "scheme": "2024",
    "issued_on": "2017-03-15",
    "expires_on": "2027-03-15",
    "issued_by": "Công an thành phố Đà Nẵng",
    "status": "valid",
    "updated_at": "2026-11-20T08:00:00+07:00",
}
RESIDENT: dict[str, object] = {
    "personal_id": PERSON,
    "full_name": "NGUYỄN VĂN AN",
    "phone": "0900000001",
    "updated_at": "2026-11-20T08:00:00+07:00",
}


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return rules.load()


@pytest.fixture(scope="session")
def service(catalogue: Catalogue) -> Service:
    return catalogue.services["driver_licence_renewal"]


@pytest.fixture(scope="session")
def licence(catalogue: Catalogue) -> Callable[..., dict[str, object]]:
    """Makes a licence row; `class_` stands for `class`."""

    def make(**changes: object) -> dict[str, object]:
        changes = {name.rstrip("_"): value for name, value in changes.items()}
        return catalogue.registers["driver_licences"].take({**LICENCE, **changes})

    return make


@pytest.fixture
def rulebook(tmp_path: Path) -> Path:
    """A copy of the registers and the first service, to be spoilt."""
    root = tmp_path / "rules"
    copytree(ROOT / "registers", root / "registers")
    copytree(ROOT / "driver_licence_renewal", root / "driver_licence_renewal")
    return root
