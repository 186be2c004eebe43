"""Predicts the rows of a message's partitions."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from manyfit_host.model_bytes import load_model
from manyfit_host.predictions import predicted_columns
from manyfit_host.session import Session, own_warnings, seed_generators
from manyfit_host.trainer import Key
from manyfit_host.work import Partition, Work

MOST_BYTES = 4 * 2**20
MOST_SECONDS = 0.05


class _Models:
    """The models of a message, of which one is loaded at a time."""

    def __init__(self, packed: dict[str, Any]) -> None:
        self._content = memoryview(packed["bytes"])
        self._ends: list[int] = packed["ends"].astype(int).tolist()
        self._loaded: tuple[int, Any] | None = None

    def get(self, number: int) -> Any:
        """A model. Neighbours that ask for the same get the same object."""
        if self._loaded is None or self._loaded[0] != number:
            self._loaded = None
            start = self._ends[number - 1] if number > 0 else 0
            self._loaded = (number, load_model(self._content[start : self._ends[number]]))
        return self._loaded[1]


class _Predicted:
    """Predictions that were not told yet."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.since = perf_counter()
        self.bytes = 0
        self.columns: list[list[dict[str, Any]] | None] = []
        self.failures: list[dict[str, Any]] = []

    @property
    def is_due(self) -> bool:
        return self.bytes >= MOST_BYTES or perf_counter() - self.since >= MOST_SECONDS

    def message(self, identity: int, is_last: bool) -> dict[str, Any]:
        told = {"id": identity, "first": self.first, "count": len(self.columns), "last": is_last}
        return {"type": "predicted", **told, "failures": self.failures, "columns": self.columns}


def predict_work(session: Session, message: dict[str, Any]) -> None:
    """Predicts one partition after the other, and tells the host of some at a time."""
    identity = message["id"]
    models = _Models(message["models"])
    model_of = message["modelOf"].tolist()
    predicted = _Predicted(0)
    for index, partition in enumerate(Work(session.columns, message["partitions"])):
        if predicted.is_due:
            session.channel.write(predicted.message(identity, is_last=False))
            predicted = _Predicted(index)
        key = session.key_of(partition)
        session.begin(identity, index)
        try:
            with own_warnings():
                columns = predicted_columns(
                    _predict(session, models.get(model_of[index]), partition, key), partition.used.rows
                )
            predicted.columns.append(columns)
            predicted.bytes += sum(_bytes_of(column["values"]) for column in columns)
        except BaseException as thrown:
            failure = session.failure_of(thrown)
            told = {"code": failure.code, "message": failure.message, "stack": failure.stack}
            predicted.columns.append(None)
            predicted.failures.append({"index": index, **told})
        session.end()
    session.channel.write(predicted.message(identity, is_last=True))


def _predict(session: Session, model: Any, partition: Partition, key: Key) -> Any:
    seed_generators(partition.seed)
    return session.trainer.predict(model, partition.used, key)


def _bytes_of(values: Any) -> int:
    return values["bytes"].nbytes + values["ends"].nbytes if isinstance(values, dict) else values.nbytes
