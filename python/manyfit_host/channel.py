"""Frames from and to the host, over two descriptors."""

from __future__ import annotations

import _thread
import io
import json
import os
from _queue import SimpleQueue
from typing import Any

from manyfit_host.frame import PRELUDE, DamagedFrame, encode_frame, join_message, padded, read_prelude

SMALL_BYTES = 65_536
"""Pieces are joined until they have so many bytes: a call of the system costs more than the copy."""

# As they are now: user code may replace what modules have.
_write, _fstat, _leave = os.write, os.fstat, os._exit
_decode_json = json.JSONDecoder().decode


class Channel:
    """The two directions of the talk with the host.

    A thread of its own writes, because handlers of signals run in the main one, between any two steps: what
    they raise would cut a frame in two, and what they print would come into the midst of it. Whoever has
    something to tell waits until it is written.
    """

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._incoming = io.FileIO(incoming, "rb", closefd=False)
        self._outgoing = outgoing
        self._identities = {descriptor: _identity(descriptor) for descriptor in (incoming, outgoing)}
        # What user code starts must not hold the pipes open, and what it forks must not speak in our name.
        for descriptor in (incoming, outgoing):
            os.set_inheritable(descriptor, False)
        self._waiting: SimpleQueue[tuple[list[bytes | memoryview], Any]] = SimpleQueue()
        self._telling: set[int] = set()
        """Threads that wait until what they tell is written."""
        self._is_ours = True
        _thread.start_new_thread(self._write_all, ())

    def read(self) -> dict[str, Any] | None:
        """The next message; None when the host has no more to say."""
        if not self._is_ours:
            # A fork that came back from user code: the messages are those of the process that it left.
            _leave(0)
        self._check(self._incoming.fileno())
        prelude = bytearray(PRELUDE.size)
        if not self._fill(memoryview(prelude), may_end=True):
            return None
        header_bytes, total_bytes = read_prelude(bytes(prelude))
        text = bytearray(padded(header_bytes))
        self._fill(memoryview(text))
        header = _decode_json(text[:header_bytes].decode())
        return join_message(
            header["message"], self._read_body(header, total_bytes - PRELUDE.size - len(text))
        )

    def write(self, message: dict[str, Any]) -> None:
        """Tells the host something. Ends this process where nobody hears it any more."""
        if not self._is_ours:
            return
        pieces = encode_frame(message)
        thread = _thread.get_ident()
        if thread in self._telling:
            # A handler has come between while this thread waits: were it to wait too, so would the next.
            self._waiting.put((pieces, None))
            return
        written = _thread.allocate_lock()
        written.acquire()
        try:
            self._telling.add(thread)
            # From here on the frame is written, whatever interrupts the wait.
            self._waiting.put((pieces, written))
            written.acquire()
        finally:
            self._telling.discard(thread)

    def leave_to_parent(self) -> None:
        """For a process that was forked from this one: it says nothing from now on."""
        self._is_ours = False

    def _read_body(self, header: dict[str, Any], body_bytes: int) -> list[Any]:
        if not header["sections"] and body_bytes == 0:
            return []
        # Not before it is needed: a message without sections is heard without numpy.
        from manyfit_host.body import Body

        body = Body(header["sections"], body_bytes)
        for target in body.targets:
            self._fill(target)
        return body.values()

    def _write_all(self) -> None:
        while True:
            pieces, written = self._waiting.get()
            self._check(self._outgoing)
            small = bytearray()
            for piece in pieces:
                if len(piece) < SMALL_BYTES:
                    small += piece
                    continue
                self._send(small)
                self._send(piece)
                small = bytearray()
            self._send(small)
            # Not kept until the next one is there.
            del pieces, small
            if written is not None:
                written.release()

    def _check(self, descriptor: int) -> None:
        """Ends this process where a descriptor is not the host's any more: a file of the user's may be.

        Its last words are what the host tells of the partition.
        """
        if _identity(descriptor) == self._identities[descriptor]:
            return
        text = (
            f"descriptor {descriptor} was closed, over which manyfit speaks with this process; "
            "close only what your code has opened\n"
        )
        try:
            _write(2, text.encode())
        finally:
            _leave(70)

    def _send(self, data: bytes | bytearray | memoryview) -> None:
        rest = memoryview(data)
        try:
            while len(rest) > 0:
                rest = rest[_write(self._outgoing, rest) :]
        except OSError:
            # The host is gone.
            _leave(70)

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


def _identity(descriptor: int) -> tuple[int, int] | None:
    """Which file a descriptor is of; None where it is closed."""
    try:
        found = _fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino
