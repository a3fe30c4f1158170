"""The wheel holds the whole package: every module imports from it, away from the checkout."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

NOT_PACKAGES = {"tests", "examples", "benchmarks", "docs", "build", "dist"}

IMPORT_EVERYTHING = """
import importlib, json, pkgutil, sys
sys.path[:0] = [sys.argv[1]]
sys.path += sys.argv[2:]
import kubemodel
names = [found.name for found in pkgutil.walk_packages(kubemodel.__path__, "kubemodel.")]
modules = [kubemodel] + [importlib.import_module(name) for name in names if not name.endswith(".__main__")]
print(json.dumps({module.__name__: module.__file__ for module in modules}))
"""


def _folders_with_init(root: Path) -> set[str]:
    found = {path.parent.relative_to(root) for path in root.rglob("__init__.py")}
    kept = {
        folder for folder in found if not any(part in NOT_PACKAGES or part.startswith(".") for part in folder.parts)
    }
    return {".".join(("kubemodel", *folder.parts)) for folder in kept}


def test_pyproject_lists_every_package(root: Path) -> None:
    listed = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert len(listed) == len(set(listed))
    assert set(listed) == _folders_with_init(root)


def test_every_module_imports_from_the_wheel(
    tmp_path: Path, sources: list[Path], copy_checkout: Callable[[Path], Path]
) -> None:
    checkout = copy_checkout(tmp_path / "checkout")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    built = subprocess.run(
        [*build, "--wheel-dir", str(tmp_path), str(checkout)], capture_output=True, text=True, check=False, timeout=200
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("kubemodel-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "unpacked")
        held = {PurePosixPath(name) for name in archive.namelist()}

    in_packages = {PurePosixPath("kubemodel", path) for path in sources if _belongs_to_a_package(path)}
    assert in_packages - held == set(), "tracked files of packages that the wheel lacks (package-data?)"

    # -S: without it the .pth file of the editable install would lead back to the checkout.
    site_packages = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORT_EVERYTHING, str(tmp_path / "unpacked"), *sorted(site_packages)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    imported = {Path(file).relative_to(tmp_path / "unpacked") for file in json.loads(run.stdout).values()}
    expected = {Path(path) for path in in_packages if path.suffix == ".py" and path.name != "__main__.py"}
    assert imported == expected


def _belongs_to_a_package(path: Path) -> bool:
    if len(path.parts) == 1:
        return path.suffix == ".py" or path.name == "py.typed"
    return path.parts[0] not in NOT_PACKAGES and not path.parts[0].startswith(".")
