"""The four forms in which trainers get their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from manyfit_host.packages import need_package
from manyfit_host.refusal import Refusal, suggest_name
from manyfit_host.user_code import kind_of
from manyfit_host.work import Block, Column

KINDS = ("pandas", "numpy", "arrow", "polars")


class Frames(Protocol):
    """Makes frames of one kind."""

    def make(self, block: Block) -> Any:
        """The columns of these rows."""


def check_kind(kind: Any, subject: str) -> str:
    """One of `KINDS`; `subject` is whose it is, such as `train.py`."""
    if isinstance(kind, str) and kind in KINDS:
        return kind
    found = (
        f'"{kind}"; {suggest_name(kind, KINDS)}'
        if isinstance(kind, str)
        else f"{kind_of(kind)}, must be a text"
    )
    raise Refusal("trainer_invalid", f"{subject}: frame is {found}")


def check_packages(kind: str, has_texts: bool, subject: str) -> None:
    """Raises a `Refusal` where a package is missing that frames of this kind need."""
    if kind != "numpy":
        need_package({"arrow": "pyarrow"}.get(kind, kind), subject)
    if kind == "polars" or (kind == "pandas" and has_texts):
        need_package("pyarrow", subject)


def create_frames(kind: str, columns: Sequence[Column], subject: str) -> Frames:
    """What makes frames of a kind, of these columns in this order. Packages are imported now."""
    if kind == "numpy":
        from manyfit_host.numpy_frame import NumpyFrames

        return NumpyFrames(columns)
    if kind == "pandas":
        from manyfit_host.pandas_frame import PandasFrames

        return PandasFrames(columns, subject)
    from manyfit_host.arrow_frame import ArrowFrames, PolarsFrames

    return ArrowFrames(columns, subject) if kind == "arrow" else PolarsFrames(columns, subject)
