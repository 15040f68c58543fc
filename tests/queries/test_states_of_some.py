"""The state of some objects is the one that the table of all of them has."""

from __future__ import annotations

from pathlib import Path

from workbench.case.case import create
from workbench.case.readers import Reader
from workbench.core.records import Analysis, State, Stored
from workbench.ops import facts, intake
from workbench.queries.states import STATES, object_states, states_of

HISTORIES = (
    [],
    [("image", State.OK)],
    [("image", State.UNDECODABLE)],
    [("image", State.UNDECODABLE), ("image", State.OK)],
    [("type", State.OK), ("image", State.TOO_LARGE), ("metadata", State.OK)],
    [("image", State.OK), ("image", State.UNDECODABLE)],
)


def test_some_objects_have_the_state_that_all_have(tmp_path: Path) -> None:
    with create(tmp_path / "a") as case:
        stored = [Stored(bytes([number]) * 32, number, new=True) for number in range(len(HISTORIES))]
        ids = case.run(intake.objects, stored).result
        rows = [
            (ids[each.sha256], analyzer, str(version), Analysis(state))
            for each, history in zip(stored, HISTORIES, strict=True)
            for version, (analyzer, state) in enumerate(history)
        ]
        case.run(facts.record, rows)

        def both(reader: Reader) -> tuple[dict[int, State], dict[int, State]]:
            every = object_states(reader)
            wanted = sorted(ids.values())
            return states_of(reader, wanted), {row: STATES[every[row]] for row in wanted}

        some, every = case.ask(both)
        assert some == every
        assert list(some.values()) == ["empty", "ok", "undecodable", "ok", "too-large", "undecodable"]
        assert case.ask(states_of, []) == {}
