"""A small store on this machine that lists its bucket to anybody, as S3 does: versions, pages, delimiter, prefix."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote_from_bytes, unquote_to_bytes, urlsplit
from xml.sax.saxutils import escape

MODIFIED = "2024-01-03T09:00:00.250Z"


@dataclass
class Store:
    """What it holds and how it behaves."""

    keys: dict[bytes, bytes]
    bucket: str = "works"
    version: int = 2
    page: int = 3
    virtual: bool = False
    plus: bool = True
    """Is a blank in an encoded key written as a plus sign, as AWS does?"""
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, target: str) -> tuple[int, bytes]:
        split = urlsplit(target)
        query = parse_qs(split.query, keep_blank_values=True, encoding="latin-1")
        path = unquote_to_bytes(split.path.lstrip("/"))
        bucket, _, key = (self.bucket.encode(), b"/", path) if self.virtual else path.partition(b"/")
        if bucket != self.bucket.encode():
            return 404, error("NoSuchBucket") if bucket else error("AccessDenied")
        if key:
            return (200, self.keys[key]) if key in self.keys else (404, error("NoSuchKey"))
        return 200, self.listing({name: values[0] for name, values in query.items()})

    def listing(self, query: dict[str, str]) -> bytes:
        prefix, delimiter = query.get("prefix", "").encode("latin-1"), query.get("delimiter", "").encode()
        encoded = query.get("encoding-type") == "url"
        second = self.version == 2 and query.get("list-type") == "2"
        after = (
            bytes.fromhex(query.get("continuation-token", "")) if second else query.get("marker", "").encode("latin-1")
        )
        rows: dict[bytes, bytes | None] = {}
        for key in sorted(self.keys):
            if key.startswith(prefix):
                rest = key.removeprefix(prefix)
                if delimiter and delimiter in rest:
                    rows[prefix + rest.partition(delimiter)[0] + delimiter] = None
                else:
                    rows[key] = self.keys[key]
        left = [key for key in rows if key > after]
        now, more = left[: self.page], len(left) > self.page

        def text(key: bytes) -> str:
            if not encoded:
                return escape(key.decode())
            written = quote_from_bytes(key, safe="/*")
            return written.replace("%20", "+") if self.plus else written

        inside = (
            f"<Name>{self.bucket}</Name><Prefix>{text(prefix)}</Prefix><IsTruncated>{str(more).lower()}</IsTruncated>"
        )
        for key in now:
            data = rows[key]
            if data is None:
                inside += f"<CommonPrefixes><Prefix>{text(key)}</Prefix></CommonPrefixes>"
            else:
                tag = hashlib.md5(data, usedforsecurity=False).hexdigest()
                inside += (
                    f"<Contents><Key>{text(key)}</Key><LastModified>{MODIFIED}</LastModified>"
                    f"<ETag>&quot;{tag}&quot;</ETag><Size>{len(data)}</Size></Contents>"
                )
        if more:
            last = now[-1]
            if second:
                inside += f"<NextContinuationToken>{last.hex()}</NextContinuationToken>"
            elif delimiter:
                inside += f"<NextMarker>{text(last)}</NextMarker>"
        if encoded:
            inside += "<EncodingType>url</EncodingType>"
        return document(inside)


def document(inside: str, root: str = "ListBucketResult") -> bytes:
    namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{namespace}">{inside}</{root}>'.encode()


def error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()


@contextmanager
def serving(store: Store) -> Iterator[Store]:
    """The store as a server on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            store.asked.append(self.path)
            status, body = store.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        store.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield store
        finally:
            server.shutdown()
            thread.join()
