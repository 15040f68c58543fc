"""What can be withheld from a bundle, to be found and ticked: addresses, paths, tags, authors, files."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.case.readers import Reader

KINDS = ("addresses", "exact_paths", "tags", "authors", "objects")
"""Fields of a redaction that lists of the case can fill."""
MOST = 300
"""Of a list, at once; the rest is found by its name."""

_ALL = {
    "addresses": """
        SELECT a.text, (SELECT count(*) FROM event e WHERE e.address = a.id) AS n, '' FROM address a
        ORDER BY n DESC, a.text""",
    "exact_paths": "SELECT display, NULL, '' FROM path UNION SELECT display, NULL, '' FROM logpath ORDER BY 1",
    "tags": "SELECT slot, count(*) AS n, '' FROM mark WHERE kind = 'tag' GROUP BY slot ORDER BY n DESC, slot",
    "authors": """
        SELECT a.name, (SELECT count(*) FROM mark m WHERE m.actor = a.id) AS n, '' FROM actor a
        ORDER BY n DESC, a.name""",
    "objects": """
        SELECT lower(hex(o.sha256)), NULL,
            ifnull((SELECT p.display FROM sighting s JOIN path p ON p.id = s.path WHERE s.object = o.id
                    ORDER BY s.id LIMIT 1), '')
        FROM object o ORDER BY 3, 1""",
}


@dataclass(frozen=True)
class Withholdable:
    """One entry: its value as a redaction names it, how often it occurs (None where that is not counted), and a name to
    know it by (empty where the value is one).
    """

    value: str
    count: int | None
    name: str = ""


@dataclass(frozen=True)
class Found:
    """A page of entries, and whether there are more."""

    entries: tuple[Withholdable, ...]
    more: bool


def withholdable(reader: Reader, kind: str, words: str = "", most: int = MOST) -> Found:
    """Entries that hold all the words, in any case and any form of their letters. Reads row by row."""
    wanted = _folded(words).split()
    found: list[Withholdable] = []
    for value, count, name in reader.conn.execute(_ALL[kind]):
        if not value:
            continue
        text = _folded(f"{value} {name}") if wanted else ""
        if all(word in text for word in wanted):
            if len(found) == most:
                return Found(tuple(found), True)
            found.append(Withholdable(value, count, name))
    return Found(tuple(found), False)


@dataclass(frozen=True)
class Picked:
    """What is selected in the window, as a redaction names it."""

    objects: tuple[str, ...]
    exact_paths: tuple[str, ...]
    addresses: tuple[str, ...]


def picked(reader: Reader, items: Sequence[int], addresses: Sequence[int]) -> Picked:
    """Items are objects' ids, or minus the ids of sightings of what was only listed."""
    value = reader.value
    sha = [value("SELECT lower(hex(sha256)) FROM object WHERE id = ?", (each,)) for each in items if each > 0]
    listed = "SELECT p.display FROM sighting s JOIN path p ON p.id = s.path WHERE s.id = ?"
    paths = [value(listed, (-each,)) for each in items if each < 0]
    texts = [value("SELECT text FROM address WHERE id = ?", (each,)) for each in addresses]
    return Picked(*(tuple(dict.fromkeys(each for each in one if each)) for one in (sha, paths, texts)))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
