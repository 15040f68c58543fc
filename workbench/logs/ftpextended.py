"""ProFTPD's ExtendedLog in its default form: Common Log Format with FTP commands as requests.

``host ident user [time] "STOR name" 226 21047`` (proftpd.org/docs/modules/mod_log.html, directive LogFormat). It has
what the transfer log lacks: a zone, failures, logins, deletions. The path is the argument as the client sent it, so it
may be relative to a working folder that the log does not tell.
"""

from __future__ import annotations

import numpy as np

from workbench.core.batch import NULL, EventBatch
from workbench.core.records import Action
from workbench.core.times import Precision
from workbench.logs import clf
from workbench.logs.columns import Builder, Ints, Lines, Rows
from workbench.logs.fields import NO_REQUEST, Request, readable, unescape
from workbench.logs.format import Format
from workbench.logs.layout import Layout

ACTIONS = {
    b"STOR": Action.UPLOAD, b"STOU": Action.UPLOAD, b"APPE": Action.UPLOAD, b"RETR": Action.DOWNLOAD,
    b"LIST": Action.LIST, b"NLST": Action.LIST, b"MLSD": Action.LIST, b"DELE": Action.DELETE, b"RNTO": Action.MOVE,
    b"PASS": Action.LOGIN,
}  # fmt: skip
"""RFC 959, RFC 3659. RNTO names the new path; the old one stands in the RNFR line before it."""

WITH_PATH = frozenset(ACTIONS) - {b"PASS"} | frozenset(b"RNFR CWD XCWD MKD XMKD RMD XRMD SIZE MDTM MLST".split())
OTHERS = frozenset(
    b"USER ACCT CDUP XCUP SMNT REIN QUIT PORT PASV EPRT EPSV TYPE STRU MODE ALLO REST ABOR PWD XPWD SITE SYST STAT "
    b"HELP NOOP FEAT OPTS LANG HOST CLNT AUTH PBSZ PROT CCC MFMT MFF MFCT CSID".split()
)
COMMANDS = frozenset(readable(each) for each in WITH_PATH | OTHERS | {b"PASS"})


def read_command(raw: bytes) -> Request:
    """An FTP command as logged: ``STOR name with spaces.jpg``. Anything else gives a request without method."""
    command, _, argument = unescape(raw).partition(b" ")
    if readable(command) not in COMMANDS:
        return NO_REQUEST
    path = argument if command in WITH_PATH and argument else None
    return readable(command), path, ACTIONS.get(command, Action.OTHER)


def settle(action: Ints, status: Ints, size: Ints) -> dict[str, Ints]:
    """2xx is done and 3xx goes on (RFC 959 section 4.2). The size of an upload is what was received.

    A PASS answered by 5xx is a failed login; one that still waits for an answer is neither.
    """
    answered = status != NULL
    ok = np.where(answered, (status >= 200) & (status < 400), NULL)
    settled = action.copy()
    login = action == Action.LOGIN
    settled[login & answered & (status >= 500)] = Action.LOGIN_FAILED
    settled[login & (~answered | (status // 100 != 2) & (status < 500))] = Action.OTHER
    upload = action == Action.UPLOAD
    return {
        "action": settled,
        "ok": ok,
        "sent": np.where(upload, NULL, size),
        "received": np.where(upload, size, NULL),
    }


class FtpRequests:
    """Reads the commands of clean lines, each distinct one once."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._rows = Rows(3, self._row)

    def _row(self, raw: bytes) -> tuple[int, int, int]:
        command, path, action = read_command(raw)
        return self._builder.intern("method", command), self._builder.intern("path", path), action

    def read(self, lines: Lines, opened: Ints, closed: Ints) -> tuple[Ints, Ints, Ints]:
        """Command, path and action of the requests between these quotes."""
        command, path, action = self._rows.spread(lines.data, opened + 1, closed)
        return command, path, action


_DIALECT = clf.Dialect(read_command, settle, FtpRequests)


def parse(data: bytes, zone: str | None = None, layout: Layout | None = None) -> EventBatch:
    """Columns of whole lines. `zone` is not needed: every line states its own."""
    return clf.parse(_DIALECT, data, layout or Layout())


def fit(sample: bytes) -> float:
    """Share of the lines whose request is an FTP command."""
    batch = parse(sample)
    commands = int((batch.columns["method"] != NULL).sum())
    return commands / (len(batch) + len(batch.rejects)) if len(batch) else 0.0


FTP_EXTENDED = Format(
    name="ftp-extended",
    version="2",
    title="log-format-ftp-extended",
    has_zone=True,
    precision=Precision.SECOND,
    fit=fit,
    parse=parse,
    has_layout=True,
)
