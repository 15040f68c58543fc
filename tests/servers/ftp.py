"""vsftpd for anonymous reading.

As root it does what it does everywhere: it gives up its rights and changes its root to the folder. Otherwise it runs as
whoever starts it and shows the whole machine; then the URL names the folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from tests.servers.running import HOST, Plan, Server, greets, needed, running


@contextmanager
def vsftpd(root: Path, **more: str) -> Iterator[Server]:
    """vsftpd. `more` are lines of its configuration; its log holds every command (``access.log``)."""
    program = needed("vsftpd", "vsftpd")
    as_root = os.geteuid() == 0
    rights = {"nopriv_user": "nobody"} if as_root else {"run_as_launching_user": "YES"}

    def command(work: Path, ports: list[int]) -> list[str | Path]:
        (work / "empty").mkdir(exist_ok=True)
        (work / "access.log").touch()
        lines = {
            "listen": "YES", "listen_address": HOST, "listen_port": str(ports[0]), "background": "NO",
            "anonymous_enable": "YES", "local_enable": "NO", "write_enable": "NO",
            "anon_root": str(root), "secure_chroot_dir": f"{work}/empty", "seccomp_sandbox": "NO",
            "use_localtime": "NO", "pasv_address": HOST, "xferlog_enable": "YES", "log_ftp_protocol": "YES",
            "vsftpd_log_file": f"{work}/access.log", **rights, **more,
        }  # fmt: skip
        (work / "vsftpd.conf").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        return [program, work / "vsftpd.conf"]

    with running("vsftpd", Plan(command, greets, humble=False), scheme="ftp") as server:
        if not as_root:
            server.url += quote(os.fsencode(root)).lstrip("/") + "/"
        yield server
