"""The program: reads, judges, prints, and says by its exit status whether all six words are 0."""

import argparse
import json
import sys
from pathlib import Path

from tests.faults.checker.verdict import judge
from tests.faults.checker.world import read

MOST_NAMED = 40


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the logs of a run with the store; six zeros are wanted.")
    parser.add_argument("folder", type=Path, help="where driver and stand-ins wrote down what happened")
    parser.add_argument("--store", required=True, help="postgresql://… of a role that may only read")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    verdict = judge(read(options.folder, options.store))
    if options.json:
        sys.stdout.write(json.dumps(verdict.as_dict()) + "\n")
    else:
        sys.stdout.write("  ".join(f"{word} {count}" for word, count in verdict.counts.items()) + "\n")
        for finding in verdict.findings[:MOST_NAMED]:
            sys.stdout.write(f"  {finding.word}: {finding.what} ({finding.where})\n")
        if len(verdict.findings) > MOST_NAMED:
            sys.stdout.write(f"  ... and {len(verdict.findings) - MOST_NAMED} more\n")
    return 0 if verdict.clean else 1


if __name__ == "__main__":
    sys.exit(main())
