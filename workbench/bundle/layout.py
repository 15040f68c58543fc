"""Where things lie in a bundle. Payload names are ASCII and made by us; names of others stand in tables only."""

from __future__ import annotations

VERSION = "1"
"""Of the layout, in ``bag-info.txt`` as ``Workbench-Bundle``."""

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
SUMMARY = f"{RECORD}/bundle.json"

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
