"""Where an officer can go: a line a page, in groups. A page that is not here is reached from another one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from proactive.store.people import Officer, Role
from rules.base import Words


class Group(Enum):
    """The first row of the bar; a group is shown where the officer may open one of its pages."""

    WORK = Words(vi="Công việc", en="Work")
    STEERING = Words(vi="Điều hành", en="Steering")
    NOTICES = Words(vi="Tin nhắn", en="Notices")
    DATA = Words(vi="Dữ liệu", en="Data")
    LAW = Words(vi="Quy định", en="Law")
    SET_UP = Words(vi="Cài đặt", en="Set-up")


@dataclass(frozen=True)
class Page:
    """`path` and whatever is below it belong to the page; `role`: only officers of this role see it."""

    path: str
    group: Group
    title: Words
    role: Role | None = None


PAGES = (
    Page("/desk", Group.WORK, Words(vi="Hồ sơ của cơ quan", en="Your office's dossiers")),
    Page("/desk/cases", Group.WORK, Words(vi="Một cửa", en="One-stop desk")),
    Page("/desk/colleagues", Group.WORK, Words(vi="Đồng nghiệp", en="Colleagues")),
    Page("/desk/assist", Group.WORK, Words(vi="Giúp người có mặt", en="Help a person present")),
    Page("/desk/progress", Group.STEERING, Words(vi="Tiến độ kế hoạch", en="Progress of the plan")),
    Page("/desk/obstacles", Group.STEERING, Words(vi="Vướng mắc", en="Obstacles")),
    Page("/desk/reports", Group.STEERING, Words(vi="Báo cáo tuần", en="Weekly report")),
    Page("/desk/candidates", Group.STEERING, Words(vi="Thủ tục nên chủ động", en="Candidates")),
    Page("/desk/pilots", Group.STEERING, Words(vi="Thí điểm", en="Pilots")),
    Page("/desk/indicators", Group.STEERING, Words(vi="Chỉ số phục vụ", en="Indicators")),
    Page("/desk/forecast", Group.STEERING, Words(vi="Dự báo", en="Forecast")),
    Page("/desk/calls", Group.NOTICES, Words(vi="Gọi điện", en="Calls")),
    Page("/desk/notices", Group.NOTICES, Words(vi="Tin đã gửi", en="Messages sent")),
    Page("/desk/texts", Group.NOTICES, Words(vi="Lời nhắn", en="Texts")),
    Page("/desk/quality", Group.DATA, Words(vi="Chất lượng dữ liệu", en="Data quality")),
    Page("/desk/tickets", Group.DATA, Words(vi="Đề nghị sửa", en="Correction tickets")),
    Page("/desk/rights", Group.DATA, Words(vi="Quyền về dữ liệu", en="Data rights")),
    Page("/desk/rejected", Group.DATA, Words(vi="Bản ghi bị từ chối", en="Refused changes"), Role.DATA),
    Page("/desk/files", Group.DATA, Words(vi="Tệp dữ liệu", en="Files"), Role.DATA),
    Page("/desk/sessions", Group.SET_UP, Words(vi="Nơi đang đăng nhập", en="Where you are signed in")),
)


@dataclass(frozen=True)
class Entry:
    """One link of the bar."""

    path: str
    title: Words
    current: bool


@dataclass(frozen=True)
class Bar:
    groups: Sequence[Entry]
    pages: Sequence[Entry]
    """Of the group that is open; empty where it has one page only."""


def bar(path: str, officer: Officer | None) -> Bar:
    """What this officer's bar shows on this page."""
    mine = [page for page in PAGES if page.role is None or (officer is not None and officer.role is page.role)]
    here = max((page for page in mine if _within(path, page.path)), key=lambda page: len(page.path), default=mine[0])
    first = {page.group: page for page in reversed(mine)}
    beside = [page for page in mine if page.group is here.group]
    return Bar(
        [Entry(first[one].path, one.value, one is here.group) for one in Group if one in first],
        [Entry(page.path, page.title, page is here) for page in beside] if len(beside) > 1 else [],
    )


def _within(path: str, below: str) -> bool:
    return path == below or path.startswith(below + "/")
