"""Parsed log lines in columns: the form in which they cross from a worker process to the writer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

NULL = -(2**63)
"""Stands for null in the integer columns of a batch."""


@dataclass
class EventBatch:
    """Events of one chunk of a log. All columns have length ``n``; strings are interned in tables.

    ``columns``: name to int64 array. ``line`` (1-based, from the start of the chunk), ``start`` (byte offset from
    the start of the chunk), ``length`` (bytes, without the line end), ``time`` (microseconds UTC, or the wall clock
    when the zone is unknown), ``zone`` (`Zone`), ``action`` (`Action`), ``status``, ``ok`` (0, 1), ``sent``,
    ``received``, ``damaged`` (path known to be damaged), ``salvaged`` (line read only in part), and the indexes
    ``address``, ``method``, ``path``, ``user``, ``agent``, ``referrer``, ``forwarded`` into the tables of the same
    name. `NULL` means null in every column where null makes sense. ``rule`` is null where the log has no forwarded-for
    list in that line, else 1 if ``address`` was taken from it, else 0; then ``peer`` (index into ``address``) is who
    connected, as far as the line says it, and ``forwarded`` the list.

    ``tables``: ``address`` text of an IP address or host, ``path`` raw bytes (percent-decoded), ``forwarded`` a list of
    texts as JSON, the others text. ``evidence`` is what the lines say of the log's layout (`logs.layout`).
    """

    lines: int
    size: int
    columns: dict[str, NDArray[Any]]
    tables: dict[str, list[Any]]
    rejects: list[tuple[int, int, int, str]] = field(default_factory=list)
    """Lines not read: number and start within the chunk, length, message code."""
    evidence: dict[str, Any] | None = None

    def __len__(self) -> int:
        return len(self.columns["line"])


COLUMNS = (
    "line",
    "start",
    "length",
    "time",
    "zone",
    "action",
    "status",
    "ok",
    "sent",
    "received",
    "damaged",
    "salvaged",
    "address",
    "method",
    "path",
    "user",
    "agent",
    "referrer",
    "peer",
    "forwarded",
    "rule",
)
TABLES = ("address", "method", "path", "user", "agent", "referrer", "forwarded")
