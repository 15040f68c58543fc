"""Files whose content is of another type than the ending of their name promises."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from workbench.case.readers import Reader
from workbench.core.endings import ENDINGS, disagrees, ending_of
from workbench.core.messages import Message
from workbench.queries.mask import Mask, size_of, table_of


def misnamed(reader: Reader) -> Mask:
    """Which sightings (by id - 1) are of such files? None of a file whose type no analysis has named."""

    def make() -> Mask:
        columns = reader.arrays("sighting")
        endings = np.zeros(size_of(reader, "path") + 1, np.int16)
        numbers = {ending: number for number, ending in enumerate(ENDINGS, 1)}
        for row, display in reader.conn.execute("SELECT id, display FROM path"):
            endings[row] = numbers.get(ending_of(display), 0)
        types: dict[str, list[int]] = {}
        for row, media_type in reader.conn.execute(
            "SELECT object, value FROM fact WHERE key = 'media_type' ORDER BY id"
        ):
            types.setdefault(media_type, []).append(row)
        found = np.zeros(len(columns["path"]), bool)
        of, ending = columns["object"], endings[columns["path"]]
        size = size_of(reader, "object")
        for media_type, objects in types.items():
            wrong = np.array([False, *(disagrees(each, media_type) for each in ENDINGS)])
            found |= table_of(size, objects)[of] & wrong[ending]
        return found

    return reader.memoised("misnamed", make, ("sighting", "object", "fact"))


def remark(name: str, media_type: str | None) -> Message | None:
    """What is said of one file, or None where name and content agree or nothing is known."""
    ending = ending_of(name)
    if media_type is None or not disagrees(ending, media_type):
        return None
    return Message("name-and-content-differ", {"ending": ending, "type": media_type})


def remarks(names: Iterable[str], media_type: str | None) -> list[Message]:
    """The same for several names of one content, each ending once."""
    found = {str(each): each for each in (remark(name, media_type) for name in names) if each is not None}
    return list(found.values())
