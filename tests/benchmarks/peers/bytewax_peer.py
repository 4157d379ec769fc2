"""Bytewax: its Kafka source in batches, and a stateless sink that keeps each; offsets are its own recovery's matter.

python bytewax_peer.py BOOTSTRAP TOPIC URL NUMBER BATCH
"""

import os
import sys

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import cluster_main
from work import ByHand, Clock


class Keeping(StatelessSinkPartition[KafkaSourceMessage]):
    """What the source hands on at once is one batch."""

    def __init__(self, url: str, number: int) -> None:
        self._hand, self._clock = ByHand(url), Clock(number)

    def write_batch(self, items: list[KafkaSourceMessage]) -> None:
        self._clock.seen()
        self._hand.take([item.value for item in items])
        if self._clock.kept(len(items)):
            self._clock.tell()
            os._exit(0)  # the source would wait for more

    def close(self) -> None:
        self._hand.close()


class Postgres(DynamicSink[KafkaSourceMessage]):
    def __init__(self, url: str, number: int) -> None:
        self._url, self._number = url, number

    def build(self, step_id: str, worker_index: int, worker_count: int) -> Keeping:
        return Keeping(self._url, self._number)


def main() -> None:
    bootstrap, topic, url, number, size = sys.argv[1:6]
    flow = Dataflow("licences")
    source = KafkaSource([bootstrap], [topic], tail=True, batch_size=int(size))
    op.output("keep", op.input("read", flow, source), Postgres(url, int(number)))
    cluster_main(flow, [], 0)


if __name__ == "__main__":
    main()
