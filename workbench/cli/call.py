"""One call of the command line: its arguments, its output, and how it is told to stop."""

from __future__ import annotations

import os
import signal
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from workbench.cli.output import Output
from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress

if TYPE_CHECKING:
    from workbench.case.case import Case
    from workbench.workspace import Opening

DONE, FOUND, WRONG_USE, MISTAKE = 0, 1, 2, 3
"""Exit codes: done · done, but something was found or left · wrong use · a mistake in this program."""


@dataclass(frozen=True)
class Command:
    """A word of the command line.

    `arguments` adds its arguments to a parser, `run` does it and gives the exit code; `examples` stand in its help.
    """

    name: str
    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Call], int]
    examples: tuple[str, ...]
    details: str = ""


Window = Callable[["Opening"], int]
"""Opens the window, or draws it into a picture, and gives the exit code."""


class Call:
    """What a command gets. `window` is null where nobody handed one in."""

    def __init__(self, args: Namespace, stop: Stop, window: Window | None = None) -> None:
        self.args = args
        self._stop = stop
        self._window = window
        self.out = Output(as_json=getattr(args, "json", False), check=stop.check)
        self.progress = stop.progress
        self.progress.listener = self.out.on_step

    @property
    def json(self) -> bool:
        """Is a program reading?"""
        return self.out.as_json

    def open_window(self, opening: Opening) -> int:
        """Leave the process, its signals included, to the window."""
        if self._window is None:
            raise UserError("cli-no-window")
        self._stop.release()
        return self._window(opening)

    @contextmanager
    def case(self, *, write: bool = False) -> Iterator[Case]:
        """The case of the call, closed at the end whatever happens."""
        from workbench.case.case import open_case

        case = open_case(
            case_path(self.args.case), write=write, allow_risky=getattr(self.args, "allow_risky_place", False)
        )
        try:
            if case.copied_to is not None:
                self.out.say(Message("case-migrated", {"copy": case.copied_to.name}).text())
            self._say_rolled_back(case)
            if getattr(self.args, "actor", None):
                case.actor = self.args.actor
            yield case
        finally:
            case.close()

    def _say_rolled_back(self, case: Case) -> None:
        from workbench.queries.anchors import newest

        found = case.ask(newest)
        if found is not None and not found.ok:
            self.out.say(Message(f"case-{found.state}", {"op": found.op}).text())


class Stop:
    """SIGINT and SIGTERM ask the work to stop at its next step; a second one stops it at once."""

    def __init__(self) -> None:
        self.progress = Telling()
        self.signal: int | None = None
        self._before: dict[int, Any] = {}

    def check(self) -> None:
        """Raise `Cancelled` when the work is to stop."""
        self.progress.check()

    def __enter__(self) -> Stop:
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._before[number] = signal.signal(number, self._asked)
            except ValueError:
                break  # not in the main thread: whoever runs us there handles signals
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Signals do again what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _asked(self, number: int, _frame: FrameType | None) -> None:
        again = self.signal is not None
        self.signal = number
        self.progress.cancel()
        if again:
            raise KeyboardInterrupt


class Telling(Progress):
    """Progress whose listener is known only when the output is."""

    @property
    def listener(self) -> Callable[..., None] | None:
        """Who is told."""
        return self._listener

    @listener.setter
    def listener(self, listener: Callable[..., None] | None) -> None:
        self._listener = listener


def case_path(text: str) -> Path:
    """The case that a word names; ``.wbcase`` may be left out."""
    path = Path(text)
    if not os.path.lexists(path) and path.suffix != ".wbcase":
        whole = path.with_name(path.name + ".wbcase") if path.name else path
        if whole.exists():
            return whole
    return path


def path_fields(name: str, path: Path) -> dict[str, str]:
    """A path of this computer in a result, with ``NAME_raw`` when it is no valid UTF-8."""
    from workbench.queries.shown import named

    return named(name, os.fsencode(path))


def on_a_case(parser: ArgumentParser) -> None:
    """The case comes first."""
    parser.add_argument("case", metavar="CASE", help="the case file (.wbcase may be left out)")


def changing(parser: ArgumentParser) -> None:
    """What every command that changes a case takes."""
    parser.add_argument("--actor", metavar="NAME", type=actor, help="in whose name (default: the case's examiner)")
    parser.add_argument(
        "--allow-risky-place",
        action="store_true",
        help="work on a case in a network or synchronised folder, where it can be damaged",
    )


def actor(text: str) -> str:
    """A name that can stand in the custody log."""
    clean = " ".join(text.split())
    if not clean or len(clean) > 200 or not _encodable(clean):
        raise UserError("cli-actor")
    return clean


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def clean(text: str | None) -> str | None:
    """Words for the record; what is no text is refused before anything is made."""
    if text is None:
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UserError("cli-text") from None
    if "\0" in text:
        raise UserError("cli-text")
    return " ".join(text.split()) or None
