"""Quix Streams: a sink of batches, which is flushed at each checkpoint before the offsets are committed.

python quixstreams_peer.py BOOTSTRAP TOPIC URL NUMBER BATCH
"""

import logging
import sys
import time

from quixstreams import Application
from quixstreams.sinks import BatchingSink, SinkBatch
from work import ByHand, Clock


class Postgres(BatchingSink):
    """Keeps what has come of a partition since the last checkpoint."""

    def __init__(self, url: str, clock: Clock, app: Application) -> None:
        super().__init__()
        self._hand, self._clock, self._app = ByHand(url), clock, app

    def add(self, *given: object, **named: object) -> None:
        self._clock.seen()
        super().add(*given, **named)

    def write(self, batch: SinkBatch) -> None:
        self._hand.take([item.value for item in batch])
        if self._clock.kept(batch.size):
            self._clock.tell()
            self._app.stop()


def main() -> None:
    bootstrap, name, url, number, size = sys.argv[1:6]
    app = Application(
        broker_address=bootstrap, consumer_group=f"quix-{time.time_ns()}", auto_offset_reset="earliest",
        auto_create_topics=False, commit_every=int(size), commit_interval=5.0, loglevel=logging.ERROR,
        consumer_poll_timeout=0.2,
    )  # fmt: skip
    topic = app.topic(name, key_deserializer="bytes", value_deserializer="bytes")
    app.dataframe(topic).sink(Postgres(url, Clock(int(number)), app))
    app.run()


if __name__ == "__main__":
    main()
