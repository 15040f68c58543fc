"""Tests of the readers of listings."""
