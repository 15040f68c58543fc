"""UUID version 7 by RFC 9562, section 5.7."""

from __future__ import annotations

import time
import uuid

from workbench.case.uids import shown, uuid7


def test_version_variant_and_time() -> None:
    before = time.time_ns() // 1_000_000
    made = [uuid.UUID(bytes=uuid7()) for _ in range(200)]
    after = time.time_ns() // 1_000_000
    for each in made:
        assert each.version == 7
        assert each.variant == uuid.RFC_4122
        assert before <= each.int >> 80 <= after
    assert len(set(made)) == len(made)
    random_bits = [each.int & (2**62 - 1) for each in made]
    assert len({bits >> 52 for bits in random_bits}) > 100  # the high random bits vary too


def test_they_sort_by_time() -> None:
    first = uuid7()
    time.sleep(0.003)
    assert first < uuid7()


def test_shown_as_everybody_writes_them() -> None:
    own = uuid7()
    assert shown(own) == str(uuid.UUID(bytes=own))
