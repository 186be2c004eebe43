"""Fits the partitions of a message."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from manyfit_host.fit_batch import FitBatch
from manyfit_host.model_bytes import cannot_dump, class_name, dump_model
from manyfit_host.predictions import hash_of_columns, predicted_columns
from manyfit_host.readable import readable_model, with_predictions
from manyfit_host.result_checks import InvalidResult, Metrics, add_score, check_metrics, split_output
from manyfit_host.session import Failure, Session, own_warnings, seed_generators
from manyfit_host.trainer import Key
from manyfit_host.work import Partition, Work


def fit_work(session: Session, message: dict[str, Any]) -> None:
    """Fits one partition after the other, and tells the host of some at a time.

    Whatever user code raises is a result.
    """
    identity = message["id"]
    work = Work(session.columns, message["partitions"])
    batch = FitBatch(identity, 0)
    for index, partition in enumerate(work):
        if batch.is_due:
            session.channel.write(batch.message(is_last=False))
            batch = FitBatch(identity, index)
        key = session.key_of(partition)
        started = session.begin(identity, index)
        before = perf_counter()
        try:
            with own_warnings():
                result = _fit(session, partition, key)
        except BaseException as thrown:
            result = session.failure_of(thrown)
        seconds = perf_counter() - before
        session.end()
        batch.add_time(started, seconds)
        if isinstance(result, Failure):
            batch.add_failure(result)
        else:
            batch.add_model(*result)
        # Not kept until the next one is there: it may be as large as memory allows.
        del result, partition
    session.channel.write(batch.message(is_last=True))


def _fit(
    session: Session, partition: Partition, key: Key
) -> tuple[bytes, str, str | None, Metrics] | Failure:
    trainer = session.trainer
    seed_generators(partition.seed)
    model, given = split_output(trainer.fit(partition.used, key, partition.seed))
    metrics = Metrics() if given is None else check_metrics(given)
    try:
        content = dump_model(model)
    except InvalidResult:
        raise
    except BaseException as thrown:
        message = cannot_dump(model, session.user_code.message_of(thrown))
        return Failure("result_invalid", message, session.user_code.stack_of(thrown))
    name = class_name(model)
    readable = readable_model(model, name, trainer.features)
    if trainer.digest_scope == "predictions":
        readable = with_predictions(readable, _hash_of_predictions(session, model, partition, key))
    if partition.held_out is None:
        in_sample = trainer.score_in_sample(model, partition.used)
        if in_sample is not None:
            metrics = check_metrics(in_sample)
    elif trainer.has_score:
        add_score(metrics, trainer.score(model, partition.held_out, dict(key)))
    return content, name, readable, metrics


def _hash_of_predictions(session: Session, model: Any, partition: Partition, key: Key) -> str:
    """Of what the model predicts for the rows that it was fitted to, as they are after the fit."""
    seed_generators(partition.seed)
    output = session.trainer.predict(model, partition.used, dict(key))
    return hash_of_columns(predicted_columns(output, partition.used.rows))
