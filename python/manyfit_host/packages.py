"""The packages that trainers need, and what is said where one is missing or too old."""

from __future__ import annotations

import importlib
import importlib.util
import re
from importlib import metadata
from types import ModuleType

from manyfit_host.install_command import USUAL_PACKAGES, install_advice, interpreter
from manyfit_host.refusal import Refusal

LOWEST = {
    "numpy": (1, 26),
    "joblib": (1, 3),
    "pyarrow": (15, 0),
    "pandas": (2, 2),
    "scikit-learn": (1, 4),
    "polars": (1, 0),
}
"""Lowest versions that are tested. What a package imports stands before it."""

MODULES = {"scikit-learn": "sklearn"}
"""Modules of the packages in `LOWEST` that are imported under another name."""

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


def need_base(subject: str) -> None:
    """Raises a `Refusal` where a package is missing without which nothing works.

    Who lacks one lacks others mostly: all that trainers usually need are told at once.
    """
    base = ("numpy", "joblib")
    if all(is_importable(name) for name in base):
        for name in base:
            need_package(name, subject)
        return
    missing = [name for name in base if not is_importable(name)]
    usual = [name for name in USUAL_PACKAGES if not is_importable(MODULES.get(name, name))]
    words = f"package {missing[0]}, which is" if len(missing) == 1 else "packages numpy and joblib, which are"
    raise Refusal(
        "trainer_invalid",
        f"{subject}: needs the {words} not installed for {interpreter()}; {install_advice(usual)}",
    )


def need_package(name: str, subject: str) -> ModuleType:
    """Imports a package of those in `LOWEST` by the name of its module; `subject` is who needs it, such as
    `train.py`.
    """
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as failure:
        raise missing_package(failure, subject) from failure
    except Exception as failure:
        # Of a library that does not fit to this Python, to this machine, or to another package.
        text = f"{type(failure).__qualname__}: {failure}"
        raise Refusal("trainer_invalid", f"{subject}: {name} cannot be imported: {text}") from failure
    installed_as = _INSTALLED_AS.get(name, name)
    version = package_version(installed_as) or str(getattr(module, "__version__", ""))
    if is_too_old(installed_as, version):
        raise Refusal(
            "trainer_invalid",
            f"{subject}: needs {installed_as} {lowest_version(installed_as)} or later, {interpreter()} has "
            f"{version}; {install_advice([installed_as], '--upgrade')}",
        )
    return module


def missing_package(failure: ModuleNotFoundError, subject: str) -> Refusal:
    """What is said of a package that is not installed, or of a module that an installed one does not have."""
    module = failure.name or ""
    package = module.partition(".")[0]
    if package == "" or (package != module and is_importable(package)):
        return Refusal("trainer_invalid", f"{subject}: cannot be imported: {failure}")
    installed_as = _INSTALLED_AS.get(package, package)
    return Refusal(
        "trainer_invalid",
        f"{subject}: needs the package {installed_as}, which is not installed for {interpreter()}; "
        f"{install_advice([installed_as])}",
    )


def lowest_version(installed_as: str) -> str:
    """The lowest version of a package in `LOWEST`, such as `2.2`."""
    return ".".join(map(str, LOWEST[installed_as]))


def is_too_old(installed_as: str, version: str) -> bool:
    """Whether a version of a package in `LOWEST` is older than the lowest; an empty one is unknown."""
    return version != "" and _numbers_of(version) < LOWEST[installed_as]


def package_version(installed_as: str) -> str | None:
    """Version of an installed package; None where it is not installed."""
    try:
        return metadata.version(installed_as)
    except (metadata.PackageNotFoundError, ValueError):
        return None


def is_importable(module: str) -> bool:
    """Whether there is a module of this name, which is not imported for it."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _numbers_of(version: str) -> tuple[int, ...]:
    """The first two numbers of a version."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
