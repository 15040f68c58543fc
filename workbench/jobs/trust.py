"""How far a server's word is trusted that a file is still the same, and how that trust is put to the test.

*Listing*: the listing's own words (size and time, or an ETag) are those of before. *ETag*: the server is asked about
each file. *Never*: everything is fetched again. Whatever is trusted, every seventh look fetches a sample of it anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from workbench.core.errors import UserError
from workbench.core.times import HOUR, SECOND, Zone
from workbench.queries.harvest import Before
from workbench.sources.http.headers import http_date
from workbench.sources.remote import Entry

POLICIES = ("listing", "etag", "never")
CHECK_EVERY = 7
"""Looks."""
SAMPLE = 0.02
WIDEST_ZONE = 15 * HOUR
"""No zone is further from UTC."""


@dataclass(frozen=True)
class Trust:
    """One look's policy. `look` is its uid and `number` its place among the looks of its source, from 0.

    `share` is the part of what is trusted that is fetched again; null leaves it to the number of the look. `previous`
    is the look before: what it did not show is not trusted, such as a file that was gone and came back.
    """

    policy: str
    look: bytes
    number: int
    share: float | None = None
    previous: int | None = None

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise UserError("trust-unknown", given=self.policy, known=", ".join(POLICIES))

    def rule(self, entry: Entry, before: Before | None) -> str | None:
        """By which rule the bytes of before are taken for those of now without asking; null when by none."""
        if self.policy != "listing" or before is None or before.snapshot != self.previous or not entry.stamp:
            return None
        if entry.stamp != before.claimed.get("listing") or (entry.exact and entry.size != before.size):
            return None
        if entry.etag is not None:
            return "etag" if _strong(entry.etag) else None
        if entry.size is None or entry.modified is None or _too_fresh(entry, before):
            return None
        return "size-time"

    def question(self, before: Before | None) -> tuple[str | None, str | None]:
        """``If-None-Match`` and ``If-Modified-Since`` for a file that is asked about."""
        if self.policy == "never" or before is None:
            return None, None
        modified = before.claimed.get("last-modified")
        etag = before.etag if before.etag is not None and _strong(before.etag) else None
        return etag, modified if isinstance(modified, str) else None

    def is_to_be_checked(self, path: bytes) -> bool:
        """Does this file belong to the sample? The same one for a look that is gone on with."""
        share = self.share
        if share is None:
            share = SAMPLE if self.number % CHECK_EVERY == CHECK_EVERY - 1 else 0.0
        chosen = int.from_bytes(sha256(self.look + path).digest()[:4], "big")
        return chosen < share * 2**32


def _strong(etag: str) -> bool:
    return bool(etag) and not etag.startswith("W/")


def _too_fresh(entry: Entry, before: Before) -> bool:
    """Was the file fetched so soon after its change that a second change could carry the same words?

    By the server's own clock where its answer told it, else by ours; where the zone of the change is unknown, any zone
    is reckoned with.
    """
    said = before.claimed.get("date")
    fetched = http_date(said) if isinstance(said, str) else None
    if before.modified is None:
        return True
    doubt = max(2 * entry.precision.micros, 2 * SECOND)
    if before.zone is Zone.UNKNOWN:
        doubt += WIDEST_ZONE
    return (before.observed if fetched is None else fetched) - before.modified < doubt
