"""Pages as the servers write them, made from a list of items: each writer escapes names in its server's own way."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from workbench.sources.remote import Page

URL = "http://server.example/pub/%ED%95%9C/"
PLACE = "/pub/한".encode()
"""What the pages call their folder; the templates write ``/pub/@``."""


@dataclass(frozen=True)
class Item:
    """Something in a folder."""

    name: bytes
    is_folder: bool = False
    size: int = 0


@dataclass(frozen=True)
class Writer:
    """A server. `sized`: it writes sizes; `exact`: byte for byte."""

    name: str
    write: Callable[[Sequence[Item]], bytes]
    exact: bool = True
    sized: bool = True
    media_type: str = "text/html"
    server: str = ""

    def page(self, items: Sequence[Item], url: str = URL) -> Page:
        """What the server answers."""
        return Page(url, self.write(items).replace(b"/pub/@", PLACE), self.media_type, headers={"server": self.server})


def _href(item: Item, safe: str = "") -> bytes:
    return html.escape(quote_from_bytes(item.name, safe)).encode() + b"/" * item.is_folder


def _apache_href(item: Item) -> bytes:
    """A name with a colon gets ``./`` in front, so that it is no scheme."""
    return b"./" * (b":" in item.name) + _href(item, "!$&'()*+,:@")


def _text(item: Item) -> bytes:
    return html.escape(item.name.decode("latin-1")).encode("latin-1")


def _rounded(size: int) -> bytes:
    for unit in ("", "K", "M", "G", "T"):
        if size < 1024:
            return f"{size}{unit}".encode()
        size = (size + 512) // 1024
    raise ValueError(size)


def _apache_pre(items: Sequence[Item]) -> bytes:
    rows = b"".join(
        b'<img src="/icons/%s" alt="[%s]"> <a href="%s">%s</a>%s 2024-01-03 09:00  %s  \n'
        % (
            b"folder.gif" if item.is_folder else b"unknown.gif",
            b"DIR" if item.is_folder else b"   ",
            _apache_href(item),
            _cut(item, 20),
            b" " * 4,
            b"  - " if item.is_folder else _rounded(item.size),
        )
        for item in items
    )
    return (
        b"<!DOCTYPE HTML>\n<html>\n <head>\n  <title>Index of /pub/@</title>\n </head>\n <body>\n"
        b"<h1>Index of /pub/@</h1>\n"
        b'<pre><img src="/icons/blank.gif" alt="Icon "> <a href="?C=N;O=D">Name</a>                    '
        b'<a href="?C=M;O=A">Last modified</a>      <a href="?C=S;O=A">Size</a>  <hr>'
        b'<img src="/icons/back.gif" alt="[PARENTDIR]"> <a href="/pub/">Parent Directory</a>               -   \n'
        + rows
        + b"<hr></pre>\n</body></html>\n"
    )


def _apache_table(items: Sequence[Item]) -> bytes:
    rows = b"".join(
        b'<tr><td valign="top"><img src="/icons/%s" alt="[%s]"></td><td><a href="%s">%s</a></td>'
        b'<td align="right">2024-01-03 09:00  </td><td align="right">%s</td><td><a href="/about">12K</a></td></tr>\n'
        % (
            b"folder.gif" if item.is_folder else b"unknown.gif",
            b"DIR" if item.is_folder else b"   ",
            _apache_href(item),
            _cut(item, 23),
            b"  - " if item.is_folder else _rounded(item.size),
        )
        for item in items
    )
    return (
        b"<html><head><title>Index of /pub/@</title></head><body><h1>Index of /pub/@</h1>\n<table>\n"
        b'<tr><th valign="top"><img src="/icons/blank.gif" alt="[ICO]"></th><th><a href="?C=N;O=D">Name</a></th>'
        b'<th><a href="?C=M;O=A">Last modified</a></th><th><a href="?C=S;O=A">Size</a></th>'
        b'<th><a href="?C=D;O=A">Description</a></th></tr>\n<tr><th colspan="5"><hr></th></tr>\n'
        b'<tr><td valign="top"><img src="/icons/back.gif" alt="[PARENTDIR]"></td><td><a href="/pub/">Parent Directory'
        b'</a></td><td>&nbsp;</td><td align="right">  - </td><td>&nbsp;</td></tr>\n'
        + rows
        + b"</table>\n</body></html>"
    )


def _apache_list(items: Sequence[Item]) -> bytes:
    rows = b"".join(b'<li><a href="%s"> %s</a></li>\n' % (_apache_href(item), _text(item)) for item in items)
    return (
        b"<html><head><title>Index of /pub/@</title></head><body><h1>Index of /pub/@</h1>\n"
        b'<ul><li><a href="/pub/"> Parent Directory</a></li>\n' + rows + b"</ul>\n</body></html>"
    )


def _nginx(items: Sequence[Item]) -> bytes:
    rows = b"".join(
        b'<a href="%s">%s</a>%s 03-Jan-2024 09:00 %19s\r\n'
        % (
            _href(item, "-._~"),
            _cut(item, 47),
            b" " * 3,
            b"-" if item.is_folder else str(item.size).encode(),
        )
        for item in items
    )
    return (
        b"<html>\r\n<head><title>Index of /pub/@/</title></head>\r\n<body>\r\n<h1>Index of /pub/@/</h1><hr><pre>"
        b'<a href="../">../</a>\r\n' + rows + b"</pre><hr></body>\r\n</html>\r\n"
    )


def _fancyindex(items: Sequence[Item]) -> bytes:
    rows = b"".join(
        b'<tr><td class="link"><a href="%s" title="%s">%s</a></td><td class="size">%s</td>'
        b'<td class="date">2024-Jan-03 09:00</td></tr>\n'
        % (_href(item), _text(item), _text(item), b"-" if item.is_folder else f"{item.size} B".encode())
        for item in items
    )
    return (
        b'<html><head><title>Files</title></head><body><table id="list"><thead><tr>'
        b'<th><a href="?C=N&amp;O=A">File Name</a>&nbsp;<a href="?C=N&amp;O=D">&nbsp;&darr;&nbsp;</a></th>'
        b'<th><a href="?C=S&amp;O=A">File Size</a></th><th><a href="?C=M&amp;O=A">Date</a></th></tr></thead>\n'
        b'<tbody><tr><td class="link"><a href="../">Parent directory/</a></td><td class="size">-</td>'
        b'<td class="date">-</td></tr>' + rows + b"</tbody></table></body></html>"
    )


def _lighttpd(items: Sequence[Item]) -> bytes:
    rows = b"".join(
        b'<tr%s><td class="n"><a href="%s">%s</a>%s</td><td class="m">2024-Jan-03 09:00:00</td>'
        b'<td class="s">%s</td><td class="t">%s</td></tr>\n'
        % (
            b' class="d"' if item.is_folder else b"",
            _href(item),
            _text(item),
            b"/" * item.is_folder,
            b"- &nbsp;" if item.is_folder else f"{item.size / 1024:.1f}K".encode(),
            b"Directory" if item.is_folder else b"application/octet-stream",
        )
        for item in items
    )
    return (
        b'<html><head><title>Index of /pub/@/</title></head><body>\n<h2>Index of /pub/@/</h2>\n<div class="list">\n'
        b'<table summary="Directory Listing" cellpadding="0" cellspacing="0">\n<thead><tr><th class="n">Name</th>'
        b'<th class="m">Last Modified</th><th class="s">Size</th><th class="t">Type</th></tr></thead>\n<tbody>\n'
        b'<tr class="d"><td class="n"><a href="../">..</a>/</td><td class="m">&nbsp;</td><td class="s">- &nbsp;</td>'
        b'<td class="t">Directory</td></tr>\n'
        + rows
        + b'</tbody>\n</table>\n</div>\n<div class="foot">lighttpd</div>\n</body>\n</html>\n'
    )


def _caddy(items: Sequence[Item]) -> bytes:
    rows = b"".join(
        b'<tr class="file"><td></td><td><a href="./%s"><svg><use xlink:href="#%s"></use></svg>'
        b'<span class="name">%s</span></a></td>%s<td class="hideable">'
        b'<time datetime="2024-01-03T09:00:00Z">01/03/2024 09:00:00 AM +00:00</time></td></tr>\n'
        % (
            _href(item, "!$&'()*+,;=:@"),
            b"folder" if item.is_folder else b"file",
            _text(item),
            b'<td data-order="-1">&mdash;</td>'
            if item.is_folder
            else b'<td data-order="%d">%s</td>' % (item.size, _rounded(item.size)),
        )
        for item in items
    )
    return (
        b"<!DOCTYPE html><html><head><title>/pub/</title></head><body><main><table><thead><tr><th></th>"
        b'<th><a href="?sort=namedirfirst&order=desc">x</a><a href="?sort=name&order=asc">Name</a></th>'
        b'<th><a href="?sort=size&order=asc">Size</a></th><th><a href="?sort=time&order=asc">Modified</a></th></tr>'
        b'</thead><tbody><tr><td></td><td><a href=".."><span class="goup">Go up</span></a></td><td>&mdash;</td></tr>'
        + rows
        + b'</tbody></table></main><footer>Served with <a href="https://caddyserver.com">Caddy</a></footer></body></html>'
    )


def _iis(items: Sequence[Item]) -> bytes:
    rows = b"".join(
        b'25/12/2023  5:32 PM %12s <A HREF="/pub/%%ED%%95%%9C/%s">%s</A><br>'
        % (b"&lt;dir&gt;" if item.is_folder else str(item.size).encode(), _href(item), _text(item))
        for item in items
    )
    return (
        b"<html><head><title>server.example - /pub/</title></head><body><H1>server.example - /pub/</H1><hr>\r\n\r\n"
        b'<pre><A HREF="/pub/">[To Parent Directory]</A><br><br>' + rows + b"</pre><hr></body></html>"
    )


def _python(items: Sequence[Item]) -> bytes:
    rows = b"".join(b'<li><a href="%s">%s</a></li>\n' % (_href(item), _text(item)) for item in items)
    return (
        b'<!DOCTYPE HTML>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        b"<title>Directory listing for /pub/@/</title>"
        b"\n</head>\n<body>\n<h1>Directory listing for /pub/@/</h1>\n<hr>\n<ul>\n"
        + rows
        + b"</ul>\n<hr>\n</body>\n</html>\n"
    )


def _hfs(items: Sequence[Item]) -> bytes:
    rows = b"".join(
        b"<tr class=''><td>\n<input type='checkbox' class='selector' name='selection' value=\"%s\" />"
        b'<a href="%s"><img src="/~img%s"> %s</a>\n%s<td>2024-01-03 09:00:00<td>30\n'
        % (
            _href(item),
            _href(item),
            b"_folder" if item.is_folder else b"42",
            _text(item),
            b"<td class='nosize'>folder" if item.is_folder else f"<td>{item.size} bytes".encode(),
        )
        for item in items
    )
    return (
        b"<html><head><title>HFS /pub/</title></head><body><form><table id='files'><th><a href=\"?sort=n\">Name</a>"
        b'<th><a href="?sort=s">Size</a><th><a href="?sort=t">Timestamp</a><th><a href="?sort=d">Hits</a>\n'
        + rows
        + b"</table></form></body></html>"
    )


def _h5ai(items: Sequence[Item]) -> bytes:
    rows = b"".join(
        b'<tr><td class="fb-i"><img src="/_h5ai/public/images/fallback/%s.png" alt="%s"/></td>'
        b'<td class="fb-n"><a href="/pub/%%ED%%95%%9C/%s">%s</a></td><td class="fb-d">2024-01-03 09:00</td>'
        b'<td class="fb-s">%s</td></tr>'
        % (
            b"folder" if item.is_folder else b"file",
            b"folder" if item.is_folder else b"file",
            _href(item),
            _text(item),
            b"" if item.is_folder else f"{(item.size + 512) // 1024} KB".encode(),
        )
        for item in items
    )
    return (
        b"<html><head><title>index - powered by h5ai v0.29.2</title></head><body><div id='fallback'><table><tr>"
        b'<th class="fb-i"></th><th class="fb-n"><span>Name</span></th><th class="fb-d"><span>Last modified</span></th>'
        b'<th class="fb-s"><span>Size</span></th></tr><tr><td class="fb-i"><img src="/folder-parent.png" '
        b'alt="folder-parent"/></td><td class="fb-n"><a href="..">Parent Directory</a></td><td class="fb-d"></td>'
        b'<td class="fb-s"></td></tr>' + rows + b"</table></div></body></html>"
    )


def _own_table(items: Sequence[Item]) -> bytes:
    rows = b"".join(
        b'<tr><td><a href="%s">%s</a><td>%s<td>03.01.2024'
        % (_href(item), _text(item), b"&lt;DIR&gt;" if item.is_folder else f"{item.size} bytes".encode())
        for item in items
    )
    return b"<html><body><p>Our files<table><tr><td>Name<td>Size<td>Date" + rows + b"</table></body></html>"


def _raw_links(items: Sequence[Item]) -> bytes:
    """A program that escapes ASCII only: every other byte of a name stands in the link as it is."""

    def row(item: Item) -> bytes:
        link = "".join(
            char if char >= "\x80" else quote_from_bytes(char.encode(), "") for char in item.name.decode("latin-1")
        )
        return b'<a href="%s%s">%s</a> (%d bytes) 2024-01-03 09:00<br>' % (
            link.encode("latin-1"), b"/" * item.is_folder, _text(item), item.size,
        )  # fmt: skip

    return b"<html><head><title>Directory listing of /pub/@</title></head><body>" + b"".join(
        row(item) for item in items
    )


def _nginx_json(items: Sequence[Item]) -> bytes:
    def row(item: Item) -> bytes:
        name = json.dumps(item.name.decode("latin-1"), ensure_ascii=False).encode("latin-1")
        size = b"" if item.is_folder else f', "size":{item.size}'.encode()
        kind = b"directory" if item.is_folder else b"file"
        return b'{ "name":%s, "type":"%s", "mtime":"Wed, 03 Jan 2024 09:00:00 GMT"%s }' % (name, kind, size)

    return b"[\r\n" + b",\r\n".join(row(item) for item in items) + b"\r\n]"


def _nginx_xml(items: Sequence[Item]) -> bytes:
    def row(item: Item) -> bytes:
        kind = b"directory" if item.is_folder else b"file"
        size = b"" if item.is_folder else f' size="{item.size}"'.encode()
        return b'<%s mtime="2024-01-03T09:00:00Z"%s>%s</%s>\r\n' % (kind, size, _text(item), kind)

    return b'<?xml version="1.0"?>\r\n<list>\r\n' + b"".join(row(item) for item in items) + b"</list>\r\n"


def _caddy_json(items: Sequence[Item]) -> bytes:
    rows = [
        {
            "name": item.name.decode("utf-8", "replace") + "/" * item.is_folder,
            "size": 4096 if item.is_folder else item.size,
            "url": "./" + quote_from_bytes(item.name, "") + "/" * item.is_folder,
            "mod_time": "2024-01-03T09:00:00.123456789Z",
            "mode": 420,
            "is_dir": item.is_folder,
            "is_symlink": False,
        }
        for item in items
    ]
    return json.dumps(rows).encode() + b"\n"


def _cut(item: Item, length: int) -> bytes:
    """What is shown: names that are too long lose their end, as Apache and nginx show them."""
    whole = item.name + b"/" * item.is_folder
    shown = whole if len(whole) <= length + 3 else whole[:length] + b"..>"
    return html.escape(shown.decode("latin-1")).encode("latin-1")


WRITERS = (
    Writer("apache-pre", _apache_pre, exact=False),
    Writer("apache-table", _apache_table, exact=False),
    Writer("apache-list", _apache_list, sized=False),
    Writer("nginx", _nginx),
    Writer("nginx-fancyindex", _fancyindex),
    Writer("lighttpd", _lighttpd, exact=False),
    Writer("caddy", _caddy),
    Writer("iis", _iis),
    Writer("python-http", _python, sized=False),
    Writer("hfs", _hfs, server="HFS 2.3m"),
    Writer("h5ai", _h5ai, exact=False),
    Writer("table", _own_table),
    Writer("text", _raw_links),
    Writer("nginx-json", _nginx_json, media_type="application/json"),
    Writer("nginx-xml", _nginx_xml, media_type="text/xml"),
    Writer("caddy-json", _caddy_json, media_type="application/json"),
)
FORMAT = {"apache-pre": "apache", "apache-table": "apache", "apache-list": "apache"}
"""The format that reads a writer's pages, where its name differs."""
