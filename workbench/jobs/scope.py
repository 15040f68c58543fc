"""What belongs to a source of a kind, whose start may lie elsewhere than the address that a person typed."""

from __future__ import annotations

from workbench.core.scope import Scope
from workbench.sources.remote import Kind


def scope_of(kind: Kind, start: str) -> Scope:
    """What belongs to a source of this kind."""
    return Scope(kind.start(start))
