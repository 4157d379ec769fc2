"""A stand-in for the boundary-free intake on this machine, with a page that lists what it received.

    python -m proactive.demo.intake --port 8102 [--keep FILE] [--step SECONDS] [--twice 1] [--drop N]

It reads PROACTIVE_INTAKE_SECRET and PROACTIVE_PUBLIC_URL, the same as whoever hands applications over. For programs:
/v1/applications/{reference}, /log.json (every hand-over, in order) and POST /play/{reference}/{code}, which lets an
application reach any status now. For people: /. `--twice 1` sends each call-back twice; `--drop N` takes every N-th new
application without ever answering.
"""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.demo.calling import Caller
from proactive.demo.receiver import WAY, Received, Receiver, Refusal, office_name, status_word
from proactive.demo.stage import BreaksOff, Journal, LocalOnly, Pages, arguments, as_json, run
from proactive.domain.application import STATUS_WORDS, Application, Progress
from proactive.ports.clock import DA_NANG

_SHOWN = 100


@dataclass(frozen=True)
class IntakeSettings:
    """`callback` is where statuses are told; `twice` tells each of them twice; see `Receiver` for the others."""

    secret: str
    callback: str
    keep: Path | None = None
    step: float = 0.2
    twice: bool = False
    drop: int = 0


def app(settings: IntakeSettings) -> Starlette:
    """The stand-in as an application."""
    journal = Journal(settings.keep)
    intake = _Intake(settings, Receiver(journal, step=settings.step, drop=settings.drop))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        intake.caller = Caller()
        for received in intake.receiver.restore():
            intake.work(received)
        yield
        await intake.caller.close()
        journal.close()

    application = Starlette(
        routes=[
            Route("/v1/applications/{reference}", intake.submit, methods=["PUT"]),
            Route("/v1/applications/{reference}", intake.course),
            Route("/v1/applications", intake.listed),
            Route("/play/{reference}/{code:int}", intake.play, methods=["POST"]),
            Route("/", intake.page),
            Route("/log.json", intake.log),
            Route("/health", lambda _: as_json({"status": "ok"})),
        ],
        middleware=[Middleware(LocalOnly)],
        lifespan=lifespan,
    )
    application.state.receiver = intake.receiver
    return application


class _Intake:
    """What the routes share."""

    caller: Caller

    def __init__(self, settings: IntakeSettings, receiver: Receiver) -> None:
        self.receiver = receiver
        self._settings = settings
        self._webhook = Webhook(settings.secret)
        self._pages = Pages()

    async def submit(self, request: Request) -> Response:
        body = await request.body()
        if not self._knows(body, request.headers):
            return _refused(401, "Chữ ký của yêu cầu không đúng.")
        try:
            application = Application.model_validate_json(body)
        except ValidationError as error:
            columns = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors())
            return _refused(400, f"Hồ sơ không đọc được: {columns}.")
        if application.reference != request.path_params["reference"]:
            return _refused(400, "Mã hồ sơ trong địa chỉ và trong nội dung khác nhau.")
        taken = self.receiver.take(application)
        if isinstance(taken, Refusal):
            return _refused(taken.status, taken.reason)
        received, new = taken
        if new:
            self.work(received)
            if self.receiver.drops_answer(received):
                return BreaksOff()
        return as_json({"reference": application.reference}, 201 if new else 200)

    async def course(self, request: Request) -> Response:
        if not self._knows(b"", request.headers):
            return _refused(401, "Chữ ký của yêu cầu không đúng.")
        reference = request.path_params["reference"]
        received = self.receiver.applications.get(reference)
        if received is None:
            return _refused(404, "Không có hồ sơ nào với mã này.")
        return as_json({"reference": reference, "statuses": [_shape(progress) for progress in received.statuses]})

    async def listed(self, request: Request) -> Response:
        """Everything, whenever it came: a demo lasts minutes."""
        if not self._knows(b"", request.headers):
            return _refused(401, "Chữ ký của yêu cầu không đúng.")
        found = [
            {"reference": reference, "content_hash": one.application.content_hash, "code": one.code}
            for reference, one in self.receiver.applications.items()
        ]
        return as_json({"applications": found, "after": None})

    async def play(self, request: Request) -> Response:
        received = self.receiver.applications.get(request.path_params["reference"])
        code = request.path_params["code"]
        if received is None or received.closed or code not in STATUS_WORDS:
            return _refused(409, "Hồ sơ này không thể có trạng thái đó.")
        self._tell(self.receiver.reach(received, code))
        return as_json({"reference": received.application.reference, "code": code})

    async def page(self, _: Request) -> Response:
        newest = list(self.receiver.applications.values())[: -_SHOWN - 1 : -1]
        counts = dict.fromkeys(STATUS_WORDS, 0)
        for received in self.receiver.applications.values():
            if received.code:
                counts[received.code] += 1
        return self._pages.show(
            "intake.html",
            applications=newest,
            total=len(self.receiver.applications),
            counts=[(status_word(code), number) for code, number in counts.items() if number],
            way=WAY,
            office=office_name,
            word=status_word,
            when=_clock,
        )

    async def log(self, _: Request) -> Response:
        return as_json(self.receiver.submissions)

    def work(self, received: Received) -> None:
        """Take an application through its statuses, and tell each."""
        self.caller.start(self.receiver.work(received, self._tell))

    def _tell(self, progress: Progress) -> None:
        for _ in range(2 if self._settings.twice else 1):
            self.caller.start(self._post(progress))

    async def _post(self, progress: Progress) -> None:
        content = Progress.model_dump_json(progress)
        news = f"{progress.reference}.{progress.code}"

        def signed() -> tuple[Mapping[str, str], bytes]:
            now = datetime.now(UTC)
            headers = {
                "content-type": "application/json",
                "webhook-id": news,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": self._webhook.sign(news, now, content),
            }
            return headers, content.encode()

        await self.caller.post(self._settings.callback, signed)

    def _knows(self, body: bytes, headers: Mapping[str, str]) -> bool:
        try:
            self._webhook.verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError):
            return False
        return True


def _shape(progress: Progress) -> dict[str, object]:
    return progress.model_dump(mode="json", exclude={"reference"})


def _refused(status: int, reason: str) -> Response:
    return as_json({"reason": reason}, status)


def _clock(moment: datetime) -> str:
    return moment.astimezone(DA_NANG).strftime("%H:%M:%S · %d/%m/%Y")


def main() -> None:
    options = arguments(
        "An intake that works through the portal's statuses by itself.",
        {
            "step": "seconds from one status to the next",
            "twice": "1: each call-back twice",
            "drop": "take every so-many-th application without answering",
        },
    )
    settings = IntakeSettings(
        secret=os.environ["PROACTIVE_INTAKE_SECRET"],
        callback=f"{os.environ['PROACTIVE_PUBLIC_URL'].rstrip('/')}/hooks/intake",
        keep=options.keep,
        step=IntakeSettings.step if options.step is None else options.step,
        twice=bool(options.twice),
        drop=int(options.drop or 0),
    )
    run(app(settings), port=options.port)


if __name__ == "__main__":
    main()
