"""The rows of a message's partitions, cut out of its sections without a copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

BLOCK_VALUES = 8
"""Blocks of numbers begin at multiples of so many float64s: 64 bytes, so that every partition is aligned
alike.
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read, and where its values lie."""

    name: str
    type: str
    """`double`, `text`, `boolean`, `date` or `timestamp`."""
    is_integer: bool
    place: int
    """Its index among the columns."""
    at: int
    """Its index among the columns of numbers, or among those of texts."""


def read_columns(columns: list[dict[str, Any]]) -> tuple[Column, ...]:
    """The columns of `init`."""
    read: list[Column] = []
    counts = {True: 0, False: 0}
    for place, column in enumerate(columns):
        is_text = column["type"] == "text"
        read.append(Column(column["name"], column["type"], column["isInteger"], place, counts[is_text]))
        counts[is_text] += 1
    return tuple(read)


class Texts(NamedTuple):
    """A column of texts."""

    ends: np.ndarray
    """int32, one entry more than rows: where each text begins and the last one ends."""
    content: np.ndarray
    """UTF-8."""


class Block(NamedTuple):
    """Rows of one partition: those to fit or predict, or those that are held out."""

    rows: int
    numbers: np.ndarray
    """float64 [columns][rows], contiguous, writable: the memory is this partition's own."""
    texts: tuple[Texts, ...]
    valid: dict[int, np.ndarray]
    """By place of a column with NULLs that are told: one byte per row, 1 for a value."""


class Partition(NamedTuple):
    """One partition of a message."""

    used: Block
    held_out: Block | None
    key: list[Any]
    seed: int


class Work:
    """The partitions of a message, in order."""

    def __init__(self, columns: tuple[Column, ...], message: dict[str, Any]) -> None:
        self.count: int = message["count"]
        self._message = message
        self._text_columns = sum(column.type == "text" for column in columns)
        self._number_columns = len(columns) - self._text_columns
        self._columns = len(columns)
        self._has_null = message["hasNull"] if message["hasNull"].any() else None
        self._numbers = message["numbers"]
        self._number_at = 0
        self._null_at = 0
        self._valid_at = 0
        self._end_at = 0
        self._byte_at = 0

    def __iter__(self) -> Iterator[Partition]:
        message = self._message
        rows, held_out = message["rows"].tolist(), message["heldOut"].tolist()
        for i, (key, seed) in enumerate(zip(message["keys"], message["seeds"].tolist(), strict=True)):
            used = self._block(rows[i])
            held = self._block(held_out[i])
            yield Partition(used, held if held.rows > 0 else None, key, seed)

    def _block(self, rows: int) -> Block:
        count = self._number_columns * rows
        at = self._number_at
        numbers = self._numbers[at : at + count].reshape(self._number_columns, rows)
        self._number_at = at + -(-count // BLOCK_VALUES) * BLOCK_VALUES
        texts = tuple([self._texts(rows) for _ in range(self._text_columns)]) if self._text_columns else ()
        return Block(rows, numbers, texts, self._validity(rows) if self._has_null is not None else {})

    def _texts(self, rows: int) -> Texts:
        packed = self._message["texts"]
        ends = packed["ends"][self._end_at : self._end_at + rows + 1]
        self._end_at += rows + 1
        length = int(ends[-1])
        content = packed["bytes"][self._byte_at : self._byte_at + length]
        self._byte_at += length
        return Texts(ends, content)

    def _validity(self, rows: int) -> dict[int, np.ndarray]:
        flags = self._has_null[self._null_at : self._null_at + self._columns]
        self._null_at += self._columns
        valid: dict[int, np.ndarray] = {}
        for place in np.flatnonzero(flags).tolist():
            valid[place] = self._message["valid"][self._valid_at : self._valid_at + rows]
            self._valid_at += rows
        return valid
