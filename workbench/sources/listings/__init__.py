"""How web servers write listings: one file for each way, and a registry that knows which of them wrote a page."""

from __future__ import annotations
