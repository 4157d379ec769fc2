"""Idiomatic Faust: an agent that takes batches of a stream, as its guide shows.

python faust_idiomatic_peer.py BOOTSTRAP TOPIC URL NUMBER BATCH
"""

import logging
import os
import sys
import time

import faust
from work import ByHand, Clock


def main() -> None:
    bootstrap, name, url, number, size = sys.argv[1:6]
    app = faust.App(
        f"faust-{time.time_ns()}", broker=f"kafka://{bootstrap}", web_enabled=False, topic_disable_leader=True,
        consumer_auto_offset_reset="earliest", topic_allow_declare=False, topic_create_wait=False,
    )  # fmt: skip
    changes = app.topic(name, value_type=bytes, value_serializer="raw", key_type=bytes, key_serializer="raw")
    clock, hand = Clock(int(number)), ByHand(url)

    @app.agent(changes)
    async def keep(stream: faust.StreamT[bytes]) -> None:
        async for bodies in stream.take(int(size), within=0.5):
            clock.seen()
            hand.take(bodies)
            if clock.kept(len(bodies)):
                clock.tell()
                os._exit(0)  # what is left is the worker's own parting, which nobody measures

    worker = faust.Worker(app, loglevel=logging.ERROR)
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
