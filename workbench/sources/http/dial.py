"""From an origin to a connection: names, addresses, proxies, and TLS with what it says of the server."""

from __future__ import annotations

import errno
import hashlib
import socket
import ssl
import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import Any

from workbench.sources.http.proxy import Proxy, open_tunnel
from workbench.sources.http.target import Origin
from workbench.sources.http.wire import SLICE, Timeouts, Wire, wait
from workbench.sources.remote import Certificate, NetworkError

Address = tuple[socket.AddressFamily, Any]

_PROBLEMS = {
    2: "certificate-unknown-issuer",
    9: "certificate-not-yet-valid",
    10: "certificate-expired",
    18: "certificate-self-signed",
    19: "certificate-self-signed",
    20: "certificate-unknown-issuer",
    21: "certificate-unknown-issuer",
    62: "certificate-name-differs",
    64: "certificate-name-differs",
}
"""Codes of OpenSSL's X509_V_ERR, and what they mean to a person."""


class Dialer:
    """Makes connections. Any thread.

    `pinned` is the SHA-256 of the only certificate that is accepted, or null; it may be set later.
    """

    def __init__(
        self,
        check: Callable[[], None],
        timeouts: Timeouts,
        proxy: Proxy | None,
        roots: Path | None,
        pinned: bytes | None,
    ) -> None:
        self._check = check
        self._timeouts = timeouts
        self._roots = roots
        self._untrusted: dict[Origin, Certificate] = {}
        self.proxy = proxy
        self.pinned = pinned

    def dial(self, origin: Origin) -> Wire:
        """A new connection, ready for a request. Raises `NetworkError`."""
        if origin.scheme != "https":
            return self._reach(origin)
        known = self._untrusted.get(origin)
        if known is None:
            try:
                return self._secured(origin, self._strict, None)
            except ssl.SSLCertVerificationError as error:
                problem = _PROBLEMS.get(error.verify_code, "certificate-not-trusted")
        else:
            assert known.problem is not None
            problem = known.problem
        wire = self._secured(origin, self._lenient, problem)
        assert wire.certificate is not None
        if known is not None and wire.certificate.sha256 != known.sha256:
            wire.close()
            self._untrusted.pop(origin, None)
            return self.dial(origin)
        self._untrusted[origin] = wire.certificate
        return wire

    def _secured(self, origin: Origin, context: ssl.SSLContext, problem: str | None) -> Wire:
        """Raises `ssl.SSLCertVerificationError` for what the context does not trust, else `NetworkError`."""
        wire = self._reach(origin)
        try:
            shown = wire.secure(context, origin.host, monotonic() + self._timeouts.connect)
            certificate = Certificate(hashlib.sha256(shown).digest(), problem)
            if self.pinned is not None and certificate.sha256 != self.pinned:
                raise NetworkError(
                    "certificate-changed", retry=False, old=self.pinned.hex(), new=certificate.sha256.hex()
                )
        except ssl.SSLCertVerificationError:
            wire.close()
            raise
        except OSError as error:
            wire.close()
            raise network_error(error, _place(origin)) from error
        except ValueError as error:  # a host name that TLS cannot take
            wire.close()
            raise NetworkError("network-tls", retry=False, place=_place(origin), reason="name") from error
        except BaseException:
            wire.close()
            raise
        wire.certificate = certificate
        return wire

    @cached_property
    def _strict(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._roots is not None:
            context.load_verify_locations(cafile=self._roots)
        return context

    @cached_property
    def _lenient(self) -> ssl.SSLContext:
        """For servers whose certificate was found wanting, which is said; old keys are taken, too."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_ciphers("DEFAULT:@SECLEVEL=1")
        return context

    def _reach(self, origin: Origin) -> Wire:
        if self.proxy is None:
            return self._connected(origin.host, origin.port)
        try:
            wire = self._connected(self.proxy.host, self.proxy.port)
        except NetworkError as error:
            raise NetworkError("network-proxy", proxy=self.proxy.place, reason=error.message.code) from error
        wire.peer = None
        if self.proxy.scheme == "http" and origin.scheme == "http":
            return wire
        try:
            open_tunnel(wire, self.proxy, origin, monotonic() + self._timeouts.connect)
        except NetworkError:
            wire.close()
            raise
        except OSError as error:
            wire.close()
            raise NetworkError("network-proxy", proxy=self.proxy.place, reason=type(error).__name__) from error
        except BaseException:
            wire.close()
            raise
        return wire

    def _connected(self, host: str, port: int) -> Wire:
        deadline = monotonic() + self._timeouts.connect
        addresses = self._addresses(host, port, deadline)
        last: OSError | None = None
        for place, (family, address) in enumerate(addresses):
            share = (deadline - monotonic()) / (len(addresses) - place)
            try:
                sock = socket.socket(family, socket.SOCK_STREAM)
            except OSError as error:
                last = error
                continue
            try:
                self._connect(sock, address, monotonic() + max(share, 1.0))
                wire = Wire(sock, self._check, self._timeouts)
                wire.peer = peer_name(sock)
            except OSError as error:
                sock.close()
                last = error
            except BaseException:
                sock.close()
                raise
            else:
                return wire
        assert last is not None
        raise network_error(last, f"{host}:{port}") from last

    def _connect(self, sock: socket.socket, address: Any, until: float) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            sock.connect(address)
        except (BlockingIOError, InterruptedError):
            wait(sock, True, until, self._timeouts.connect, self._check)
        failed = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failed:
            raise OSError(failed, errno.errorcode.get(failed, str(failed)))

    def _addresses(self, host: str, port: int, deadline: float) -> list[Address]:
        """What the name stands for. The system's resolver cannot be stopped, so a helper waits for it."""
        try:
            return _look_up(host, port, socket.AI_NUMERICHOST)
        except (socket.gaierror, UnicodeError):
            pass
        found: list[Address] = []
        failed: list[Exception] = []
        done = threading.Event()

        def ask() -> None:
            try:
                found.extend(_look_up(host, port, 0))
            except (OSError, UnicodeError) as error:
                failed.append(error)
            finally:
                done.set()

        threading.Thread(target=ask, name="name-look-up", daemon=True).start()
        while not done.wait(min(SLICE / 5, max(deadline - monotonic(), 0))):
            self._check()
            if monotonic() >= deadline:
                raise NetworkError("network-timeout", seconds=self._timeouts.connect)
        if failed or not found:
            raise NetworkError("network-unresolved", host=host)
        return found


def _look_up(host: str, port: int, flags: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _place(origin: Origin) -> str:
    return f"[{origin.host}]:{origin.port}" if ":" in origin.host else f"{origin.host}:{origin.port}"


def peer_name(sock: socket.socket) -> str:
    """``address:port`` of the other end, IPv6 in brackets."""
    host, port = sock.getpeername()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def network_error(error: Exception, place: str) -> NetworkError:
    """The message for what a socket said; a `NetworkError` stays what it is."""
    if isinstance(error, NetworkError):
        return error
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return NetworkError("network-tls", retry=False, place=place, reason=error.reason or type(error).__name__)
    if isinstance(error, ConnectionRefusedError):
        return NetworkError("network-refused", place=place)
    if isinstance(error, ConnectionError | ssl.SSLError):
        return NetworkError("network-reset", place=place)
    number = error.errno if isinstance(error, OSError) else None
    return NetworkError(
        "network-unreachable", place=place, reason=errno.errorcode.get(number or 0, type(error).__name__)
    )
