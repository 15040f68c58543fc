"""Where things lie in a bundle. Payload names are ASCII and made by us; names of others stand in tables only."""

from __future__ import annotations

from hashlib import sha256

VERSION = "2"
"""Of the layout, in ``bag-info.txt`` as ``Workbench-Bundle``. Bundles of version 1 have no seal and say less of
themselves (`CHANGELOG.md`)."""
FORMAT = f"workbench-bundle-{VERSION}"
"""In ``bundle.json``."""

ALGORITHMS = ("sha256", "sha512")

EVIDENCE = "data/evidence"
OBJECTS = f"{EVIDENCE}/objects"
LOGS = f"{EVIDENCE}/logs"
WARCS = f"{EVIDENCE}/warc"
EVIDENCE_MANIFEST = f"{EVIDENCE}/manifest-sha256.txt"

RECORD = "data/record"
CASE_FILE = f"{RECORD}/selection.wbcase"
CUSTODY = f"{RECORD}/custody.jsonl"
ROWS = f"{RECORD}/rows"
TABLES = f"{RECORD}/tables"
PREVIEWS = f"{RECORD}/previews"
REPORT = f"{RECORD}/report.html"
EXHIBITS = f"{RECORD}/exhibits"
SUMMARY = f"{RECORD}/bundle.json"
NUMBERING = f"{RECORD}/numbering.jsonl"

BAGIT = "bagit.txt"
BAG_INFO = "bag-info.txt"
README = "README.txt"
VERIFIER = "verify.py"
SIGNATURE = "signature.ed25519"
PUBLIC_KEY = "signature-public.pem"

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def object_path(sha256: str) -> str:
    """Where an object lies, by its hexadecimal SHA-256: as in the evidence folder of a case."""
    return f"{OBJECTS}/{sha256[:2]}/{sha256}"


def warc_path(name: str) -> str:
    """Where a file of exchanges lies: as in the evidence folder of a case."""
    return f"{WARCS}/{name}"


def manifest(algorithm: str) -> str:
    """Name of a payload manifest."""
    return f"manifest-{algorithm}.txt"


def tag_manifest(algorithm: str) -> str:
    """Name of a tag manifest."""
    return f"tagmanifest-{algorithm}.txt"


def seal(custody_head: str, manifest_sha256: str) -> str:
    """The one figure that stands for a whole bundle, as 64 hexadecimal digits: over the head of the custody chain and
    the SHA-256 of ``manifest-sha256.txt``, both in hexadecimal. ``bundle.json``, which that manifest lists, has the
    digests of the files beside the payload.
    """
    return sha256(f"workbench-seal-1\n{custody_head}\n{manifest_sha256}\n".encode("ascii", "replace")).hexdigest()


EXHIBITS_A_PAGE = 100


def exhibit_pages(exhibits: int) -> list[str]:
    """The pages on which so many exhibits stand."""
    return [f"{EXHIBITS}/{number:04}.html" for number in range(1, -(-exhibits // EXHIBITS_A_PAGE) + 1)]


BESIDE = frozenset(
    {BAGIT, BAG_INFO, README, VERIFIER, SIGNATURE, PUBLIC_KEY, *map(manifest, ALGORITHMS)}
    | set(map(tag_manifest, ALGORITHMS))
)
"""Every file beside the payload that a bundle can have."""
OPTIONAL = frozenset({SIGNATURE, PUBLIC_KEY})
