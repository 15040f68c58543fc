"""What the window asks of the case about watched servers: small questions, answered in a reader thread."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.case.readers import Reader
from workbench.core.messages import Message
from workbench.queries import watched
from workbench.queries.watched import Watched


@dataclass(frozen=True)
class LookFacts:
    """Folders of a look by what was seen of them, why it failed as a whole, if it did, and whether it is the first of
    its source.
    """

    folders: Mapping[str, int]
    why: Message | None
    first: bool


def look_facts(reader: Reader, snapshot: int) -> LookFacts:
    """What the message after a look needs."""
    folders = Counter(row["state"] for row in watched.coverage(reader, snapshot))
    row = reader.conn.execute(
        "SELECT code, arguments FROM warning WHERE snapshot = ? AND path IS NULL ORDER BY id LIMIT 1", (snapshot,)
    ).fetchone()
    before = reader.value(
        "SELECT count(*) FROM snapshot n JOIN snapshot x ON x.source = n.source AND x.id < n.id "
        "JOIN snapshot_end e ON e.snapshot = x.id AND e.status <> 'failed' WHERE n.id = ?",
        (snapshot,),
    )
    return LookFacts(folders, None if row is None else Message(row[0], json.loads(row[1])), not before)


def active_sources(reader: Reader) -> list[Watched]:
    """Watched sources that were not let go."""
    return [each for each in watched.sources(reader) if not each.options.get("stopped")]


@dataclass(frozen=True)
class LookName:
    """One look at a watched source, to be chosen from a list."""

    snapshot: int
    source: str
    observed: int
    status: str


def looks(reader: Reader, most: int = 400) -> list[LookName]:
    """The looks of which requests are recorded, the newest first."""
    rows = reader.all(
        "SELECT n.id, s.name, n.observed, ifnull(e.status, 'running') FROM snapshot n JOIN source s ON s.id = n.source "
        "LEFT JOIN snapshot_end e ON e.snapshot = n.id "
        "WHERE EXISTS (SELECT 1 FROM exchange x WHERE x.snapshot = n.id) "
        "ORDER BY n.observed DESC, n.id DESC LIMIT ?",
        (most,),
    )
    return [LookName(*row) for row in rows]
