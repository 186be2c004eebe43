"""Results of fits, gathered until they are worth a message."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np

from manyfit_host.result_checks import Metrics
from manyfit_host.session import Failure

MOST_BYTES = 4 * 2**20
MOST_SECONDS = 0.05
FITTED, FAILED = 0, 1


class FitBatch:
    """Results of neighbouring partitions of one message, in order."""

    def __init__(self, message: int, first: int) -> None:
        """`first` is the index in the message of the first of them."""
        self._message = message
        self._first = first
        self._since = perf_counter()
        self._states: list[int] = []
        self._started: list[float] = []
        self._durations: list[float] = []
        self._models: list[bytes] = []
        self._bytes = 0
        self._ends: list[int] = []
        self._classes: list[str] = []
        self._readable: list[str | None] = []
        self._metrics: list[dict[str, float | None] | None] = []
        self._warnings: list[dict[str, Any]] = []
        self._errors: list[dict[str, Any]] = []

    def add_time(self, started: float, seconds: float) -> None:
        """When a partition began, in seconds since 1970, and how long it took. Comes before its result."""
        self._started.append(started * 1000)
        self._durations.append(seconds * 1000)

    def add_model(self, model: bytes, name: str, readable: str | None, metrics: Metrics) -> None:
        """A partition was fitted. `name` is the model's class."""
        for code, message in metrics.warnings:
            self._warnings.append({"index": self._index, "code": code, "message": message})
        self._states.append(FITTED)
        self._models.append(model)
        self._bytes += len(model)
        self._ends.append(self._bytes)
        self._classes.append(name)
        self._readable.append(readable)
        self._metrics.append(metrics.values or None)

    def add_failure(self, failure: Failure) -> None:
        """A partition was not."""
        error = {"code": failure.code, "message": failure.message, "stack": failure.stack}
        self._errors.append({"index": self._index, **error})
        self._states.append(FAILED)

    @property
    def is_due(self) -> bool:
        """Whether the host should wait for these no longer."""
        return self._bytes >= MOST_BYTES or perf_counter() - self._since >= MOST_SECONDS

    def message(self, is_last: bool) -> dict[str, Any]:
        """What the host is told; `is_last`: these are the last of their message."""
        content = np.frombuffer(b"".join(self._models), np.uint8)
        return {
            "type": "fitted",
            "id": self._message,
            "first": self._first,
            "count": len(self._states),
            "last": is_last,
            "state": np.array(self._states, np.uint8),
            "startedAtMs": np.array(self._started, np.float64),
            "durationMs": np.array(self._durations, np.float64),
            "models": {"bytes": content, "ends": np.array(self._ends, np.float64)},
            "classes": self._classes,
            "readable": self._readable,
            "metrics": self._metrics,
            "warnings": self._warnings,
            "errors": self._errors,
        }

    @property
    def _index(self) -> int:
        return self._first + len(self._states)
