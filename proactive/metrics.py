"""What we tell Prometheus: every figure is named here and nowhere else, and none holds anything of anybody.

A worker and the pages each tell their own, on `PROACTIVE_METRICS_PORT`. What rests in the store is told by workers;
each tells the same, so it is the highest that counts and never the sum.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from proactive.errors import Unusable
from proactive.settings import Settings
from proactive.store.backlog import Backlog

QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)
MANY = (1, 5, 20, 100, 500, 1000, 2500, 5000, 10_000)

PAGE = Histogram("proactive_page_seconds", "A page, by its route.", ["method", "route", "status"], buckets=QUICK)
STEP = Histogram("proactive_step_seconds", "One run of a step that found work.", ["step"], buckets=(*QUICK, 30, 60))
FAILURES = Counter("proactive_step_failures", "Runs of a step that failed; what rests is taken up again.", ["step"])
CHANGES = Counter("proactive_changes", "Changes that recognise took, by what became of them.", ["outcome"])
BATCH = Histogram("proactive_batch_changes", "Changes in one batch of recognise.", buckets=MANY)
LAG = Gauge("proactive_kafka_lag", "Messages that recognise has not taken yet.", ["topic", "partition"])

DOSSIERS = Gauge("proactive_dossiers", "Dossiers by state.", ["state"])
OVERDUE = Gauge("proactive_overdue_occasions", "Owed, not drafted, and past their day by so long.", ["late"])
NOTICES = Gauge("proactive_notices_open", "Notices whose end at the provider is not known.", ["channel", "state"])
OLDEST_NOTICE = Gauge("proactive_oldest_notice_seconds", "How long the oldest of those has been waiting.")
QUEUED = Gauge("proactive_applications_queued", "Applications taken with 202 that are no case yet.")
REJECTED = Gauge("proactive_rejected_changes", "Refused changes that wait for somebody.")
SILENCE = Gauge("proactive_register_silence_seconds", "Since a register was last read or heard of.", ["register"])
ASIDE = Gauge("proactive_rules_aside", "Services of which another worker's version counts.", ["service"])
SHARE = Gauge("proactive_provider_share", "Part of a group's messages that a provider gets.", ["group", "channel"])
UNSEALED = Gauge("proactive_audit_unsealed_seconds", "How long the oldest line of the audit log waits for its seal.")


@contextmanager
def told(settings: Settings) -> Iterator[None]:
    """Tell this process's figures while the block lasts. Raises `Unusable` where the port cannot be had."""
    if not settings.metrics_port:
        yield
        return
    try:
        server, thread = start_http_server(settings.metrics_port, addr=settings.metrics_host)
    except OSError as error:
        raise Unusable(
            f"The figures cannot be told on {settings.metrics_host}:{settings.metrics_port} ({error.strerror}). Set "
            "PROACTIVE_METRICS_PORT to a free one; each process needs its own."
        ) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def show(backlog: Backlog) -> None:
    """Tell what rests in the store; what is no longer there is no longer told."""
    for gauge in (DOSSIERS, OVERDUE, NOTICES, SILENCE, SHARE):
        gauge.clear()
    for state, number in backlog.dossiers.items():
        DOSSIERS.labels(state).set(number)
    for late, number in backlog.overdue.items():
        OVERDUE.labels(late).set(number)
    for (channel, state), number in backlog.notices.items():
        NOTICES.labels(channel, state).set(number)
    for register, seconds in backlog.registers.items():
        SILENCE.labels(register).set(seconds)
    for (group, channel), share in backlog.shares.items():
        SHARE.labels(group, channel).set(share)
    OLDEST_NOTICE.set(backlog.oldest_notice_seconds)
    QUEUED.set(backlog.queued_applications)
    REJECTED.set(backlog.rejected_changes)
    UNSEALED.set(backlog.unsealed_seconds)
