"""Frames of the talk with the host, as manyfit_host's frame.py has them, of Arrow's memory and without numpy.

This text stands before that of shim.py, on executors.
"""

import json
import socket
import struct
import sys
import tempfile

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ImportError as error:
    raise ImportError(
        f"manyfit: {sys.executable} on {socket.gethostname()} has no pyarrow that can be imported ({error}); "
        "install it there, or name a Python that has it (PYSPARK_PYTHON of the server, or "
        "spark.sql.execution.pyspark.python of the session)"
    ) from None

MAGIC = 0x0146666D
MOST_SPOOLED_BYTES = 2**25
"""Results of a task beyond this wait for its end in a file."""
PRELUDE = struct.Struct("<IIQII")
CHECKED = struct.Struct("<IIQ")


def rows_frame(task, batch):
    """Rows as the host takes them, without a copy of their numbers.

    `columns` has one entry for each of `c0 ...`: `values`, or `offsets` and `bytes` of texts, and `isValid`,
    null where there is no `v0 ...`. Offsets begin with 0.
    """
    names = batch.schema.names
    sections = []

    def numbers(name, kind, arrow_type):
        array = batch.column(names.index(name))
        if array.type != arrow_type or array.null_count > 0:
            raise TypeError(f"manyfit: column {name} came as {array.type} with {array.null_count} nulls")
        size = arrow_type.bit_width // 8
        start = array.offset * size
        view = memoryview(array.buffers()[1]).cast("B")
        sections.append((kind, len(array), view[start : start + len(array) * size]))
        return {"$": len(sections) - 1}

    def texts(name):
        array = batch.column(names.index(name))
        if array.type == pa.large_string():
            array = array.cast(pa.string())
        if array.type != pa.string() or array.null_count > 0:
            raise TypeError(f"manyfit: column {name} came as {array.type} with {array.null_count} nulls")
        _, ends, data = array.buffers()
        offsets = pa.Array.from_buffers(pa.int32(), len(array) + 1, [None, ends], offset=array.offset)
        first, last = offsets[0].as_py(), offsets[len(array)].as_py()
        offsets = memoryview(pc.subtract(offsets, pa.scalar(first, pa.int32())).buffers()[1]).cast("B")
        content = memoryview(b"" if data is None else data).cast("B")[first:last]
        sections.append(("int32", len(array) + 1, offsets[: (len(array) + 1) * 4]))
        sections.append(("uint8", len(content), content))
        return {"offsets": {"$": len(sections) - 2}, "bytes": {"$": len(sections) - 1}}

    message = {"type": "rows", "task": task, "rowCount": batch.num_rows}
    message["position"] = numbers("position", "float64", pa.float64())
    message["partition"] = numbers("partition", "int32", pa.int32())
    message["columns"] = columns = []
    while f"c{len(columns)}" in names:
        name = f"c{len(columns)}"
        is_number = batch.schema.field(name).type == pa.float64()
        column = {"values": numbers(name, "float64", pa.float64())} if is_number else texts(name)
        validity = f"v{len(columns)}"
        column["isValid"] = numbers(validity, "uint8", pa.int8()) if validity in names else None
        columns.append(column)
    return frame_of(message, sections)


def file_frame(task, batch, row):
    """A file with its content, without a copy of it."""
    names = batch.schema.names
    path = batch.column(names.index("path"))[row].as_py()
    content = batch.column(names.index("content"))[row].as_buffer()
    view = memoryview(b"" if content is None else content).cast("B")
    message = {"type": "file", "task": task, "path": path, "content": {"$": 0}}
    return frame_of(message, [("uint8", len(view), view)])


def frame_of(message, sections=()):
    """A message as pieces to be written one after the other; its sections are its memory, in their order."""
    references = [[kind, length] for kind, length, _ in sections]
    header = json.dumps({"message": message, "sections": references}, separators=(",", ":")).encode()
    total = PRELUDE.size + padded(len(header)) + sum(padded(len(data)) for _, _, data in sections)
    checked = CHECKED.pack(MAGIC, len(header), total)
    first = checked + struct.pack("<II", check_of(checked), 0) + header + bytes(-len(header) % 8)
    pieces = [first]
    for _, _, data in sections:
        pieces += [data, bytes(-len(data) % 8)]
    return pieces


def read_frame(stream):
    """The bytes of the next frame, and the type of its message."""
    prelude = stream.read(PRELUDE.size)
    if len(prelude) < PRELUDE.size:
        raise EOFError("stream ended")
    magic, header_bytes, total, check, _ = PRELUDE.unpack(prelude)
    if magic != MAGIC or check != check_of(prelude[: CHECKED.size]):
        raise ValueError("stream is damaged")
    rest = stream.read(total - PRELUDE.size)
    if len(rest) < total - PRELUDE.size:
        raise EOFError("stream ended within a frame")
    return prelude + rest, json.loads(rest[:header_bytes])["message"]["type"]


class Answer:
    """Frames in the order in which they came, in memory or in a file."""

    def __init__(self):
        self._spool = tempfile.SpooledTemporaryFile(max_size=MOST_SPOOLED_BYTES)
        self._sizes = []

    def add(self, frame):
        self._spool.write(frame)
        self._sizes.append(len(frame))

    def frames(self):
        with self._spool as spool:
            spool.seek(0)
            for size in self._sizes:
                yield spool.read(size)


def padded(length):
    """The next multiple of 8."""
    return (length + 7) & ~7


def check_of(checked):
    """FNV-1a (Fowler, Noll, Vo; RFC 9923), in 32 bits."""
    check = 0x811C9DC5
    for byte in checked:
        check = ((check ^ byte) * 0x01000193) & 0xFFFFFFFF
    return check
