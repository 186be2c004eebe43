"""Memory for the sections of a message."""

from __future__ import annotations

from typing import Any

import numpy as np

from manyfit_host.frame import DamagedFrame, padded

ALIGNMENT = 64
"""Sections begin at multiples of so many bytes: what is computed from them sees the same alignment every
time.
"""

_DTYPES = {
    "buffer": np.dtype("u1"),
    "text": np.dtype("u1"),
    "int8": np.dtype("i1"),
    "uint8": np.dtype("u1"),
    "uint8Clamped": np.dtype("u1"),
    "int16": np.dtype("<i2"),
    "uint16": np.dtype("<u2"),
    "int32": np.dtype("<i4"),
    "uint32": np.dtype("<u4"),
    "float32": np.dtype("<f4"),
    "float64": np.dtype("<f8"),
    "int64": np.dtype("<i8"),
    "uint64": np.dtype("<u8"),
}


class Body:
    """Memory for the sections that a header names, to be filled by whoever reads."""

    def __init__(self, references: list[list[Any]], body_bytes: int) -> None:
        """`body_bytes` is what the frame has behind its header; memory is taken only when the sections add up
        to it.
        """
        self._references = references
        lengths = [length * _dtype_of(kind).itemsize for kind, length in references]
        found = sum(map(padded, lengths))
        if found != body_bytes:
            raise DamagedFrame(f"frame has sections of {found} bytes, its body has {body_bytes}")
        steps = [-(-length // ALIGNMENT) * ALIGNMENT for length in lengths]
        memory = np.empty(sum(steps) + ALIGNMENT, np.uint8)
        at = -memory.__array_interface__["data"][0] % ALIGNMENT
        self._starts: list[tuple[np.ndarray, int]] = []
        self.targets: list[memoryview] = []
        for length, step in zip(lengths, steps, strict=True):
            self._starts.append((memory[at : at + step], length))
            if length > 0:
                self.targets.append(memoryview(memory[at : at + padded(length)]))
            at += step

    def values(self) -> list[Any]:
        """The sections as arrays of their kinds, texts as texts.

        Arrays are writable, and views on one memory.
        """
        values: list[Any] = []
        for (kind, _), (memory, length) in zip(self._references, self._starts, strict=True):
            array = memory[:length].view(_dtype_of(kind))
            values.append(array.tobytes().decode() if kind == "text" else array)
        return values


def _dtype_of(kind: str) -> np.dtype:
    dtype = _DTYPES.get(kind)
    if dtype is None:
        raise DamagedFrame(f"frame names a section of kind {kind}, which is none")
    return dtype
