"""Address → network claims: what named, dated data sets say of an IP address. Offline and deterministic.

`library.shipped` gives the sets that come with the program, `tableset.from_csv` reads a user's own, and
`lookup.claims` asks all of them at once.
"""

from __future__ import annotations
