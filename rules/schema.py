"""JSON Schemas of the grammar, so that editors complete and check the YAML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from rules.cases import Case
from rules.channels import Channel
from rules.grammar import Form, ServiceText
from rules.register import RegisterSchema

FOLDER = Path(__file__).parent / "schema"


def texts() -> dict[str, str]:
    """Each schema's file name and its text."""
    found: dict[str, Any] = {
        "service": ServiceText.model_json_schema(),
        "form": Form.model_json_schema(),
        "cases": TypeAdapter(tuple[Case, ...]).json_schema(),
        "register": _nameless(RegisterSchema.model_json_schema()),
        "channel": _nameless(Channel.model_json_schema()),
    }
    return {
        f"{name}.schema.json": json.dumps(_said(schema), ensure_ascii=False, indent=2) + "\n"
        for name, schema in found.items()
    }


def write(folder: Path = FOLDER) -> list[Path]:
    """Write them, and say where."""
    folder.mkdir(exist_ok=True)
    paths = []
    for name, text in texts().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def _said(schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _nameless(schema: dict[str, Any]) -> dict[str, Any]:
    """The name is the file's name and is not written in it."""
    schema["properties"].pop("name")
    schema["required"].remove("name")
    return schema
