"""What stands in a department's proposal document: what it proposed, or the best of its candidates as a suggestion."""

from datetime import date
from typing import Any

from proactive.domain.proposal import Standing
from proactive.steps.candidates import Ranking
from rules.base import Words
from rules.candidates import criteria
from rules.candidates.scoring import Ranked
from rules.offices import offices
from rules.procedures import OF_THE_UNIT

SUGGESTED = 2
"""Candidates that are suggested where the department has proposed none."""

STANDINGS = {
    Standing.PROPOSED: Words(vi="Đã đề xuất, chờ quyết định", en="Proposed, waits for a decision"),
    Standing.ACCEPTED: Words(vi="Đã đồng ý thí điểm", en="Accepted for a pilot"),
    Standing.DECLINED: Words(vi="Không đồng ý", en="Declined"),
    Standing.WITHDRAWN: Words(vi="Đơn vị đã rút", en="Withdrawn"),
}


def words(found: Ranking, department: str, today: date) -> dict[str, Any]:
    """All of the document for this office, or for `unit`: the communes."""
    mine = [one for one in found.ranked if one.candidate.department == department]
    also = {id for id, proposal in found.living.items() if proposal.department == department}
    taken = [one for one in found.ranked if one.candidate.id in also]
    chosen = (
        taken or [one for one in mine if one.place is not None and one.candidate.id not in found.living][:SUGGESTED]
    )
    name = "Ủy ban nhân dân cấp xã" if department == OF_THE_UNIT else offices()[department].name
    least = criteria().least_a_department
    return {
        "agency": name,
        "place": f"Đà Nẵng, ngày {today.day} tháng {today.month} năm {today.year}",
        "to": offices()[criteria().decided_by.office].name,
        "opening": f"Thực hiện {least.reference}; {name} đề xuất thí điểm các thủ tục sau, xếp theo điểm của hệ thống.",
        "sample": found.sample,
        "candidates": [_one(one, found, suggested=not taken) for one in chosen],
        "closing": "Điểm do hệ thống tính từ số liệu đang có; mục chưa rõ không được tính điểm. "
        "Kính đề nghị xem xét, quyết định.",
        "foot": "Dịch vụ công chủ động Đà Nẵng",
    }


def _one(one: Ranked, found: Ranking, *, suggested: bool) -> dict[str, Any]:
    proposal = found.living.get(one.candidate.id)
    standing = STANDINGS[proposal.state].vi if proposal else "Gợi ý của hệ thống, đơn vị chưa đề xuất"
    by = criteria().criteria
    return {
        "name": one.candidate.name.vi,
        "code": one.candidate.procedure or "chưa rõ",
        "field": one.candidate.field,
        "points": f"{_written(one.least)} trên 100; nếu mọi mục chưa rõ đều tốt: {_written(one.most)}",
        "standing": f"{standing} ({proposal.document})" if proposal else standing,
        "reference": f"{one.candidate.reference} (độ chắc chắn {one.candidate.confidence})",
        "scores": [
            {
                "title": by[name].title.vi,
                "points": "chưa rõ" if score.points is None else f"{score.points} × {by[name].weight} %",
                "says": score.says.vi,
            }
            for name, score in one.scores.items()
        ],
        "suggested": suggested,
    }


def _written(points: float) -> str:
    return f"{points:g}".replace(".", ",")


__all__ = ["STANDINGS", "words"]
