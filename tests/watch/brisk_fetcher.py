"""A process that fetches, and leaves a server alone for an eighth of the time before it asks once more."""

from __future__ import annotations

import sys

from tests.watch.brisk import brisk
from workbench.jobs.fetchworker import main

if __name__ == "__main__":
    brisk()
    sys.exit(main(sys.argv[1:]))
