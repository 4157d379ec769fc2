"""A town to be watched."""

from tests.steps.conftest import town as town
