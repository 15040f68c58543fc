"""The front door: ``workbench …`` goes to the command line, ``workbench open`` on to the window when it is needed."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Run the words that the program was called with; the exit code."""
    from workbench.cli.main import main as run_words

    return run_words(sys.argv[1:], _open_window)


def _open_window(
    case_path: Path | None,
    *,
    screenshot: Path | None,
    size: tuple[int, int] | None,
    theme: str | None,
    pane: str | None,
) -> int:
    from workbench.gui.app import run

    return run(case_path, screenshot=screenshot, size=size, theme=theme, pane=pane)


if __name__ == "__main__":
    sys.exit(main())
