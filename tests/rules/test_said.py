"""What the small readers and reckoners of rules/ say, word for word."""

import pytest

from rules import Catalogue
from tests.rules import said


@pytest.mark.parametrize("name", said.SAYING)
def test_it_says_these_words(name: str, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(said, "book", lambda: catalogue)

    assert said.said(name) == said.told()[name]
