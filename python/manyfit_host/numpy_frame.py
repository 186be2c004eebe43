"""Rows as a dict of arrays: the fast way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from manyfit_host.column_values import booleans_of, integers_of, nulls_of, texts_of, times_of
from manyfit_host.work import Block, Column


class NumpyFrames:
    """Makes a dict of name → 1-D array. Arrays are the partition's own, and may be written to.

    Numbers are float64, NULL is NaN; integers int64 and booleans bool, with NULL float64 and NaN; dates and
    timestamps datetime64[us], NULL is NaT; texts objects, NULL is None.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._is_plain = all(column.type == "double" and not column.is_integer for column in columns)
        self._places = [(column.name, column.at) for column in columns]

    def make(self, block: Block) -> dict[str, np.ndarray]:
        """The columns of these rows."""
        if self._is_plain:
            numbers = block.numbers
            return {name: numbers[at] for name, at in self._places}
        return {column.name: array_of(block, column) for column in self._columns}


def array_of(block: Block, column: Column) -> np.ndarray:
    """One column as a 1-D array."""
    if column.type == "double" and not column.is_integer:
        return block.numbers[column.at]
    nulls = nulls_of(block, column)
    if column.type == "text":
        return texts_of(block, column, nulls)
    if column.type in ("date", "timestamp"):
        return times_of(block, column, nulls)
    if nulls is not None:
        return block.numbers[column.at]
    return integers_of(block, column, None) if column.type == "double" else booleans_of(block, column, None)
