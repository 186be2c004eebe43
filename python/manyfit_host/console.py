"""What user code prints and is warned of, told to the host as the words of the partition that is at work."""

from __future__ import annotations

import codecs
import io
import sys
import warnings
from collections.abc import Callable
from typing import Any

from manyfit_host.channel import Channel
from manyfit_host.user_code import UserCode

MOST_CHARACTERS = 16_385
"""Characters that are told of one partition: one more than is kept, from which the host knows that there was
more.
"""

_DESCRIPTORS = {"stdout": 1, "stderr": 2}


class Console:
    """`sys.stdout`, `sys.stderr` and the warnings of this process.

    Code that is not Python's writes to 1 and 2 itself.
    """

    def __init__(self, channel: Channel) -> None:
        """What is told goes to the host over `channel`."""
        self._channel = channel
        self.user_code = UserCode(None)
        """Whose files the ones are that warnings name."""
        self._place: tuple[int | None, int | None] = (None, None)
        self._room = MOST_CHARACTERS
        self._room_outside = MOST_CHARACTERS
        self._streams = {name: _Stream(_Bytes(name, self._print)) for name in _DESCRIPTORS}
        self._out = self._streams["stdout"]
        self._error = self._streams["stderr"]
        self._take_streams()
        warnings.showwarning = self._show_warning
        _print_lines_of_c()

    def begin(self, message: int, index: int) -> None:
        """What is printed from now on is a partition's, which has a limit of its own."""
        self._place = (message, index)
        self._room = MOST_CHARACTERS
        # They may be gone altogether.
        if vars(sys).get("stdout") is not self._out or vars(sys).get("stderr") is not self._error:
            self._take_streams()

    def end(self) -> None:
        """What is printed from now on is nobody's. Half a line of the partition is told first."""
        self.flush()
        self._place = (None, None)

    def flush(self) -> None:
        """Tells half lines."""
        self._out.finish()
        self._error.finish()

    def leave_to_parent(self) -> None:
        """For a process that was forked from this one: what it prints goes where that of other code goes."""
        for name, descriptor in _DESCRIPTORS.items():
            stream = open(
                descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
            )
            setattr(sys, name, stream)

    def _take_streams(self) -> None:
        sys.stdout, sys.stderr = self._out, self._error

    def _print(self, stream: str, text: str) -> None:
        is_outside = self._place[0] is None
        room = self._room_outside if is_outside else self._room
        if room <= 0 or text == "":
            return
        text = text[:room]
        if is_outside:
            self._room_outside -= len(text)
        else:
            self._room -= len(text)
        message, index = self._place
        self._channel.write({"type": "logged", "id": message, "index": index, "stream": stream, "text": text})

    def _show_warning(self, *told: Any, **named: Any) -> None:
        """Takes what `warnings.showwarning` takes."""
        warning = warnings.WarningMessage(*told, **named)
        text = " ".join(str(warning.message).split())
        place = f"{self.user_code.shown_path(warning.filename)}:{warning.lineno}"
        line = f"{warning.category.__name__}: {text} ({place})\n"
        if warning.file is not None:
            warning.file.write(line)
            return
        self._error.flush()
        self._print("stderr", line)


class _Bytes(io.RawIOBase):
    """The binary side of a stream."""

    def __init__(self, name: str, write: Callable[[str, str], None]) -> None:
        self._name = name
        self._write = write
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return _DESCRIPTORS[self._name]

    def close(self) -> None:
        # Those who come after write, too.
        pass

    def finish(self) -> None:
        """Tells what there is of a letter whose bytes did not all come."""
        self._write(self._name, self._decoder.decode(b"", final=True))

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self._write(self._name, self._decoder.decode(view))
        return view.nbytes


class _Stream(io.TextIOWrapper):
    """A text stream that hands on whole lines, and that user code cannot ruin for those who come after."""

    _FORM = {"encoding": "utf-8", "errors": "backslashreplace", "newline": "\n", "line_buffering": True}

    def __init__(self, binary: _Bytes) -> None:
        super().__init__(binary, **self._FORM)
        self._binary = binary
        self._is_changed = False

    def close(self) -> None:
        self.flush()

    def detach(self) -> _Bytes:
        self.flush()
        return self._binary

    def reconfigure(self, **form: Any) -> None:
        self._is_changed = True
        super().reconfigure(**form)

    def finish(self) -> None:
        """Tells what waits, and takes its own form again."""
        self.flush()
        self._binary.finish()
        if self._is_changed:
            super().reconfigure(**self._FORM)
            self._is_changed = False


def _print_lines_of_c() -> None:
    """Makes C's own stdout give away whole lines, which it would keep until the process ends."""
    line_buffered = 1
    try:
        import ctypes

        library = ctypes.CDLL(None)
        name = "__stdoutp" if sys.platform == "darwin" else "stdout"
        library.setvbuf(ctypes.c_void_p.in_dll(library, name), None, line_buffered, 1024)
    except (ImportError, OSError, ValueError, AttributeError, TypeError):
        # Where there is no such library its lines are told later.
        pass
