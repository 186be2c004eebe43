"""Frames from and to the host, over two descriptors."""

from __future__ import annotations

import io
import json
import os
import threading
from typing import Any

from manyfit_host.frame import PRELUDE, DamagedFrame, encode_frame, join_message, padded, read_prelude

SMALL_BYTES = 65_536
"""Pieces are joined until they have so many bytes: a call of the system costs more than the copy."""


class Channel:
    """The two directions of the talk with the host.

    Threads of user code may print, so writing takes turns.
    """

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._incoming = io.FileIO(incoming, "rb", closefd=False)
        self._outgoing = outgoing
        self._turn = threading.RLock()
        # What user code starts must not hold the pipes open, and what it forks must not speak in our name.
        for descriptor in (incoming, outgoing):
            os.set_inheritable(descriptor, False)
        self._is_ours = True

    def read(self) -> dict[str, Any] | None:
        """The next message; None when the host has no more to say."""
        prelude = bytearray(PRELUDE.size)
        if not self._fill(memoryview(prelude), may_end=True):
            return None
        header_bytes, total_bytes = read_prelude(bytes(prelude))
        text = bytearray(padded(header_bytes))
        self._fill(memoryview(text))
        header = json.loads(text[:header_bytes])
        return join_message(
            header["message"], self._read_body(header, total_bytes - PRELUDE.size - len(text))
        )

    def write(self, message: dict[str, Any]) -> None:
        """Tells the host something. Ends this process where nobody hears it any more."""
        pieces = encode_frame(message)
        with self._turn:
            if not self._is_ours:
                return
            small = bytearray()
            for piece in pieces:
                if len(piece) < SMALL_BYTES:
                    small += piece
                    continue
                self._send(small)
                self._send(piece)
                small = bytearray()
            self._send(small)

    def _read_body(self, header: dict[str, Any], body_bytes: int) -> list[Any]:
        if not header["sections"] and body_bytes == 0:
            return []
        # Not before it is needed: a message without sections is heard without numpy.
        from manyfit_host.body import Body

        body = Body(header["sections"], body_bytes)
        for target in body.targets:
            self._fill(target)
        return body.values()

    def leave_to_parent(self) -> None:
        """For a process that was forked from this one: it says nothing from now on."""
        self._is_ours = False
        self._turn = threading.RLock()

    def _send(self, data: bytes | bytearray | memoryview) -> None:
        rest = memoryview(data)
        try:
            while len(rest) > 0:
                rest = rest[os.write(self._outgoing, rest) :]
        except OSError:
            # The host is gone, or user code closed what is not its own.
            os._exit(70)

    def _fill(self, target: memoryview, may_end: bool = False) -> bool:
        filled = 0
        while filled < len(target):
            count = self._incoming.readinto(target[filled:])
            if not count:
                if may_end and filled == 0:
                    return False
                raise DamagedFrame("stream ends within a frame")
            filled += count
        return True
