"""What belongs to the whole process: a partition that changes it must not change what the next one finds."""

from __future__ import annotations

import copy
import decimal
import locale
import logging
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from manyfit_host.interpreter_state import InterpreterState
from manyfit_host.numpy_state import NumpyState
from manyfit_host.signal_state import SignalState

_PANDAS_OPTIONS = ("compute", "future", "mode")
"""The first part of the names of options that change results."""

_working_folder = os.getcwd


class ProcessState:
    """The state that the trainer's file and its `setup` left, in which every partition begins.

    Working folder, environment, locale, the root logger, how long sockets wait, what `InterpreterState`,
    `SignalState` and `NumpyState` say, the context of `decimal`, and of the options of pandas those that
    change more than what is printed. What costs more to compare is left to user code: modules and their
    globals, other loggers, threads, limits of thread pools.
    """

    def __init__(self) -> None:
        """Remembers what is there now."""
        self._folder = _folder()
        self._variables = os.environ
        self._environment = dict(_data_of(os.environ))
        self._locale = locale.setlocale(locale.LC_ALL)
        self._root = logging.root
        self._handlers = list(logging.root.handlers)
        self._level = logging.root.level
        self._silenced = logging.root.manager.disable
        self._decimal = decimal.getcontext().copy()
        self._pandas = _pandas_options()
        self._pandas_was = copy.deepcopy(self._pandas)
        socket = sys.modules.get("socket")
        self._socket_seconds = None if socket is None else socket.getdefaulttimeout()
        self._interpreter = InterpreterState()
        self._signals = SignalState()
        self._numpy = NumpyState()

    def restore(self) -> None:
        """Puts back what is different. Costs about 9 µs where nothing is."""
        self._signals.restore()
        self._interpreter.restore()
        if _folder() != self._folder:
            _quietly(lambda: os.chdir(self._folder))
        if os.environ is not self._variables:
            # The object itself, which a partition has replaced by another.
            os.environ = self._variables  # noqa: B003
        if _data_of(self._variables) != self._environment:
            self._restore_environment()
        if locale.setlocale(locale.LC_ALL) != self._locale:
            _quietly(lambda: locale.setlocale(locale.LC_ALL, self._locale))
        self._restore_packages()

    def _restore_packages(self) -> None:
        self._numpy.restore()
        root = self._root
        if root.handlers != self._handlers:
            root.handlers = list(self._handlers)
        if root.level != self._level:
            root.setLevel(self._level)
        if root.manager.disable != self._silenced:
            root.manager.disable = self._silenced
        decimal.setcontext(self._decimal.copy())
        socket = sys.modules.get("socket")
        if socket is not None and socket.getdefaulttimeout() != self._socket_seconds:
            socket.setdefaulttimeout(self._socket_seconds)
        if self._pandas != self._pandas_was:
            for name, options in self._pandas.items():
                options.update(copy.deepcopy(self._pandas_was[name]))
        elif not self._pandas and "pandas._config.config" in sys.modules:
            # It came with the partition, which may have set what it likes.
            _reset_pandas()
            self._pandas = _pandas_options()
            self._pandas_was = copy.deepcopy(self._pandas)

    def _restore_environment(self) -> None:
        variables = self._variables
        current = _data_of(variables)
        zone = _zone(variables)
        for name in [name for name in current if name not in self._environment]:
            del variables[variables.decodekey(name)]
        for name, value in self._environment.items():
            if current.get(name) != value:
                variables[variables.decodekey(name)] = variables.decodevalue(value)
        if zone != _zone(variables) and hasattr(time, "tzset"):
            time.tzset()


def _data_of(variables: Any) -> dict[Any, Any]:
    """As it is kept within `os.environ`: to decode it takes 20 µs."""
    return variables._data


def _zone(variables: Any) -> Any:
    return _data_of(variables).get(variables.encodekey("TZ"))


def _folder() -> str | None:
    """None where it has been removed."""
    try:
        return _working_folder()
    except OSError:
        return None


def _quietly(restore: Callable[[], object]) -> None:
    """Of what cannot be put back, as a folder that is gone, user code has to hear where it uses it."""
    try:
        restore()
    except (OSError, TypeError, locale.Error):
        pass


def _pandas_options() -> dict[str, dict[str, Any]]:
    """The options themselves by the first part of their names; none where pandas is not loaded."""
    config = sys.modules.get("pandas._config.config")
    options = getattr(config, "_global_config", {})
    return {name: options[name] for name in _PANDAS_OPTIONS if isinstance(options.get(name), dict)}


def _reset_pandas() -> None:
    """Gives options the values that pandas is born with."""
    registered = getattr(sys.modules["pandas._config.config"], "_registered_options", {})
    options = _pandas_options()
    for name, option in registered.items():
        first, *rest = name.split(".")
        place: Any = options.get(first)
        for part in rest[:-1]:
            place = place.get(part) if isinstance(place, dict) else None
        if isinstance(place, dict) and rest and rest[-1] in place:
            place[rest[-1]] = option.defval
