"""Sources as data: where other people's data is, and how their tables become registers. Knows no connector by name."""

from proactive.sources.connected import (
    ConnectedRegister,
    ConnectedSource,
    offered,
    plainly,
    require_one_each,
    told_plainly,
)
from proactive.sources.grammar import RegisterMapping, SourceText
from proactive.sources.loader import load, read
from proactive.sources.mapper import Mapped, RowMapper

__all__ = [
    "ConnectedRegister",
    "ConnectedSource",
    "Mapped",
    "RegisterMapping",
    "RowMapper",
    "SourceText",
    "load",
    "offered",
    "plainly",
    "read",
    "require_one_each",
    "told_plainly",
]
