"""What the city's plan asks for and by when, as data: the targets that progress is measured against."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

from pydantic import Field

from rules.base import Confidence, Name, Rule, Text, Words
from rules.policy import policy

OWN = Path(__file__).with_name("plan.yaml")
NAME = "rules/plan/plan.yaml"


class Goal(Rule):
    """A share that is to be reached."""

    percent: int = Field(ge=0, le=100)
    reference: Text
    confidence: Confidence


class Target(Goal):
    by: date


class Obstacles(Rule):
    """How long the owner of an obstacle has, and what kinds there are."""

    answered_within_working_days: int = Field(gt=0, le=60)
    warned_before_working_days: int = Field(ge=0, le=20)
    reference: Text
    confidence: Confidence
    kinds: Mapping[Name, Words]


class Plan(Rule):
    reference: Text
    targets: tuple[Target, ...]
    digitised: Goal
    obstacles: Obstacles


@cache
def plan() -> Plan:
    """The plan in force. Raises `Unpublishable` where the file cannot be used."""
    return policy(Plan, OWN, NAME)


__all__ = ["Goal", "Plan", "Target", "plan"]
