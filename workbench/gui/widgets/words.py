"""Words that widgets themselves put on screen, from the catalogues."""

from __future__ import annotations

from workbench.core.messages import Argument
from workbench.gui.texts import text


def word(code: str, **arguments: Argument) -> str:
    """The text of ``widgets.CODE``."""
    return text(f"widgets.{code}", **arguments)
