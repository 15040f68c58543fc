"""Whether a server listed a whole folder: what it says at the end of LIST or MLSD, and what it sent.

RFC 959 has one reply for the end of every transfer, 226, whether or not the server stopped early. Pure-FTPd stops after
its limit (*LimitRecursion*) and says so in the text of the reply, or just counts what it sent; others count what there
is. A last line without its end is half a line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from workbench.core.messages import Message
from workbench.sources.ftp.rows import lines
from workbench.sources.remote import Remark

ENDED_WITH = "listing-ended"
"""In `Page.headers`: the lines of the reply that ended the listing, without their codes."""

LIMITS = (2_000, 10_000)
"""Files after which Pure-FTPd stops by default: 2,000 in earlier versions, 10,000 today."""

_CUT = re.compile(
    r"\btruncat|\bcut off\b|\bincomplete\b|\btoo many (?:files|entries|matches)|\blimit(?:ed)? (?:to|of|reached)"
)
_COUNT = re.compile(r"\b(\d{1,9}) (?:total )?(?:matches|files|entries|items)\b|\btotal(?: of)? (\d{1,9})\b")
_SENT = re.compile(r"\b\d{1,9} matches total\b")


def replied(head: bytes) -> str:
    """The text of the last reply in a conversation: all of its lines, without their codes."""
    said = [line for line in head.replace(b"\r", b"").split(b"\n") if line]
    if not said:
        return ""
    code = said[-1][:3]
    first = len(said) - 1
    if code.isdigit():
        while first > 0 and not said[first - 1].startswith(code + b" "):
            if said[first].startswith(code + b"-"):
                break
            first -= 1
        if not said[first].startswith(code):
            first = len(said) - 1
    texts = [line[4:] if line[:3] == code else line for line in said[first:]]
    return "\n".join(text.decode("utf-8", "replace").strip() for text in texts)


def cut_remark(body: bytes, headers: Mapping[str, str]) -> Remark | None:
    """What shows that the folder was not listed to its end; None where nothing does."""
    said = headers.get(ENDED_WITH, "").lower()
    count = sum(1 for _ in lines(body))
    if _CUT.search(said):
        return _cut("said", count, said)
    if body and not body.endswith(b"\n"):
        return _cut("half-line", count, said)
    announced = max((int(found[1] or found[2]) for found in _COUNT.finditer(said)), default=None)
    # Some count the folder itself and the one above it, which others show.
    if announced is not None and announced > count:
        return _cut("fewer", count, said)
    if count in LIMITS and _SENT.search(said):
        return _cut("limit", count, said)
    return None


def _cut(reason: str, count: int, said: str) -> Remark:
    return Remark(b"", Message("ftp-listing-cut", {"reason": reason, "lines": count, "reply": said[:200]}))
