"""Models as bytes that `joblib.load` reads, and `pickle.load` as well."""

from __future__ import annotations

import sys
from pickle import dumps, loads
from typing import Any

from manyfit_host.result_checks import InvalidResult
from manyfit_host.user_code import cut_text, kind_of, qualified_name

PROTOCOL = 5

MOST_BYTES = 2**29
"""Longest model that can be stored."""


def dump_model(model: Any) -> bytes:
    """The model as a plain pickle.

    `joblib.load` reads it, too. What `joblib.dump` writes differs in one thing: it keeps arrays apart, so
    that they can be mapped into memory. Its pickler is written in Python, and for a small model takes twelve
    times as long as this one: a quarter of what a linear regression of 100 rows takes in all.
    """
    content = dumps(model, PROTOCOL)
    if len(content) > MOST_BYTES:
        raise InvalidResult(f"model has {len(content)} bytes, at most {MOST_BYTES} can be stored")
    return content


def cannot_dump(model: Any, message: str) -> str:
    """What is said of a model that cannot be pickled; `message` is of what was raised."""
    return cut_text(f"model is {kind_of(model)}, which cannot be pickled: {message}")


def load_model(content: memoryview) -> Any:
    """The model of such bytes.

    Runs whatever the pickle says: only for bytes that are known to be of a run.
    """
    return loads(content)


_names: dict[type, str] = {}


def class_name(model: Any) -> str:
    """The dotted name under which people import the class: `sklearn.linear_model.LinearRegression`.

    A class may hide it, which costs no model.
    """
    kind = type(model)
    try:
        name = _names.get(kind)
        if name is None:
            name = _names[kind] = _public_name(kind)
        return name
    except Exception:
        return qualified_name(kind)


def _public_name(kind: type) -> str:
    if kind.__module__ == "builtins":
        return kind.__qualname__
    parts = kind.__module__.split(".")
    first_private = next((i for i, part in enumerate(parts) if part.startswith("_")), len(parts))
    for end in range(first_private, 0, -1):
        public = ".".join(parts[:end])
        if getattr(sys.modules.get(public), kind.__qualname__, None) is kind:
            return f"{public}.{kind.__qualname__}"
    return f"{kind.__module__}.{kind.__qualname__}"
