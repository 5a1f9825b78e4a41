"""The processor and what was built for it; GPU and FAISS."""

import platform
from collections.abc import Iterator
from pathlib import Path

from flows.doctor.finding import Finding, Request, ok
from shls_core.errors import MissingComponent
from storage.provenance.environment import faiss_package

_REBUILD = "pip install --no-cache-dir --force-reinstall --no-deps --no-build-isolation fast-slic==0.4.0"


def check_processor(request: Request) -> Iterator[Finding]:
    """Look at the instruction set, and which superpixels were built for it."""
    instructions = _instructions()
    yield ok("processor", f"{platform.machine()}{', ' if instructions else ''}{', '.join(instructions)}")
    try:
        from fast_slic import get_supported_archs
    except ImportError as error:
        yield Finding("superpixels", "problem", f"fast-slic cannot be imported: {error}", _REBUILD)
        return
    built = [str(name) for name in get_supported_archs()]
    fast = {"AVX2": "x64/avx2", "NEON": "arm/neon"}
    slow = [name for name in instructions if name in fast and fast[name] not in built]
    if slow:
        what = f"fast-slic was built without {', '.join(slow)}: the same labels, slower"
        yield Finding("superpixels", "warning", what, _REBUILD)
    else:
        yield ok("superpixels", f"fast-slic for {', '.join(built)}")


def check_devices(request: Request) -> Iterator[Finding]:
    """Look at the GPU and at FAISS."""
    try:
        import torch
    except (ImportError, OSError) as error:
        yield Finding("torch", "problem", f"cannot be imported: {error}", "pip install torch==2.13.0")
        return
    if torch.cuda.is_available():
        yield ok("GPU", f"{torch.cuda.get_device_name()}, torch {torch.__version__}")
    elif Path("/dev/nvidia0").exists():
        what = f"there is one, which torch {torch.__version__} does not see"
        yield Finding("GPU", "warning", what, "install the same torch from a CUDA index")
    else:
        yield ok("GPU", f"none; torch {torch.__version__} works on the processor")
    try:
        yield ok("FAISS", faiss_package())
    except MissingComponent as error:
        yield Finding("FAISS", "problem", str(error).partition(";")[0], "pip install faiss-cpu")


def _instructions() -> list[str]:
    try:
        described = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return []
    names = {"avx2": "AVX2", "avx512f": "AVX-512", "asimd": "NEON"}
    return [name for flag, name in names.items() if flag in described]
