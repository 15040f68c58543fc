"""Anchors are recorded only for heads that the chain has, and replies only when their bytes are kept."""

from __future__ import annotations

import io

import pytest

from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.ops import anchors, intake
from workbench.queries import custody
from workbench.queries.anchors import state
from workbench.queries.verify import verify


def test_an_anchor_names_the_head_before_it(case: Case) -> None:
    before = case.ask(state)
    done = case.run(anchors.write, before.head.seq, before.head.hash, b"\1" * 32, "unknown")
    assert done.seq == before.head.seq + 1
    row = list(case.ask(lambda reader: list(custody.rows(reader))))[-1]
    assert row["arguments"] == {
        "ops": before.head.seq, "head": before.head.hash.hex(), "anchor_sha256": "01" * 32, "clock": "unknown",
    }  # fmt: skip
    assert row["prev"] == row["arguments"]["head"]
    assert case.ask(verify).ok


@pytest.mark.parametrize("seq", [1, 99])
def test_a_head_that_the_chain_does_not_have_is_refused(case: Case, seq: int) -> None:
    before = case.ask(custody.head)
    with pytest.raises(UserError, match="not what was written down"):
        case.run(anchors.write, seq, b"\2" * 32, b"\1" * 32, "unknown")
    assert case.ask(custody.head) == before


def test_a_reply_needs_its_bytes_in_the_case(case: Case) -> None:
    with pytest.raises(UserError, match="not in the evidence folder"):
        case.run(anchors.attach, "reply.tsr", b"\3" * 32, 3)
    stored = case.evidence.put(io.BytesIO(b"abc"), lambda _: False)
    case.run(intake.objects, [stored])
    case.run(anchors.attach, "reply.tsr", stored.sha256, stored.size)
    assert case.ask(verify).ok


def test_the_digest_of_no_sightings_is_that_of_nothing(case: Case) -> None:
    found = case.ask(state)
    assert (found.sightings, found.digest[:8]) == (0, "e3b0c442")
