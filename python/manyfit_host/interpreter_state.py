"""What the interpreter keeps for the whole process, beside modules."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

_SETTINGS: tuple[tuple[Callable[[], Any], Callable[[Any], object]], ...] = (
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (sys.getswitchinterval, sys.setswitchinterval),
    (sys.get_int_max_str_digits, sys.set_int_max_str_digits),
    (sys.gettrace, sys.settrace),
    (sys.getprofile, sys.setprofile),
    (gc.isenabled, lambda is_enabled: gc.enable() if is_enabled else gc.disable()),
    (gc.get_threshold, lambda threshold: gc.set_threshold(*threshold)),
)
"""How each is read and set. Functions as they are now: user code may replace what modules have."""


class InterpreterState:
    """Limits, who looks on at what is run, when garbage is collected, and members of `sys`."""

    def __init__(self) -> None:
        """Remembers what is there now."""
        self._values = [read() for read, _ in _SETTINGS]
        self._path = sys.path
        self._places = list(sys.path)
        self._argv = list(sys.argv)
        self._stdin = sys.stdin

    def restore(self) -> None:
        """Puts back what is different."""
        for (read, write), value in zip(_SETTINGS, self._values, strict=True):
            if read() != value:
                write(value)
        members = vars(sys)
        # The list itself, too: others may hold it.
        if members.get("path") is not self._path:
            sys.path = self._path
        if self._path != self._places:
            self._path[:] = self._places
        if members.get("argv") != self._argv:
            sys.argv = list(self._argv)
        if members.get("stdin") is not self._stdin:
            sys.stdin = self._stdin
