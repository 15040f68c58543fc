"""Apache and nginx access logs: common, combined, combined with the virtual host in front, with further fields behind.

Formats: httpd.apache.org/docs/2.4/mod/mod_log_config.html and nginx.org/en/docs/http/ngx_http_log_module.html.

- The size is that of the RESPONSE, for a PUT too: it becomes ``sent``; what was received is unknown (null). Debian's
  Apache writes ``%O`` there, which counts the headers, so it is a few hundred bytes more than the file.
- Fields behind the agent (``$request_time``, ``%I %O``, ``%D``) are not read: nothing in a line tells bytes from
  microseconds, and ``%I`` would count headers too. They stay in the raw line. A forwarded-for list among them, or in
  front, is read where the lines together show that it is one (`logs.layout`).
- A size or a status of ``-`` is null, though Apache means 0 by a size of ``-`` and others mean unknown.
- A line that breaks off directly behind its size reads like a whole line of the common format, and is taken for one.
"""

from __future__ import annotations

import numpy as np

from workbench.core.batch import NULL, EventBatch
from workbench.core.records import Action
from workbench.core.times import Precision
from workbench.logs import clf
from workbench.logs.columns import Ints
from workbench.logs.fields import read_request, readable
from workbench.logs.format import Format
from workbench.logs.layout import Layout
from workbench.logs.requests import HttpRequests

METHODS = frozenset(
    readable(method)
    for method in b"""GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK
    UNLOCK REPORT SEARCH ACL MKCALENDAR VERSION-CONTROL CHECKIN CHECKOUT UNCHECKOUT MERGE PRI""".split()
)
"""HTTP methods (iana.org/assignments/http-methods, shortened): what tells a web server's log from an FTP server's."""

STRICT = (Action.UPLOAD, Action.DELETE, Action.MOVE)
"""Done only when the answer is 2xx; for everything else a redirection or *not modified* is an answer too."""


def settle(action: Ints, status: Ints, size: Ints) -> dict[str, Ints]:
    """Whether it succeeded; null where there is no status."""
    below = np.where(np.isin(action, STRICT), 300, 400)
    ok = ((status >= 200) & (status < below)).astype(np.int64)
    ok[status == NULL] = NULL
    return {"ok": ok, "sent": size}


_DIALECT = clf.Dialect(read_request, settle, HttpRequests)


def parse(data: bytes, zone: str | None = None, layout: Layout | None = None) -> EventBatch:
    """Columns of whole lines. `zone` is not needed: every line states its own."""
    return clf.parse(_DIALECT, data, layout or Layout())


def fit(sample: bytes) -> float:
    """Share of the lines that a web server wrote. A request that is no HTTP, as of a port scan, says a little less."""
    batch = parse(sample)
    unread = len(batch.rejects)
    known = {NULL: 0.8} | {index: float(name in METHODS) for index, name in enumerate(batch.tables["method"])}
    weights = [known[method] for method in batch.columns["method"].tolist()]
    return sum(weights) / (len(weights) + unread) if weights else 0.0


COMBINED = Format(
    name="combined",
    version="2",
    title="log-format-combined",
    has_zone=True,
    precision=Precision.SECOND,
    fit=fit,
    parse=parse,
    has_layout=True,
)
