"""The JSON Schema of a source's file, with what each connector adds to it, so that editors complete and check it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from proactive.sources.grammar import SourceText

FILE = "source.schema.json"


def text(connectors: Mapping[str, ModuleType]) -> str:
    """The schema as text; `connectors` are the kinds that there are, by name."""
    schema = SourceText.model_json_schema()
    definitions = schema["$defs"]
    definitions["ColumnMapping"] = {
        "anyOf": [{"type": "string", "description": "The column of the source."}, _lists(definitions["ColumnMapping"])]
    }
    schema["properties"]["kind"]["enum"] = sorted(connectors)
    schema["allOf"] = [_kind(name, module, definitions) for name, module in sorted(connectors.items())]
    said = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(said, ensure_ascii=False, indent=2) + "\n"


def _kind(name: str, module: ModuleType, definitions: dict[str, Any]) -> dict[str, Any]:
    own = {part: _own(module, part, definitions) for part in ("SourceSettings", "RegisterSettings")}
    registers = {"additionalProperties": {"properties": {"settings": own["RegisterSettings"]}}}
    properties = {"settings": own["SourceSettings"], "registers": registers}
    return {"if": {"properties": {"kind": {"const": name}}}, "then": {"properties": properties}}


def _own(module: ModuleType, name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    model = getattr(module, name, None)
    if model is None:
        return {"type": "object", "maxProperties": 0}
    schema = dict(model.model_json_schema())
    definitions.update(schema.pop("$defs", {}))
    return schema


def _lists(column: dict[str, Any]) -> dict[str, Any]:
    """`format` may be one or several, and codes may be numbers, as people write them."""
    plain = {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]}
    properties = column["properties"]
    properties["format"] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    for name in ("yes", "no", "none_if"):
        properties[name]["items"] = plain
    properties["codes"]["additionalProperties"] = plain
    return column
