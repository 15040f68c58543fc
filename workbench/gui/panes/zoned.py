"""One zone for all panes: each shows times in it and prints it."""

from __future__ import annotations

from datetime import UTC, tzinfo

from workbench.gui.panes.pane import Pane


class ZonedPane(Pane):
    """A pane that shows times."""

    zone: tzinfo = UTC
    zone_name: str = "UTC"

    def set_zone(self, zone: tzinfo, name: str) -> None:
        """Show times in another zone; the window tells all panes at once."""
        if (zone, name) != (self.zone, self.zone_name):
            self.zone, self.zone_name = zone, name
            self.zone_shown()

    def zone_shown(self) -> None:
        """Word the times again."""
