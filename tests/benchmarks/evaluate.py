"""How many people a second one core can judge for driver_licence_renewal: prints one JSON object.

.venv/bin/python -m tests.benchmarks.evaluate [PEOPLE]
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta

import rules
from proactive.cli.evaluate import answers

ON = date(2027, 2, 1)


def people(number: int) -> list[bytes]:
    """One licence and one resident each, expiring within three years of the day."""
    chance = random.Random(1)
    lines = []
    for n in range(number):
        person = f"0480{n:08d}"
        expires = ON + timedelta(days=chance.randint(-1000, 1000))
        licence = {
            "licence_no": f"48{n:010d}", "personal_id": person, "full_name": "NGUYỄN VĂN AN",
            "date_of_birth": "1990-01-01", "class": chance.choice(["B", "C", "D2"]), "scheme": "2024",
            "issued_on": "2015-03-15", "expires_on": str(expires),
            "issued_by": "Công an thành phố Đà Nẵng", "status": "valid", "updated_at": "2026-11-20T08:00:00+07:00",
        }  # fmt: skip
        resident = {
            "personal_id": person, "full_name": "NGUYỄN VĂN AN", "date_of_birth": "1990-01-01", "sex": "M",
            "unit_code": "20194", "address": "12 Lê Lợi", "phone": "0900000001", "died_on": None,
            "updated_at": "2026-11-20T08:00:00+07:00",
        }  # fmt: skip
        lines.append(json.dumps({"driver_licences": [licence], "residents": [resident]}, ensure_ascii=False).encode())
    return lines


def microseconds(work: Callable[[], object], number: int) -> float:
    """Processor time of each, the best of three runs."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return round(best / number * 1e6, 2)


def command(lines: list[bytes]) -> dict[str, float]:
    """Processor time of `proactive evaluate` over these lines as a process of its own, its start included."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(b"\n".join(lines))
        file.flush()
        words = ["evaluate", "driver_licence_renewal", "--records", file.name, "--on", str(ON)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "proactive.cli", *words], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_seconds": round(seconds, 2), "lines_a_cpu_second": round(len(lines) / seconds)}


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    catalogue = rules.load()
    service = catalogue.services["driver_licence_renewal"]
    lines = people(number)
    known = [service.people.read(line) for line in lines]
    licences = catalogue.registers["driver_licences"]
    bodies = [
        json.dumps(json.loads(line)["driver_licences"][0], ensure_ascii=False).encode() for line in lines[:10_000]
    ]

    def owed() -> None:
        for person in known:
            service.owed(person, ON)

    def evaluate() -> None:
        for person in known:
            service.evaluate(person["driver_licences"][0], person, ON)

    def whole_lines() -> None:
        for _ in answers(lines, service, ON):
            pass

    def read() -> None:
        for body in bodies:
            licences.read(body)

    each = {
        "read_licence": microseconds(read, len(bodies)),
        "owed": microseconds(owed, number),
        "evaluate": microseconds(evaluate, number),
        "line_to_line": microseconds(whole_lines, number),
    }
    told = {"people": number, "load": os.getloadavg()[0], "microseconds": each}
    told |= {"a_second": {k: round(1e6 / v) for k, v in each.items()}, "command": command(lines)}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
