"""The server's own root in front of logged paths, as ProFTPD writes it: found by comparison, never guessed.

``/srv/ftp/files/a/x.jpg`` in a log and ``a/x.jpg`` in a snapshot are the same file when ``/srv/ftp/files`` is the root.
One such pair may be chance (``index.html`` is everywhere), so many must agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

ENOUGH = 3
"""Distinct logged paths that must agree; fewer do when they are all there are, but never one alone."""
SHARE = 0.9
"""Of the logged paths that resemble anything seen, so many must agree."""


def infer_root(log_paths: Iterable[bytes], seen_paths: Iterable[bytes]) -> bytes | None:
    """The prefix that, taken off the logged paths, gives paths that were seen; null without enough evidence.

    Both sides may start with a slash or not. The answer has no slash at its end, and is never empty: paths that agree
    as they are need no mapping, and give null too. The caller records the mapping; see `strip_root`.
    """
    seen = {b"/" + path.strip(b"/") for path in seen_paths}
    logged = {path for path in log_paths if path.startswith(b"/")}
    votes: Counter[bytes] = Counter()
    matched = 0
    for path in logged:
        roots = [root for root, inside in _splits(path) if inside in seen]
        votes.update(roots)
        matched += bool(roots)
    ranked = votes.most_common(2)
    if not ranked:
        return None
    root, count = ranked[0]
    rival = ranked[1][1] if len(ranked) > 1 else 0
    enough = count >= ENOUGH or count == len(logged) >= 2
    clear = count > rival and votes[b""] < count * (1 - SHARE)
    return root if root and enough and clear and count >= SHARE * matched else None


def strip_root(path: bytes, root: bytes) -> bytes:
    """The path below the root, starting with a slash; a path that does not lie below it stays as it is."""
    return path[len(root) :] if path.startswith(root + b"/") else path


def _splits(path: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every way to cut a path into a root and what lies in it, at slashes."""
    at = 0
    while at >= 0:
        yield path[:at], path[at:]
        at = path.find(b"/", at + 1)
