"""Web servers with a listing of a folder: nginx, Apache (mod_autoindex and mod_dav), lighttpd, Python, rclone."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.running import HOST, Plan, Request, Server, answers_http, needed, running

TYPES = {"txt": "text/plain", "png": "image/png", "jpg": "image/jpeg", "bin": "application/octet-stream"}


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


@contextmanager
def nginx(
    root: Path,
    *,
    listing: str = "autoindex on;",
    extra: str = "",
    rate: str = "",
    log: bool = True,
    small_buffers: bool = False,
) -> Iterator[Server]:
    """nginx. `listing` are the lines that make it list, `extra` further lines of the server, `rate` bytes per second
    and connection (``200k``). With `small_buffers` it does not take for sent what lies far from the client.
    """
    program = needed("nginx", "nginx-light")
    fields = ("request_method", "request_uri", "status", "body_bytes_sent", "http_range")
    line = "{" + ",".join(f'"{each}":"${each}"' for each in fields) + "}"

    def command(work: Path, ports: list[int]) -> list[str | Path]:
        temporary = "".join(
            f"{each}_temp_path {work}/{each};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        types = "".join(f"{kind} {ending};" for ending, kind in TYPES.items())
        written = f"access_log {work}/access.log asked;" if log else "access_log off;"
        (work / "access.log").touch()
        (work / "nginx.conf").write_text(f"""
            daemon off; worker_processes 1; pid {work}/pid; error_log {work}/error.log;
            events {{ worker_connections 512; }}
            http {{
              {temporary} types {{ {types} }} default_type application/octet-stream; sendfile on;
              log_format asked escape=json '{line}'; {written}
              server {{
                listen {HOST}:{ports[0]} {"sndbuf=32k" if small_buffers else ""};
                root {_quoted(root)}; charset utf-8; index never-an-index;
                {f"limit_rate {rate};" if rate else ""} {listing} {extra}
              }}
            }}
        """)
        return [program, "-c", work / "nginx.conf", "-p", work, "-e", work / "error.log"]

    with running("nginx", Plan(command, answers_http)) as server:
        server.read_log = _json_lines
        if log:
            server.forget()
        yield server


def _json_lines(work: Path) -> list[Request]:
    found = []
    for text in (work / "access.log").read_text("utf-8").splitlines():
        row = json.loads(text)
        asked = row["http_range"] or None
        found.append(
            Request(row["request_method"], row["request_uri"], int(row["status"]), int(row["body_bytes_sent"]), asked)
        )
    return found


APACHE_MODULES = ("mpm_event", "authz_core", "mime", "dir", "autoindex", "dav", "dav_fs")


@contextmanager
def apache(root: Path, *, index: str = "FancyIndexing Charset=UTF-8", extra: str = "") -> Iterator[Server]:
    """Apache: mod_autoindex at `url`, mod_dav for reading at ``more["dav"]``. `index` are its IndexOptions."""
    program = needed("apache2", "apache2-bin")
    modules = Path("/usr/lib/apache2/modules")
    if not (modules / "mod_dav_fs.so").exists():
        pytest.skip("the modules of Apache are not where Debian has them")

    def command(work: Path, ports: list[int]) -> list[str | Path]:
        loaded = "\n".join(f"LoadModule {each}_module {modules}/mod_{each}.so" for each in APACHE_MODULES)
        types = "\n".join(f"AddType {kind} .{ending}" for ending, kind in TYPES.items())
        listened = "\n".join(f"Listen {HOST}:{port}" for port in ports)
        (work / "access.log").touch()
        (work / "apache.conf").write_text(f"""
{loaded}
{listened}
ServerRoot {work}
ServerName localhost
PidFile {work}/pid
DefaultRuntimeDir {work}
Mutex file:{work}
ErrorLog {work}/error.log
LogLevel warn
StartServers 1
ServerLimit 2
ThreadsPerChild 16
MaxRequestWorkers 32
TypesConfig /dev/null
{types}
DirectoryIndex disabled
DavLockDB {work}/locks
LogFormat "%m %>s %B %{{Range}}i %r" asked
CustomLog {work}/access.log asked
DocumentRoot {_quoted(root)}
<Directory {_quoted(root)}>
  Require all granted
  AllowOverride None
  Options Indexes
  IndexOptions {index}
</Directory>
<VirtualHost {HOST}:{ports[0]}>
  DocumentRoot {_quoted(root)}
  {extra}
</VirtualHost>
<VirtualHost {HOST}:{ports[1]}>
  DocumentRoot {_quoted(root)}
  <Location "/">
    Dav On
    <LimitExcept GET HEAD OPTIONS PROPFIND>
      Require all denied
    </LimitExcept>
  </Location>
</VirtualHost>
""")
        return [program, "-f", work / "apache.conf", "-DFOREGROUND"]

    with running("apache", Plan(command, answers_http, ports=2)) as server:
        server.more["dav"] = f"http://{HOST}:{_second(server)}/"
        server.read_log = _words
        server.forget()
        yield server


def _second(server: Server) -> int:
    lines = (server.work / "apache.conf").read_text().splitlines()
    return int([line for line in lines if line.startswith("Listen ")][1].rpartition(":")[2])


def _words(work: Path) -> list[Request]:
    """``METHOD STATUS BYTES RANGE REQUEST-LINE``, where ``-`` is nothing."""
    found = []
    for line in (work / "access.log").read_text("utf-8", errors="replace").splitlines():
        method, status, sent, asked, request = line.split(" ", 4)
        target = request.split(" ")[1]
        found.append(
            Request(method, target, int(status), 0 if sent == "-" else int(sent), None if asked == "-" else asked)
        )
    return found


@contextmanager
def lighttpd(root: Path) -> Iterator[Server]:
    """lighttpd with mod_dirlisting."""
    program = needed("lighttpd", "lighttpd")

    def command(work: Path, ports: list[int]) -> list[str | Path]:
        types = ", ".join(f'".{ending}" => "{kind}"' for ending, kind in TYPES.items())
        (work / "access.log").touch()
        (work / "lighttpd.conf").write_text(f"""
server.modules = ("mod_dirlisting", "mod_accesslog")
server.bind = "{HOST}"
server.port = {ports[0]}
server.document-root = {_quoted(root)}
server.errorlog = "{work}/error.log"
server.upload-dirs = ("{work}")
index-file.names = ()
mimetype.assign = ({types}, "" => "application/octet-stream")
dir-listing.activate = "enable"
dir-listing.encoding = "utf-8"
accesslog.filename = "{work}/access.log"
accesslog.format = "%m %s %b %{{Range}}i %r"
""")
        return [program, "-D", "-f", work / "lighttpd.conf"]

    with running("lighttpd", Plan(command, answers_http)) as server:
        server.read_log = _words
        server.flushes_on = signal.SIGHUP
        yield server


@contextmanager
def caddy(root: Path) -> Iterator[Server]:
    """Caddy 2 with ``file_server browse``; JSON for those who accept only that."""
    program = needed("caddy", "caddy")

    def command(work: Path, ports: list[int]) -> list[str | Path]:
        (work / "Caddyfile").write_text(f"""
{{
  admin off
  auto_https off
  storage file_system {work}/storage
}}
http://{HOST}:{ports[0]} {{
  root * {_quoted(root)}
  file_server browse
}}
""")
        return [program, "run", "--config", work / "Caddyfile", "--adapter", "caddyfile"]

    with running("caddy", Plan(command, answers_http)) as server:
        yield server


@contextmanager
def python_http(root: Path) -> Iterator[Server]:
    """``python -m http.server``: HTTP/1.0, names only; sizes and times come with each file."""

    def command(_: Path, ports: list[int]) -> list[str | Path]:
        options = ["--bind", HOST, "--directory", os.fspath(root), str(ports[0])]
        return [sys.executable, "-u", "-m", "http.server", *options]

    # Python itself may lie where nobody else can read.
    with running("python", Plan(command, answers_http, humble=False)) as server:
        server.read_log = _python_lines
        yield server


def _python_lines(work: Path) -> list[Request]:
    """``… "GET /path HTTP/1.1" 200 -``."""
    found = []
    for line in (work / "said").read_text("utf-8", errors="replace").splitlines():
        start, quote, rest = line.partition(' "')
        if quote and start.startswith(HOST):
            asked, _, after = rest.rpartition('" ')
            method, target = asked.split(" ")[:2]
            found.append(Request(method, target, int(after.split(" ")[0])))
    return found


@contextmanager
def rclone_http(root: Path) -> Iterator[Server]:
    """``rclone serve http``."""
    with _rclone("http", root) as server:
        yield server


@contextmanager
def rclone_webdav(root: Path) -> Iterator[Server]:
    """``rclone serve webdav``."""
    with _rclone("webdav", root) as server:
        yield server


@contextmanager
def _rclone(kind: str, root: Path) -> Iterator[Server]:
    program = needed("rclone", "rclone")

    def command(work: Path, ports: list[int]) -> list[str | Path]:
        (work / "rclone.conf").touch()
        quiet: list[str | Path] = ["--config", work / "rclone.conf", "--cache-dir", work / "cache", "--read-only"]
        fresh = ["--dir-cache-time", "0s", "--poll-interval", "0s"]
        return [program, "serve", kind, root, "--addr", f"{HOST}:{ports[0]}", *quiet, *fresh]

    with running(f"rclone-{kind}", Plan(command, answers_http)) as server:
        yield server
