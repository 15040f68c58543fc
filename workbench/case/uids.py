"""UUID version 7 (RFC 9562): 16 bytes that sort by time."""

from __future__ import annotations

import secrets
import time


def uuid7() -> bytes:
    """A new uid: 48 bits of milliseconds, version, 74 random bits."""
    millis = time.time_ns() // 1_000_000
    random = int.from_bytes(secrets.token_bytes(10), "big")
    value = (millis & (2**48 - 1)) << 80 | 0x7 << 76 | (random >> 62 & 0xFFF) << 64 | 0b10 << 62 | random & (2**62 - 1)
    return value.to_bytes(16, "big")


def shown(uid: bytes) -> str:
    """Eight-four-four-four-twelve."""
    digits = uid.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
