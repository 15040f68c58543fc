"""What became of every object: the state that lists show and filters ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.errors import UserError
from workbench.core.records import State
from workbench.queries.mask import Mask, ids_of, table_of
from workbench.queries.shown import chunks, marks

STATES = tuple(State)
REFUSAL = "file-refused-there"
"""What stands beside a sighting of a file that the server would not give."""
STATE_OF = (
    "CASE WHEN s.state = 'not-fetched' AND EXISTS (SELECT 1 FROM warning r WHERE r.snapshot = s.snapshot "
    f"AND r.path = s.path AND r.code = '{REFUSAL}') THEN 'refused' ELSE s.state END"
)
"""The state of a sighting `s`, in SQL: of the files that were not fetched, some were *refused*."""
_REFUSED = (
    "SELECT s.id FROM warning w JOIN sighting s ON s.snapshot = w.snapshot AND s.path = w.path "
    f"WHERE w.code = '{REFUSAL}' AND s.state = 'not-fetched'"
)


def in_state(reader: Reader, wanted: Sequence[str], of: Any) -> Mask:
    """Sightings in one of these states. Bytes that are gone are *missing* whatever they were; what was *refused* is
    among what was *not fetched* too.
    """
    for each in wanted:
        if each not in STATES:
            raise UserError("filter-state", state=each, states=", ".join(STATES))
    states = object_states(reader, missing=True)
    found: Mask = np.isin(states, [STATES.index(State(each)) for each in wanted])[of] & (of > 0)
    for state in {State.NOT_FETCHED, State.WITHHELD} & set(wanted):
        found |= table_of(len(of), ids_of(reader, "SELECT id FROM sighting WHERE state = ?", (state,)))[1:]
    if State.REFUSED in wanted:
        found |= table_of(len(of), ids_of(reader, _REFUSED))[1:]
    return found


def listed(reader: Reader, sighting: int) -> tuple[str, int | None, str] | None:
    """Path, claimed size and state of a sighting; null when there is none."""
    row = reader.conn.execute(
        f"SELECT p.display, s.size_claimed, {STATE_OF} FROM sighting s JOIN path p ON p.id = s.path WHERE s.id = ?",
        (sighting,),
    ).fetchone()
    return None if row is None else (str(row[0]), row[1], str(row[2]))


_NOT_OK = (
    "SELECT a.object, a.state FROM analysis a WHERE a.state <> 'ok' {} AND NOT EXISTS (SELECT 1 FROM analysis b "
    "WHERE b.object = a.object AND b.analyzer = a.analyzer AND b.id > a.id) ORDER BY a.id"
)
_OF_BYTES = (State.EMPTY, State.UNDECODABLE, State.TOO_LARGE)


def states_of(reader: Reader, objects: Sequence[int]) -> dict[int, State]:
    """The same for some objects: a first screen need not wait until a million others were looked at."""
    found: dict[int, State] = {}
    for part in chunks(objects):
        wanted = f"IN ({marks(part)})"
        for row, size in reader.all(f"SELECT id, size FROM object WHERE id {wanted}", part):
            found[row] = State.OK if size else State.EMPTY
        for row, state in reader.all(_NOT_OK.format(f"AND a.object {wanted}"), part):
            if state in _OF_BYTES:
                found[row] = State(state)
    return found


def object_states(reader: Reader, *, missing: bool = False) -> NDArray[np.int8]:
    """State of every object as an index into `STATES`, at index id (0 stands for no object).

    With `missing` the evidence folder is read to see whether the bytes are there at all.
    """

    def make() -> NDArray[np.int8]:
        sizes = reader.arrays("object")["size"]
        found = np.full(len(sizes) + 1, STATES.index(State.OK), np.int8)
        found[1:][sizes == 0] = STATES.index(State.EMPTY)
        for row, state in reader.conn.execute(_NOT_OK.format("")):
            if state in _OF_BYTES:
                found[row] = STATES.index(State(state))
        return found

    states = reader.memoised("object-states", make, ("object", "analysis"))
    return _with_missing(reader, states) if missing else states


def _with_missing(reader: Reader, states: NDArray[np.int8]) -> NDArray[np.int8]:
    stamp = reader.evidence.stamp()

    def make() -> tuple[tuple[int, ...], Mask]:
        names = set(reader.evidence.names())
        gone = (
            row
            for row, sha256 in reader.conn.execute("SELECT id, sha256 FROM object")
            if reader.evidence.name(sha256) not in names
        )
        return stamp, table_of(len(states) - 1, gone)

    known, gone = reader.memoised("missing-objects", make, ("object",))
    if known != stamp:
        _, gone = make()
    return np.where(gone, np.int8(STATES.index(State.MISSING)), states)
