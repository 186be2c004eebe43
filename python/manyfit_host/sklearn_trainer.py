"""A trainer that is a class of scikit-learn's kind: an importable estimator with `fit` and `get_params`."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from manyfit_host.frames import Frames, create_frames
from manyfit_host.numpy_frame import array_of
from manyfit_host.packages import missing_package, need_package
from manyfit_host.params import frozen
from manyfit_host.refusal import Refusal, suggest_name
from manyfit_host.trainer import Description, Key
from manyfit_host.user_code import UserCode
from manyfit_host.work import Block, Column


class SklearnTrainer:
    """A class with params, and the columns that it is fitted to."""

    def __init__(self, spec: Mapping[str, Any], given: Mapping[str, Any], frame: str | None) -> None:
        """`spec` has `class`, `target`, `features` and `weights`.

        Raises a `Refusal` where the class cannot be used so.
        """
        self.subject: str = spec["class"]
        self.user_code = UserCode(None)
        need_package("sklearn", self.subject)
        self._class = _import_class(self.subject)
        self._target: str | None = spec["target"]
        self._features: list[str] = list(spec["features"])
        self._weights: str | None = spec["weights"]
        self._frame = frame or "pandas"
        self._params = frozen(given)
        names = _param_names(self._class)
        self._has_seed = "random_state" in names and "random_state" not in given
        self._check(names)

    def sources(self) -> list[dict[str, str]]:
        """See `Trainer`: packages are told by their versions."""
        return []

    def describe(self, names: Sequence[str]) -> Description:
        """See `Trainer`."""
        parts = [*self._features, self._target, self._weights]
        columns = [name for name in parts if name is not None]
        for name in columns:
            if name not in names:
                text = f"{self.subject}: column {name} is not in the source; {suggest_name(name, names)}"
                raise Refusal("unknown_column", text)
        return Description(
            columns=list(dict.fromkeys(columns)),
            has_predict=callable(getattr(self._class, "predict", None)),
            has_score=_metric_of(self._create(0)) is not None,
            min_rows=1,
            frame=self._frame,
            params=self._params,
            is_linear=_is_linear(self._class),
            estimator_kind=_kind_of(self._create(0)),
        )

    def bind(self, columns: Sequence[Column], frame: str | None) -> BoundClass:
        """See `Trainer`."""
        by_name = {column.name: column for column in columns}
        missing = next((name for name in self._features if name not in by_name), None)
        if missing is not None:
            raise Refusal("internal", f"{self.subject}: column {missing} is not among those that are read")
        features = [by_name[name] for name in self._features]
        frames = create_frames(frame or self._frame, features, self.subject)
        bound = BoundClass(self._create, features, frames)
        bound.may_overwrite = any(
            name.startswith("copy") and value is False for name, value in self._params.items()
        )
        bound.target = None if self._target is None else by_name.get(self._target)
        bound.has_target = self._target is not None
        bound.weights = None if self._weights is None else by_name.get(self._weights)
        bound.metric = _metric_of(self._create(0))
        bound.has_score = bound.metric is not None
        return bound

    def _create(self, seed: int) -> Any:
        params = {**self._params, "random_state": seed} if self._has_seed else self._params
        return self._class(**params)

    def _check(self, names: list[str]) -> None:
        for name in self._params:
            if name not in names:
                raise Refusal(
                    "invalid_option", f"{self.subject}: has no param {name}; {suggest_name(name, names)}"
                )
        if self._weights is not None and "sample_weight" not in inspect.signature(self._class.fit).parameters:
            text = f"{self.subject}: takes no weights (sample_weight of fit); leave --weights out"
            raise Refusal("invalid_option", text)
        if self._target is None and _needs_target(self._class, self._create(0)):
            text = f"{self.subject}: needs a target, the column to explain; name it with --target"
            raise Refusal("invalid_option", text)
        if self._frame not in ("pandas", "numpy"):
            text = f"{self.subject}: frame is {self._frame}, must be pandas or numpy"
            raise Refusal("invalid_option", text)
        try:
            estimator = self._create(0)
            # What scikit-learn says of params in each fit, said once; classes of others may not have it.
            check = getattr(estimator, "_validate_params", None)
            if check is not None:
                check()
        except Exception as thrown:
            raise Refusal(
                "invalid_option", f"{self.subject}: {self.user_code.message_of(thrown)}"
            ) from thrown


class BoundClass:
    """See `BoundTrainer`."""

    target: Column | None
    """None where it is not read, as when only predicting."""
    weights: Column | None
    metric: str | None
    """What `score` gives: `r2` or `accuracy`; None: something else, which is not told."""
    has_score: bool
    digest_scope = "model_bytes"
    has_target: bool
    """Whether there is something to explain."""
    may_overwrite = False
    """Whether a fit may write over its rows, as with `copy_X=False`, which are scored afterwards."""

    def __init__(self, create: Any, features: Sequence[Column], frames: Frames) -> None:
        """`create` makes an estimator for a seed."""
        self._create = create
        self._frames = frames
        self.features = [column.name for column in features]

    def setup(self) -> None:
        """See `BoundTrainer`: there is nothing to set up."""

    def fit(self, block: Block, key: Key, seed: int) -> Any:
        """See `BoundTrainer`."""
        estimator = self._create(seed)
        if self.may_overwrite:
            block = block._replace(numbers=block.numbers.copy())
        target = (self._target_of(block),) if self.has_target else ()
        estimator.fit(self._matrix(block), *target, **self._weights_of(block))
        return estimator

    def score(self, model: Any, block: Block, key: Key) -> dict[str, Any]:
        """See `BoundTrainer`."""
        weights = self._weights_of(block)
        return {self.metric: model.score(self._matrix(block), self._target_of(block), **weights)}

    def score_in_sample(self, model: Any, block: Block) -> dict[str, Any] | None:
        """See `BoundTrainer`."""
        if not self.has_score:
            return None
        return {f"{name}_in_sample": value for name, value in self.score(model, block, {}).items()}

    def predict(self, model: Any, block: Block, key: Key) -> Any:
        """See `BoundTrainer`."""
        return model.predict(self._matrix(block))

    def _matrix(self, block: Block) -> Any:
        frame = self._frames.make(block)
        return np.column_stack([frame[name] for name in self.features]) if isinstance(frame, dict) else frame

    def _target_of(self, block: Block) -> np.ndarray:
        if self.target is None:
            raise LookupError("the target is not read")
        return array_of(block, self.target)

    def _weights_of(self, block: Block) -> dict[str, np.ndarray]:
        return {} if self.weights is None else {"sample_weight": array_of(block, self.weights)}


def _import_class(path: str) -> Any:
    module_name, _, name = path.rpartition(".")
    if module_name == "":
        text = f"{path}: is no dotted path of a class, such as sklearn.linear_model.LinearRegression"
        raise Refusal("trainer_invalid", text)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as failure:
        raise missing_package(failure, path) from failure
    except Exception as failure:
        raise Refusal("trainer_invalid", f"{path}: cannot be imported: {failure}") from failure
    found = getattr(module, name, None)
    if found is None:
        known = [
            known
            for known, member in vars(module).items()
            if isinstance(member, type) and hasattr(member, "fit")
        ]
        listed = sorted({*known, *getattr(module, "__all__", [])})
        raise Refusal("trainer_invalid", f"{path}: {module_name} has no {name}; {suggest_name(name, listed)}")
    if not isinstance(found, type) or not hasattr(found, "fit") or not hasattr(found, "get_params"):
        text = "is no estimator, which is a class with fit and get_params; a Pipeline is made by a small file"
        raise Refusal("trainer_invalid", f"{path}: {text}")
    return found


def _param_names(kind: type) -> list[str]:
    """Names of its params: what an estimator says itself, else the parameters of the constructor."""
    try:
        return list(kind().get_params(deep=False))  # type: ignore[attr-defined]
    except Exception:
        # One that cannot be made without params.
        parameters = inspect.signature(kind).parameters.values()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [parameter.name for parameter in parameters if parameter.kind in named]


def _kind_of(estimator: Any) -> str | None:
    from sklearn.base import is_classifier, is_regressor

    return "regressor" if is_regressor(estimator) else "classifier" if is_classifier(estimator) else None


def _needs_target(kind: type, estimator: Any) -> bool:
    """Whether it explains a column: it says so itself, or its `fit` cannot be called without."""
    y = inspect.signature(kind.fit).parameters.get("y")  # type: ignore[attr-defined]
    return _kind_of(estimator) is not None or (y is not None and y.default is inspect.Parameter.empty)


def _metric_of(estimator: Any) -> str | None:
    if not callable(getattr(estimator, "score", None)):
        return None
    return {"regressor": "r2", "classifier": "accuracy"}.get(_kind_of(estimator) or "")


def _is_linear(kind: type) -> bool:
    """Whether it is a regressor of scikit-learn with one coefficient for each feature."""
    from sklearn.base import RegressorMixin

    return issubclass(kind, RegressorMixin) and kind.__module__.startswith("sklearn.linear_model.")
