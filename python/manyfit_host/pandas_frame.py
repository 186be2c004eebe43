"""Rows as a pandas DataFrame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from manyfit_host.column_values import booleans_of, integers_of, nulls_of, times_of
from manyfit_host.packages import need_package
from manyfit_host.work import Block, Column

if TYPE_CHECKING:
    import pandas as pd


class PandasFrames:
    """Makes DataFrames, which may be written to.

    Numbers are float64, NULL is NaN: where all columns are, the frame is one block over the memory of the
    message, without a copy. Integers are int64, with NULL Int64; booleans bool, with NULL boolean; dates and
    timestamps datetime64[us], NULL is NaT; texts `str` (pandas 2: `string[pyarrow]`).
    """

    def __init__(self, columns: Sequence[Column], subject: str) -> None:
        """`subject` is who needs pandas, such as `train.py`."""
        self._pandas = need_package("pandas", subject)
        self._columns = columns
        # Of one object for all partitions: names that are one object are one object in every model.
        self._names = self._pandas.Index([column.name for column in columns])
        self._places = _places_of(columns)
        self._texts = _ArrowTexts(self._pandas, subject) if any(c.type == "text" for c in columns) else None

    def make(self, block: Block) -> pd.DataFrame:
        """The columns of these rows, with an index from 0."""
        pandas = self._pandas
        # A view of the names: whoever names them changes this frame alone.
        names = self._names.view()
        if self._places is not None:
            numbers = block.numbers[self._places]
            return pandas.DataFrame(numbers.T, columns=names, copy=False)
        arrays = {column.name: self.array_of(block, column) for column in self._columns}
        return pandas.DataFrame(arrays, columns=names, index=pandas.RangeIndex(block.rows), copy=False)

    def array_of(self, block: Block, column: Column) -> Any:
        """One column as an array of pandas or numpy."""
        if column.type == "double" and not column.is_integer:
            return block.numbers[column.at]
        nulls = nulls_of(block, column)
        if column.type == "text":
            return self._texts.make(block, column, nulls)
        if column.type in ("date", "timestamp"):
            return times_of(block, column, nulls)
        if column.type == "double":
            values = integers_of(block, column, nulls)
            return values if nulls is None else self._pandas.arrays.IntegerArray(values, nulls)
        values = booleans_of(block, column, nulls)
        return values if nulls is None else self._pandas.arrays.BooleanArray(values, nulls)


class _ArrowTexts:
    """Columns of texts, over the bytes of the message."""

    def __init__(self, pandas: Any, subject: str) -> None:
        from manyfit_host.arrow_frame import ArrowColumns

        self._columns = ArrowColumns(subject)
        major = int(pandas.__version__.partition(".")[0])
        is_default = {"na_value": np.nan} if major >= 3 else {}
        self._dtype = pandas.StringDtype("pyarrow", **is_default)

    def make(self, block: Block, column: Column, nulls: np.ndarray | None) -> Any:
        return self._dtype.__from_arrow__(self._columns.texts_of(block, column, nulls))


def _places_of(columns: Sequence[Column]) -> slice | list[int] | None:
    """Which rows of a block of numbers the columns are; None where some are of another type."""
    if not columns or any(column.type != "double" or column.is_integer for column in columns):
        return None
    places = [column.at for column in columns]
    first = places[0]
    if places == list(range(first, first + len(places))):
        return slice(first, first + len(places))
    return places
