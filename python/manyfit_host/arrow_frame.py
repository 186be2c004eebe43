"""Rows as an Arrow table, over the memory of the message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from manyfit_host.column_values import booleans_of, days_of, integers_of, nulls_of, times_of
from manyfit_host.packages import need_package
from manyfit_host.work import Block, Column

if TYPE_CHECKING:
    import pyarrow as pa


class ArrowFrames:
    """Makes tables of double, int64, bool, date32, timestamp[us] and string columns, in which NULL is null.

    They cannot be written to, as Arrow has it.
    """

    def __init__(self, columns: Sequence[Column], subject: str) -> None:
        """`subject` is who needs pyarrow, such as `train.py`."""
        self._arrow = need_package("pyarrow", subject)
        self._columns = columns
        self._arrays = ArrowColumns(subject)
        self._names = [column.name for column in columns]

    def make(self, block: Block) -> pa.Table:
        """The columns of these rows."""
        arrays = [self._arrays.array_of(block, column) for column in self._columns]
        return self._arrow.Table.from_arrays(arrays, names=self._names)


class PolarsFrames:
    """Makes polars DataFrames of what Arrow tables have."""

    def __init__(self, columns: Sequence[Column], subject: str) -> None:
        """`subject` is who needs polars, such as `train.py`."""
        self._polars = need_package("polars", subject)
        self._tables = ArrowFrames(columns, subject)

    def make(self, block: Block) -> object:
        """The columns of these rows."""
        return self._polars.from_arrow(self._tables.make(block))


class ArrowColumns:
    """Makes Arrow arrays of single columns."""

    def __init__(self, subject: str) -> None:
        """`subject` is who needs pyarrow, such as `train.py`."""
        self._arrow = need_package("pyarrow", subject)

    def array_of(self, block: Block, column: Column) -> pa.Array:
        """One column."""
        arrow = self._arrow
        nulls = nulls_of(block, column)
        if column.type == "text":
            return self.texts_of(block, column, nulls)
        if column.type == "boolean":
            return arrow.array(booleans_of(block, column, nulls), mask=nulls)
        if column.type == "date":
            return arrow.array(days_of(block, column, nulls), arrow.date32(), mask=nulls)
        if column.type == "timestamp":
            times = times_of(block, column, nulls)
            return arrow.array(times, arrow.timestamp("us"), mask=nulls)
        if column.is_integer:
            return arrow.array(integers_of(block, column, nulls), mask=nulls)
        buffers = [self._bits_of(nulls), arrow.py_buffer(block.numbers[column.at])]
        return arrow.Array.from_buffers(arrow.float64(), block.rows, buffers)

    def texts_of(self, block: Block, column: Column, nulls: np.ndarray | None) -> pa.Array:
        """A column of texts."""
        arrow = self._arrow
        ends, content = block.texts[column.at]
        buffers = [self._bits_of(nulls), arrow.py_buffer(ends), arrow.py_buffer(content)]
        return arrow.Array.from_buffers(arrow.string(), block.rows, buffers)

    def _bits_of(self, nulls: np.ndarray | None) -> object:
        """Arrow's own form of what is valid."""
        return None if nulls is None else self._arrow.py_buffer(np.packbits(~nulls, bitorder="little"))
