"""What fits and predictions of one process share: where they tell what they are at, and how they begin."""

from __future__ import annotations

import os
import random
import warnings
from dataclasses import dataclass
from time import time
from typing import Any

import numpy as np

from manyfit_host.channel import Channel
from manyfit_host.column_values import UnsupportedValues
from manyfit_host.console import Console
from manyfit_host.process_state import ProcessState
from manyfit_host.progress_cell import ProgressCell
from manyfit_host.result_checks import InvalidResult
from manyfit_host.trainer import BoundTrainer, Key
from manyfit_host.user_code import UserCode
from manyfit_host.work import Column, Partition

# As they are now: user code may replace what modules have.
getpid, leave = os.getpid, os._exit


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a partition has no result."""

    code: str
    """`trainer_threw`, `result_invalid` or `values_unsupported`."""
    message: str
    stack: str | None


@dataclass(frozen=True)
class Session:
    """A trainer that is ready, and those who are told of it."""

    trainer: BoundTrainer
    user_code: UserCode
    columns: tuple[Column, ...]
    key_names: tuple[str, ...]
    channel: Channel
    console: Console
    cell: ProgressCell
    state: ProcessState
    process: int
    """Number of this process."""

    def key_of(self, partition: Partition) -> Key:
        """The partition's key as user code gets it."""
        return dict(zip(self.key_names, partition.key, strict=True))

    def begin(self, message: int, index: int) -> float:
        """Tells that a partition is at work from now on. Gives seconds since 1970."""
        started = time()
        self.cell.begin(message, index, started)
        self.console.begin(message, index)
        return started

    def end(self) -> None:
        """Tells that it is not any more."""
        if getpid() != self.process:
            # User code forked, and this is the fork, which came back from it.
            leave(0)
        self.console.end()
        self.state.restore()
        self.cell.end()

    def failure_of(self, thrown: BaseException) -> Failure:
        """What is told of anything that was raised."""
        # Not isinstance: user code may raise what lies about its class.
        if type(thrown) is InvalidResult:
            return Failure("result_invalid", str(thrown), None)
        if type(thrown) is UnsupportedValues:
            return Failure("values_unsupported", str(thrown), None)
        return Failure("trainer_threw", self.user_code.message_of(thrown), self.user_code.stack_of(thrown))


def seed_generators(seed: int) -> None:
    """Makes what user code draws from the generators of `random` and `numpy.random` the same in every run."""
    random.seed(seed)
    np.random.seed(seed)


def own_warnings() -> warnings.catch_warnings[Any]:
    """A context in which each warning is shown once more, as if no partition had come before.

    Filters that are set within are those of the partition alone.
    """
    return warnings.catch_warnings()
