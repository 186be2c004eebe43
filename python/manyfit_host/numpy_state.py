"""What numpy keeps for the whole process."""

from __future__ import annotations

from typing import Any

import numpy as np


class NumpyState:
    """What numpy does about errors, whom it calls, its buffer, how it prints, and what it draws from.

    numpy.random's own functions draw from one generator, which `numpy.random.seed` can only seed while it is
    the one that numpy is born with.
    """

    def __init__(self) -> None:
        """Remembers what is there now."""
        self._errors = np.geterr()
        self._call = np.geterrcall()
        self._buffer = np.getbufsize()
        self._told = _told_of_errors()
        self._printing = np.get_printoptions()
        self._source = _source()

    def restore(self) -> None:
        """Puts back what is different."""
        if self._told is None or _told_of_errors() is not self._told:
            self._restore_errors()
            # What is put back is another object, which says the same.
            self._told = _told_of_errors()
        if np.get_printoptions() != self._printing:
            np.set_printoptions(**self._printing)
        if self._source is not None and _source() is not self._source:
            np.random.set_bit_generator(self._source)

    def _restore_errors(self) -> None:
        if np.geterr() != self._errors:
            np.seterr(**self._errors)
        if np.geterrcall() is not self._call:
            np.seterrcall(self._call)
        if np.getbufsize() != self._buffer:
            np.setbufsize(self._buffer)


def _told_of_errors() -> Any:
    """One object that changes with all that numpy has of errors, where this numpy has such a one.

    To compare it takes a hundredth of the time of asking for each.
    """
    umath = getattr(getattr(np, "_core", None), "umath", None)
    variable = getattr(umath, "_extobj_contextvar", None)
    try:
        return None if variable is None else variable.get()
    except LookupError:
        return None


def _source() -> Any:
    return np.random.get_bit_generator() if hasattr(np.random, "get_bit_generator") else None
