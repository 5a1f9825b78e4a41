"""Builds fast-slic from the source that is published: a build backend (PEP 517) for pip and uv.

That source needs Cython, numpy and the distutils that setuptools 75 removed, and declares none of them:
isolated from installed packages, its own build fails. Here they are declared, so this build is isolated.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

SOURCE = Path(__file__).with_name("source.txt")
METADATA = "Metadata-Version: 2.1\nName: fast-slic\nVersion: 0.4.0\nRequires-Dist: numpy\n"


def prepare_metadata_for_build_wheel(
    metadata_directory: str, config_settings: dict[str, Any] | None = None
) -> str:
    """Write the wheel's metadata and return its folder's name; without this, pip builds the wheel twice."""
    folder = Path(metadata_directory, "fast_slic-0.4.0.dist-info")
    folder.mkdir()
    (folder / "METADATA").write_text(METADATA, encoding="utf-8")
    return folder.name


def build_wheel(
    wheel_directory: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel in `wheel_directory` and return the name of the file."""
    # This build's own variables would lead the inner build to this backend.
    environment = {name: value for name, value in os.environ.items() if "PYPROJECT_HOOKS" not in name}
    with tempfile.TemporaryDirectory() as folder:
        how = ["--no-deps", "--no-build-isolation", "--no-binary=fast-slic", "--no-cache-dir", "--quiet"]
        command = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            *how,
            f"--wheel-dir={folder}",
            f"--requirement={SOURCE}",
        ]
        subprocess.run(command, env=environment, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        return Path(wheel.rename(Path(wheel_directory, wheel.name))).name


def build_sdist(sdist_directory: str, config_settings: dict[str, Any] | None = None) -> NoReturn:
    """Refuse: the source is published already."""
    raise NotImplementedError("fast-slic is published as source; this folder only builds it")
