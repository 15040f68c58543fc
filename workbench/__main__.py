"""The front door: ``workbench …`` goes to the command line, ``workbench open`` on to the window when it is needed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.workspace import Opening


def main() -> int:
    """Run the words that the program was called with; the exit code."""
    from workbench.cli.main import main as run_words

    return run_words(sys.argv[1:], _open_window)


def _open_window(opening: Opening) -> int:
    from workbench.gui.app import run

    return run(opening)


if __name__ == "__main__":
    sys.exit(main())
