"""What a trainer is to those who run it, be it a file of the user's or a class of scikit-learn's kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from manyfit_host.params import FrozenDict
from manyfit_host.user_code import UserCode
from manyfit_host.work import Block, Column

Key = dict[str, Any]
"""Values of the key columns by name."""


class BoundTrainer(Protocol):
    """A trainer with the columns that it reads. Whatever it calls may raise anything."""

    features: Sequence[str] | None
    """Names of the coefficients of linear models that have none of their own; None: unknown."""
    has_score: bool
    """Whether it can score rows that are held out."""
    digest_scope: str
    """What of a model is in the run's digest: `model_bytes`, or `predictions` of the rows of its fit."""

    def setup(self) -> None:
        """Once for each process, before anything else."""

    def fit(self, block: Block, key: Key, seed: int) -> Any:
        """A model, or a tuple of model and metrics."""

    def score(self, model: Any, block: Block, key: Key) -> Any:
        """Metrics of rows that are held out, of a trainer that can score."""

    def score_in_sample(self, model: Any, block: Block) -> dict[str, Any] | None:
        """Metrics of the rows of the fit, for partitions that have no others; None for none."""

    def predict(self, model: Any, block: Block, key: Key) -> Any:
        """Values for each row."""


@dataclass(frozen=True)
class Description:
    """What a trainer says of itself."""

    columns: list[str] | None
    """Names of the columns to read; None: all."""
    has_predict: bool
    has_score: bool
    min_rows: int
    frame: str
    params: FrozenDict
    is_linear: bool
    digest_scope: str = "model_bytes"
    """See `BoundTrainer`."""
    estimator_kind: str | None = None
    """Of a class: `regressor`, `classifier`; None: neither."""


class Trainer(Protocol):
    """A trainer that was loaded."""

    subject: str
    """What messages call it, such as `train.py`."""
    user_code: UserCode

    def describe(self, names: Sequence[str]) -> Description:
        """What it says of itself, of a source with columns of these names.

        Raises a `Refusal` where that is wrong.
        """

    def bind(self, columns: Sequence[Column], frame: str | None) -> BoundTrainer:
        """The trainer for rows of these columns, in frames of a kind; None: of its own."""

    def sources(self) -> list[dict[str, str]]:
        """Name and sha256 of each file of the user's that was run."""
