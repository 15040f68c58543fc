"""Requests over HTTP/1.1, kept byte for byte. `transport.HttpTransport` is the way in."""

from __future__ import annotations
