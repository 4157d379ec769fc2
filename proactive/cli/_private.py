"""Files with personal data in them: readable by their owner only."""

from pathlib import Path


def write_private(to: Path, made: bytes) -> None:
    to.touch(mode=0o600)
    to.chmod(0o600)
    to.write_bytes(made)
