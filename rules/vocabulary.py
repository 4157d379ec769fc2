"""Makes the grammar's clauses from the modules in `rules/conditions/`: one word each."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, create_model

from rules import conditions
from rules.condition import Clause, Condition
from rules.window import Window, WindowClause


def _words() -> dict[str, type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {}
    for module in sorted(iter_modules(conditions.__path__), key=lambda module: module.name):
        name = "".join(part.capitalize() for part in module.name.split("_"))
        word = getattr(import_module(f"{conditions.__name__}.{module.name}"), name, None)
        if not (isinstance(word, type) and issubclass(word, Condition) and issubclass(word, BaseModel)):
            raise TypeError(f"rules/conditions/{module.name}.py must hold the condition class {name}")
        found[module.name] = word
    return found


def _clause(base: type[BaseModel], words: dict[str, type[BaseModel]]) -> Any:
    fields: dict[str, Any] = {name: (word | None, None) for name, word in words.items()}
    made = create_model(base.__name__, __base__=base, __module__=__name__, __doc__=base.__doc__, **fields)
    made.vocabulary = tuple(words)  # type: ignore[attr-defined]  # a ClassVar of the base that create_model returns
    return made


WORDS = _words()
"""Every word of the vocabulary, with its class."""


if TYPE_CHECKING:
    AnyClause = Clause
    AnyWindow = WindowClause
else:
    AnyClause = _clause(Clause, {name: word for name, word in WORDS.items() if not issubclass(word, Window)})
    AnyWindow = _clause(WindowClause, {name: word for name, word in WORDS.items() if issubclass(word, Window)})
    for _word in WORDS.values():
        _word.model_rebuild(force=True, _types_namespace={"Clause": AnyClause})
    AnyClause.model_rebuild(force=True)
