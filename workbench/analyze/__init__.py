"""Bytes to facts: pure functions that run in worker processes. Import the modules you need."""
