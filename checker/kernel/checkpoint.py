"""Keeps a search on disk, so that it can go on after its process was killed (design §3.2).

Kept are the states, the contents of pools, and the questions that the kernel has asked. A search that goes on asks the
specification the same questions in the same order: so all that Python knew is there again, and a specification that
answers otherwise is noticed.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

MAGIC = b"kubemodel checkpoint 1\n"


class CheckpointError(Exception):
    """A file that is no checkpoint, or one of another search."""


@attrs.frozen
class Checkpoint:
    """``facts``: plain numbers and texts; ``sections``: words of the kernel; ``log``: questions, in order."""

    facts: Mapping[str, Any]
    sections: Sequence[bytes]
    log: array[int]


def write(file: Path, checkpoint: Checkpoint) -> None:
    """Writes it whole or not at all: a kill at any moment leaves the one before."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(MAGIC)
            for part in (json.dumps(dict(checkpoint.facts)).encode(), checkpoint.log.tobytes(), *checkpoint.sections):
                stream.write(struct.pack("<Q", len(part)))
                stream.write(part)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read(file: Path) -> Checkpoint:
    """Raises ``CheckpointError`` on what is no checkpoint, ``OSError`` on what cannot be read."""
    with file.open("rb") as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            raise CheckpointError(f"{file} is no checkpoint of this version")
        parts = []
        while head := stream.read(8):
            (length,) = struct.unpack("<Q", head)
            parts.append(stream.read(length))
            if len(parts[-1]) != length:
                raise CheckpointError(f"{file} is cut off")
    log = array("I")
    log.frombytes(parts[1])
    return Checkpoint(json.loads(parts[0]), parts[2:], log)
