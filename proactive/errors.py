"""Errors named by what to do about them.

    ProactiveError
    |-- Temporary            try again later; nothing is wrong with what was asked
    |   `-- Unreachable      another system did not answer: hold the dossier, tell the officer why
    |-- Permanent            trying again will not help; somebody must mend something
    |   |-- Unanswerable     nobody can say what became of it: leave it in doubt, and say so
    |   `-- Forged           a message does not come from whom it says; answer 403 and keep nothing of it
    |-- OutOfTurn            the state does not allow this step (any more); show the present state instead
    |-- Overtaken            somebody else saved first; read again, then decide again
    |-- TooMany              asked too often; say when to come back
    `-- Unusable             the command cannot run as it was started; ends it with one clear sentence

The first line of each docstring is the message when none is given.
"""


class ProactiveError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").partition("\n")[0])


class Temporary(ProactiveError):
    """This cannot be done right now; it will be tried again."""


class Unreachable(Temporary):
    """Another system did not answer."""


class Permanent(ProactiveError):
    """This cannot be done, however often it is tried."""


class Unanswerable(Permanent):
    """Nobody can say what became of this."""


class Forged(Permanent):
    """The message does not carry the signature of the one it says it comes from."""


class OutOfTurn(ProactiveError):
    """The dossier is no longer in the state that this step starts from."""


class Overtaken(ProactiveError):
    """Somebody else changed this in the meantime; read it again."""


class TooMany(ProactiveError):
    """Asked too often; wait before trying again.

    `seconds` is how long.
    """

    def __init__(self, message: str | None = None, *, seconds: int = 60) -> None:
        super().__init__(message)
        self.seconds = seconds


class Unusable(ProactiveError):
    """The command cannot run as it was started."""
