"""The town of the steps."""

from tests.steps.conftest import town

__all__ = ["town"]
