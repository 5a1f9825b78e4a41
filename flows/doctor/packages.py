"""Python and the packages: what the project asks for, what its lock file names, what is installed."""

import importlib.metadata
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.requirements import Requirement

from flows.doctor.finding import Finding, Request, ok

_PACKAGE = "shls-pipelines"
_PROJECT = Path(__file__).parents[2]
_SHOWN = 4


def check_packages(request: Request) -> Iterator[Finding]:
    """Look at Python's version, at what is required, and at the lock file beside the sources."""
    version = ".".join(map(str, sys.version_info[:3]))
    try:
        metadata = importlib.metadata.metadata(_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        yield Finding("package", "problem", f"{_PACKAGE} is not installed", "pip install -e .")
        return
    wanted = Requirement(f"python{metadata['Requires-Python']}").specifier
    if wanted.contains(version):
        yield ok("Python", version)
    else:
        yield Finding("Python", "problem", f"{version}, expected {wanted}", "make run PYTHON=python3.11")
    yield from _required(importlib.metadata.requires(_PACKAGE) or [])
    yield from _locked()


def _required(lines: list[str]) -> Iterator[Finding]:
    requirements = [Requirement(line) for line in lines]
    needed = [found for found in requirements if not found.marker or found.marker.evaluate({"extra": ""})]
    wrong = []
    for requirement in needed:
        found = _installed(requirement.name)
        if found is None or not requirement.specifier.contains(found, prereleases=True):
            wrong.append(f"{requirement.name}{requirement.specifier} ({found or 'not installed'})")
    if wrong:
        names = " ".join(f'"{line.partition(" (")[0]}"' for line in wrong)
        yield Finding("packages", "problem", f"unmet: {_some(wrong)}", f"pip install {names}")
    else:
        yield ok("packages", f"{len(needed)} requirements met")


def _locked() -> Iterator[Finding]:
    """Compare with the lock file of a checkout; an installed wheel has none."""
    name, pins = _pins()
    if not pins:
        return
    found = {package: _installed(package) for package in pins}
    differing = [f"{package} {found[package]} (not {pin})" for package, pin in pins.items()
                 if found[package] not in (None, pin)]  # fmt: skip
    if differing:
        remedy = "rm -rf .venv && make run sets up what the lock names"
        yield Finding(
            "lock file", "warning", f"{len(differing)} differ from {name}: {_some(differing)}", remedy
        )
    else:
        yield ok("lock file", f"as in {name}")


def _pins() -> tuple[str, Mapping[str, str]]:
    """Return the name of the lock file, and the version of each package; of several versions, none."""
    path = _PROJECT / "uv.lock"
    if not path.is_file():
        return "", {}
    pins: dict[str, set[str]] = {}
    for package in tomllib.loads(path.read_text(encoding="utf-8")).get("package", []):
        pins.setdefault(package["name"], set()).add(package.get("version", "").partition("+")[0])
    single = {name: versions.pop() for name, versions in pins.items() if len(versions) == 1}
    return path.name, {name: pin for name, pin in single.items() if pin and name != _PACKAGE}


def _installed(package: str) -> str | None:
    try:
        return importlib.metadata.version(package).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return None


def _some(lines: list[str]) -> str:
    rest = len(lines) - _SHOWN
    return ", ".join(lines[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
