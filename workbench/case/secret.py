"""The key of a case, and what is derived from it. It never leaves the case: no bundle holds it, nor a keyed value.

Values that are keyed by something public, such as the case's uid, can be guessed: whoever suspects an address, a local
path or a file computes the same value and compares.
"""

from __future__ import annotations

import hashlib
import hmac
import os

from workbench.case.readers import Reader

SIZE = 32


def new_secret() -> bytes:
    """A random key for a new case."""
    return os.urandom(SIZE)


def keyed(reader: Reader, purpose: bytes, *parts: bytes) -> bytes:
    """32 bytes that only this case can derive from the parts (HMAC-SHA256, RFC 2104); each purpose has its own."""
    secret = reader.value("SELECT value FROM case_key ORDER BY id LIMIT 1")
    text = b"".join(len(part).to_bytes(8, "little") + part for part in (purpose, *parts))
    return hmac.new(bytes(secret), text, hashlib.sha256).digest()


def commitment(reader: Reader, sha256: bytes, size: int) -> tuple[bytes, bytes]:
    """(salt, commitment) of an object whose hash must not be told.

    The commitment says nothing to whoever guesses the file. The owner of the case can open it later by handing over the
    salt together with the file: it is SHA-256 over ``workbench-commitment-1``, NUL, the salt, the object's SHA-256, and
    its size as eight bytes, the lowest first.
    """
    salt = keyed(reader, b"object-salt", sha256)
    return salt, hashlib.sha256(b"workbench-commitment-1\0" + salt + sha256 + size.to_bytes(8, "little")).digest()
