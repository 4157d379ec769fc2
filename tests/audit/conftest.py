"""The town of the steps' tests."""

from tests.steps.conftest import town

__all__ = ["town"]
