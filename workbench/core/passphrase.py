"""The passphrase of a signing key comes through the environment, and goes to nobody else from there.

A process inherits the environment of the one that starts it. Worker processes decode hostile bytes, so none of them may
have it: it is taken out of our own environment when it is first asked for, and `without` is what children get.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

VARIABLE = "WORKBENCH_KEY_PASSPHRASE"

_taken: list[str] = []


def passphrase() -> str | None:
    """The passphrase, or None where none was given. One that was taken once is remembered. Any thread."""
    given = os.environ.pop(VARIABLE, None)
    if given is not None:
        _taken[:] = [given]
    return _taken[0] if _taken else None


def without(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment that may be inherited."""
    return {name: value for name, value in environment.items() if name != VARIABLE}
