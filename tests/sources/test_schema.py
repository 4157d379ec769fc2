"""The JSON Schema that editors use is the grammar's own, connectors included."""

from proactive.parts import kinds
from proactive.sources import schema
from rules.schema import FOLDER


def test_the_schema_in_the_repository_is_current() -> None:
    kept = (FOLDER / schema.FILE).read_text(encoding="utf-8")

    assert kept == schema.text(kinds()), "run `proactive check --schema`"
