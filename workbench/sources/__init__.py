"""Where bytes come from: folders, files, archives. Yields `workbench.core.records.Seen` and never writes anything."""

from __future__ import annotations
