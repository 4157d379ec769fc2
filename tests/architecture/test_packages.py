"""The names of our packages also exist on the package index: what is imported must be what lies here."""

import importlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["connectors", "notifiers", "proactive", "rules", "triggers"])
def test_a_package_is_the_one_of_this_repository(name: str) -> None:
    module = importlib.import_module(name)

    assert module.__file__ is not None
    assert Path(module.__file__).resolve() == ROOT / name / "__init__.py"
    with pytest.raises(PackageNotFoundError):
        distribution(name)
