"""Loopback ports: chosen once, kept in a file, chosen anew when somebody else has taken them."""

import random
import socket
from pathlib import Path

from proactive.errors import Unusable

LOOPBACK = "127.0.0.1"
# Below the range from which systems give out ports for outgoing connections, so that none of those lands on ours.
_CHOICE = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def require_free(port: int, *, what: str, setting: str) -> None:
    """Raise Unusable when `what` can't listen on `port`; `setting` is what the operator changes to choose another."""
    if not is_free(port):
        raise Unusable(f"Port {port} on {LOOPBACK}, wanted for {what}, is taken; end what holds it or set {setting}.")


def kept_port(file: Path) -> int:
    """The port kept in `file` if it is still free, else a new free one, which is then kept."""
    if (kept := last_port(file)) is not None and is_free(kept):
        return kept
    choices = random.sample(_CHOICE, k=200)
    port = next((choice for choice in choices if is_free(choice)), None)
    if port is None:
        raise Unusable(f"No free port was found on {LOOPBACK} between {_CHOICE.start} and {_CHOICE.stop}.")
    file.write_text(f"{port}\n", encoding="ascii")
    return port


def last_port(file: Path) -> int | None:
    """The port kept in `file`, free or not; None when there is none."""
    text = file.read_text(encoding="ascii").strip() if file.exists() else ""
    return int(text) if text.isdigit() else None
