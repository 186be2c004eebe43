"""What people can read of a linear model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from manyfit_host.frame import valid_text


def readable_model(model: Any, name: str, features: Sequence[str] | None) -> str | None:
    """JSON of class, intercept and coefficients by name; None for what is no linear model of one output.

    A linear model has a 1-D `coef_` and one `intercept_`, both finite. Coefficients have the names that the
    model was fitted with, else those of `features`, else `x0`, `x1` and so on, as scikit-learn calls them; a
    list in which two have one name is passed over, for one of the two would be lost. `name` is its class.
    """
    try:
        coefficients, intercept = model.coef_, model.intercept_
    except BaseException:
        # Not linear, or not with these params: a property may raise anything.
        return None
    if (
        not isinstance(coefficients, np.ndarray)
        or coefficients.ndim != 1
        or coefficients.dtype.kind not in "fiu"
    ):
        return None
    intercepts = np.asarray(intercept)
    if intercepts.size != 1 or intercepts.dtype.kind not in "fiu":
        return None
    if not np.isfinite(coefficients).all() or not np.isfinite(intercepts).all():
        return None
    names = _names_of(model, features, coefficients.size)
    values = coefficients.astype(np.float64).tolist()
    return json.dumps(
        {
            "class": name,
            "intercept": float(intercepts.reshape(-1)[0]),
            "coefficients": dict(zip(names, values, strict=True)),
        }
    )


def with_predictions(readable: str | None, hashed: str) -> str:
    """The same with the hash of what the model predicts, which stands for it in the run's digest."""
    said = {} if readable is None else json.loads(readable)
    return json.dumps({**said, "predictions_sha256": hashed})


def _names_of(model: Any, features: Sequence[str] | None, count: int) -> list[str]:
    for names in (_own_names(model), features):
        if names is not None and len(names) == len(set(names)) == count:
            return list(names)
    return [f"x{i}" for i in range(count)]


def _own_names(model: Any) -> list[str] | None:
    try:
        return [valid_text(str(name)) for name in model.feature_names_in_]
    except BaseException:
        # It has none, or a property that raises: the model is one all the same.
        return None
