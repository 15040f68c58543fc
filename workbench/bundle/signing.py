"""An Ed25519 signature (RFC 8032) over the manifests of a bag.

A key's *fingerprint* is the SHA-256, in hexadecimal, of the public key in DER (``SubjectPublicKeyInfo``, RFC 8410), as
``openssl pkey -pubin -in KEY -outform DER | sha256sum`` prints it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import UserError
from workbench.core.files import open_file
from workbench.core.passphrase import VARIABLE, passphrase

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

LARGEST_KEY = 1 << 20
"""Bytes of a file that is read as a key."""


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

    @property
    def fingerprint(self) -> str:
        """That of the public key."""
        return fingerprint_of(self.public_pem)


def read_key(file: Path) -> Signer:
    """The Ed25519 key of a PEM file; raises `UserError` ``key-unreadable`` or ``key-wrong``."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        with open_file(file) as stream:
            pem = stream.read(LARGEST_KEY)
    except OSError as error:
        raise UserError("key-unreadable", name=file.name, reason=error.strerror or str(error)) from None
    secret = passphrase()
    try:
        key = load_pem_private_key(pem, None if secret is None or b"ENCRYPTED" not in pem else secret.encode())
    except TypeError:
        raise UserError("key-needs-passphrase", name=file.name, variable=VARIABLE) from None
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


def fingerprint_of(public_pem: bytes) -> str:
    """The fingerprint of an Ed25519 public key in PEM; raises `ValueError` for anything else."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    try:
        key = load_pem_public_key(public_pem)
    except UnsupportedAlgorithm as error:
        raise ValueError("no key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("no Ed25519 key")  # noqa: TRY004 - of the content
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def expected_key(text: str) -> str:
    """The fingerprint that is meant: itself, colons and capitals allowed, or that of a public key in a PEM file.

    Raises `UserError` ``key-expected``.
    """
    plain = text.replace(":", "").strip().lower()
    if re.fullmatch(r"[0-9a-f]{64}", plain):
        return plain
    file = Path(text)
    try:
        if not file.is_file() or file.stat().st_size > 1 << 16:
            raise ValueError
        return fingerprint_of(file.read_bytes())
    except (OSError, ValueError):
        raise UserError("key-expected", name=file.name or text[:80]) from None
