"""Java programs for tests and for trying out: where Java is, where their jars are, how small they are kept.

The jars are those of `scripts/jars/pom.xml`; `scripts/jars.sh` (or `make jars`) gets them with Maven, once.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from proactive.errors import Unusable

JARS = Path(__file__).parents[2] / "build" / "jars"
OLDEST = 17
_SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto")
"""For programs that live for minutes: one thread collects, and nothing is compiled twice."""


@dataclass(frozen=True)
class Java:
    """A Java that is new enough, with the jars beside it."""

    program: Path
    jars: Path

    @property
    def plugins(self) -> Path:
        """The folder of Connect's plugins, one folder each."""
        return self.jars / "plugins"

    def command(self, main: str, *arguments: str, heap: str = "256m", **properties: str) -> tuple[str, ...]:
        """How `main` is run. Warnings and worse are logged, on standard error."""
        settings = {
            "org.slf4j.simpleLogger.defaultLogLevel": "warn",
            "org.slf4j.simpleLogger.showDateTime": "true",
            "java.awt.headless": "true",
            **{name.replace("_", "."): value for name, value in properties.items()},
        }
        return (
            str(self.program), f"-Xmx{heap}", *_SMALL, *(f"-D{name}={value}" for name, value in settings.items()),
            "-cp", str(self.jars / "kafka" / "*"), main, *arguments,
        )  # fmt: skip

    @property
    def environment(self) -> Mapping[str, str]:
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def found(jars: Path = JARS) -> Java:
    """Java and the jars of this machine. Raises `Unusable` with what is missing and how to get it."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=f"{home}/bin" if home else None)
    if program is None:
        raise Unusable(f"No Java was found; install a JRE {OLDEST} or newer (Debian: openjdk-17-jre-headless).")
    if _version(program) < OLDEST:
        raise Unusable(f"{program} is older than Java {OLDEST}; install a newer one or set JAVA_HOME.")
    if not (jars / "complete").exists():
        raise Unusable(f"The jars are not in {jars}; get them with `make jars` (Maven, about 80 MB, once).")
    return Java(Path(program), jars)


def _version(program: str) -> int:
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False, timeout=30).stderr
    digits = said.partition('version "')[2].partition(".")[0].partition('"')[0].partition("-")[0]
    return int(digits) if digits.isdigit() else 0
