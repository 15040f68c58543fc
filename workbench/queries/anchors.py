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
    return State(head(reader), count, digest.hexdigest())


def anchored(reader: Reader, digests: Sequence[bytes]) -> bytes | None:
    """The SHA-256 of the last anchor file of the case that has one of these digests (SHA-256 or SHA-512)."""
    wanted = {each.hex() for each in digests}
    if wanted:
        for (arguments,) in reader.all("SELECT arguments FROM op WHERE name = 'anchor.write' ORDER BY seq DESC"):
            said = json.loads(arguments)
            if wanted & {said["anchor_sha256"], said.get("anchor_sha512")}:
                return bytes.fromhex(said["anchor_sha256"])
    return None
