"""What every source offers, and how its streams report trouble."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Protocol

from workbench.core.messages import Argument, Message
from workbench.core.progress import Progress
from workbench.core.records import Seen


class Source(Protocol):
    """One place to look at. `items` may be called once per look, from any one thread.

    Order is deterministic, memory is bounded by the largest single folder or the number of archive members, and
    nothing is written. What cannot be read is yielded as `Noted`, or as `Harvested` with ``open=None`` and a
    problem; `items` itself raises only `Cancelled`, and `UserError` when the place as a whole is gone.

    **Contract of `Harvested.open`.** It may be called late, more than once and from another thread; calling it
    while the iteration still stands at that item is the fast way for compressed archives. `open` and every read
    of its stream may raise `OSError`: the file vanished, was swapped, changed while it was read, is damaged, or
    expands beyond the limits. A `SourceError` carries its own message; `problem_of` words any of them. Bytes
    that were read before such an error are not the file and must not be stored as if they were.
    """

    name: str
    """The default name of the source, fit to be shown."""
    kind: str
    """``folder``, ``file``, ``zip``, ``tar`` or ``paths`` (several of them)."""

    def items(self, progress: Progress) -> Iterator[Seen]:
        """Everything that is there. Raises `Cancelled` when `progress` says so."""
        ...


class SourceError(OSError):
    """Bytes that could not be had, with the message that says why."""

    def __init__(self, code: str, /, **args: Argument) -> None:
        super().__init__(errno.EIO, code)
        self.message = Message(code, args)

    def __str__(self) -> str:
        return self.message.text()


_CODES = {
    errno.ENOENT: "file-vanished",
    errno.ENOTDIR: "file-vanished",
    errno.ESTALE: "file-vanished",
    errno.EACCES: "file-refused",
    errno.EPERM: "file-refused",
    errno.ELOOP: "file-changed",
}


def problem_of(error: OSError) -> Message:
    """The message for an error that `Harvested.open` or a read of its stream raised."""
    if isinstance(error, SourceError):
        return error.message
    code = _CODES.get(error.errno or 0)
    if code is not None:
        return Message(code)
    return Message("file-unreadable", {"reason": reason_of(error)})


def reason_of(error: OSError) -> str:
    """The name of the system's error (``EIO``), because its words depend on the laptop's language."""
    return errno.errorcode.get(error.errno or 0, type(error).__name__)


def shown(raw: bytes) -> str:
    r"""Raw bytes as text that every database and terminal takes: what is no UTF-8 reads as ``\xff``."""
    return raw.decode("utf-8", "backslashreplace")
