"""The program as it is, but that it waits a second for a network, tries twice in quick succession, and soon finds
listings endless.

``python -m tests.watch.impatient watch …``: tests of slow servers would last minutes otherwise.
"""

from __future__ import annotations

import sys

from tests.watch.brisk import brisk
from workbench.cli.main import main
from workbench.jobs import session
from workbench.jobs.bounds import Bounds
from workbench.sources.http.wire import Timeouts

WINDOW = 1.0
ATTEMPTS = 2
PAGES = 300


def hurry() -> None:
    """Change what they take when nobody says otherwise."""
    brisk()
    assert session.ATTEMPTS > ATTEMPTS
    session.ATTEMPTS = ATTEMPTS
    for made, shorter in (
        (Timeouts, {"connect": 3.0, "head": WINDOW, "idle": WINDOW, "slowest": 64, "window": WINDOW}),
        (Bounds, {"pages": PAGES}),
    ):
        names = list(made.__dataclass_fields__)
        defaults = made.__init__.__defaults__
        assert defaults is not None
        assert len(defaults) == len(names)
        assert shorter.keys() <= set(names)
        values = [shorter.get(name, default) for name, default in zip(names, defaults, strict=True)]
        made.__init__.__defaults__ = tuple(values)


if __name__ == "__main__":
    hurry()
    sys.exit(main(sys.argv[1:]))
