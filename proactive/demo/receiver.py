"""The boundary-free intake of the demo: receives applications, works through the portal's statuses, and remembers.

The statuses are those of the national portal (1 submitted, 2 received, 4 being processed, 9 result ready, 10 result
returned). The first three happen at the competent office, the last at the office that the citizen chose.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from proactive.demo.stage import Journal
from proactive.domain.application import STATUS_WORDS, Application, Progress
from proactive.domain.dossier import CLOSING_STATUS
from rules.offices import Office, offices

WAY = (1, 2, 4, 9, 10)


@dataclass
class Received:
    """An application and its statuses so far."""

    application: Application
    statuses: list[Progress] = field(default_factory=list)

    @property
    def code(self) -> int:
        return self.statuses[-1].code if self.statuses else 0

    @property
    def closed(self) -> bool:
        return self.code in CLOSING_STATUS


@dataclass(frozen=True)
class Refusal:
    """An application that is not taken. `status` is the HTTP answer."""

    status: int
    reason: str


@dataclass
class Receiver:
    """`step` is the seconds from one status to the next; of every `drop`-th application the answer is dropped."""

    journal: Journal
    step: float = 0.2
    drop: int = 0
    applications: dict[str, Received] = field(default_factory=dict)
    submissions: list[dict[str, object]] = field(default_factory=list)

    def restore(self) -> Iterable[Received]:
        """Read the journal; gives the applications that are still on their way."""
        for entry in self.journal.read():
            if "submission" in entry:
                self.submissions.append(entry["submission"])
            elif "taken" in entry:
                application = Application.model_validate(entry["taken"])
                self.applications[application.reference] = Received(application)
            else:
                progress = Progress.model_validate(entry["status"])
                self.applications[progress.reference].statuses.append(progress)
        return [received for received in self.applications.values() if not received.closed]

    def take(self, application: Application) -> tuple[Received, bool] | Refusal:
        """The application under its reference, and whether it is new; or why it is not taken."""
        reference = application.reference
        known = self.applications.get(reference)
        refusal = self._refusal(application, known)
        answer = refusal.status if refusal else 201 if known is None else 200
        if known is None and refusal is None and self.drop and (len(self.applications) + 1) % self.drop == 0:
            answer = 0
        self._note(application, answer)
        if refusal:
            return refusal
        if known is not None:
            return known, False
        received = self.applications[reference] = Received(application)
        self.journal.write(taken=application.model_dump(mode="json"))
        return received, True

    def drops_answer(self, received: Received) -> bool:
        """Whether nobody is told that this new application was taken."""
        return bool(self.drop) and len(self.applications) % self.drop == 0

    async def work(self, received: Received, told: Callable[[Progress], None]) -> None:
        """Take an application to its end. `told` is called with each status for the call-back."""
        while not received.closed:
            following = [code for code in WAY if code > received.code]
            if not following:
                return
            if received.statuses:
                await asyncio.sleep(self.step)
            if not received.closed and following[0] > received.code:
                told(self.reach(received, following[0]))

    def reach(self, received: Received, code: int, note: str | None = None) -> Progress:
        """The application reaches a status now."""
        application = received.application
        office = application.returning_office if code in {9, 10} else application.competent_office
        if code == 10:
            note = note or f"Kết quả đã trả tại {office_name(office)}."
        progress = Progress(
            reference=application.reference, code=code, at=datetime.now(UTC), office=office, note=note
        )  # fmt: skip
        received.statuses.append(progress)
        self.journal.write(status=progress.model_dump(mode="json"))
        return progress

    def _refusal(self, application: Application, known: Received | None) -> Refusal | None:
        if known is not None and known.application.content_hash != application.content_hash:
            return Refusal(409, "Mã hồ sơ này đã được dùng cho một hồ sơ khác.")
        if not (len(application.applicant.personal_id) == 12 and application.applicant.personal_id.isdecimal()):
            return Refusal(422, "Số định danh cá nhân phải có 12 chữ số.")
        if not application.applicant.full_name.strip():
            return Refusal(422, "Thiếu họ và tên người nộp hồ sơ.")
        for part in (application.receiving_office, application.competent_office, application.returning_office):
            if part not in offices():
                return Refusal(422, f"Không có cơ quan '{part}' trong danh mục.")
        return None

    def _note(self, application: Application, answer: int) -> None:
        entry: dict[str, object] = {
            "number": len(self.submissions) + 1,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "reference": application.reference,
            "dossier_id": str(application.dossier_id),
            "content_hash": application.content_hash,
            "answer": answer,
        }
        self.submissions.append(entry)
        self.journal.write(submission=entry)


def office_name(id: str) -> str:
    known: Office | None = offices().get(id)
    return known.name if known else id


def status_word(code: int) -> str:
    return STATUS_WORDS[code][0] if code in STATUS_WORDS else "Đang cập nhật"
