"""Filter, selection and focus: equal values are no event, and filters can be gone back to."""

from __future__ import annotations

import pytest

from workbench.core.filter import Filter
from workbench.workspace import Focus, Workspace


def test_equal_values_tell_nobody() -> None:
    told: list[object] = []
    space = Workspace()
    space.filter_changed.connect(told.append)
    space.selection_changed.connect(told.append)
    space.focus_changed.connect(told.append)
    for _ in range(2):
        space.filter = Filter(tag=("a",))
        space.select("item", [1, 2])
        space.focus = Focus("item", 3)
    assert told == [Filter(tag=("a",)), "item", Focus("item", 3)]
    assert space.selection("item") == (1, 2)
    assert space.selection("event") == ()
    with pytest.raises(ValueError, match="colour"):
        space.select("colour", [1])


def test_a_listener_may_set_the_filter_that_it_was_told_of() -> None:
    space = Workspace()
    space.filter_changed.connect(lambda shown: setattr(space, "filter", Filter(tag=shown.tag)))
    space.filter = Filter(tag=("a",))
    assert space.filter == Filter(tag=("a",))


def test_back_and_forward() -> None:
    space = Workspace()
    shown = [Filter(), *(Filter(tag=(str(each),)) for each in range(150))]
    for each in shown[1:]:
        space.filter = each
    assert space.can_go_back
    assert not space.can_go_forward
    space.forward()
    seen = []
    while space.can_go_back:
        space.back()
        seen.append(space.filter)
    assert seen == shown[-2 : -2 - len(seen) : -1]
    assert len(seen) >= Workspace.HISTORY
    space.back()
    space.forward()
    space.filter = Filter(own=True)
    assert not space.can_go_forward
