"""What somebody does who changes a bundle and does not want it noticed: manifests, seal and figures made anew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from workbench.bundle import layout, tagfiles


def digest_of(path: Path, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, path.read_bytes()).hexdigest()


def resealed(bundle: Path) -> str:
    """Make every manifest, every figure that is derived from them, and the seal anew; returns the seal."""
    evidence = bundle / layout.EVIDENCE
    (bundle / layout.EVIDENCE_MANIFEST).write_text(
        "".join(
            f"{digest_of(path)}  {path.relative_to(evidence).as_posix()}\n"
            for path in sorted(evidence.rglob("*"))
            if path.is_file() and path.name != "manifest-sha256.txt"
        )
    )
    summary = bundle / layout.SUMMARY
    told = json.loads(summary.read_text(encoding="utf-8"))
    last = (bundle / layout.CUSTODY).read_text(encoding="utf-8").splitlines()[-1]
    head = json.loads(last)["hash"]
    told["evidence_manifest_sha256"] = digest_of(bundle / layout.EVIDENCE_MANIFEST)
    told["beside_payload"] = {
        name: digest_of(bundle / name)
        for name in (layout.BAGIT, layout.README, layout.VERIFIER)
        if (bundle / name).exists()
    }
    labels = dict(told["bag_info"])
    labels["Workbench-Evidence-Manifest-Sha256"] = told["evidence_manifest_sha256"]
    told["bag_info"] = [[label, value] for label, value in labels.items()]
    summary.write_text(json.dumps(told, ensure_ascii=False) + "\n", encoding="utf-8")
    _manifests(bundle, inside=True)
    sizes = [path.stat().st_size for path in (bundle / "data").rglob("*") if path.is_file()]
    seal = layout.seal(head, digest_of(bundle / "manifest-sha256.txt"))
    (bundle / layout.BAG_INFO).write_bytes(
        tagfiles.bag_info([(label, value) for label, value in told["bag_info"]], sum(sizes), len(sizes), seal)
    )
    _manifests(bundle, inside=False)
    return seal


def _manifests(bundle: Path, *, inside: bool) -> None:
    named = layout.manifest if inside else layout.tag_manifest
    free = {layout.SIGNATURE, layout.PUBLIC_KEY}
    for algorithm in layout.ALGORITHMS:
        (bundle / named(algorithm)).write_text(
            "".join(
                f"{digest_of(path, algorithm)}  {path.relative_to(bundle).as_posix()}\n"
                for path in sorted(bundle.rglob("*"))
                if path.is_file()
                and path.relative_to(bundle).as_posix().startswith("data/") == inside
                and not path.name.startswith("tagmanifest")
                and path.name not in free
            )
        )
