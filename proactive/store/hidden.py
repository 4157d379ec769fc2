"""Pseudonyms stand for personal ids in every table. What makes and opens them travels with the engine, as the vault
does; only what speaks with the outside asks for it: what comes from there is hidden, what goes there is opened.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.pseudonym import PLAIN, Pseudonyms

OPTION = "proactive_pseudonyms"


def pseudonyms_of(engine: AsyncEngine) -> Pseudonyms:
    found: Pseudonyms | None = engine.sync_engine.get_execution_options().get(OPTION)
    return PLAIN if found is None else found


def pseudonyms_in(connection: AsyncConnection) -> Pseudonyms:
    return pseudonyms_of(connection.engine)


def document_in(pseudonyms: Pseudonyms, document: Any) -> Any:
    """A JSON document with a pseudonym for every text in it that may be a personal id: whatever has twelve digits."""
    return _each(document, lambda said: pseudonyms.of(said) if len(said) == 12 and said.isdecimal() else said)


def document_out(pseudonyms: Pseudonyms, document: Any) -> Any:
    """The same on its way out."""
    return _each(document, pseudonyms.shown)


def _each(document: Any, change: Any) -> Any:
    if isinstance(document, str):
        return change(document)
    if isinstance(document, Mapping):
        return {name: _each(value, change) for name, value in document.items()}
    if isinstance(document, list | tuple):
        return [_each(value, change) for value in document]
    return document
