"""Check codes: drawn by chance, and never one that a text could not carry."""

import secrets
from collections.abc import Iterator

import pytest

from proactive.domain.keys import CODE_LETTERS, new_code, read_code


@pytest.mark.parametrize("drawn", ["87468255", "8746825B", "CSGTABCD", "ABCDUBND"])
def test_a_code_that_looks_like_a_number_to_call_or_frightens_is_not_given_out(
    drawn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters: Iterator[str] = iter(drawn + "QBDDMTMA")
    monkeypatch.setattr(secrets, "choice", lambda among: next(letters) if among == CODE_LETTERS else None)

    assert new_code() == "QBDDMTMA"


def test_codes_are_read_back_as_they_are_given_out() -> None:
    for code in (new_code() for _ in range(200)):
        assert read_code(f" {code[:4].lower()} {code[4:]}") == code
