"""Tiles that are asked for again are decoded and drawn anew only where something about them is different."""

from __future__ import annotations

from pathlib import Path

from tests.gui.panes.robots import Desk
from tests.gui.robots import Run, until
from workbench.ops import marks


def test_only_what_is_different_is_made_anew(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        thumbs = desk.gallery.thumbs
        items = desk.items
        await until(lambda: all(thumbs.get(each) is not None for each in items), "the tiles")
        await until(lambda: not thumbs.busy, "a quiet moment")
        before = {each: thumbs.get(each) for each in items}
        told: list[int] = []
        thumbs.ready.connect(told.extend)
        thumbs.renew()
        for each in items:
            thumbs.get(each)
        await until(lambda: not thumbs.busy, "the tiles to be read again")
        assert told == []
        assert all(thumbs.get(each) is before[each] for each in items)
        assert not thumbs.busy, "what was found to be the same is not asked for once more"
        picked = next(each for each in items if each > 0)
        await desk.session.run(marks.verdict, [("object", picked)], "relevant")
        await until(lambda: told, "the tile that was judged")
        await desk.calm()
        assert set(told) == {picked}
        assert getattr(thumbs.get(picked), "verdict", "") == "relevant"

    run(scenario())
