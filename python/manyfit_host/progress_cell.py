"""What this process is at, where its host can read it even when the process is dead."""

from __future__ import annotations

import mmap
import struct

BYTES = 32
_FLAG = struct.Struct("<d")
_PLACE = struct.Struct("<ddd")


class ProgressCell:
    """32 bytes of a file, little-endian float64s: message, partition, seconds since 1970 at its start, 1
    while at work.
    """

    def __init__(self, path: str) -> None:
        with open(path, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), BYTES)

    def begin(self, message: int, index: int, started: float) -> None:
        """Code of the user's begins to run for a partition."""
        memory = self._memory
        _FLAG.pack_into(memory, 24, 0.0)
        _PLACE.pack_into(memory, 0, message, index, started)
        _FLAG.pack_into(memory, 24, 1.0)

    def end(self) -> None:
        """It has ended."""
        _FLAG.pack_into(self._memory, 24, 0.0)
