"""What models depend on beside code and rows: versions, and the kernels of linear algebra."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from typing import Any

from manyfit_host.packages import package_version

_ALWAYS = ("numpy", "pandas", "pyarrow", "scikit-learn", "joblib", "scipy", "polars", "threadpoolctl")
_OF_BLAS = ("internal_api", "version", "architecture", "threading_layer", "num_threads")


def read_environment() -> dict[str, Any]:
    """The interpreter, versions of packages, and the kernels that are loaded.

    Packages are those that the host works with, None where not installed, and all that were imported by now.
    """
    versions = {name: package_version(name) for name in _ALWAYS}
    for name in _imported_packages():
        versions.setdefault(name, package_version(name))
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "packages": dict(sorted(versions.items())),
        "blas": read_blas(),
    }


def read_blas() -> list[dict[str, Any]]:
    """The libraries of linear algebra and threads that are loaded by now; empty where none can be told."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return []
    found = [{name: info.get(name) for name in _OF_BLAS} for info in threadpool_info()]
    return sorted(found, key=lambda info: [str(value) for value in info.values()])


def _imported_packages() -> set[str]:
    modules = {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names
    by_module = metadata.packages_distributions()
    return {name for module in modules for name in by_module.get(module, ())}
