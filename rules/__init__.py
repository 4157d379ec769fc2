"""The law as dated, cited, explainable data. A folder here is a service; a file in `registers/` is a register."""

from rules.catalogue import Catalogue
from rules.expected import Dimension
from rules.loader import check, examine, load, load_service, sound
from rules.problem import BadRow, Problem, Unpublishable
from rules.register import RegisterSchema
from rules.service import Filled, Service
from rules.verdict import Because, Owed, Verdict

__all__ = [
    "BadRow",
    "Because",
    "Catalogue",
    "Dimension",
    "Filled",
    "Owed",
    "Problem",
    "RegisterSchema",
    "Service",
    "Unpublishable",
    "Verdict",
    "check",
    "examine",
    "load",
    "load_service",
    "sound",
]
