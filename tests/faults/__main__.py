"""The fault suite: `make faults N=schedules SEED=first`. Prints a line a schedule and what it came to; 1 if any failed.

python -m tests.faults --n 20 --seed 1 [--minutes 30] [--act "worker killed"] [--old FOLDER] [--json FILE]
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.faults.acts import ACTS, LARGER
from tests.faults.checker.verdict import WORDS
from tests.faults.playing import say, side_by_side
from tests.faults.schedule import Played, drawn


def summary(done: list[Played]) -> dict[str, object]:
    acts = Counter(act for one in done for act in one.strikes)
    return {
        "schedules": len(done),
        "clean": sum(one.clean for one in done),
        "failed_seeds": [one.seed for one in done if not one.clean],
        "acts": dict(acts.most_common()),
        "acts_never_drawn": sorted(set(ACTS) - set(acts)),
        "seconds": round(sum(one.seconds for one in done), 1),
        **{word: sum(one.verdict[word] for one in done) for word in WORDS},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Random schedules of faults over the real loop")
    parser.add_argument("--n", type=int, default=20, help="how many schedules")
    parser.add_argument("--seed", type=int, default=1, help="the first one's seed; the others follow it")
    parser.add_argument("--minutes", type=float, default=600, help="begin none after so many minutes")
    parser.add_argument("--at-once", type=int, default=1, help="stacks side by side; one uses about a core")
    parser.add_argument(
        "--act", action="append", choices=sorted(ACTS | LARGER), help="these acts in each; default: drawn"
    )
    parser.add_argument("--each", action="store_true", help="each act alone, once, before the drawn ones")
    parser.add_argument("--json", type=Path, help="write every schedule and the summary here")
    parser.add_argument("--old", type=Path, help="a folder with another version of us, whose worker runs beside ours")
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1, help="three of Apache Kafka, for its act")
    parser.add_argument("--small-disk", action="store_true", help="the database on a small disk (root), for its act")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="proactive-faults-"))
    folder.chmod(0o711)
    each = [drawn(-n, acts=[act]) for n, act in enumerate(sorted(ACTS), start=1)] if options.each else []
    schedules = [*each, *(drawn(options.seed + n, acts=options.act) for n in range(options.n))]
    deadline = time.monotonic() + 60 * options.minutes
    how = {"old": options.old, "brokers": options.brokers, "small_disk": options.small_disk}
    done, interrupted = list[Played](), False
    try:
        done.extend(side_by_side(schedules, at_once=options.at_once, folder=folder, deadline=deadline, **how))
    except KeyboardInterrupt:  # what was played until then is told of
        interrupted = True
    found = summary(done)
    say(json.dumps(found))
    if options.json:
        options.json.write_text(json.dumps({"summary": found, "schedules": [one.as_dict() for one in done]}, indent=1))
    if all(one.clean for one in done):
        shutil.rmtree(folder, ignore_errors=True)
    return 130 if interrupted else int(not all(one.clean for one in done))


if __name__ == "__main__":
    sys.exit(main())
