"""Which files are the user's, and what people are shown of them."""

from __future__ import annotations

import linecache
import os
import site
import sysconfig
import traceback
from types import TracebackType

OWN_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep

MOST_MESSAGE = 2_000
"""Characters of a message: it is a cell of the ledger, not a dump of the data."""
MOST_CAUSES = 3
MOST_FRAMES = 20
"""Frames of a traceback: of a longer one the first and the last half are told."""


def _installed_folders() -> list[str]:
    paths = sysconfig.get_paths()
    folders = [paths[name] for name in ("purelib", "platlib", "stdlib", "platstdlib") if name in paths]
    folders += [*site.getsitepackages(), site.getusersitepackages()]
    # The longest first: packages lie within the folder of the standard library.
    real = {os.path.realpath(folder) + os.sep for folder in folders} | {folder + os.sep for folder in folders}
    return sorted(real, key=len, reverse=True)


class UserCode:
    """The folder of a trainer, and the failures of what lies in it."""

    def __init__(self, folder: str | None) -> None:
        """`folder` is absolute; None: there is no file of the user's."""
        self.folder = None if folder is None else folder.rstrip(os.sep) + os.sep
        self._installed = _installed_folders()

    def is_beside(self, path: str) -> bool:
        """Whether a file is the user's own, in the folder of the trainer."""
        return self.folder is not None and path.startswith(self.folder) and not self.is_installed(path)

    def is_installed(self, path: str) -> bool:
        """Whether a file belongs to Python or to an installed package."""
        if "site-packages" in path or "dist-packages" in path:
            return True
        return any(path.startswith(folder) for folder in self._installed)

    def shown_path(self, path: str) -> str:
        """A path relative to the trainer's folder, or to that of installed packages; else the path."""
        if self.folder is not None and path.startswith(self.folder) and not self.is_installed(path):
            return path[len(self.folder) :].replace(os.sep, "/")
        for folder in self._installed:
            if path.startswith(folder):
                return path[len(folder) :].replace(os.sep, "/")
        return path

    def message_of(self, thrown: BaseException) -> str:
        """`ValueError: text`, cut where it is long. Never raises."""
        name = _name_of_class(type(thrown))
        try:
            if issubclass(type(thrown), SyntaxError):
                place = self.shown_path(str(thrown.filename))
                text = f"{thrown.msg} ({place}, line {thrown.lineno})"
            else:
                text = _text_of(thrown)
        except BaseException as failure:
            text = f"its text cannot be told ({_name_of_class(type(failure))})"
        return cut_text(f"{name}: {text}" if text else name)

    def stack_of(self, thrown: BaseException) -> str | None:
        """The traceback with the user's frames and the innermost one; None where there are none.

        Never raises.
        """
        try:
            return self._stack_of(thrown, MOST_CAUSES)
        except BaseException:
            # Of an exception that cannot be read, or where memory has run out.
            return None

    def _stack_of(self, thrown: BaseException, causes: int) -> str | None:
        frames = self._frames_of(thrown.__traceback__)
        lines = [] if not frames else ["Traceback (most recent call last):", *frames]
        lines.append(self.message_of(thrown))
        lines += _notes_of(thrown)
        # Not isinstance, which asks an exception for its class.
        if issubclass(type(thrown), BaseExceptionGroup) and causes > 0:
            lines += self._members_of(thrown, causes - 1)
        hidden = None if thrown.__suppress_context__ else thrown.__context__
        cause = thrown.__cause__ or hidden
        if cause is not None and causes > 0:
            lines.append(f"caused by {self._stack_of(cause, causes - 1) or self.message_of(cause)}")
        elif not frames:
            return None
        return "\n".join(lines)

    def _members_of(self, group: BaseExceptionGroup[BaseException], causes: int) -> list[str]:
        first, rest = group.exceptions[:MOST_CAUSES], len(group.exceptions) - MOST_CAUSES
        lines = [f"made of {self._stack_of(one, causes) or self.message_of(one)}" for one in first]
        return [*lines, f"… {rest} more"] if rest > 0 else lines

    def _frames_of(self, innermost: TracebackType | None) -> list[str]:
        places = [
            (frame.f_code.co_filename, line, frame.f_code.co_name)
            for frame, line in traceback.walk_tb(innermost)
            if not frame.f_code.co_filename.startswith(OWN_FOLDER)
        ]
        last = len(places) - 1
        kept = [place for i, place in enumerate(places) if i == last or self._is_users(place[0])]
        texts = [self._frame_text(*place) for place in kept]
        if len(texts) <= MOST_FRAMES:
            return texts
        half = MOST_FRAMES // 2
        return [*texts[:half], f"  … {len(texts) - MOST_FRAMES} frames …", *texts[-half:]]

    def _frame_text(self, path: str, line: int, name: str) -> str:
        text = f'  File "{self.shown_path(path)}", line {line}, in {name}'
        code = linecache.getline(path, line).strip()
        return f"{text}\n    {cut_text(code)}" if code else text

    def _is_users(self, path: str) -> bool:
        return not path.startswith("<frozen ") and not self.is_installed(path)


def cut_text(text: str) -> str:
    """Text that fits into a cell."""
    return text if len(text) <= MOST_MESSAGE else f"{text[:MOST_MESSAGE]}…"


def remember_source(path: str, source: str) -> None:
    """Makes tracebacks show these lines for a file, whatever it has on disk by then."""
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)


def kind_of(value: object) -> str:
    """`a list`, `an int`, `None`: what messages call a value."""
    if value is None:
        return "None"
    name = type(value).__qualname__
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


def qualified_name(kind: type) -> str:
    """`package.module.Class` as the class itself has it, which may be anything but a text. Never raises."""
    try:
        # Not by what a metaclass makes of it.
        module, name = type.__dict__["__module__"], type.__dict__["__qualname__"]
        return f"{module.__get__(kind)}.{name.__get__(kind)}"
    except BaseException:
        return "a class without a name"


def _name_of_class(kind: type) -> str:
    return qualified_name(kind).removeprefix("builtins.")


def _text_of(thrown: BaseException) -> str:
    # Of a subclass of str, which may do as it likes, the text alone.
    return str.__str__(str(thrown))


def _notes_of(thrown: BaseException) -> list[str]:
    try:
        return [cut_text(str(note)) for note in getattr(thrown, "__notes__", ())]
    except BaseException as failure:
        return [f"its notes cannot be told ({_name_of_class(type(failure))})"]
