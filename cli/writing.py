"""Files that a command writes: whole, or not at all."""

from __future__ import annotations

import os
import tempfile

from ..spec.manifests.errors import InputError


def write_whole(path: str, text: str) -> None:
    """Writes ``text`` beside ``path`` and moves it there, so that nobody ever sees half a file.

    Raises ``InputError`` if that cannot be done; what was at ``path`` is still there then.
    """
    folder = os.path.dirname(path) or "."
    beside = ""
    try:
        with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".part", delete=False, encoding="utf-8") as file:
            beside = file.name
            file.write(text)
        os.chmod(beside, 0o666 & ~_umask())
        os.replace(beside, path)
    except OSError as error:
        if beside and os.path.exists(beside):
            os.remove(beside)
        raise InputError(f"cannot be written: {error.strerror}", source=path) from error


def _umask() -> int:
    """The permissions that new files do not get: temporary files come with their owner's only."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
