"""A trainer that is a file with `fit(df, key, params, seed)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from manyfit_host.call_plan import Call, plan_call
from manyfit_host.frames import check_kind, create_frames
from manyfit_host.params import FrozenDict, resolve_params
from manyfit_host.refusal import Refusal, suggest_name
from manyfit_host.trainer import Description, Key
from manyfit_host.user_code import kind_of
from manyfit_host.user_module import UserModule, load_user_module
from manyfit_host.work import Block, Column

_ALLOWED = {
    "fit": ("df", "key", "params", "seed"),
    "predict": ("model", "df", "key", "params"),
    "score": ("model", "df", "key", "params"),
}
_NEEDED = {"fit": ("df",), "predict": ("model", "df"), "score": ("model", "df")}


class FileTrainer:
    """The members of a user's file, checked."""

    def __init__(self, path: str, given: Mapping[str, Any]) -> None:
        """Runs the file at an absolute path.

        `given` are its params. Raises a `Refusal` where something is wrong.
        """
        self._file: UserModule = load_user_module(path)
        self.subject = self._file.name
        self.user_code = self._file.user_code
        self.sources = self._file.sources
        members = vars(self._file.module)
        if "fit" not in members:
            raise Refusal("trainer_invalid", f"{self.subject}: has no fit; it must define fit(df)")
        self._calls = {
            name: plan_call(members[name], f"{self.subject}: {name}", allowed, _NEEDED[name])
            for name, allowed in _ALLOWED.items()
            if members.get(name) is not None
        }
        setup = members.get("setup")
        self._setup = None if setup is None else plan_call(setup, f"{self.subject}: setup", ("params",))
        self._frame = check_kind(members.get("frame", "pandas"), self.subject)
        self._min_rows = self._checked_min_rows(members.get("min_rows", 1))
        self._params = resolve_params(members.get("params") or {}, given, self.subject)
        self._columns = members.get("columns")
        self._digest_scope = self._checked_scope(members.get("digest_scope", "model_bytes"))

    def describe(self, names: Sequence[str]) -> Description:
        """See `Trainer`."""
        return Description(
            columns=self._read_columns(list(names)),
            has_predict="predict" in self._calls,
            has_score="score" in self._calls,
            min_rows=self._min_rows,
            frame=self._frame,
            params=self._params,
            is_linear=False,
            digest_scope=self._digest_scope,
        )

    def bind(self, columns: Sequence[Column], frame: str | None) -> BoundFile:
        """See `Trainer`."""
        frames = create_frames(frame or self._frame, columns, self.subject)
        bound = BoundFile(self._calls, self._setup, frames, self._params)
        bound.digest_scope = self._digest_scope
        return bound

    def _checked_scope(self, found: Any) -> str:
        if found not in ("model_bytes", "predictions"):
            text = f"digest_scope is {found!r}, must be 'model_bytes' or 'predictions'"
            raise Refusal("trainer_invalid", f"{self.subject}: {text}")
        if found == "predictions" and "predict" not in self._calls:
            text = "digest_scope is 'predictions', and there is no predict; define predict(model, df)"
            raise Refusal("trainer_invalid", f"{self.subject}: {text}")
        return found

    def _checked_min_rows(self, found: Any) -> int:
        if type(found) is not int or found < 0:
            raise Refusal(
                "trainer_invalid", f"{self.subject}: min_rows is {found!r}, must be a whole number from 0"
            )
        return found

    def _read_columns(self, names: list[str]) -> list[str] | None:
        columns = self._columns
        if columns is None:
            return None
        if callable(columns):
            call = plan_call(columns, f"{self.subject}: columns", ("params", "schema"))
            try:
                columns = call({"params": self._params, "schema": list(names)})
            except BaseException as thrown:
                stack = self.user_code.stack_of(thrown) or ""
                text = f"{self.subject}: columns raised {self.user_code.message_of(thrown)}\n{stack}".rstrip()
                raise Refusal("trainer_invalid", text) from thrown
        if (
            isinstance(columns, str)
            or not isinstance(columns, Sequence)
            or not all(type(c) is str for c in columns)
        ):
            raise Refusal(
                "trainer_invalid", f"{self.subject}: columns is {kind_of(columns)}, must be a list of names"
            )
        if len(columns) == 0:
            raise Refusal(
                "trainer_invalid", f"{self.subject}: columns is empty, must name one column at least"
            )
        for place, name in enumerate(columns):
            if name in columns[:place]:
                raise Refusal("trainer_invalid", f"{self.subject}: columns names {name} twice")
            if name not in names:
                text = f"columns names {name}, which the source does not have; {suggest_name(name, names)}"
                raise Refusal("unknown_column", f"{self.subject}: {text}")
        return list(columns)


class BoundFile:
    """See `BoundTrainer`."""

    features = None
    digest_scope = "model_bytes"

    def __init__(self, calls: dict[str, Call], setup: Call | None, frames: Any, params: FrozenDict) -> None:
        self._fit = calls["fit"]
        self._predict = calls.get("predict", _cannot("predict"))
        self._score = calls.get("score", _cannot("score"))
        self.has_score = "score" in calls
        self._setup = setup
        self._frames = frames
        self._params = params

    def setup(self) -> None:
        """See `BoundTrainer`."""
        if self._setup is not None:
            self._setup({"params": self._params})

    def fit(self, block: Block, key: Key, seed: int) -> Any:
        """See `BoundTrainer`."""
        frame = self._frames.make(block)
        return self._fit({"df": frame, "key": key, "params": self._params, "seed": seed})

    def score(self, model: Any, block: Block, key: Key) -> Any:
        """See `BoundTrainer`."""
        return self._score(
            {"model": model, "df": self._frames.make(block), "key": key, "params": self._params}
        )

    def score_in_sample(self, model: Any, block: Block) -> None:
        """See `BoundTrainer`: what `fit` returns says it all."""
        return

    def predict(self, model: Any, block: Block, key: Key) -> Any:
        """See `BoundTrainer`."""
        return self._predict(
            {"model": model, "df": self._frames.make(block), "key": key, "params": self._params}
        )


def _cannot(name: str) -> Call:
    def call(_: Mapping[str, Any]) -> Any:
        raise TypeError(f"the trainer has no {name}")

    return call
