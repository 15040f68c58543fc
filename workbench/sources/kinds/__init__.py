"""Kinds of servers: how a folder is asked for, and how the answer is read. One file each; pure, no network."""

from __future__ import annotations
