"""The last step before a child becomes the program it is to be: run as a script, never imported by the rest.

    python -I -S launch.py <parent pid> <death signal> <uid> <gid> <capability> <program> [argument ...]

Done in a small process of its own, and not between fork and exec of ours, because ours may have threads by then.

- The child is told to end by `death signal` when the parent dies, even by kill -9 (Linux; elsewhere it lives on).
- With a `uid` (root only; `-` for none) it gives up root for good: PostgreSQL refuses to run as root.
- With a `capability` (a number; `-` for none) it keeps just that one, so that a server can reach its own files below a
  folder that only root may enter, such as a clone in /root.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_NO_SETUID_FIXUP = 1 << 2
_CAPABILITY_VERSION_3 = 0x20080522


def _prctl(option: int, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    if libc.prctl(ctypes.c_int(option), *padded) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl {option}: {os.strerror(number)}")


def _keep_only(capability: int) -> None:
    """Hold one capability in every set, and let programs that we become inherit it."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    low, high = (1 << capability) & 0xFFFFFFFF, (1 << capability) >> 32
    sets = (ctypes.c_uint32 * 6)(low, low, low, high, high, high)
    if libc.capset(ctypes.byref(header), ctypes.byref(sets)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"capset: {os.strerror(number)}")
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability)


def _become(uid: int, gid: int, capability: int | None) -> None:
    if capability is not None:
        # Keeps capabilities over the change of user, and lets access(2) count them, as PostgreSQL's programs need.
        _prctl(_PR_SET_SECUREBITS, _NO_SETUID_FIXUP)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if capability is not None:
        _keep_only(capability)


def main(arguments: list[str]) -> None:
    """Become the program that the arguments name, or end with status 126 and a line on standard error."""
    parent, death_signal, uid, gid, capability, *program = arguments
    # A shell that put us in the background may have left these ignored, and what is ignored is inherited.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        os.umask(0o077)
        if uid != "-":
            _become(int(uid), int(gid), None if capability == "-" else int(capability))
        if sys.platform == "linux":
            _prctl(_PR_SET_PDEATHSIG, int(death_signal))  # after the change of user, which would clear it
            if os.getppid() != int(parent):
                raise SystemExit(0)  # the parent died before we could ask to be told
        os.execv(program[0], program)  # noqa: S606 - no shell is what we want
    except OSError as error:
        sys.stderr.write(f"FATAL: {program[0]} can't be started: {error}\n")
        raise SystemExit(126) from error


if __name__ == "__main__":
    main(sys.argv[1:])
