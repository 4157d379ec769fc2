"""Every test that docs/threats.md promises against an abuse is there."""

import ast
import re
from functools import cache

import pytest

from tests.docs.reading import text

THREATS = text("docs/threats.md")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", THREATS)


@cache
def functions_of(path: str) -> frozenset[str]:
    tree = ast.parse(text(path))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, functions))


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_promised_test_is_there(path: str, name: str) -> None:
    assert name in functions_of(path)


def test_each_abuse_has_a_test_or_says_that_it_has_none() -> None:
    rows = [
        line for line in THREATS.partition("## Abuse")[2].partition("\n## ")[0].splitlines() if line.startswith("| ")
    ][1:]
    silent = [row for row in rows if "::test_" not in row and "no test" not in row]
    assert len(rows) > 50
    assert silent == []
