"""Ends this process with its host, however the host ends."""

from __future__ import annotations

import os
import signal
import sys
import threading

PR_SET_PDEATHSIG = 1


def hold_on_to(descriptor: int) -> None:
    """Watches a pipe that closes when the host is gone, and then ends this process and all of its group.

    On Linux the kernel is asked to do it too, because code that never gives the interpreter back keeps the
    watch from being woken.
    """
    os.set_inheritable(descriptor, False)
    threading.Thread(target=_watch, args=(descriptor,), name="manyfit life line", daemon=True).start()
    if sys.platform == "linux":
        _ask_kernel()


def _watch(descriptor: int) -> None:
    try:
        while os.read(descriptor, 64):
            pass
    except OSError:
        pass
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(71)


def _ask_kernel() -> None:
    """The signal comes when the thread of the host ends that started this process."""
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
