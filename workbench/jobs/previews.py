"""Previews of a bundle, made again from the bytes of its objects by worker processes, or compared with such ones."""

from __future__ import annotations

import shutil
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import IO, BinaryIO

import numpy as np

from workbench.core.errors import UserError
from workbench.core.records import Analysis
from workbench.jobs.pool import Pool, WorkerDied

PIXELS = 256 * 256
TOLERANCE = 6.0
"""Mean difference of a channel, of 255: other versions of the decoders round otherwise."""


@dataclass
class Previewer:
    """Decodes in the processes of `pool`. Used by one job thread."""

    pool: Pool

    def remake(self, items: Iterable[tuple[bytes, BinaryIO]]) -> Iterator[tuple[bytes, bytes]]:
        """(SHA-256, JPEG) of each object of which a preview can be made. The streams are closed."""
        waiting: deque[tuple[bytes, Future[dict[str, Analysis]]]] = deque()
        for sha256, stream in items:
            with stream, _file(stream) as file:
                waiting.append((sha256, self.pool.analyze(fd=file.fileno(), want=("image", "type"))))
            if len(waiting) > self.pool.size * 4:
                yield from _answer(*waiting.popleft())
        while waiting:
            yield from _answer(*waiting.popleft())

    def alike(self, one: bytes, other: bytes) -> bool:
        """Do two JPEGs show the same?"""
        if one == other:
            return True
        try:
            first, second = (self.pool.decode(PIXELS, data=each).result() for each in (one, other))
        except (WorkerDied, UserError):
            return False
        if (first.width, first.height) != (second.width, second.height):
            return False
        a, b = (np.frombuffer(each.data, np.uint8).astype(np.int16) for each in (first, second))
        return a.shape == b.shape and float(np.abs(a - b).mean()) <= TOLERANCE


def _file(stream: BinaryIO) -> IO[bytes]:
    """The same as a file of the system; what stands in a zip is none."""
    out = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    shutil.copyfileobj(stream, out, 1 << 20)
    out.seek(0)
    return out


def _answer(sha256: bytes, future: Future[dict[str, Analysis]]) -> Iterator[tuple[bytes, bytes]]:
    try:
        jpeg = future.result()["image"].preview
    except (WorkerDied, UserError):
        return
    if jpeg is not None:
        yield sha256, jpeg
