"""The law as dated, cited, explainable data. A folder here is a service; a file in `registers/` is a register."""

from rules.problem import BadRow, Problem, Unpublishable
from rules.register import RegisterSchema
from rules.verdict import Because, Owed, Verdict

__all__ = ["BadRow", "Because", "Owed", "Problem", "RegisterSchema", "Unpublishable", "Verdict"]
