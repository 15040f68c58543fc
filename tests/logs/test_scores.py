"""Real logs against what is known of them; the scores are printed (`pytest -s`, or in the report of a failure)."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.logs.rows import rows
from tests.shared import shared_data
from workbench.core.records import Action
from workbench.core.times import DAY, SECOND, Zone, parse_option
from workbench.logs.compressed import open_log
from workbench.logs.registry import detect, parse_chunk
from workbench.logs.rootmap import infer_root, strip_root

OURS = {
    "logs-crowdsec/apache2-logs/apache2-logs.log": "combined",
    "logs-crowdsec/http-generic-test/http-generic-test.log": "combined",
    "logs-crowdsec/nginx_http-logs/nginx_http-logs.log": "combined",
    "logs-crowdsec/traefik_clf/traefik_clf.log": "combined",
    "logs-elastic-apache/apache_logs": "combined",
    "logs-live-servers/apache-access.log": "combined",
    "logs-live-servers/apache-vhost_combined.log": "combined",
    "logs-live-servers/nginx-access.log": "combined",
    "logs-live-servers/proftpd-extended.log": "ftp-extended",
    "logs-live-servers/proftpd-xferlog": "xferlog",
    "logs-live-servers/vsftpd-xferlog": "xferlog",
    "logs-lnav/access_log.0": "combined",
    "logs-lnav/access_log.1": "combined",
    "logs-lnav/bad_access_log.0": "combined",
    "logs-plaso/apache_access.log": "combined",
}
"""Every other file in those folders is of another kind and must stay unknown."""

TRUTHS = {".jsonl", ".json", ".assert", ".md", ".yaml", ".LICENSE"}


def samples() -> list[Path]:
    root = shared_data("logs-lnav").parent
    return [path for path in sorted(root.glob("logs-*/**/*")) if path.is_file() and path.suffix not in TRUTHS]


def test_every_log_is_known_for_what_it_is() -> None:
    root = shared_data("logs-lnav").parent
    found, read = {}, Counter[str]()
    for path in samples():
        with path.open("rb") as stream:
            log, _ = open_log(stream)
            sample = log.peek(65536)
        known = detect(sample)
        if known is not None:
            name = path.relative_to(root).as_posix()
            found[name] = known.name
            batch = parse_chunk(known.name, path.read_bytes())
            read.update(events=len(batch), rejects=len(batch.rejects), salvaged=int(batch.columns["salvaged"].sum()))
    print(
        f"detection: {len(found)} logs ours, {len(samples()) - len(found)} of other kinds unknown; lines: {dict(read)}"
    )
    assert found == OURS


def test_ten_thousand_lines_agree_with_goaccess() -> None:
    folder = shared_data("logs-elastic-apache")
    truth = json.loads((folder / "goaccess-report.apache_logs.json").read_text())
    batch = parse_chunk("combined", (folder / "apache_logs").read_bytes())
    events = rows(batch)
    first_day = parse_option("2015-05-17").micros
    hits, sizes, days = Counter[str](), Counter[str](), Counter[str]()
    for row in events:
        hits[row["address"]] += 1
        sizes[row["address"]] += row["sent"] or 0
        days[str((row["time"] - first_day) // DAY + 17)] += 1
    statuses = Counter(str(row["status"]) for row in events)
    hosts = truth["hosts"]
    same = sum(hits[address] == host["hits"] and sizes[address] == host["bytes"] for address, host in hosts.items())
    print(f"elastic: {len(events)} of {batch.lines} lines, {same} of {len(hosts)} addresses with equal hits and bytes")
    assert (batch.lines, len(events), batch.rejects) == (10_000, 10_000, [])
    assert [row["line"] for row in events if row["salvaged"]] == [8899]
    assert (same, len(hits)) == (len(hosts), len(hosts)) == (1753, 1753)
    assert sum(sizes.values()) == truth["general"]["bandwidth"]
    assert statuses == {label[:3]: count for label, count in truth["status"].items()}
    assert days == {label[-2:]: count for label, count in truth["per_day"].items()}


LIVE = {
    "apache-dav": ("apache-vhost_combined.log", "combined", None),
    "nginx-dav": ("nginx-access.log", "combined", None),
    "proftpd": ("proftpd-xferlog", "xferlog", "UTC"),
    "vsftpd": ("vsftpd-xferlog", "xferlog", "UTC"),
}
KINDS = {"upload": Action.UPLOAD, "download": Action.DOWNLOAD, "delete": Action.DELETE}


def operations(server: str) -> list[dict[str, Any]]:
    """What was done on a server. The truth states no size of a download; it is that of the upload before it."""
    lines = (shared_data("logs-live-servers") / "truth.jsonl").read_text().splitlines()
    found = [row for row in map(json.loads, lines) if row["server"] == server]
    sizes: dict[str, int] = {}
    for row in found:
        if row["op"] == "upload" and row["ok"]:
            sizes[row["path"]] = row["bytes"]
        elif row["op"] == "download":
            row["bytes"] = sizes[row["path"]]
    return found


def damaged(path: str) -> bytes:
    """As vsftpd writes it."""
    return "".join(sign if sign.isascii() else "?" * len(sign.encode()) for sign in path).replace(" ", "_").encode()


@pytest.mark.parametrize("server", LIVE)
def test_every_operation_is_found_in_the_log_of_its_server(server: str) -> None:
    name, format_name, zone = LIVE[server]
    batch = parse_chunk(format_name, (shared_data("logs-live-servers") / name).read_bytes(), zone)
    assert not batch.rejects
    events = rows(batch)
    truth = [row for row in operations(server) if row["op"] in KINDS and row["ok"]]
    if format_name == "xferlog":
        logged = {"proftpd": ("upload", "download", "delete"), "vsftpd": ("upload", "download")}[server]
        truth = [row for row in truth if row["op"] in logged]
    root = None
    if server == "proftpd":
        seen = [row["path"].encode().replace(b" ", b"_") for row in truth if row["op"] == "upload"]
        root = infer_root((row["path"] for row in events), seen)
        assert root == b"/srv/ftp/files"
    found = Counter(row["op"] for row in truth if any(same(row, event, root) for event in events))
    print(f"{server}: found {dict(found)} of {dict(Counter(row['op'] for row in truth))}")
    assert found == Counter(row["op"] for row in truth)


def same(truth: dict[str, Any], event: dict[str, Any], root: bytes | None) -> bool:
    start, end = (parse_option(truth[name]).micros for name in ("utc_start", "utc_end"))
    path = event["path"] or b""
    if truth["server"] == "vsftpd":
        right = path == damaged(truth["path"]) and event["damaged"] == int(b"?" in path)
        user = event["user"] == "ftp@example.com"
    elif truth["server"] == "proftpd":
        assert root is not None
        right = strip_root(path, root) == truth["path"].encode().replace(b" ", b"_") and not event["damaged"]
        user = event["user"] == truth["user"]
    else:
        right = path == truth["path"].encode() and not event["damaged"]
        user = event["user"] == (None if truth["op"] == "download" else truth["user"])  # no password asked to read
    if truth["op"] == "upload":
        size = event["received"] == (truth["bytes"] if truth["server"] in ("proftpd", "vsftpd") else None)
    elif truth["op"] == "download":
        headers = 512 if truth["server"] == "apache-dav" else 0  # Debian's Apache logs %O, headers included
        size = truth["bytes"] <= (event["sent"] or 0) <= truth["bytes"] + headers
    else:
        size = True
    near = start - 2 * SECOND <= event["time"] <= end + 2 * SECOND
    kind = event["action"] == KINDS[truth["op"]] and event["ok"] == 1
    return right and user and size and near and kind and event["address"] == truth["client_ip"]


@pytest.mark.parametrize("server", ["apache-dav", "nginx-dav"])
def test_failures_are_counted_as_failures(server: str) -> None:
    name, format_name, _ = LIVE[server]
    events = rows(parse_chunk(format_name, (shared_data("logs-live-servers") / name).read_bytes()))
    failed = [row for row in operations(server) if not row["ok"]]
    found = [row for row in events if row["ok"] == 0]
    print(f"{server}: {len(found)} of {len(failed)} failures")
    assert Counter(row["status"] for row in found) == Counter(int(row["server_reply"]) for row in failed)


def test_the_extended_log_has_what_the_transfer_log_lacks() -> None:
    data = (shared_data("logs-live-servers") / "proftpd-extended.log").read_bytes()
    events = rows(parse_chunk("ftp-extended", data))
    truth = operations("proftpd")
    for row in truth:
        if row["op"] in ("upload", "download") and row["ok"]:
            column = "received" if row["op"] == "upload" else "sent"
            assert any(
                event["action"] == KINDS[row["op"]] and event["ok"] == 1 and event["address"] == row["client_ip"]
                and (event["path"] or b"").endswith(row["path"].encode().strip(b"/")) and event[column] == row["bytes"]
                for event in events
            ), row  # fmt: skip
    assert sum(event["action"] == Action.LOGIN_FAILED for event in events) == sum(r["op"] == "bad-login" for r in truth)
    found = Counter(Action(event["action"]).word() for event in events)
    print(f"proftpd extended: {dict(found)}; missing files are not in that log at all")
    assert all(event["zone"] == Zone.LINE for event in events)


def test_without_a_zone_the_transfer_log_stays_unknown() -> None:
    data = (shared_data("logs-live-servers") / "vsftpd-xferlog").read_bytes()
    assert {row["zone"] for row in rows(parse_chunk("xferlog", data))} == {Zone.UNKNOWN}
    assert {row["zone"] for row in rows(parse_chunk("xferlog", data, "UTC"))} == {Zone.GIVEN}


@pytest.mark.parametrize("name", ["apache2-logs", "nginx_http-logs", "traefik_clf"])
def test_fields_agree_with_crowdsec(name: str) -> None:
    folder = shared_data("logs-crowdsec", name)
    data = (folder / f"{name}.log").read_bytes()
    events = {
        data[row["start"] : row["start"] + row["length"]].decode(): row for row in rows(parse_chunk("combined", data))
    }
    compared = agreed = 0
    for line in (folder / "truth.s01-parse.jsonl").read_text().splitlines():
        parsed = json.loads(line).get("parsed") or {}
        event = events.get(parsed.get("message", ""))
        if event is None or "verb" not in parsed:
            continue
        address = parsed.get("clientip") or parsed.get("remote_addr")
        expected = [address, parsed["verb"], parsed["request"].partition("?")[0].encode()]
        status = parsed.get("response") or parsed.get("status")
        expected += [int(status) if status and status.isdigit() else None]
        compared += 1
        agreed += expected == [event[column] for column in ("address", "method", "path", "status")]
    print(f"crowdsec {name}: {agreed} of {compared} lines agree")
    assert compared >= 7
    assert agreed == compared


def test_events_agree_with_plaso() -> None:
    folder = shared_data("logs-plaso")
    truth = json.loads((folder / "truth.json").read_text())["apache_access.log"]
    batch = parse_chunk("combined", (folder / "apache_access.log").read_bytes())
    events = rows(batch)
    assert (len(events), batch.rejects) == (truth["events"] + truth["extraction_warnings"], [])
    names = ("time", "address", "status", "sent", "user")
    theirs = ("ip_address", "http_response_code", "http_response_bytes", "username")
    known = {tuple(event[name] for name in names) for event in events}
    checks = truth["checked_events"]
    equal = [(parse_option(each["recorded_time"]).micros, *(each[name] for name in theirs)) in known for each in checks]
    print(f"plaso: {len(events)} events, {truth['events']} there; {sum(equal)} of {len(equal)} checked events equal")
    assert all(equal)
