"""An Ed25519 signature (RFC 8032) over the manifests of a bag."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import UserError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PASSPHRASE = "WORKBENCH_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable, no secret
"""Environment variable that opens an encrypted key."""


@dataclass(frozen=True)
class Signer:
    """A private key, read before the work begins."""

    key: Ed25519PrivateKey

    def sign(self, *contents: bytes) -> bytes:
        """The signature over contents one after the other, in hexadecimal with a newline."""
        return self.key.sign(b"".join(contents)).hex().encode() + b"\n"

    @property
    def public_pem(self) -> bytes:
        """The public key, for the recipient to compare with one that was got by another way."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def read_key(file: Path) -> Signer:
    """The Ed25519 key of a PEM file; raises `UserError` ``key-unreadable`` or ``key-wrong``."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        pem = file.read_bytes()
    except OSError as error:
        raise UserError("key-unreadable", name=file.name, reason=error.strerror or str(error)) from None
    secret = os.environ.get(PASSPHRASE)
    try:
        key = load_pem_private_key(pem, None if secret is None or b"ENCRYPTED" not in pem else secret.encode())
    except TypeError:
        raise UserError("key-needs-passphrase", name=file.name, variable=PASSPHRASE) from None
    except (ValueError, UnsupportedAlgorithm):
        raise UserError("key-wrong", name=file.name) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UserError("key-wrong", name=file.name)
    return Signer(key)


def holds(public_pem: bytes, signature: bytes, *contents: bytes) -> bool:
    """Is this the signature of that key over these contents?"""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(public_pem)
        if not isinstance(key, Ed25519PublicKey):
            return False
        key.verify(bytes.fromhex(signature.decode("ascii").strip()), b"".join(contents))
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
