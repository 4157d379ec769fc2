"""The JSON Schemas that editors use are the grammar's own, and the services fit them."""

from rules import schema


def test_the_schemas_in_the_repository_are_current() -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in schema.FOLDER.glob("*.json")}
    kept.pop("source.schema.json")  # of the sources, beside the rules: tests/sources/test_schema.py

    assert kept == schema.texts(), "run `proactive check --schema`"
