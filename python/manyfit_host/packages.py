"""The packages that trainers need, and what is said where one is missing or too old."""

from __future__ import annotations

import importlib
import importlib.util
import re
from importlib import metadata
from types import ModuleType

from manyfit_host.refusal import Refusal
from manyfit_host.user_code import interpreter

LOWEST = {
    "numpy": (1, 26),
    "joblib": (1, 3),
    "pandas": (2, 2),
    "pyarrow": (15, 0),
    "scikit-learn": (1, 4),
    "polars": (1, 0),
}
"""Lowest versions that are tested."""

_INSTALLED_AS = {
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "PIL": "pillow",
    "cv2": "opencv-python",
    "yaml": "pyyaml",
    "dateutil": "python-dateutil",
    "bs4": "beautifulsoup4",
}
"""Names under which packages are installed, where they are imported under others."""


def need_package(name: str, subject: str) -> ModuleType:
    """Imports a package of those in `LOWEST` by the name of its module; `subject` is who needs it, such as
    `train.py`.
    """
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as failure:
        raise missing_package(failure, subject) from failure
    installed_as = _INSTALLED_AS.get(name, name)
    lowest = LOWEST[installed_as]
    version = package_version(installed_as) or str(getattr(module, "__version__", ""))
    if version != "" and _numbers_of(version) < lowest:
        needed = ".".join(map(str, lowest))
        raise Refusal(
            "trainer_invalid",
            f"{subject}: needs {installed_as} {needed} or later, {interpreter()} has {version}; "
            f"upgrade it with {interpreter()} -m pip install --upgrade {installed_as}",
        )
    return module


def missing_package(failure: ModuleNotFoundError, subject: str) -> Refusal:
    """What is said of a package that is not installed, or of a module that an installed one does not have."""
    module = failure.name or ""
    package = module.partition(".")[0]
    if package == "" or (package != module and _is_there(package)):
        return Refusal("trainer_invalid", f"{subject}: cannot be imported: {failure}")
    installed_as = _INSTALLED_AS.get(package, package)
    return Refusal(
        "trainer_invalid",
        f"{subject}: needs the package {installed_as}, which is not installed for {interpreter()}; "
        f"install it with {interpreter()} -m pip install {installed_as}",
    )


def package_version(installed_as: str) -> str | None:
    """Version of an installed package; None where it is not installed."""
    try:
        return metadata.version(installed_as)
    except (metadata.PackageNotFoundError, ValueError):
        return None


def _is_there(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def _numbers_of(version: str) -> tuple[int, ...]:
    """The first two numbers of a version."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
