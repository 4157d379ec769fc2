"""What the figures of a pilot say, in sentences, for the page and for what is taken along."""

from proactive.domain.effect import FEWEST, Verdict
from proactive.domain.pilot import Outcome, PilotState, Verb
from proactive.pilots.report import Judged, Met, Report, suggests
from rules.base import Words
from rules.offices import unit_of

STATES = {
    PilotState.PROPOSED: Words(vi="Chờ người thứ hai duyệt", en="Waits for a second person"),
    PilotState.APPROVED: Words(vi="Đã duyệt", en="Approved"),
    PilotState.RUNNING: Words(vi="Đang chạy", en="Running"),
    PilotState.PAUSED: Words(vi="Tạm dừng", en="Paused"),
    PilotState.STOPPED: Words(vi="Đã dừng, chờ kết luận", en="Stopped, to be concluded"),
    PilotState.CONCLUDED: Words(vi="Đã kết luận", en="Concluded"),
}
VERBS = {
    "propose": Words(vi="Đề xuất", en="Propose"),
    Verb.APPROVE: Words(vi="Duyệt", en="Approve"),
    Verb.START: Words(vi="Bắt đầu", en="Start"),
    Verb.PAUSE: Words(vi="Tạm dừng", en="Pause"),
    Verb.RESUME: Words(vi="Chạy tiếp", en="Go on"),
    Verb.STOP: Words(vi="Dừng hẳn", en="Stop for good"),
    Verb.CONCLUDE: Words(vi="Kết luận", en="Conclude"),
    Verb.WITHDRAW: Words(vi="Rút lại", en="Withdraw"),
}
OUTCOMES = {
    Outcome.GO: Words(vi="Triển khai", en="Go"),
    Outcome.NO_GO: Words(vi="Không triển khai", en="No go"),
    Outcome.AGAIN: Words(vi="Thí điểm lại", en="Pilot again"),
}
CRITERIA = {
    "confirmed_at_least": Words(
        vi="Ít nhất {asked} % người đã được gửi tin xác nhận", en="At least {asked}% of those told confirm"
    ),
    "on_time_at_least": Words(
        vi="Ít nhất {asked} % kết quả trả đúng hạn", en="At least {asked}% of results are returned on time"
    ),
    "complaints_at_most": Words(
        vi="Nhiều nhất {asked} % người đã được gửi tin có phản ánh", en="At most {asked}% of those told complain"
    ),
}
MET = {
    Met.MET: Words(vi="Đạt", en="Met"),
    Met.MISSED: Words(vi="Không đạt", en="Missed"),
    Met.TOO_FEW: Words(vi=f"Chưa đủ {FEWEST} người", en=f"Fewer than {FEWEST} people"),
}
SUGGESTS = {
    "go": Words(
        vi="Số liệu ủng hộ triển khai: mọi tiêu chí đều đạt và nhóm được báo xong việc nhiều hơn.",
        en="The figures speak for going on: all criteria are met, and more of those told settled their matter.",
    ),
    "no_go": Words(
        vi="Số liệu chưa ủng hộ triển khai: có tiêu chí không đạt, hoặc nhóm được báo xong việc ít hơn.",
        en="The figures do not speak for going on: a criterion was missed, or fewer of those told settled a matter.",
    ),
    "unclear": Words(vi="Số liệu chưa đủ để kết luận theo hướng nào.", en="The figures do not yet speak for either."),
}
CONCLUDED_BY = Words(vi="Số liệu được chốt khi kết luận, bởi", en="Figures were fixed at the conclusion, by")
NOT_DECIDED = Words(
    vi="Báo cáo không quyết định thay người có thẩm quyền.", en="The report does not decide; people do."
)
SOURCE = Words(
    vi="Khoảng tin cậy 95 % theo Newcombe (1998). Chi phí tin nhắn theo giá niêm yết; giờ cán bộ theo giả định của "
    "dự báo. Hai nhóm vào thí điểm trong cùng điều kiện, cùng ngày.",
    en="95% interval by Newcombe (1998). Messages by list price; officers' hours by the assumption of the forecast. "
    "Both groups came in under the same conditions, on the same days.",
)
NOT_SHOWN = Words(
    vi="Số dưới 5, và số có thể suy ra chúng, không ghi khi báo cáo ra khỏi cơ quan.",
    en="Numbers under 5, and those that would give them away, are left out where the report leaves the office.",
)


def effect_sentence(told: Report) -> Words:
    """Whether telling changed anything, and how sure that is."""
    found = told.effect
    if found is None:
        return Words(
            vi="Không có nhóm đối chứng để so sánh, hoặc chưa có ai vào nhóm.",
            en="There is no comparison group, or nobody is in it yet.",
        )
    points, low, high = (100 * one for one in (found.difference, found.low, found.high))
    vi = f"{_signed(points)} điểm phần trăm, khoảng tin cậy 95 %: {_signed(low)} đến {_signed(high)}".replace(".", ",")
    en = f"{_signed(points)} percentage points, 95% interval: {_signed(low)} to {_signed(high)}"
    match found.verdict:
        case Verdict.TOO_FEW:
            return Words(
                vi=f"Quá ít người để kết luận: cần ít nhất {FEWEST} người trong mỗi nhóm.",
                en=f"Too few to tell: each group needs at least {FEWEST} people.",
            )
        case Verdict.MORE:
            return Words(
                vi=f"Người được báo xong việc nhiều hơn ({vi}).", en=f"More of those told settled their matter ({en})."
            )
        case Verdict.LESS:
            return Words(
                vi=f"Người được báo xong việc ít hơn ({vi}).", en=f"Fewer of those told settled their matter ({en})."
            )
        case Verdict.NOT_SEEN:
            return Words(
                vi=f"Chưa thấy khác biệt vượt quá ngẫu nhiên ({vi}).",
                en=f"No difference that chance could not make ({en}).",
            )


def days_sentence(told: Report) -> Words:
    """By how many days those told were earlier."""
    if told.days_earlier is None:
        return Words(
            vi=f"Chưa tính được số ngày tiết kiệm: cần ít nhất {FEWEST} việc đã xong ở mỗi nhóm.",
            en=f"Days saved are not known yet: each group needs at least {FEWEST} settled matters.",
        )
    days = f"{told.days_earlier:g}"
    return Words(
        vi=f"Trung vị: người được báo xong việc sớm hơn nhóm đối chứng {days.replace('.', ',')} ngày "
        "(chỉ tính các việc đã xong).",
        en=f"By the median, those told were settled {days} days earlier than those held out (settled matters only).",
    )


def suggestion(told: Report) -> Words:
    return SUGGESTS[suggests(told)]


def criterion(one: Judged) -> Words:
    words = CRITERIA[one.name]
    return Words(vi=words.vi.format(asked=one.asked), en=words.en.format(asked=one.asked))


def place(code: str | None) -> str:
    """A commune as it is called."""
    found = unit_of(code)
    return found.full_name if found else (code or "?")


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")
