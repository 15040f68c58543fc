"""Questions that the window asks. Always opened, never executed: no nested event loops."""
