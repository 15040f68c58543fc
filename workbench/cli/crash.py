"""A mistake in Workbench itself: one sentence for the person, the details in a file."""

from __future__ import annotations

import platform
import sys
import traceback

from workbench import __version__
from workbench.core import times
from workbench.core.messages import Message


def report(error: BaseException) -> str:
    """Write the details down and give the sentence that says where they are."""
    from platformdirs import user_state_path

    details = "".join(traceback.format_exception(error))
    head = f"Workbench {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
    name = f"crash-{times.to_datetime(times.now()):%Y%m%dT%H%M%S%f}.txt"
    try:
        folder = user_state_path("investigation-workbench", appauthor=False, ensure_exists=True)
        file = folder / name
        file.write_text(head + details, encoding="utf-8", errors="backslashreplace")
    except OSError:
        sys.stderr.write(details)
        return Message("cli-mistake-shown", {"kind": type(error).__name__}).text()
    return Message("cli-mistake", {"kind": type(error).__name__, "file": str(file)}).text()
