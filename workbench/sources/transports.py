"""The transport for an address."""

from __future__ import annotations

from collections.abc import Callable

from workbench.sources.http.wire import Timeouts
from workbench.sources.remote import Transport


def transport_for(
    url: str,
    *,
    agent: str,
    check: Callable[[], None],
    proxy: str = "",
    pinned: bytes | None = None,
    timeouts: Timeouts | None = None,
) -> Transport:
    """What carries requests to this server; made for one look. Raises `UserError` for an unusable proxy."""
    if url.startswith("ftp:"):
        from workbench.sources.ftp.transport import FtpTransport

        return FtpTransport(check, proxy or None, timeouts)
    from workbench.sources.http.transport import HttpTransport

    return HttpTransport(agent, check, proxy or None, timeouts, pinned=pinned)
