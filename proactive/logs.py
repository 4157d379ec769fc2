"""Logs as one JSON object a line, without personal data: fields are named one by one, never whole objects or URLs."""

import logging
import sys

import structlog


def begin_logging(level: int = logging.INFO) -> None:
    """Send our logs to standard error; libraries speak up only when something is wrong."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # Only who spoke and how loudly: what libraries say may hold somebody's data.
    shape = '{"level": "%(levelname)s", "event": "%(name)s"}'
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format=shape)
