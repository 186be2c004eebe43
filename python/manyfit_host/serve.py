"""Answers the messages of the host until it has no more."""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import signal
import sys
import traceback
from contextlib import suppress
from typing import Any

from manyfit_host import PROTOCOL_VERSION
from manyfit_host.channel import Channel
from manyfit_host.console import Console
from manyfit_host.life_line import hold_on_to
from manyfit_host.packages import need_base
from manyfit_host.refusal import Refusal
from manyfit_host.user_code import UserCode

INCOMING, OUTGOING, LIFE = 3, 4, 5


def serve() -> None:
    """Runs until the host ends this process, or closes its end of the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hold_on_to(LIFE)
    # What was at work when native code crashes is told by its last words.
    faulthandler.enable(all_threads=False)
    try:
        service = _Service()
        while (message := service.channel.read()) is not None:
            service.answer(message)
        service.console.flush()
    except BaseException:
        # Ours, or the stream is damaged: where streams of user code go nobody would read it as last words.
        traceback.print_exc(file=sys.__stderr__)
        os._exit(72)
    os._exit(0)


class _Service:
    """The state between messages: the trainer that was loaded, and what makes it ready."""

    def __init__(self) -> None:
        self.channel = Channel(INCOMING, OUTGOING)
        self.console = Console(self.channel)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._leave_to_parent)
        self._loaded: tuple[str, Any] | None = None
        self._session: Any = None

    def answer(self, message: dict[str, Any]) -> None:
        """Does what a message asks. What a trainer does wrong before its first fit is told as `broken`."""
        kind = message["type"]
        if kind in ("fit", "predict"):
            self._work(kind, message)
            return
        if kind == "inspect":
            self._inspect()
            return
        if kind == "load":
            self._load_ahead(message)
            return
        try:
            answer = self._describe(message) if kind == "describe" else self._begin(message)
        except Refusal as refusal:
            answer = {"type": "broken", "code": refusal.code, "message": refusal.message}
        self.console.flush()
        self.channel.write(answer)

    def _work(self, kind: str, message: dict[str, Any]) -> None:
        if kind == "fit":
            from manyfit_host.fit_work import fit_work

            fit_work(self._session, message)
        else:
            from manyfit_host.predict_work import predict_work

            predict_work(self._session, message)

    def _load_ahead(self, message: dict[str, Any]) -> None:
        # What is wrong is told to whoever asks for a description, or begins.
        with suppress(Refusal):
            self._load(message)
        self.console.flush()

    def _inspect(self) -> None:
        from manyfit_host.inspection import inspect_python

        for answer in inspect_python():
            self.channel.write(answer)

    def _describe(self, message: dict[str, Any]) -> dict[str, Any]:
        # First: it tells where numpy is missing, which whatever is imported here needs.
        trainer = self._load(message)
        from manyfit_host.environment import read_environment
        from manyfit_host.frames import check_packages

        schema = message["schema"]
        description = trainer.describe([field["name"] for field in schema])
        read = [
            field for field in schema if description.columns is None or field["name"] in description.columns
        ]
        has_texts = any(field["type"] == "text" for field in read)
        check_packages(description.frame, has_texts, trainer.subject)
        return {
            "type": "described",
            "columns": description.columns,
            "hasPredict": description.has_predict,
            "hasScore": description.has_score,
            "minRows": description.min_rows,
            "frame": description.frame,
            "params": description.params,
            "environment": read_environment(),
            "sources": trainer.sources(),
            "isLinear": description.is_linear,
            "digestScope": description.digest_scope,
            "estimatorKind": description.estimator_kind,
        }

    def _begin(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["version"] != PROTOCOL_VERSION:
            version = message["version"]
            text = f"host speaks version {version} of the protocol, its Python child {PROTOCOL_VERSION}"
            raise Refusal("internal", text)
        trainer = self._load(message)
        from manyfit_host.process_state import ProcessState
        from manyfit_host.progress_cell import ProgressCell
        from manyfit_host.session import Session
        from manyfit_host.work import read_columns

        columns = read_columns(message["columns"])
        bound = trainer.bind(columns, message["frame"])
        try:
            bound.setup()
        except BaseException as thrown:
            stack = trainer.user_code.stack_of(thrown) or ""
            text = f"{trainer.subject}: setup raised {trainer.user_code.message_of(thrown)}\n{stack}".rstrip()
            raise Refusal("trainer_invalid", text) from thrown
        self._session = Session(
            trainer=bound,
            user_code=trainer.user_code,
            columns=columns,
            key_names=tuple(key["name"] for key in message["keys"]),
            channel=self.channel,
            console=self.console,
            cell=ProgressCell(message["cell"]),
            state=ProcessState(),
            process=os.getpid(),
        )
        # What is there now stays: collections need not walk it again and again.
        gc.collect()
        gc.freeze()
        return {"type": "ready"}

    def _load(self, message: dict[str, Any]) -> Any:
        """The trainer, which is loaded once: its file may do anything when it is run."""
        spec, params = message["trainer"], message["params"]
        identity = json.dumps([spec, params, message.get("frame")], sort_keys=True)
        if self._loaded is None or self._loaded[0] != identity:
            self._loaded = (identity, self._create(spec, params, message.get("frame")))
        return self._loaded[1]

    def _create(self, spec: dict[str, Any], params: dict[str, Any], frame: str | None) -> Any:
        subject = _subject_of(spec)
        need_base(subject)
        if spec["kind"] == "file":
            from manyfit_host.file_trainer import FileTrainer

            # Known before the file is run, which may warn of itself.
            self.console.user_code = UserCode(os.path.dirname(spec["path"]))
            trainer: Any = FileTrainer(spec["path"], params)
        else:
            from manyfit_host.sklearn_trainer import SklearnTrainer

            trainer = SklearnTrainer(spec, params, frame)
        self.console.user_code = trainer.user_code
        return trainer

    def _leave_to_parent(self) -> None:
        self.channel.leave_to_parent()
        self.console.leave_to_parent()


def _subject_of(spec: dict[str, Any]) -> str:
    return os.path.basename(spec["path"]) if spec["kind"] == "file" else spec["class"]
