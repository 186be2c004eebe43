"""What a Python has of what trainers need, for those who ask before anything is run."""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Iterator
from typing import Any

from manyfit_host.environment import read_blas
from manyfit_host.install_command import belongs_to_system, environment_python, install_command
from manyfit_host.packages import LOWEST, MODULES, is_too_old, lowest_version, package_version

_OPTIONAL = ("polars",)
"""Only trainers that ask for frames of this kind need it."""


def inspect_python() -> Iterator[dict[str, Any]]:
    """Messages `inspected`: of the interpreter, of each package, of the kernels of linear algebra.

    Packages are imported one after the other, so that one which ends the process is known: it is the first of
    the list that was not answered.
    """
    names = sorted(LOWEST, key=lambda name: name in _OPTIONAL)
    yield {
        "type": "inspected",
        "part": "python",
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "belongsToSystem": belongs_to_system(),
        "environmentPython": environment_python(),
        "packages": [
            {"name": name, "lowest": lowest_version(name), "isNeeded": name not in _OPTIONAL}
            for name in names
        ],
    }
    wanted: list[str] = []
    broken: list[str] = []
    for name in names:
        found = _inspect_package(name)
        if found["state"] in ("missing", "too_old") and name not in _OPTIONAL:
            wanted.append(name)
        if found["state"] == "broken":
            broken.append(name)
        yield {"type": "inspected", "part": "package", "name": name, **found}
    yield {"type": "inspected", "part": "end", "blas": read_blas(), "mend": _mend_of(wanted, broken)}


def _mend_of(wanted: list[str], broken: list[str]) -> str | None:
    """One command. What is broken may only lack what is missing, so that comes first."""
    if wanted:
        return install_command(wanted, "--upgrade")
    return install_command(broken, "--force-reinstall") if broken else None


def _inspect_package(name: str) -> dict[str, Any]:
    """Version (None: not installed), state, and what is wrong with it."""
    version = package_version(name)
    try:
        module = importlib.import_module(MODULES.get(name, name))
    except ModuleNotFoundError as failure:
        if version is None:
            return {"version": None, "state": "missing", "problem": None}
        return _broken(version, failure)
    except BaseException as failure:
        return _broken(version, failure)
    version = version or str(getattr(module, "__version__", ""))
    return {"version": version, "state": "too_old" if is_too_old(name, version) else "ok", "problem": None}


def _broken(version: str | None, failure: BaseException) -> dict[str, Any]:
    lines = str(failure).strip().splitlines()
    text = f"{type(failure).__name__}: {lines[0]}" if lines else type(failure).__name__
    return {"version": version, "state": "broken", "problem": text}
