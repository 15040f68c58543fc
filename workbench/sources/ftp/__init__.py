"""The File Transfer Protocol: the ways in which servers write listings, and a transport for anonymous ones."""

from __future__ import annotations
