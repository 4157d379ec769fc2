"""The ranking as programs read it: what a list says, points, why, and who proposed and decided what."""

from typing import Any

from proactive.domain.proposal import Standing
from proactive.steps.candidates import Ranking
from rules.candidates import criteria
from rules.candidates.scoring import Ranked


def told(found: Ranking) -> dict[str, Any]:
    """All of it, as it is printed; docs/candidates.md says what each of it means."""
    by = criteria()
    return {
        "sample": found.sample,
        "criteria": {name: one.model_dump(mode="json", by_alias=True) for name, one in by.criteria.items()},
        "candidates": [told_one(one, found) for one in found.ranked],
        "departments": [
            {
                "office": one.office,
                "asked": one.asked,
                **{str(state): one.number(state) for state in Standing},
                "missing": one.missing,
                "proposals": [each.model_dump(mode="json") for each in one.proposals],
            }
            for one in found.departments
        ],
    }


def told_one(one: Ranked, found: Ranking) -> dict[str, Any]:
    """A candidate with its place, its points and why."""
    proposal, by = found.living.get(one.candidate.id), criteria().criteria
    return {
        **one.candidate.model_dump(mode="json", by_alias=True),
        "place": one.place,
        "least": one.least,
        "most": one.most,
        "scores": {
            name: {
                "points": score.points,
                "weight": by[name].weight,
                "earned": None if score.points is None else score.points * by[name].weight / 100,
                "says": score.says.model_dump(),
            }
            for name, score in one.scores.items()
        },
        "proposal": proposal.model_dump(mode="json") if proposal else None,
    }
