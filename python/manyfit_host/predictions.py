"""What `predict` returned, as columns that can be stored, or why they cannot be."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from manyfit_host.frame import valid_text
from manyfit_host.params import MOST_EXACT
from manyfit_host.result_checks import InvalidResult
from manyfit_host.user_code import cut_text, kind_of

NAME = "prediction"
"""Name of the column where `predict` gives values without one."""

_WORD_OF_TYPE = {bool: "boolean", float: "number", str: "text"}
_HINT = "must return one value for each row, or columns of them by name: an array, a list, a dict or a frame"


def predicted_columns(output: Any, rows: int) -> list[dict[str, Any]]:
    """Columns with `rows` values each.

    NaN and infinities are numbers, None is none; pandas' NA and NaT are none too.
    """
    columns = [(name, _values_of(name, given, rows)) for name, given in _named(output)]
    if not columns:
        raise InvalidResult("predict returned no column; it must return at least one")
    return [{"name": name, **values} for name, values in columns]


def hash_of_columns(columns: list[dict[str, Any]]) -> str:
    """Sha256 in hex of columns, in their order.

    Of each name, type and number of rows as JSON, the bytes of the values (little-endian doubles, a byte for
    each boolean, of texts their UTF-8 and where each ends), and a byte for each row, 1 for a value.
    """
    digest = hashlib.sha256()
    for column in columns:
        values = column["values"]
        digest.update(json.dumps([column["name"], column["type"], len(column["valid"])]).encode())
        for part in (values["bytes"], values["ends"]) if isinstance(values, dict) else (values,):
            digest.update(np.ascontiguousarray(part).tobytes())
        digest.update(column["valid"].tobytes())
    return digest.hexdigest()


def _named(output: Any) -> list[tuple[str, Any]]:
    """Names and values, of whatever has columns."""
    pandas, arrow, polars = (sys.modules.get(name) for name in ("pandas", "pyarrow", "polars"))
    if isinstance(output, Mapping):
        named = list(output.items())
    elif pandas is not None and isinstance(output, pandas.DataFrame):
        named = [(name, output.iloc[:, place]) for place, name in enumerate(output.columns)]
    elif arrow is not None and isinstance(output, arrow.Table):
        named = list(zip(output.column_names, output.columns, strict=True))
    elif polars is not None and isinstance(output, polars.DataFrame):
        named = [(series.name, series) for series in output.get_columns()]
    else:
        return [(NAME, output)]
    names: set[str] = set()
    for name, _ in named:
        if not isinstance(name, str) or name == "" or valid_text(name) != name:
            raise InvalidResult("predict returned a column whose name is no text")
        if name in names:
            raise InvalidResult(f"predict returned two columns named {cut_text(name)}")
        names.add(name)
    return named


def _values_of(name: str, given: Any, rows: int) -> dict[str, Any]:
    subject = f"predict returned {cut_text(name)}"
    _check_order(given, rows, subject)
    array = _array_of(given, subject)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InvalidResult(
            f"{subject} with {array.ndim} dimensions, must have one: a column for each output"
        )
    if len(array) != rows:
        raise InvalidResult(f"{subject} with {len(array)} values, must have {rows}, one for each row")
    kind = array.dtype.kind
    if kind == "f":
        return {"type": "double", "values": array.astype(np.float64), "valid": np.ones(rows, np.uint8)}
    if kind == "b":
        return {"type": "boolean", "values": array.astype(np.uint8), "valid": np.ones(rows, np.uint8)}
    if kind in "iu":
        return {"type": "double", "values": _exact(array, subject), "valid": np.ones(rows, np.uint8)}
    if kind in "OU" or kind == "T":
        return _objects(array.tolist(), subject)
    raise InvalidResult(f"{subject} of type {array.dtype}, must be numbers, texts or booleans")


def _check_order(given: Any, rows: int, subject: str) -> None:
    """Refuses a Series whose index is that of the rows in another order, as after `df.sort_values`.

    Values are taken by place, and pandas would take them by index: nobody can tell which is meant.
    """
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(given, pandas.Series) or len(given) != rows:
        return
    index = given.index
    if isinstance(index, pandas.RangeIndex) and index.start == 0 and index.step == 1:
        return
    if (
        isinstance(index, pandas.MultiIndex)
        or not isinstance(index.dtype, np.dtype)
        or index.dtype.kind != "i"
    ):
        return
    found, expected = index.to_numpy(), np.arange(rows)
    if not np.array_equal(found, expected) and np.array_equal(np.sort(found), expected):
        raise InvalidResult(
            f"{subject} in another order than the rows: its index is that of df, which is 0 to {rows - 1}; "
            "return it with .sort_index(), or as an array in the order of the rows"
        )


def _array_of(given: Any, subject: str) -> np.ndarray:
    """A numpy array, with None for values that are none."""
    if isinstance(given, np.ma.MaskedArray):
        array = np.array(given.data, object)
        array[np.ma.getmaskarray(given)] = None
        return array
    if isinstance(given, np.ndarray):
        return given
    pandas, arrow, polars = (sys.modules.get(name) for name in ("pandas", "pyarrow", "polars"))
    if isinstance(given, (list, tuple)):
        # One by one: a list of lists is not to become a table.
        return np.fromiter(given, object, len(given))
    if pandas is not None and isinstance(
        given, (pandas.Series, pandas.Index, pandas.api.extensions.ExtensionArray)
    ):
        if isinstance(given.dtype, np.dtype):
            return given.to_numpy()
        array = np.asarray(given, object).copy()
        array[np.asarray(given.isna() if hasattr(given, "isna") else pandas.isna(given))] = None
        return array
    if arrow is not None and isinstance(given, (arrow.Array, arrow.ChunkedArray)):
        return _array_of(given.to_pylist(), subject)
    if polars is not None and isinstance(given, polars.Series):
        return _array_of(given.to_list(), subject)
    raise InvalidResult(f"{subject}, which is {kind_of(given)}; it {_HINT}")


def _exact(array: np.ndarray, subject: str) -> np.ndarray:
    """Integers as float64, if each is the same there."""
    if len(array) > 0 and (int(array.max()) > MOST_EXACT or int(array.min()) < -MOST_EXACT):
        raise InvalidResult(
            f"{subject} with integers beyond 2^53, which no double holds exactly; return texts"
        )
    return array.astype(np.float64)


def _objects(values: list[Any], subject: str) -> dict[str, Any]:
    """Values of one type, which is that of the first that is there."""
    found: type | None = None
    for place, value in enumerate(values):
        if value is None:
            continue
        kind = _type_of(value)
        if kind is None:
            raise InvalidResult(
                f"{subject}[{place}], which is {kind_of(value)}, must be a number, text or boolean, or None"
            )
        if found is not None and kind is not found:
            found_word, word = _WORD_OF_TYPE[found], _WORD_OF_TYPE[kind]
            raise InvalidResult(
                f"{subject}[{place}], a {word}; a value before it is a {found_word}, None is for none"
            )
        found = kind
    valid = np.array([value is not None for value in values], np.uint8)
    if found is str:
        return {"type": "text", "values": _packed(values), "valid": valid}
    if found is bool:
        return {"type": "boolean", "values": np.array([bool(v) for v in values], np.uint8), "valid": valid}
    for value in values:
        if isinstance(value, (int, np.integer)) and abs(int(value)) > MOST_EXACT:
            raise InvalidResult(
                f"{subject} with integers beyond 2^53, which no double holds exactly; return texts"
            )
    numbers = np.array([np.nan if value is None else float(value) for value in values], np.float64)
    return {"type": "double", "values": numbers, "valid": valid}


def _type_of(value: Any) -> type | None:
    if isinstance(value, str):
        return str
    if isinstance(value, (bool, np.bool_)):
        return bool
    # numpy takes its spans of time for integers.
    is_number = isinstance(value, (int, float, np.integer, np.floating))
    return float if is_number and not isinstance(value, np.timedelta64) else None


def _packed(texts: list[str | None]) -> dict[str, np.ndarray]:
    """Their UTF-8 bytes one behind the other, and where each ends."""
    parts = [b"" if text is None else valid_text(text).encode() for text in texts]
    ends = np.cumsum([len(part) for part in parts], dtype=np.float64)
    return {"bytes": np.frombuffer(b"".join(parts), np.uint8), "ends": ends}
