"""What is called an upload, in one place, so that table, detail, timeline, report and command line give one figure.

An upload is one that the server said had succeeded. One that it refused is a *failed upload*, and one of which the log
does not say how it ended is an *upload of unknown outcome*: both stand beside the figure, under those names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.records import Action

Mask = NDArray[np.bool_]


def done(columns: Mapping[str, NDArray[Any]]) -> Mask:
    """Events that are uploads; `columns` of events, as the column cache has them."""
    found: Mask = (columns["action"] == Action.UPLOAD) & (columns["ok"] == 1)
    return found


def failed(columns: Mapping[str, NDArray[Any]]) -> Mask:
    """Events that would have been uploads and were refused."""
    found: Mask = (columns["action"] == Action.UPLOAD) & (columns["ok"] == 0)
    return found


def unknown(columns: Mapping[str, NDArray[Any]]) -> Mask:
    """Events that may be uploads: the log does not say how they ended."""
    found: Mask = (columns["action"] == Action.UPLOAD) & (columns["ok"] != 0) & (columns["ok"] != 1)
    return found
