"""Words that widgets themselves put on screen, from the catalogues."""

from __future__ import annotations

from workbench.core.messages import Argument, Message


def word(code: str, **arguments: Argument) -> str:
    """The text of ``widgets.CODE``."""
    return Message(f"widgets.{code}", arguments).text()
