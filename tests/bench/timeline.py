"""(d) The timeline with 10,000,000 events: counting them into bins anew, and panning; beside `numpy.histogram`."""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject
from PySide6.QtWidgets import QApplication, QWidget

from tests.bench.common import Report, finish, median, ours, percentile
from tests.bench.gallery import cpu
from workbench.core.times import DAY, HOUR, MINUTE
from workbench.gui.theme import Theme
from workbench.gui.widgets.timeline import Levels, Timeline

START = 1_704_067_200_000_000
DAYS = 31
KINDS = 3
WINDOW = (1200, 260)


def events(count: int) -> tuple[np.ndarray, np.ndarray]:
    """A month of events, most of them in the working hours of somewhere, in no order, of three kinds."""
    dice = np.random.default_rng(7)
    hour = dice.normal(6.0, 3.0, count) % 24
    times = START + dice.integers(0, DAYS, count) * DAY + (hour * HOUR).astype(np.int64)
    return times, dice.integers(0, KINDS, count).astype(np.uint8)


class Paints(QObject):
    """Counts how often a widget was painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.seen = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        self.seen += event.type() == QEvent.Type.Paint
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    small = parser.parse_args().small
    count, repeats, pans = (100_000, 3, 40) if small else (10_000_000, 9, 600)
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme = Theme("light")
    theme.apply(app)
    times, kinds = events(count)
    start = time.perf_counter()
    levels = Levels.from_events(times, kinds, KINDS)
    built = time.perf_counter() - start
    per_kind = [times[kinds == kind] for kind in range(KINDS)]

    # Wide (hours of the whole month) and narrow (minutes of an evening): prefix sums and searches.
    wide = np.arange(START, START + DAYS * DAY + HOUR, HOUR)
    narrow = np.arange(START + 10 * DAY + 7 * MINUTE, START + 10 * DAY + 8 * HOUR, MINUTE)
    bins: dict[str, list[float]] = {"wide": [], "narrow": [], "peer": []}
    for _ in range(repeats):
        for name, edges in (("wide", wide), ("narrow", narrow)):
            bins[name].append(cpu(lambda edges=edges: levels.counts(edges)))
        bins["peer"].append(cpu(lambda: [np.histogram(each, wide)[0] for each in per_kind]))
    assert (levels.counts(wide)[:, 0] == np.histogram(per_kind[0], wide)[0]).all()
    assert (levels.counts(narrow)[:-1, 1] == np.histogram(per_kind[1], narrow)[0][:-1]).all()

    timeline = Timeline(theme)
    timeline.resize(*WINDOW)
    timeline.set_levels(levels, ("upload", "download", "other"))
    timeline.show()
    app.processEvents()
    paints = Paints(timeline.canvas.viewport())
    frames: dict[str, list[float]] = {}
    for name, span in (("a week in hours", 7 * DAY), ("a day in minutes", DAY), ("the month", 25 * DAY)):
        taken = []
        for at in range(pans // 3):
            begin = START + (at * 7 * MINUTE + at * at * MINUTE) % ((DAYS * DAY - span) or 1)

            def frame(begin: int = begin, span: int = span) -> None:
                before = paints.seen
                timeline.zoom_to(begin, begin + span)
                while paints.seen == before:
                    app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

            taken.append(cpu(frame))
        frames[name] = taken
    every = [each for taken in frames.values() for each in taken]
    timeline.close()

    report = Report("d", f"timeline with {count:,} events beside numpy.histogram")
    report.tools = ours()
    report.bar(f"re-bin {len(wide) - 1} hours (median)", median(bins["wide"]), 1, " ms CPU")
    report.bar(f"re-bin {len(narrow) - 1} odd minutes (median)", median(bins["narrow"]), 1, " ms CPU")
    report.bar(f"pan frame p98 of {len(every)}", percentile(every, 0.98), 12, " ms CPU")
    report.say(", ".join(f"{name}: p98 {percentile(taken, 0.98):.1f} ms" for name, taken in frames.items()))
    report.say(
        f"numpy.histogram of the same hours {median(bins['peer']):.0f} ms "
        f"(ours {median(bins['peer']) / median(bins['wide']):.0f} times as fast), once prepared in {built:.1f} s"
    )
    finish(report)


if __name__ == "__main__":
    main()
