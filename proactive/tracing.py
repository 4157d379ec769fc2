"""Traces of the way of a change, from the commit in its source to the notice, for whoever runs us (OpenTelemetry).

Off unless `PROACTIVE_TRACES_URL` is set; then nothing is made, asked or sent. A span is one run of a step that found
work, so it stands for a batch: its parent is the oldest word that woke it, the others are its links. Between processes
the context travels in the header `traceparent` of Kafka's messages, and in the outbox beside the word it belongs to.
No name, number, key or text of anybody is in a span: only a step's name, counts, and moments. See ADR 0048.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from proactive.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

HEADER = "traceparent"
LINKS = 16
"""Most words that one span names as its causes."""

_A_YEAR = 366 * 86_400 * 1_000_000
_propagator = TraceContextTextMapPropagator()
_tracer: Tracer | None = None


@contextmanager
def traced(settings: Settings, service: str) -> Iterator[None]:
    """Send this process's spans to the collector of the settings while the block lasts; where none is set, nothing."""
    if not settings.traces_url:
        yield
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.traces_url)))
    with recording(provider):
        yield


@contextmanager
def recording(provider: "TracerProvider") -> Iterator[None]:
    """Let spans be made by this provider while the block lasts."""
    global _tracer  # noqa: PLW0603  # what all of a process uses, as the logs are; off again at the end
    _tracer = provider.get_tracer("proactive")
    try:
        yield
    finally:
        _tracer = None
        provider.shutdown()


@contextmanager
def span(name: str, *, since: Iterable[SpanContext] = ()) -> Iterator[Span]:
    """One run of a step. It is told of where `found` was called on it, or where the block fails; idle looks are not."""
    if _tracer is None:
        yield trace.INVALID_SPAN
        return
    causes = list(since)[:LINKS]
    parent = trace.set_span_in_context(NonRecordingSpan(causes[0])) if causes else None
    made = _tracer.start_span(name, parent, links=[Link(cause) for cause in causes[1:]])
    with trace.use_span(made, end_on_exit=False, record_exception=False, set_status_on_exception=False):
        try:
            yield made
        except Exception as error:  # the words of an error may hold somebody's data; its kind does not
            made.set_attribute("error.type", type(error).__name__)
            made.end()
            raise


def found(one: Span, number: int) -> None:
    """The step has found work, so many: the span is worth telling of, and over."""
    one.set_attribute("proactive.found", number)
    one.end()


def committed(versions: Iterable[int]) -> None:
    """Note when the oldest of these changes was committed in its source, where its version says so (microseconds)."""
    if _tracer is None:
        return
    now = time.time_ns() // 1000
    moments = [version for version in versions if now - 10 * _A_YEAR < version < now + _A_YEAR]
    if moments:
        trace.get_current_span().add_event("source.commit", timestamp=min(moments) * 1000)


def here() -> SpanContext | None:
    """Where we are, for somebody who goes on from here; None while nothing is traced."""
    if _tracer is None:
        return None
    context = trace.get_current_span().get_span_context()
    return context if context.is_valid else None


def written() -> str:
    """The same as text, as it travels in a header or rests in the outbox; empty while nothing is traced."""
    if here() is None:
        return ""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get(HEADER, "")


def heard(headers: Mapping[str, Any] | Iterable[tuple[str, Any]] | None) -> SpanContext | None:
    """The context that came with a message; None where it carries none, or while nothing is traced."""
    if _tracer is None or not headers:
        return None
    told = dict(headers).get(HEADER)
    if told is None:
        return None
    text = told.decode("ascii", "replace") if isinstance(told, bytes) else str(told)
    context = trace.get_current_span(_propagator.extract({HEADER: text})).get_span_context()
    return context if context.is_valid else None


def causes(messages: Iterable[Any]) -> list[SpanContext]:
    """The different contexts that came with a batch of Kafka's messages, oldest first."""
    if _tracer is None:
        return []
    different: dict[int, SpanContext] = {}
    for message in messages:
        if (context := heard(message.headers())) is not None:
            different.setdefault(context.span_id, context)
            if len(different) == LINKS:
                break
    return list(different.values())
