"""The bytes of one message: a prelude with lengths, a header in JSON, and sections of numbers.

The prelude has 24 bytes, little-endian: magic and version of the layout (uint32), length of the header
(uint32), length of the whole frame (uint64), FNV-1a of these 16 bytes (uint32), zero (uint32). Header and
sections are padded to 8 bytes.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

MAGIC = 0x0146666D
PRELUDE = struct.Struct("<IIQII")
_CHECKED = struct.Struct("<IIQ")

# As it is now: user code may replace what modules have.
_encode_json = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode

MOST_HEADER_BYTES = 0x1FFF0000
MOST_FRAME_BYTES = 2**36

_KINDS = {
    "|i1": "int8",
    "|u1": "uint8",
    "<i2": "int16",
    "<u2": "uint16",
    "<i4": "int32",
    "<u4": "uint32",
    "<f4": "float32",
    "<f8": "float64",
    "<i8": "int64",
    "<u8": "uint64",
}
"""Kinds of sections by numpy's names of types."""


class DamagedFrame(Exception):
    """Bytes that are no frame: whatever follows them cannot be read either."""


def padded(length: int) -> int:
    """The next multiple of 8."""
    return (length + 7) & ~7


def read_prelude(prelude: bytes) -> tuple[int, int]:
    """Bytes of the header, without padding, and of the whole frame."""
    magic, header_bytes, total_bytes, check, zero = PRELUDE.unpack(prelude)
    if magic != MAGIC:
        raise DamagedFrame(f"frame begins with {magic:08x}, expected {MAGIC:08x}: the stream is damaged")
    if check != _check_of(prelude[:16]) or zero != 0:
        raise DamagedFrame("frame has lengths that fail their check: the stream is damaged")
    if (
        header_bytes > MOST_HEADER_BYTES
        or total_bytes > MOST_FRAME_BYTES
        or total_bytes < PRELUDE.size + padded(header_bytes)
    ):
        raise DamagedFrame(
            f"frame of {total_bytes} bytes has a header of {header_bytes}: the stream is damaged"
        )
    return header_bytes, total_bytes


def join_message(plain: Any, values: list[Any]) -> Any:
    """Puts a message together again.

    `{"$": 3}` is section 3, `{"$": "-0"}` minus zero, `$$x` a member named `$x`.
    """
    if isinstance(plain, list):
        return [join_message(item, values) if type(item) in (list, dict) else item for item in plain]
    if not isinstance(plain, dict):
        return plain
    if "$" in plain:
        mark = plain["$"]
        if mark == "-0":
            return -0.0
        if type(mark) is int and 0 <= mark < len(values):
            return values[mark]
        raise DamagedFrame(f"frame names section {mark}, it has {len(values)}")
    return {
        name[1:] if name.startswith("$") else name: join_message(value, values)
        for name, value in plain.items()
    }


def encode_frame(message: dict[str, Any]) -> list[bytes | memoryview]:
    """A message as pieces to be written one after the other.

    Arrays in it, which are contiguous, become sections; numbers outside of them are finite. Works without
    numpy, so that its absence can be told.
    """
    sections: list[np.ndarray] = []
    plain = _plain_of(message, sections)
    references = [[_KINDS[section.dtype.str], section.size] for section in sections]
    header = _encode_json({"message": plain, "sections": references}).encode()
    total = PRELUDE.size + padded(len(header)) + sum(padded(section.nbytes) for section in sections)
    checked = _CHECKED.pack(MAGIC, len(header), total)
    pieces: list[bytes | memoryview] = [checked, struct.pack("<II", _check_of(checked), 0), header]
    pieces.append(bytes(padded(len(header)) - len(header)))
    for section in sections:
        pieces.append(memoryview(section).cast("B") if section.size > 0 else b"")
        pieces.append(bytes(padded(section.nbytes) - section.nbytes))
    return pieces


def valid_text(text: str) -> str:
    """The text with what UTF-8 cannot say (lone surrogates) as escapes."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()


def _plain_of(value: Any, sections: list[np.ndarray]) -> Any:
    if isinstance(value, str):
        return valid_text(value)
    if hasattr(value, "dtype"):
        sections.append(value)
        return {"$": len(sections) - 1}
    if isinstance(value, (list, tuple)):
        return [_plain_of(item, sections) for item in value]
    if isinstance(value, dict):
        return {
            "$" + valid_text(name) if name.startswith("$") else valid_text(name): _plain_of(item, sections)
            for name, item in value.items()
        }
    return value


def _check_of(checked: bytes) -> int:
    """FNV-1a (Fowler, Noll, Vo; RFC 9923), in 32 bits."""
    check = 0x811C9DC5
    for byte in checked:
        check = ((check ^ byte) * 0x01000193) & 0xFFFFFFFF
    return check
