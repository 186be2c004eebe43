"""Values of single columns, in the types in which trainers get them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from manyfit_host.work import Block, Column

MS_PER_DAY = 86_400_000

MOST_MS = 2.0**63 // 1000
"""Milliseconds beyond which there is no datetime64[us]."""


class UnsupportedValues(Exception):
    """Values that no type of the frame can hold: a failure of the partition, and none of the trainer's."""


def nulls_of(block: Block, column: Column) -> np.ndarray | None:
    """Where the column is NULL, as booleans; None: nowhere.

    Among numbers that are NaN those of other types than `double` and of integers are NULL in any case.
    """
    valid = block.valid.get(column.place)
    if valid is not None:
        return valid == 0
    if column.type == "text" or (column.type == "double" and not column.is_integer):
        return None
    nulls = np.isnan(block.numbers[column.at])
    return nulls if nulls.any() else None


def integers_of(block: Block, column: Column, nulls: np.ndarray | None) -> np.ndarray:
    """int64, 0 for NULL."""
    values = block.numbers[column.at]
    return (values if nulls is None else np.where(nulls, 0.0, values)).astype(np.int64)


def booleans_of(block: Block, column: Column, nulls: np.ndarray | None) -> np.ndarray:
    """bool, False for NULL."""
    values = block.numbers[column.at]
    return values != 0 if nulls is None else (values != 0) & ~nulls


def times_of(block: Block, column: Column, nulls: np.ndarray | None) -> np.ndarray:
    """datetime64[us], NaT for NULL.

    Fractions of a millisecond are microseconds. Whole milliseconds are multiplied as integers: as float64s
    the days beyond 2255 would lose microseconds.
    """
    known = _known_ms(block, column, nulls, MOST_MS)
    whole = np.floor(known)
    micros = whole.astype(np.int64) * 1000 + np.rint((known - whole) * 1000).astype(np.int64)
    times = micros.view("datetime64[us]")
    if nulls is not None:
        times[nulls] = np.datetime64("NaT")
    return times


def days_of(block: Block, column: Column, nulls: np.ndarray | None) -> np.ndarray:
    """int32 days since 1970, 0 for NULL."""
    return np.floor(_known_ms(block, column, nulls, 2.0**31 * MS_PER_DAY) / MS_PER_DAY).astype(np.int32)


def _known_ms(block: Block, column: Column, nulls: np.ndarray | None, most: float) -> np.ndarray:
    """Milliseconds since 1970, 0 for NULL; all are within ±`most`."""
    values = block.numbers[column.at]
    known = values if nulls is None else np.where(nulls, 0.0, values)
    if (np.abs(known) < most).all():
        return known
    advice = "leave the row out, or read the column as text"
    if np.isfinite(known).all():
        far = f"column {column.name} has a {column.type} too far from 1970 for the frame"
        raise UnsupportedValues(f"{far}; {advice}")
    raise UnsupportedValues(
        f"column {column.name} has an infinite {column.type}, which no frame can hold; {advice}"
    )


def texts_of(block: Block, column: Column, nulls: np.ndarray | None) -> np.ndarray:
    """Objects: str, and None for NULL."""
    ends, content = block.texts[column.at]
    whole = content.tobytes()
    spans = pairwise(ends.tolist())
    if whole.isascii():
        text = whole.decode("ascii")
        parts = [text[start:end] for start, end in spans]
    else:
        parts = [whole[start:end].decode() for start, end in spans]
    values = np.empty(block.rows, object)
    values[:] = parts
    if nulls is not None:
        values[nulls] = None
    return values
