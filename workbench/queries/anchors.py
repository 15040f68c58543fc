"""What an anchor writes down of a case besides the chain's head: a digest that an outsider can compute."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.case.readers import Reader
from workbench.case.uids import shown
from workbench.queries.custody import Head, head


@dataclass(frozen=True)
class State:
    """A case at one moment."""

    head: Head
    sightings: int
    digest: str
    seals: tuple[str, ...] = ()
    """Of the last bundles that were handed over, the newest first."""


SEALS = 20
"""So many an anchor carries."""


@dataclass(frozen=True)
class Anchor:
    """What an anchor says of a case: its uid, and the number and hash of its last op then."""

    uid: bytes
    seq: int
    hash: bytes


@dataclass(frozen=True)
class Compared:
    """An anchor held against a case. `state` is ``same``, ``grown``, ``rolled-back``, ``forked`` or ``different-case``;
    `op` is the last op that both have, or, where the case was forked, the first one that is known to differ. `since` is
    how many ops the case has after it.
    """

    state: str
    op: int | None
    since: int = 0

    @property
    def ok(self) -> bool:
        """Does the chain lead through the anchor?"""
        return self.state in ("same", "grown")


def compare(reader: Reader, anchor: Anchor) -> Compared:
    """Does the chain of the case still lead through what was written down outside?"""
    if anchor.uid != reader.case_uid:
        return Compared("different-case", None)
    last = head(reader).seq
    if last < anchor.seq:
        return Compared("rolled-back", last)
    if reader.value("SELECT hash FROM op WHERE seq = ?", (anchor.seq,)) != anchor.hash:
        return Compared("forked", anchor.seq)
    return Compared("same" if last == anchor.seq else "grown", anchor.seq, last - anchor.seq)


def newest(reader: Reader) -> Compared | None:
    """The newest op that is known outside of the case file: noted in its evidence folder. None where none is."""
    noted = reader.evidence.newest()
    if noted is None:
        return None
    found = compare(reader, Anchor(reader.case_uid, *noted))
    if found.state == "rolled-back":
        with reader.newest_moment() as conn:  # another process may have added ops since
            row = conn.execute("SELECT hash FROM op WHERE seq = ?", (noted[0],)).fetchone()
        if row is not None and row[0] == noted[1]:
            return Compared("same", noted[0])
    return found


def state(reader: Reader) -> State:
    """The chain's head and the digest of all sightings.

    The digest is SHA-256 over one line a sighting, sorted as bytes: the snapshot's uid, a tab, the object's SHA-256 (a
    hyphen where there are no bytes), a tab, the raw path in hexadecimal, a line feed.
    """
    digest = hashlib.sha256()
    count = 0
    # As blobs these sort like their hexadecimal digits; a null, shown as a hyphen, comes first either way.
    for uid, sha256, raw in reader.conn.execute(
        "SELECT n.uid, o.sha256, p.raw FROM sighting s JOIN snapshot n ON n.id = s.snapshot "
        "JOIN path p ON p.id = s.path LEFT JOIN object o ON o.id = s.object ORDER BY 1, 2, 3"
    ):
        count += 1
        digest.update(f"{shown(uid)}\t{'-' if sha256 is None else sha256.hex()}\t{raw.hex()}\n".encode())
    sealed = reader.all("SELECT arguments FROM op WHERE name = 'bundle.sealed' ORDER BY seq DESC LIMIT ?", (SEALS,))
    return State(head(reader), count, digest.hexdigest(), tuple(json.loads(each)["seal"] for (each,) in sealed))


def anchored(reader: Reader, digests: Sequence[bytes]) -> bytes | None:
    """The SHA-256 of the last anchor file of the case that has one of these digests (SHA-256 or SHA-512)."""
    wanted = {each.hex() for each in digests}
    if wanted:
        for (arguments,) in reader.all("SELECT arguments FROM op WHERE name = 'anchor.write' ORDER BY seq DESC"):
            said = json.loads(arguments)
            if wanted & {said["anchor_sha256"], said.get("anchor_sha512")}:
                return bytes.fromhex(said["anchor_sha256"])
    return None
