"""Time stamps (RFC 3161): is a reply one, what does it stamp, and did the service that it names sign it? Offline.

Signatures and chains are checked by `rfc3161-client`, at the time that the reply states. A chain ends in a root that
somebody has to trust: one that is handed in, or else the last certificate of the reply itself, about which nothing is
known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import UserError
from workbench.core.files import open_file
from workbench.core.times import from_datetime

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

VALID, ROOT_UNKNOWN, UNCHECKED = "valid", "root-unknown", "unchecked"
LARGEST_ROOTS = 1 << 20
"""Bytes of a file of certificates."""


@dataclass(frozen=True)
class Stamp:
    """What a reply says and proves. `time` is microseconds UTC; `state` is one of `VALID`, `ROOT_UNKNOWN` (the chain
    ends in a certificate that came with the reply) and `UNCHECKED` (its chain has no end here).
    """

    time: int
    digest: bytes
    signer: str
    state: str


def read_reply(reply: bytes, name: str) -> TimeStampResponse:
    """The structure of a reply. Raises `UserError` ``timestamp-no-reply``, ``timestamp-not-granted``."""
    from rfc3161_client import PKIStatus, decode_timestamp_response

    try:
        response = decode_timestamp_response(_in_order(reply))
        granted = response.status == PKIStatus.GRANTED
        if granted:
            _ = response.tst_info.message_imprint.message
    except (ValueError, TypeError, OverflowError) as error:
        raise UserError("timestamp-no-reply", path=name) from error
    if not granted:
        raise UserError("timestamp-not-granted", path=name)
    return response


def _in_order(reply: bytes) -> bytes:
    """The reply with its certificates sorted, as DER wants it and some services do not do. No signature covers their
    order. Raises `ValueError`, `TypeError`.
    """
    from asn1crypto.cms import CertificateSet
    from asn1crypto.tsp import TimeStampResp

    parsed = TimeStampResp.load(reply, strict=True)
    if parsed["status"]["status"].native != "granted":
        return reply
    signed = parsed["time_stamp_token"]["content"]
    if len(signed["certificates"] or ()) < 2:
        return reply
    signed["certificates"] = CertificateSet(sorted(signed["certificates"], key=lambda each: bytes(each.dump())))
    return bytes(parsed.dump(force=True))


def digest_of(response: TimeStampResponse) -> bytes:
    """The digest that is stamped."""
    return bytes(response.tst_info.message_imprint.message)


def read_roots(file: Path) -> list[Certificate]:
    """The certificates of a PEM file. Raises `UserError` ``timestamp-roots``."""
    from cryptography.x509 import load_pem_x509_certificates

    try:
        with open_file(file) as stream:
            found = load_pem_x509_certificates(stream.read(LARGEST_ROOTS))
    except OSError as error:
        raise UserError("timestamp-roots", path=file.name, reason=error.strerror or str(error)) from error
    except ValueError as error:
        raise UserError("timestamp-roots", path=file.name, reason="no certificate in PEM form") from error
    return found


def verified(response: TimeStampResponse, name: str, given: Sequence[Certificate] = ()) -> Stamp:
    """Check the signature over the stamp and its certificates up to a root.

    `given` are certificates that the user trusts. Raises `UserError` ``timestamp-not-valid``.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import load_der_x509_certificate
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        embedded = [load_der_x509_certificate(each) for each in response.signed_data.certificates]
        signer = next(
            (
                cert
                for cert in [*embedded, *given]
                for info in response.signed_data.signer_infos
                if (cert.issuer, cert.serial_number) == (info.issuer, info.serial_number)
            ),
            None,
        )
        time = from_datetime(response.tst_info.gen_time)
        roots = [each for each in given if each.issuer == each.subject] or list(given)
        if signer is not None and not roots:
            roots = [each for each in _ends(embedded, signer) if each.issuer == each.subject]
        if signer is None or not roots:
            named = "" if signer is None else signer.subject.rfc4514_string()
            return Stamp(time, digest_of(response), named, UNCHECKED)
        builder = VerifierBuilder(
            tsa_certificate=signer,
            intermediates=[each for each in [*embedded, *given] if each not in roots and each != signer],
            roots=roots,
        )
        builder.build().verify(response, digest_of(response))
    except (VerificationError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UserError("timestamp-not-valid", path=name, reason=str(error)) from error
    return Stamp(time, digest_of(response), signer.subject.rfc4514_string(), VALID if given else ROOT_UNKNOWN)


def _ends(embedded: Sequence[Certificate], signer: Certificate) -> list[Certificate]:
    """The last certificate of the chain that came with the reply."""
    at, seen = signer, {signer}
    while at.issuer != at.subject:
        above = next((each for each in embedded if each.subject == at.issuer and each not in seen), None)
        if above is None:
            break
        seen.add(above)
        at = above
    return [at]
