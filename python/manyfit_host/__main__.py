"""Entry:

`python -X utf8 …/manyfit_host`, with frames on descriptors 3 (in) and 4 (out) and the life line on 5.
"""

import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))


def main() -> None:
    """Makes the package known and serves."""
    # Whatever an older Python cannot parse is in modules that are imported after this.
    if sys.version_info < (3, 11):
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(
            "trainer needs Python 3.11 or later, %s is %s; name another with --python"
            % (sys.executable, found)
        )
    from importlib.util import module_from_spec, spec_from_file_location

    # By its place, not over sys.path: every name but `manyfit_host` is left to modules of the user's.
    spec = spec_from_file_location(
        "manyfit_host", os.path.join(FOLDER, "__init__.py"), submodule_search_locations=[FOLDER]
    )
    package = module_from_spec(spec)
    sys.modules["manyfit_host"] = package
    spec.loader.exec_module(package)
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != FOLDER]
    from manyfit_host.serve import serve

    serve()


# Processes that user code starts import this file again, under another name.
if __name__ == "__main__":
    main()
