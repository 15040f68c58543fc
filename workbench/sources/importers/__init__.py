"""Harvests that other programs made, read as sources: what they list, what they fetched, and what they could not."""
