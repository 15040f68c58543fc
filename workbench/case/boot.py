"""Which run of the computer this is: what was not synced before another one cannot be trusted."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path


@cache
def boot() -> str:
    """Something that changes when the computer starts anew."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return f"about {round((time.time() - time.monotonic()) / 60)}"
