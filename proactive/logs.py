"""Logs as one JSON object a line, without personal data: fields are named one by one, never whole objects or URLs."""

import json
import logging
import sys
import traceback
from pathlib import Path

import structlog


def begin_logging(level: int = logging.INFO) -> None:
    """Send our logs to standard error; libraries speak up only when something is wrong."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _where_it_failed,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Library())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _where_it_failed(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """An exception as its kind and the lines it came through; its text and the values there may be somebody's data."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        event["failed_at"] = [
            f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
        event.setdefault("error", type(error).__name__)
    return event


class _Library(logging.Formatter):
    """Who spoke, how loudly, and the kind of error: what libraries say besides may hold somebody's data."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        said = {"level": record.levelname.lower(), "event": record.name, "at": f"{record.module}:{record.lineno}"}
        return json.dumps({**said, "error": kind} if kind else said)
