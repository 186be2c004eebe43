"""What user functions returned, as it can be stored, or why it cannot be."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from manyfit_host.user_code import cut_text, kind_of

MOST_METRICS = 100
"""Names of metrics become names of columns: a number for each row or class is a model's, not a metric's."""

SCORE_PREFIX = "holdout_"
"""What stands before the names of the metrics that `score` gave."""


class InvalidResult(Exception):
    """What user code returned cannot be kept: a failure `result_invalid`."""


@dataclass(slots=True)
class Metrics:
    """Metrics as they are stored, with a warning for each that is not finite."""

    values: dict[str, float | None] = field(default_factory=dict)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    """Code and message."""


def split_output(output: Any) -> tuple[Any, Any]:
    """Model and metrics (None: there are none) of what `fit` returned."""
    metrics = None
    if type(output) is tuple:
        if len(output) != 2:
            raise InvalidResult(
                f"fit returned a tuple of {len(output)}, must return a model or (model, metrics); "
                "a model of several parts is a list or dict"
            )
        output, metrics = output
        if metrics is not None and not isinstance(metrics, Mapping):
            raise InvalidResult(
                f"fit returned a tuple whose second part is {kind_of(metrics)}, must be (model, metrics) "
                "with a dict of numbers by name; a model of several parts is a list or dict"
            )
    if output is None:
        raise InvalidResult("fit returned None, must return a model or (model, metrics)")
    return output, metrics


def check_metrics(metrics: Any, subject: str = "metrics") -> Metrics:
    """Numbers by name as floats, None kept. What is NaN or infinite becomes None, with a warning."""
    checked = Metrics()
    if not isinstance(metrics, Mapping):
        raise InvalidResult(f"{subject} is {kind_of(metrics)}, must be a dict of numbers by name")
    if len(metrics) > MOST_METRICS:
        raise InvalidResult(
            f"{subject} has {len(metrics)} members, at most {MOST_METRICS}; keep lists in the model"
        )
    for name, value in metrics.items():
        if not isinstance(name, str) or name == "":
            found = "empty" if name == "" else kind_of(name)
            raise InvalidResult(f"{subject} has a member whose name is {found}, must be a text")
        if not name.isascii() and any("\ud800" <= letter <= "\udfff" for letter in name):
            raise InvalidResult(f"{subject} has a member whose name is no text")
        number = _number_of(value, f"{subject}[{cut_text(name)!r}]")
        if number is not None and not math.isfinite(number):
            checked.warnings.append(
                ("metric_not_finite", f"metric {cut_text(name)} is {_word_of(number)}, stored as null")
            )
            number = None
        checked.values[name] = number
    return checked


def add_score(metrics: Metrics, score: Any) -> None:
    """Adds what `score` returned as `holdout_<name>`."""
    for name, value in (checked := check_metrics(score, "score")).values.items():
        if SCORE_PREFIX + name in metrics.values:
            raise InvalidResult(
                f"metrics[{SCORE_PREFIX + name!r}] has the name of what score gives as {name}"
            )
        metrics.values[SCORE_PREFIX + name] = value
    metrics.warnings += checked.warnings


def _number_of(value: Any, where: str) -> float | None:
    if value is None or type(value) is float:
        return value
    if isinstance(value, (bool, np.bool_)):
        return float(value)
    if isinstance(value, np.ndarray) and value.ndim == 0:
        # Below a mask there is a number, too, which is none: numpy's mean of nothing has 0.
        value = None if np.ma.is_masked(value) else value.item()
        if value is None:
            return None
    # numpy takes its spans of time for integers.
    if isinstance(value, numbers.Real) and not isinstance(value, np.timedelta64):
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    raise InvalidResult(f"{where} is {kind_of(value)}, must be a number or None")


def _word_of(number: float) -> str:
    """As TypeScript trainers are told."""
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
