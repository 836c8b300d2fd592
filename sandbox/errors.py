"""Errors that a person can act on."""


class SandboxError(Exception):
    """What went wrong, in one line, and what to do about it.

    message: one line. hint: what to try; empty when the message says it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
