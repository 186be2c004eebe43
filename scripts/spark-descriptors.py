"""Writes the descriptors of Spark Connect's messages, as they stand in an installed pyspark, into one image.

Usage: python scripts/spark-descriptors.py <image>
"""

import importlib
import pkgutil
import sys

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from pyspark.sql.connect import proto


def write_image(path: str) -> None:
    """The descriptors of every file and of what it imports, each behind its imports."""
    image = FileDescriptorSet()
    seen: set[str] = set()

    def add(descriptor) -> None:
        if descriptor.name in seen:
            return
        seen.add(descriptor.name)
        for imported in descriptor.dependencies:
            add(imported)
        found = FileDescriptorProto()
        descriptor.CopyToProto(found)
        image.file.append(found)

    for module in sorted(pkgutil.iter_modules(proto.__path__), key=lambda module: module.name):
        if module.name.endswith("_pb2"):
            add(importlib.import_module(f"{proto.__name__}.{module.name}").DESCRIPTOR)
    with open(path, "wb") as file:
        file.write(image.SerializeToString(deterministic=True))


write_image(sys.argv[1])
