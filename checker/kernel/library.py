"""Compiles the kernel, once, and loads it (decision 0009).

The compiler is the system's, or the one of the package ``ziglang``, which pip installs wherever Python runs.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).parent
FLAGS = ("-std=c11", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", "-pthread")

_WORD = ctypes.c_uint32
_WORDS = ctypes.POINTER(_WORD)
_INTEGER = ctypes.c_int
_KERNEL = ctypes.c_void_p

FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "new": (_KERNEL, (_WORDS, _WORD, ctypes.c_uint64, _WORD, _WORD, _WORD, ctypes.c_uint64)),
    "free": (None, (_KERNEL,)),
    "run": (_INTEGER, (_KERNEL,)),
    "begin_level": (None, (_KERNEL,)),
    "board": (ctypes.POINTER(ctypes.c_int64), (_KERNEL,)),
    "add_initial": (_INTEGER, (_KERNEL, _WORDS)),
    "intern": (_INTEGER, (_KERNEL, _WORD, _WORDS)),
    "content": (_WORDS, (_KERNEL, _WORD, _WORD)),
    "state": (_INTEGER, (_KERNEL, _WORD, _WORDS)),
    "follow": (_INTEGER, (_KERNEL, _WORD, _WORDS)),
    "parent": (_WORD, (_KERNEL, _WORD)),
    "add_permutation": (_INTEGER, (_KERNEL, _WORDS)),
    "set_image": (_INTEGER, (_KERNEL, _WORD, _WORD, _WORD, _WORD)),
    "add_query": (_INTEGER, (_KERNEL, _WORD, _WORD)),
    "set_class": (_INTEGER, (_KERNEL, _WORD, _WORD, _WORD)),
    "add_multiset": (_INTEGER, (_KERNEL,)),
    "set_fold": (_INTEGER, (_KERNEL, _WORD, _WORD, _WORD)),
    "set_answer": (None, (_KERNEL, _WORD, _WORD)),
    "add_node": (_INTEGER, (_KERNEL, _WORD, _WORD, _WORDS, _WORD)),
    "set_node": (_INTEGER, (_KERNEL, _WORD, _WORD, _WORD)),
    "add_set": (_INTEGER, (_KERNEL, _WORD)),
    "add_partition": (_INTEGER, (_KERNEL, _WORD, ctypes.c_uint64)),
    "add_range": (_INTEGER, (_KERNEL, _WORD, _WORD)),
    "set_readers": (_INTEGER, (_KERNEL, _WORD, _WORD, _WORDS, _WORD)),
    "add_finding": (_INTEGER, (_KERNEL,)),
    "add_firing": (_INTEGER, (_KERNEL, _WORD)),
    "add_step": (_INTEGER, (_KERNEL, _WORD, _WORD, _WORD, _WORD, _WORD, _WORDS, _WORD, _WORD)),
    "set_first_step": (_INTEGER, (_KERNEL, _WORD, _WORD, _WORD)),
    "set_next_step": (_INTEGER, (_KERNEL, _WORD, _WORD, _WORD)),
    "set_sweep": (_INTEGER, (_KERNEL, _WORD, _WORD, _WORD, _WORD)),
    "set_judged": (None, (_KERNEL, _WORD)),
    "section": (_WORDS, (_KERNEL, _WORD)),
    "restore": (_INTEGER, (_KERNEL, _WORD, _WORDS, ctypes.c_uint64)),
    "is_whole": (_INTEGER, (_KERNEL,)),
    "list": (_WORDS, (_KERNEL, _WORD)),
}
"""The kernel's functions without their prefix: what they return and take; see kernel.c."""


PATIENCE = 0.5
"""Seconds that a search must have taken for a compiler to be worth its time."""


MOST_CORES = 16
"""Cores that one search can use; see kernel.h."""


def usable_cores() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


class NoCompilerError(Exception):
    """The kernel is not compiled and cannot be."""


def _compiler() -> list[str]:
    for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        if name and shutil.which(name):
            return [name]
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc"]
    raise NoCompilerError("no C compiler: install one, or the Python package ziglang")


@functools.cache
def _file() -> Path:
    """Where the compiled kernel of these sources, for this machine, is kept."""
    digest = hashlib.sha256(" ".join(FLAGS).encode())
    for source in sorted(SOURCES.glob("*.[ch]")):
        digest.update(source.read_bytes())
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kubemodel"
    return folder / f"kernel-{platform.system()}-{platform.machine()}-{digest.hexdigest()[:16]}.so"


def compile_kernel() -> None:
    """Compiles the kernel and puts it, whole, where it is kept; raises ``NoCompilerError``."""
    try:
        _file().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_file().parent) as folder:
            result = Path(folder) / "kernel.so"
            command = [*_compiler(), *FLAGS, "-o", str(result), str(SOURCES / "kernel.c")]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            if done.returncode:
                raise NoCompilerError(f"the C compiler failed: {done.stdout.strip()[-500:]}")
            result.replace(_file())
    except OSError as error:
        raise NoCompilerError(f"cannot keep the compiled kernel: {error}") from error


class Apprentice:
    """Has the kernel compiled in a process of its own once a search goes on for longer than a moment.

    That process outlives the search if need be: the next one finds the kernel compiled.
    """

    def __init__(self) -> None:
        """Waits."""
        self._process: subprocess.Popen[bytes] | None = None
        self._begin = time.monotonic() + PATIENCE

    def ready(self) -> bool:
        """Whether the kernel is compiled by now; never where that fails."""
        if time.monotonic() < self._begin:
            return False
        if self._process is None:
            command = [sys.executable, "-m", "kubemodel.checker.kernel.library"]
            silent = subprocess.DEVNULL
            self._process = subprocess.Popen(command, stdout=silent, stderr=silent, start_new_session=True)
        return self._process.poll() == 0 and _file().exists()


class Library:
    """The functions of the compiled kernel, as attributes without their prefix."""

    def __init__(self, file: Path) -> None:
        """Loads ``file``."""
        loaded = ctypes.CDLL(str(file))
        for name, (returned, taken) in FUNCTIONS.items():
            function = getattr(loaded, f"kernel_{name}")
            function.restype = returned
            function.argtypes = taken
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:
        """A function of the kernel; tells type checkers that there are such."""
        raise AttributeError(name)


@functools.cache
def _loaded(file: Path) -> Library:
    return Library(file)


def loaded() -> Library | None:
    """The kernel, if it is compiled."""
    return _loaded(_file()) if _file().exists() else None


def compiled() -> Library:
    """The kernel, compiled now if need be; raises ``NoCompilerError``."""
    if not _file().exists():
        compile_kernel()
    return _loaded(_file())


if __name__ == "__main__":
    compile_kernel()
