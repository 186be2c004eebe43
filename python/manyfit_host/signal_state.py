"""What the kernel keeps for the whole process: handlers of signals, timers, limits, the mode of new files."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Any

try:
    # What `signal` wraps into enums takes ten times as long.
    import _signal as raw
except ImportError:
    raw = signal  # type: ignore[assignment]

if sys.platform != "win32":
    import resource

_NAMES = ("SIGHUP", "SIGINT", "SIGALRM", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGPIPE", "SIGVTALRM")
_SIGNALS = [int(getattr(signal, name)) for name in (*_NAMES, "SIGPROF") if hasattr(signal, name)]
_TIMERS = [
    getattr(raw, name) for name in ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF") if hasattr(raw, name)
]
_LIMITS = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_STACK")
_BLOCK = getattr(raw, "SIG_BLOCK", None)


class SignalState:
    """Handlers of the usual signals, signals that are held back, limits that can be lifted, and the umask.

    Timers are not remembered: none of a partition's rings in the next.
    """

    def __init__(self) -> None:
        """Remembers what is there now."""
        self._handlers = _handlers()
        self._blocked = _blocked()
        self._limits = _limits()
        self._mask = os.umask(0)
        os.umask(self._mask)

    def restore(self) -> None:
        """Puts back what is different. Timers come first, whose handlers would come between."""
        for timer in _TIMERS:
            raw.setitimer(timer, 0)
        handlers = _handlers()
        if handlers != self._handlers:
            for number, found, handler in zip(_SIGNALS, handlers, self._handlers, strict=True):
                # One that was not set from Python is None, and cannot be.
                if found != handler and handler is not None:
                    raw.signal(number, handler)
        if _blocked() != self._blocked:
            raw.pthread_sigmask(raw.SIG_SETMASK, self._blocked)
        if _limits() != self._limits:
            self._restore_limits()
        os.umask(self._mask)

    def _restore_limits(self) -> None:
        for limit, (soft, _) in self._limits.items():
            hard = resource.getrlimit(limit)[1]
            # What a partition took from itself for good is not to be had again.
            with suppress(OSError, ValueError):
                resource.setrlimit(limit, (soft, hard))


def _handlers() -> list[Any]:
    return [raw.getsignal(number) for number in _SIGNALS]


def _blocked() -> Any:
    return None if _BLOCK is None else raw.pthread_sigmask(_BLOCK, ())


def _limits() -> dict[int, tuple[int, int]]:
    if sys.platform == "win32":
        return {}
    return {limit: resource.getrlimit(limit) for limit in _LIMIT_NUMBERS}


_LIMIT_NUMBERS: list[int] = (
    []
    if sys.platform == "win32"
    else [getattr(resource, name) for name in _LIMITS if hasattr(resource, name)]
)
