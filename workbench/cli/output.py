"""What is printed where: rows and results on standard output, progress and sentences on standard error.

With ``--json`` one object a line, streamed. Without it aligned text, whose names are made harmless first: a file name
on an open server may hold anything, terminal commands included.
"""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Any, TextIO

from workbench.core.messages import Message
from workbench.core.progress import Step

Row = Mapping[str, Any]
Column = tuple[str, str] | tuple[str, str, Callable[[Row], object]]
"""Heading, key of the row, and how to show it when it is not simply that value."""

SAMPLE = 200
"""Rows that decide how wide the columns are; later ones may stand out."""
WIDEST = 60
_LINE_ENDS = re.compile("[\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class PipeClosed(Exception):
    """Whoever read our output has gone. Nothing is to be said."""


class Output:
    """One command's output. `check` is called before every row and may raise to stop."""

    def __init__(self, *, as_json: bool, check: Callable[[], None] = lambda: None) -> None:
        self.as_json = as_json
        self._check = check
        self._bar = ProgressLine(sys.stderr)
        self.on_step = self._bar.show

    def rows(self, rows: Iterable[Row], columns: Sequence[Column]) -> int:
        """Print a list as it comes; returns how many rows there were."""
        return self._json_rows(rows) if self.as_json else self._text_rows(iter(rows), columns)

    def result(self, values: Row) -> None:
        """Print the one object of a command that acts."""
        if self.as_json:
            self._write(json_line(values))
            return
        shown = {name: value for name, value in values.items() if value is not None and not name.endswith("_raw")}
        width = max(map(len, shown), default=0)
        for name, value in shown.items():
            self._write(f"{name.replace('_', ' '):<{width}}  {plain(cell(value))}")

    def line(self, text: str) -> None:
        """A line of text; nothing with ``--json``."""
        if not self.as_json:
            self._write(text)

    def say(self, text: str) -> None:
        """A sentence for the person, on standard error."""
        self._bar.clear()
        say(text)

    def flush(self) -> None:
        """Give out what was printed so far: more may come only much later. Raises `PipeClosed`."""
        self._bar.clear()
        flush()

    def close(self) -> None:
        """Print what is still held back. Raises `PipeClosed`."""
        self._bar.clear()
        flush()

    def _json_rows(self, rows: Iterable[Row]) -> int:
        count = 0
        for count, row in enumerate(rows, start=1):  # noqa: B007 - the count is what is returned
            self._check()
            self._write(json_line(row))
        return count

    def _text_rows(self, rows: Iterable[Row], columns: Sequence[Column]) -> int:
        shown = (self._cells(row, columns) for row in rows)
        first = list(islice(shown, SAMPLE))
        if not first:
            return 0
        headings = [column[0] for column in columns]
        widths = [
            min(WIDEST, max(width(cells[index]) for cells in (headings, *first))) for index in range(len(columns))
        ]
        count = -1
        for cells in chain([headings], first, shown):
            self._check()
            count += 1
            padded = [text + " " * (wide - width(text)) for text, wide in zip(cells, widths, strict=True)]
            self._write("  ".join(padded).rstrip())
        return count

    @staticmethod
    def _cells(row: Row, columns: Sequence[Column]) -> list[str]:
        return [plain(cell(column[2](row) if len(column) == 3 else row.get(column[1]))) for column in columns]

    def _write(self, text: str) -> None:
        self._bar.clear()
        try:
            sys.stdout.write(text + "\n")
        except BrokenPipeError:
            raise PipeClosed from None


class ProgressLine:
    """One line on the terminal that is overwritten; nothing where standard error is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream if stream.isatty() else None
        self._shown = 0

    def show(self, step: Step) -> None:
        """Say where the work is."""
        if self._stream is None:
            return
        parts = [Message(step.what).text() if step.what else ""]
        if step.total:
            parts.append(f"{min(100, 100 * step.done // step.total)} %")
        elif step.done:
            parts.append(f"{step.done:,}")
        parts.append(plain(step.item))
        text = shortened(" · ".join(part for part in parts if part), terminal_width() - 1)
        self._stream.write("\r" + text + " " * (self._shown - width(text)))
        self._stream.flush()
        self._shown = width(text)

    def clear(self) -> None:
        """Take the line away."""
        if self._stream is not None and self._shown:
            self._stream.write("\r" + " " * self._shown + "\r")
            self._stream.flush()
            self._shown = 0


def say(text: str) -> None:
    """A sentence on standard error."""
    try:
        sys.stderr.write(plain(text) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # nobody listens


def flush() -> None:
    """Give the system what was printed. Raises `PipeClosed`."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise PipeClosed from None


def forget_output() -> None:
    """Nobody reads any more: let the interpreter's own last flush go nowhere."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    except (OSError, ValueError):
        return


def prepare_streams() -> None:
    """UTF-8 whatever the locale says; what cannot be encoded is escaped rather than fatal."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def json_line(values: Row) -> str:
    """One JSON object without line ends of any kind, those of other alphabets included."""
    text = json.dumps(values, ensure_ascii=False, separators=(", ", ": "))
    if text.isascii():
        return text
    text = _LINE_ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return _SURROGATE.sub("\ufffd", text)


def cell(value: object) -> str:
    """A value in a table: null is a dash, lists are joined."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(cell(each) for each in value) or "–"
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def plain(text: str) -> str:
    """Text without anything that a terminal would obey: controls and direction marks are shown as escapes."""
    if text.isascii() and text.isprintable():
        return text
    text = _SURROGATE.sub("\ufffd", text)
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def width(text: str) -> int:
    """Columns that a text takes in a terminal: Chinese, Japanese and Korean signs take two."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )


def shortened(text: str, columns: int) -> str:
    """A text that fits."""
    while width(text) > max(columns, 1):
        text = text[: max(0, len(text) - max(1, (width(text) - columns) // 2) - 1)] + "…"
    return text


def terminal_width() -> int:
    """Columns of the terminal that progress goes to."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def short_time(text: object) -> str:
    """A time of a row for people: to the second, with a space; unknown zones keep their missing ``Z``."""
    if text is None:
        return "–"
    said = str(text)
    return said[:19].replace("T", " ") + ("Z" if said.endswith("Z") else "")
