"""Three services as `proactive new-service` begins them, file by file; what is written stands in `begun.txt`.

.venv/bin/python -m tests.rules.begun     writes begun.txt anew; read the difference as a rule author would
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import rules
from rules.loader import load_registers
from rules.scaffold import begin

TOLD = Path(__file__).with_name("begun.txt")
BEGUN = {"elders_gift": None, "boat_check": "boats", "badges_again": "transport_badges"}


def begun(root: Path) -> str:
    """All that is written, in the order it is told in."""
    registers = load_registers(Path(rules.__file__).parent)
    parts = []
    for name, register in BEGUN.items():
        written = begin(name, root, registers, register)
        shown = [path for path in written if "messages" not in path.parts or name == "elders_gift"]
        parts += [f"==== {path.relative_to(root).as_posix()}\n{path.read_text(encoding='utf-8')}" for path in shown]
    return "\n".join(parts)


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        TOLD.write_text(begun(Path(folder)), encoding="utf-8")
