"""How much one look may fetch, and asking whoever can be asked whether it may be more."""

from __future__ import annotations

from collections.abc import Callable

from workbench.core.messages import Message


class Budget:
    """Files and bytes of one look; null for any number. `again` is asked when they are used up: may it be as much
    again? It may block. Used by one thread.
    """

    def __init__(
        self, files: int | None = None, size: int | None = None, again: Callable[[Message], bool] | None = None
    ) -> None:
        self._files = files
        self._size = size
        self._again = again
        self.files = 0
        """Files that were charged."""
        self.size = 0
        """Bytes that were charged."""

    def left(self, wanted: int) -> int | None:
        """Bytes that may still come when one more file of so many is wanted; null for any number, 0 for none."""
        while self._is_used_up(wanted):
            question = Message("limit-question", {"files": self.files, "bytes": self.size})
            if self._again is None or not self._again(question):
                self._again = None  # who said no is not asked for every file
                return 0
            self._files = None if self._files is None else self._files * 2
            self._size = None if self._size is None else self._size + max(self._size, wanted)
        return None if self._size is None else self._size - self.size

    def _is_used_up(self, wanted: int) -> bool:
        files = self._files is not None and self.files >= self._files
        return files or (self._size is not None and self.size + wanted > self._size)

    def charge(self, size: int, *, files: int = 1) -> None:
        """A file is fetched, or turned out to be larger or smaller by `size` bytes than was charged (`files` 0)."""
        self.files += files
        self.size += size
