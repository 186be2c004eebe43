"""The command that installs packages for the Python that runs this."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Sequence

ENVIRONMENT = ".venv"
"""Folder of the environment that is made where the Python belongs to the system."""

USUAL_PACKAGES = ("numpy", "joblib", "pyarrow", "pandas", "scikit-learn")
"""What trainers usually need, and a new environment is given."""


def install_command(packages: Sequence[str], *flags: str) -> str:
    """One line for a shell that installs packages; `flags` are pip's.

    A Python of the system (PEP 668) refuses packages: the line makes an environment then, which has to be
    named with `--python` afterwards (`environment_python`), with all that trainers usually need.
    """
    if belongs_to_system():
        wanted = [*USUAL_PACKAGES, *(package for package in packages if package not in USUAL_PACKAGES)]
        make = [*_venv_steps(), [interpreter(), "-m", "venv", ENVIRONMENT]]
        return _joined([*make, [environment_python(), "-m", "pip", "install", *wanted]])
    steps = [] if _is_there("pip") else [[interpreter(), "-m", "ensurepip"]]
    return _joined([*steps, [interpreter(), "-m", "pip", "install", *flags, *packages]])


def install_advice(packages: Sequence[str], *flags: str) -> str:
    """`install_command` as the end of a sentence on packages that are missing or too old."""
    command = install_command(packages, *flags)
    if belongs_to_system():
        return (
            "that Python belongs to the system, so make an environment for it: "
            f"{command}; then name it with --python {environment_python()}"
        )
    verb = "upgrade" if "--upgrade" in flags else "install"
    return f"{verb} {'it' if len(packages) == 1 else 'them'} with {command}"


def belongs_to_system() -> bool:
    """Whether this Python takes packages only from the system's own tools (PEP 668)."""
    if sys.prefix != sys.base_prefix:
        return False
    return os.path.exists(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED"))


def environment_python() -> str:
    """The interpreter of the environment that `install_command` makes, from the folder in which it is run."""
    return os.path.join(ENVIRONMENT, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))


def interpreter() -> str:
    """Path of the Python that runs this."""
    return sys.executable or "python3"


def _venv_steps() -> list[list[str]]:
    """Debian has what makes environments in a package of its own."""
    if _is_there("ensurepip") or not os.path.exists("/etc/debian_version"):
        return []
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    rights = [] if os.geteuid() == 0 else ["sudo"]
    return [[*rights, "apt-get", "install", "-y", package]]


def _joined(steps: Sequence[Sequence[str]]) -> str:
    join = subprocess.list2cmdline if os.name == "nt" else shlex.join
    return " && ".join(map(join, steps))


def _is_there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
