"""Entries of the custody log in plain words: ``op.NAME`` with the op's arguments."""

from __future__ import annotations

from typing import Any

from workbench.core.messages import Argument, catalogue
from workbench.gui.texts import text
from workbench.queries.shown import Row


def op_words(row: Row | None) -> str:
    """What an op did; an undo tells what it took back. A name that has no words stands for itself."""
    if row is None:
        return ""
    name = str(row["op"])
    arguments = row["arguments"] or {}
    if name == "history.undo":
        inner = str(arguments.get("name", ""))
        return text("op.history.undo", what=_plain(inner), seq=arguments.get("undoes"))
    if name == "watch.source" and "url" not in arguments and "source" in arguments:
        return text("op.watch.source.same", source=_argument(arguments["source"]))
    if arguments and f"op.{name}" in catalogue():
        return text(f"op.{name}", **{key: _argument(value) for key, value in arguments.items()})
    return _plain(name)


def _plain(name: str) -> str:
    """The op's kind without its arguments, for a withheld or an unknown one."""
    code = f"op.{name}.plain"
    return text(code) if code in catalogue() else name


def _argument(value: Any) -> Argument:
    return value if isinstance(value, str | int | float) or value is None else str(value)
