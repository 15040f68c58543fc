"""The three ways in which work can end early, told apart by whose turn it is.

`UserError` is for the person: one plain sentence and what to do. `Cancelled` is silent.
Everything else is a bug and goes to the crash report.
"""

from __future__ import annotations

from workbench.core.messages import Argument, Message


class UserError(Exception):
    """Wrong use or unusable input. Carries a message code, never prose."""

    def __init__(self, code: str, /, **args: Argument) -> None:
        super().__init__(code)
        self.message = Message(code, args)

    def __str__(self) -> str:
        return self.message.text()


class Cancelled(Exception):
    """The user, or the end of the program, asked the work to stop. Nothing is to be said."""
