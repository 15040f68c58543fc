"""The XML documents of S3-compatible stores, as values: what a bucket holds, which buckets there are, what went wrong.

Namespaces differ between the makers of such stores and are overlooked. Keys are bytes: UTF-8 of the text, or what it
encodes where the store says that it was asked to encode it (``EncodingType``), and then a plus sign is a blank.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_to_bytes

from workbench.core.times import Stated
from workbench.sources.kinds import names
from workbench.sources.kinds.stamps import iso_date
from workbench.sources.kinds.xmlrows import Node, read_rows

LIST, VERSIONS, BUCKETS, ERROR = "ListBucketResult", "ListVersionsResult", "ListAllMyBucketsResult", "Error"

_KEYS = ("Contents", "Version", "DeleteMarker", "CommonPrefixes")
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Object:
    """One key. `latest` and `version` stand in listings of versions only; `deleted` is a mark that one was deleted."""

    key: bytes
    size: int | None
    modified: Stated | None
    modified_text: str
    etag: str | None
    storage: str | None
    owner: str | None
    owner_name: str | None
    version: str | None
    latest: bool | None
    deleted: bool


@dataclass(slots=True)
class Document:
    """One answer. What it does not say is null or empty; `lost` counts keys beyond those that were taken in."""

    kind: str
    name: str | None = None
    prefix: bytes | None = None
    marker: bytes | None = None
    next_marker: bytes | None = None
    next_token: str | None = None
    max_keys: int | None = None
    truncated: bool | None = None
    encoded: bool = False
    objects: list[Object] = field(default_factory=list)
    prefixes: list[bytes] = field(default_factory=list)
    buckets: list[tuple[str, str]] = field(default_factory=list)
    """Name and date of creation, as written."""
    owner: str | None = None
    owner_name: str | None = None
    code: str | None = None
    message: str | None = None
    bucket: str | None = None
    """Of what an error tells."""
    lost: int = 0


def read_document(body: bytes) -> Document | None:
    """The document; null when the body is none of these. Never raises."""
    found = Document("")

    def take(row: Node) -> None:
        if row.tag in _KEYS:
            if len(found.objects) + len(found.prefixes) >= names.MOST_ROWS:
                found.lost += 1
            elif row.tag == "CommonPrefixes":
                found.prefixes.extend(node.raw.encode() for node in row.all("Prefix"))
            elif (key := row.first("Key")) is not None:
                found.objects.append(_object(row, key.raw.encode()))
        elif fill := _FIELDS.get(row.tag):
            fill(found, row)

    root = read_rows(body, (LIST, VERSIONS, BUCKETS, ERROR), take, namespaces=False)
    if root is None:
        return None
    found.kind = root
    if found.encoded:  # Which may have been said after the keys.
        _decode(found)
    return found


def _decode(found: Document) -> None:
    for place, each in enumerate(found.objects):
        found.objects[place] = replace(each, key=_decoded(each.key))
    found.prefixes = [_decoded(prefix) for prefix in found.prefixes]
    found.prefix, found.marker, found.next_marker = (
        None if each is None else _decoded(each) for each in (found.prefix, found.marker, found.next_marker)
    )


def _decoded(key: bytes) -> bytes:
    return unquote_to_bytes(key.replace(b"+", b" "))


def _object(row: Node, key: bytes) -> Object:
    owner = row.first("Owner")
    modified = _text(row, "LastModified")
    size = _text(row, "Size")
    latest = _text(row, "IsLatest")
    return Object(
        key,
        _number(size),
        iso_date(modified) if modified else None,
        modified or "",
        _text(row, "ETag"),
        _text(row, "StorageClass"),
        None if owner is None else _text(owner, "ID"),
        None if owner is None else _text(owner, "DisplayName"),
        _text(row, "VersionId"),
        None if latest is None else latest == "true",
        row.tag == "DeleteMarker",
    )


def _text(row: Node, tag: str) -> str | None:
    node = row.first(tag)
    return None if node is None else node.text or None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and _NUMBER.fullmatch(text) else None


def _buckets(found: Document, row: Node) -> None:
    for bucket in row.all("Bucket"):
        if name := _text(bucket, "Name"):
            found.buckets.append((name, _text(bucket, "CreationDate") or ""))


def _owner(found: Document, row: Node) -> None:
    found.owner, found.owner_name = _text(row, "ID"), _text(row, "DisplayName")


def _set(name: str, value: Callable[[Node], object]) -> Callable[[Document, Node], None]:
    return lambda found, row: setattr(found, name, value(row))


_FIELDS: dict[str, Callable[[Document, Node], None]] = {
    "Name": _set("name", lambda row: row.text or None),
    "Prefix": _set("prefix", lambda row: row.raw.encode()),
    "Marker": _set("marker", lambda row: row.raw.encode()),
    "KeyMarker": _set("marker", lambda row: row.raw.encode()),
    "NextMarker": _set("next_marker", lambda row: row.raw.encode()),
    "NextContinuationToken": _set("next_token", lambda row: row.text or None),
    "MaxKeys": _set("max_keys", lambda row: _number(row.text)),
    "IsTruncated": _set("truncated", lambda row: {"true": True, "false": False}.get(row.text.lower())),
    "EncodingType": _set("encoded", lambda row: row.text.lower() == "url"),
    "Buckets": _buckets,
    "Owner": _owner,
    "BucketName": _set("bucket", lambda row: row.text or None),
    "Code": _set("code", lambda row: row.text or None),
    "Message": _set("message", lambda row: row.text or None),
}
