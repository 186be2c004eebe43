"""What belongs to the whole process: a partition that changes it must not change what the next one finds."""

from __future__ import annotations

import copy
import gc
import locale
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

_PANDAS_OPTIONS = ("compute", "future", "mode")
"""The first part of the names of options that change results."""


class ProcessState:
    """The state that the trainer's file and its `setup` left, in which every partition begins.

    Working folder, environment, `sys.path`, recursion limit, garbage collector, locale, pending alarm,
    handlers of the root logger, what numpy does about errors, the context of `decimal`, and of the options of
    pandas those that change more than what is printed. What costs more to compare is left to user code:
    modules and their globals, other loggers, threads, limits of thread pools.
    """

    def __init__(self) -> None:
        """Remembers what is there now."""
        self._folder = _folder()
        self._environment = dict(_environment())
        self._path = list(sys.path)
        self._recursion = sys.getrecursionlimit()
        self._is_collecting = gc.isenabled()
        self._locale = locale.setlocale(locale.LC_ALL)
        self._handlers = list(logging.root.handlers)
        self._level = logging.root.level
        self._errors = np.geterr()
        self._decimal = _decimal_context()
        self._pandas = _pandas_options()
        self._pandas_was = copy.deepcopy(self._pandas)

    def restore(self) -> None:
        """Puts back what is different. Costs about 3.5 µs where nothing is."""
        if _folder() != self._folder:
            _quietly(lambda: os.chdir(self._folder))
        if _environment() != self._environment:
            self._restore_environment()
        if sys.path != self._path:
            sys.path[:] = self._path
        if sys.getrecursionlimit() != self._recursion:
            sys.setrecursionlimit(self._recursion)
        if gc.isenabled() != self._is_collecting:
            (gc.enable if self._is_collecting else gc.disable)()
        if locale.setlocale(locale.LC_ALL) != self._locale:
            _quietly(lambda: locale.setlocale(locale.LC_ALL, self._locale))
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        self._restore_packages()

    def _restore_packages(self) -> None:
        root = logging.root
        if root.handlers != self._handlers:
            root.handlers[:] = self._handlers
        if root.level != self._level:
            root.setLevel(self._level)
        if np.geterr() != self._errors:
            np.seterr(**self._errors)
        if self._decimal is not None:
            sys.modules["decimal"].setcontext(self._decimal.copy())
        if self._pandas != self._pandas_was:
            for name, options in self._pandas.items():
                options.update(copy.deepcopy(self._pandas_was[name]))

    def _restore_environment(self) -> None:
        current = _environment()
        zone = _zone(current)
        for name in [name for name in current if name not in self._environment]:
            del os.environ[os.environ.decodekey(name)]
        for name, value in self._environment.items():
            if current.get(name) != value:
                os.environ[os.environ.decodekey(name)] = os.environ.decodevalue(value)
        if zone != _zone(current) and hasattr(time, "tzset"):
            time.tzset()


def _environment() -> dict[Any, Any]:
    """As it is kept within `os.environ`: to decode it takes 20 µs."""
    return os.environ._data


def _zone(environment: dict[Any, Any]) -> Any:
    return environment.get(os.environ.encodekey("TZ"))


def _folder() -> str | None:
    """None where it has been removed."""
    try:
        return os.getcwd()
    except OSError:
        return None


def _quietly(restore: Callable[[], object]) -> None:
    """Of what cannot be put back, as a folder that is gone, user code has to hear where it uses it."""
    try:
        restore()
    except (OSError, TypeError, locale.Error):
        pass


def _decimal_context() -> Any:
    decimal = sys.modules.get("decimal")
    return None if decimal is None else decimal.getcontext().copy()


def _pandas_options() -> dict[str, dict[str, Any]]:
    """The options themselves by the first part of their names; none where pandas is not loaded."""
    config = sys.modules.get("pandas._config.config")
    options = getattr(config, "_global_config", {})
    return {name: options[name] for name in _PANDAS_OPTIONS if isinstance(options.get(name), dict)}
