"""Loads a trainer's file, so that imports beside it work as they do in plain Python."""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
from dataclasses import dataclass
from importlib.util import decode_source, module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

from manyfit_host.folder_package import FOLDER_PACKAGE, add_folder_package
from manyfit_host.import_scan import imported_files
from manyfit_host.packages import missing_package
from manyfit_host.refusal import Refusal
from manyfit_host.user_code import UserCode, remember_source


@dataclass(frozen=True)
class UserModule:
    """A trainer's file that was run."""

    name: str
    """Of the file, as messages have it."""
    path: str
    module: ModuleType
    sha256: str
    """Of the bytes that were run."""
    user_code: UserCode

    def sources(self) -> list[dict[str, str]]:
        """The file and the modules beside it that it needs, by name, with the sha256 of each.

        These are all that were imported by now, and all that their texts, and those of what they import, name
        in an import anywhere: those within functions are run when a fit or a prediction comes there.
        """
        is_beside = self.user_code.is_beside
        loaded = {path for path in map(_file_of, list(sys.modules.values())) if path and is_beside(path)}
        root = self.user_code.folder or os.sep
        paths = loaded | imported_files([self.path, *loaded], root.rstrip(os.sep) or os.sep, is_beside)
        found: dict[str, str] = {}
        for path in paths:
            try:
                with open(path, "rb") as file:
                    found[self.user_code.shown_path(path)] = hashlib.sha256(file.read()).hexdigest()
            except OSError:
                continue
        # What was run, whatever the file has by now.
        found[self.user_code.shown_path(self.path)] = self.sha256
        return [{"name": name, "sha256": sha256} for name, sha256 in sorted(found.items())]


_loaded: dict[str, UserModule] = {}


def load_user_module(path: str) -> UserModule:
    """Runs a trainer's file, once for each process.

    Raises a `Refusal` where it cannot be read, or raises something itself.
    """
    if path not in _loaded:
        _loaded[path] = _run_file(path)
    return _loaded[path]


def _run_file(path: str) -> UserModule:
    name = os.path.basename(path)
    try:
        with open(path, "rb") as file:
            content = file.read()
        source = decode_source(content)
    except (OSError, SyntaxError, UnicodeDecodeError) as failure:
        raise Refusal("trainer_invalid", f"{name}: cannot be read: {failure}") from failure
    root, package = _package_of(os.path.dirname(path))
    user_code = UserCode(root)
    sys.path.insert(0, root)
    sys.argv = [path]
    remember_source(path, source)
    try:
        module = _module_for(path, package)
        exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
    except ModuleNotFoundError as failure:
        raise missing_package(failure, name) from failure
    except Refusal:
        raise
    except BaseException as thrown:
        stack = user_code.stack_of(thrown) or user_code.message_of(thrown)
        text = f"{name}: could not be imported: {user_code.message_of(thrown)}\n{stack}"
        raise Refusal("trainer_invalid", text) from thrown
    return UserModule(name, path, module, hashlib.sha256(content).hexdigest(), user_code)


def _file_of(module: object) -> str | None:
    try:
        path = module.__file__  # type: ignore[attr-defined]
    except Exception:
        # It is none, or one whose members come when they are asked for, and raise.
        return None
    return path if isinstance(path, str) else None


def _package_of(folder: str) -> tuple[str, str]:
    """The folder that is searched for imports, and the package; its name is empty where `folder` is none."""
    names: list[str] = []
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
        names.insert(0, name)
    return folder, ".".join(names)


def _module_for(path: str, package: str) -> Any:
    """A module that is known by the name under which plain Python would import it: pickles name it."""
    stem = os.path.basename(path).removesuffix(".py")
    name = f"{package}.{stem}" if package else stem
    is_taken = name in sys.modules or (not package and stem in sys.stdlib_module_names)
    if is_taken:
        text = f"another module has the name {stem} already; give the file another name"
        raise Refusal("trainer_invalid", f"{os.path.basename(path)}: {text}")
    if package:
        importlib.import_module(package)
        known_as = name
    else:
        add_folder_package(os.path.dirname(path))
        known_as = f"{FOLDER_PACKAGE}.{stem}"
    spec = spec_from_file_location(known_as, path)
    if spec is None:
        raise Refusal(
            "trainer_invalid", f"{os.path.basename(path)}: is no Python file; its name must end in .py"
        )
    module = module_from_spec(spec)
    module.__name__ = name
    sys.modules[known_as] = sys.modules[name] = module
    return module
