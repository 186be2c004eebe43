"""Which files a source may import when its functions are called, read from its text without running it."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterable, Iterator
from importlib.machinery import PathFinder

_BY_CALL = ("import_module", "__import__")
"""Functions that import what their first argument names, where that is a text."""


def imported_files(paths: Iterable[str], root: str, is_users: Callable[[str], bool]) -> set[str]:
    """Files that sources import anywhere in their text, and those that these import, and so on.

    `root` is the folder that absolute imports are looked for in; `is_users` says which of the files that are
    found count. Of what is imported the packages above it count too, as their `__init__.py` is run. Names
    that are made while the code runs cannot be read.
    """
    found: set[str] = set()
    waiting = list(paths)
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for folder, name in _imports_of(path, root):
            for file in _files_of(folder, name):
                if is_users(file) and file not in found:
                    found.add(file)
                    waiting.append(file)
    return found


def _imports_of(path: str, root: str) -> Iterator[tuple[str, str]]:
    """Folder that a name is looked for in, and the dotted name."""
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        # Of another kind, or broken: what it imports is not known, and it may never be imported itself.
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((root, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            folder = _above(path, node.level) if node.level > 0 else root
            # What is imported from a package may be a module of it.
            for alias in node.names:
                name = "" if alias.name == "*" else alias.name
                yield folder, ".".join(part for part in (node.module, name) if part)
        elif isinstance(node, ast.Call) and (name := _called_name(node)):
            plain = name.lstrip(".")
            level = len(name) - len(plain)
            yield (_above(path, level) if level > 0 else root), plain


def _called_name(call: ast.Call) -> str | None:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
    if name not in _BY_CALL or not call.args or not isinstance(call.args[0], ast.Constant):
        return None
    return call.args[0].value if isinstance(call.args[0].value, str) else None


def _above(path: str, level: int) -> str:
    """The folder of a relative import: `.` is the one of the file."""
    folder = os.path.dirname(path)
    for _ in range(level - 1):
        folder = os.path.dirname(folder)
    return folder


def _files_of(folder: str, name: str) -> Iterator[str]:
    """Files that an import of a dotted name runs, as far as they lie below a folder."""
    own = os.path.join(folder, "__init__.py")
    if os.path.isfile(own):
        yield own
    folders = [folder]
    for part in name.split("."):
        if part == "":
            return
        spec = PathFinder.find_spec(part, folders)
        if spec is None:
            return
        if spec.origin is not None and spec.has_location:
            yield spec.origin
        if spec.submodule_search_locations is None:
            return
        # A list: that of a package without `__init__.py` looks for its parent, which is not imported.
        folders = _locations_of(spec.submodule_search_locations, folders, part)


def _locations_of(locations: Iterable[str], folders: list[str], part: str) -> list[str]:
    try:
        return list(locations)
    except (KeyError, AttributeError, ImportError):
        return [os.path.join(folder, part) for folder in folders]
