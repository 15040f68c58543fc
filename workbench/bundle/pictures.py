"""Pictures of a report are made from the objects that lie in the bundle, not from a cache that anybody can change.

Decoding foreign bytes belongs into worker processes, which this room does not have: who calls brings them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from workbench.bundle import layout
from workbench.bundle.recheck import Recheck
from workbench.case.evidence import Evidence
from workbench.core.errors import UserError
from workbench.core.progress import Progress


class Previewer(Protocol):
    """Makes previews in processes of their own."""

    def remake(self, items: Iterable[tuple[bytes, BinaryIO]]) -> Iterator[tuple[bytes, bytes]]:
        """(SHA-256, JPEG) of each object of which a preview can be made. The streams are closed."""

    def alike(self, one: bytes, other: bytes) -> bool:
        """Do two JPEGs show the same, but for how versions of decoders round?"""


@dataclass(frozen=True)
class Remade:
    """Previews as they are made now, asked for like those of the cache. What cannot be made is not shown."""

    previewer: Previewer
    evidence: Evidence
    progress: Progress

    def get(self, hashes: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """By SHA-256."""
        return dict(self.previewer.remake(self._streams(hashes)))

    def _streams(self, hashes: Sequence[bytes]) -> Iterator[tuple[bytes, BinaryIO]]:
        for sha256 in hashes:
            self.progress.check()
            try:
                yield sha256, self.evidence.open(sha256)
            except UserError:
                continue


def previews_hold(recheck: Recheck, previewer: Previewer) -> int:
    """Make every preview of a bundle again and compare; returns how many were."""
    sizes = recheck.bag.files.sizes
    inside = f"{layout.PREVIEWS}/"
    shown = sorted(path for path in sizes if path.startswith(inside) and path.endswith(".jpg"))
    hashes = [bytes.fromhex(path.removeprefix(inside).removesuffix(".jpg")) for path in shown]
    made = Remade(previewer, recheck.made.evidence, recheck.progress).get(hashes)
    for path, sha256 in zip(shown, hashes, strict=True):
        jpeg = made.get(sha256)
        if jpeg is None or not previewer.alike(jpeg, recheck.bag.files.read(path, 4 << 20)):
            recheck.problem("bundle-preview", "", path)
    return len(shown)
