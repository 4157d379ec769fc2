"""The JSON Schemas that editors use are the grammar's own, and the services fit them."""

from pathlib import Path

from rules import schema


def test_the_schemas_in_the_repository_are_current() -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in schema.FOLDER.glob("*.json")}
    kept.pop("source.schema.json")  # of the sources, beside the rules: tests/sources/test_schema.py

    assert kept == schema.texts(), "run `proactive check --schema`"


def test_they_are_written_where_they_are_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "here"

    written = schema.write(folder)

    assert [path.name for path in written] == [
        f"{name}.schema.json" for name in ("service", "form", "cases", "register", "channel")
    ]
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == schema.texts()
    assert schema.write(folder) == written, "and once more over themselves"
