"""How a source is looked at: what a person agreed on, kept in the case but for what belongs to this computer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from workbench.core.errors import UserError
from workbench.jobs.bounds import Bounds
from workbench.jobs.trust import POLICIES

LIMIT = 10_000_000_000
"""Bytes that one look fetches where nobody has said how many."""
DEEPEST, MOST_FOLDERS = 10_000, 10_000_000
"""What a person may at most ask for: folders that wait are held in memory."""
ROBOTS = ("obey", "ignore")


@dataclass(frozen=True)
class Plan:
    """`kind` is empty when it is to be found out. `rate` is in requests per second, 0 without a limit; limits are per
    look, null or 0 for none, but that a tree always ends by depth and by its number of folders; `limit_time` is in
    seconds from when a look begins or goes on; `every` is in seconds; `recheck` is the share of trusted files that is
    fetched again, null for our own choice.
    """

    url: str
    source: str = ""
    kind: str = ""
    rate: float = 2.0
    proxy: str = ""
    list_only: bool = False
    limit_files: int | None = None
    limit_bytes: int | None = LIMIT
    limit_depth: int = Bounds.depth
    limit_folders: int = Bounds.folders
    limit_time: int | None = None
    trust: str = "listing"
    recheck: float | None = None
    robots: str = "obey"
    contact: str = ""
    every: int | None = None
    analyze: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1000:
            raise UserError("plan-rate")
        if self.trust not in POLICIES:
            raise UserError("trust-unknown", given=self.trust, known=", ".join(POLICIES))
        if self.robots not in ROBOTS:
            raise UserError("robots-unknown", given=self.robots, known=", ".join(ROBOTS))
        if any(limit is not None and limit < 0 for limit in (self.limit_files, self.limit_bytes, self.limit_time)):
            raise UserError("plan-limit")
        if not (1 <= self.limit_depth <= DEEPEST and 1 <= self.limit_folders <= MOST_FOLDERS):
            raise UserError("plan-tree", depth=DEEPEST, folders=MOST_FOLDERS)
        if self.recheck is not None and not 0 <= self.recheck <= 1:
            raise UserError("plan-recheck")
        if self.every is not None and self.every < 60:
            raise UserError("plan-every")
        if not self.contact.isprintable() or not self.contact.isascii() or set(self.contact) & set("()\\"):
            raise UserError("plan-contact")

    def options(self) -> dict[str, Any]:
        """What is kept in the case. A proxy's name and password stay out of it."""
        kept: dict[str, Any] = {name: getattr(self, name) for name in KEPT}
        kept |= {name: 0 for name in ("limit_files", "limit_bytes", "limit_time") if kept[name] is None}
        kept["proxy"] = without_credentials(self.proxy)
        return kept


KEPT = (
    "rate",
    "list_only",
    "limit_files",
    "limit_bytes",
    "limit_depth",
    "limit_folders",
    "limit_time",
    "trust",
    "recheck",
    "robots",
    "contact",
    "every",
    "analyze",
)


def plan_of(url: str, source: str, kind: str, options: Mapping[str, Any], **given: Any) -> Plan:
    """The plan of a source as the case has it; what is `given` and not null counts more."""
    names = {each.name for each in fields(Plan)}
    kept = {name: value for name, value in options.items() if name in names and value is not None}
    fresh = {name: value for name, value in given.items() if value is not None}
    return Plan(**{**kept, "url": url, "source": source, "kind": kind, **fresh})


def without_credentials(proxy: str) -> str:
    """A proxy's address as it may stand in a case."""
    parts = urlsplit(proxy)
    if "@" not in parts.netloc:
        return proxy
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
