"""Benchmarks: ours beside the peer on the same input, in one run. See `RESULTS.md`."""

from __future__ import annotations
