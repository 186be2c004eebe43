"""The package whose content is the trainer's folder: relative imports work where there is no other."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

FOLDER_PACKAGE = "manyfit_trainer"
"""Its name: `from .features import scale` imports `manyfit_trainer.features`."""


def add_folder_package(folder: str) -> None:
    """Makes the package of a folder, once for each process.

    Modules are known by their plain names, too, and call themselves so: pickles name `features.Scale`, which
    any Python finds that has the folder on its path, and `import features` gives the same module.
    """
    package = ModuleType(FOLDER_PACKAGE)
    package.__path__ = [folder]
    sys.modules[FOLDER_PACKAGE] = package
    sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds what is imported from the package."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        if not name.startswith(f"{FOLDER_PACKAGE}."):
            return None
        spec = PathFinder.find_spec(name, path, target)
        plain = name.removeprefix(f"{FOLDER_PACKAGE}.")
        if spec is None or not isinstance(spec.loader, SourceFileLoader) or _is_taken(plain, spec.origin):
            return spec
        spec.loader = _PlainLoader(plain, spec.loader.path)
        return spec


class _PlainLoader(SourceFileLoader):
    """Runs a file under its plain name, unless that was done already."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return sys.modules.get(self.name)

    def exec_module(self, module: ModuleType) -> None:
        if self.name in sys.modules:
            return
        module.__name__ = self.name
        sys.modules[self.name] = module
        try:
            super().exec_module(module)
        except BaseException:
            del sys.modules[self.name]
            raise


def _is_taken(plain: str, path: str | None) -> bool:
    """Whether another module has that name, as one of Python's own."""
    known = sys.modules.get(plain)
    if known is not None:
        return getattr(known, "__file__", None) != path
    return plain.partition(".")[0] in sys.stdlib_module_names
