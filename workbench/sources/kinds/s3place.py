"""Which bucket and which prefix a URL names.

A bucket is the first segment of the path, or part of the host's name where the host is that of a known store. Any
other host may itself be a bucket, or keep its buckets deeper. Where the plain URL of a folder would be read as another
one, it says where its bucket is: ``http://host/a/?bucket=/``. Such a URL is never sent; it becomes a request for a
listing.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

from workbench.sources.kinds import names

_REGION = r"(?:[.-](?:dualstack\.|external-\d\.)?[a-z0-9-]+)?"
_STORES = (
    rf"s3{_REGION}\.amazonaws\.com(?:\.cn)?",
    r"storage\.googleapis\.com",
    r"[a-z0-9]+\.r2\.cloudflarestorage\.com",
    r"oss-[a-z0-9-]+\.aliyuncs\.com",
    r"cos\.[a-z0-9-]+\.myqcloud\.com",
    r"obs\.[a-z0-9-]+\.myhuaweicloud\.com",
    r"[a-z0-9-]+\.digitaloceanspaces\.com",
    r"s3\.[a-z0-9-]+\.(?:wasabisys\.com|backblazeb2\.com|scw\.cloud|ovh\.net|cloud\.ovh\.net)",
    r"s3\.wasabisys\.com",
    r"[a-z0-9-]+\.(?:linodeobjects|vultrobjects)\.com",
    r"storage\.yandexcloud\.net",
    r"kodo\.[a-z0-9-]+\.qiniucs\.com",
)
_HOST = re.compile(rf"(?:(?P<bucket>[a-z0-9][a-z0-9._-]*)\.)??(?:{'|'.join(_STORES)})", re.ASCII | re.IGNORECASE)


class Place(NamedTuple):
    """`bucket` is its URL, which ends with a slash; `prefix` what the keys of the folder begin with."""

    bucket: str
    prefix: bytes


def is_store(url: str) -> bool:
    """Whether the host is one of a store that is known to be S3-compatible."""
    return _HOST.fullmatch(urlsplit(url).hostname or "") is not None


def place_of(url: str) -> Place:
    """What a URL names: that of a folder, a file, or a request for a listing."""
    split = urlsplit(url)
    root = f"{split.scheme}://{split.netloc}"
    asked = query_of(split.query)
    path = split.path or "/"
    if asked.keys() & {"list-type", "prefix", "delimiter"}:
        return Place(root + path.rstrip("/") + "/", asked.get("prefix", b""))
    if (marked := names.quoted(asked.get("bucket", b""))) and marked.endswith("/") and path.startswith(marked):
        return Place(root + marked, names.decoded(path.removeprefix(marked)))
    key = path.removeprefix("/")
    host = _HOST.fullmatch(split.hostname or "")
    if host is not None and host["bucket"]:
        return Place(f"{root}/", names.decoded(key))
    bucket, _, key = key.partition("/")
    return Place(f"{root}/{bucket}/" if bucket else f"{root}/", names.decoded(key))


def folder_url(place: Place) -> str:
    """The URL of a folder, from which `place_of` finds both again."""
    plain = place.bucket + names.quoted(place.prefix)
    return plain if place_of(plain) == place else f"{plain}?bucket={urlsplit(place.bucket).path}"


def at_root(place: Place) -> Place | None:
    """The other reading of a path on an unknown host: the host is the bucket. Null where there is none."""
    split = urlsplit(place.bucket)
    path = split.path.strip("/")
    if not path or _HOST.fullmatch(split.hostname or ""):
        return None
    return Place(f"{split.scheme}://{split.netloc}/", names.decoded(path) + b"/" + place.prefix)


def query_of(query: str) -> dict[str, bytes]:
    """The parts of a query; of several of one name, the first."""
    asked: dict[str, bytes] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name:
            asked.setdefault(name, unquote_to_bytes(value.replace("+", " ")))
    return asked
