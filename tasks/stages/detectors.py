"""Detectors in a file or folder of the user: their identity, by content, and how workers load them."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from shls_core.errors import InputError, MissingComponent
from shls_core.files.foreign_file import LARGEST_WEIGHTS, read_regular
from shls_core.saliency.config import SaliencyConfig
from shls_core.saliency.detector import Detector, DetectorSource, load_detector
from storage.canonical import digest_bytes

RUN_BY = {"torchscript": "torch", "onnx": "onnxruntime"}
"""The package that runs a network, by the kind of its file."""

_INSTALLED_BY = {"torch": "pip install torch", "onnxruntime": "pip install onnxruntime"}


def detector_identity(config: SaliencyConfig) -> dict[str, Any]:
    """Return the identity of the detector, which does not depend on the name of its file.

    Maps drawn before have no identity here: each row has the digest of the map that it was made from.

    Raises
    ------
    InputError
        If its file cannot be read.
    MissingComponent
        If the package that runs it is not installed.
    """
    source = DetectorSource.of(config)
    if not source.is_network:
        return {"detector": source.kind}
    package = RUN_BY[source.kind]
    if find_spec(package) is None:
        raise MissingComponent(
            f"expected the package {package}, which runs {config.detector}; install it with: "
            f"{_INSTALLED_BY[package]}"
        )
    return {
        "detector": source.kind,
        "digest": digest_bytes(read_file(str(source.path))),
        "network": config.network.model_dump(mode="json"),
    }


def read_file(path: str) -> bytes:
    """Return the content of a file of the user.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        return read_regular(path, LARGEST_WEIGHTS)
    except OSError as error:
        raise InputError(f"expected a file at {path}: {error.strerror}") from error


def read_unchanged(path: str, digest: str) -> bytes:
    """Return the content of a file, checked by digest.

    Raises
    ------
    InputError
        If it cannot be read, or its content has changed since it was planned.
    """
    data = read_file(path)
    if digest_bytes(data) != digest:
        raise InputError(f"{path} changed while it was read: run again when nobody writes to it")
    return data


@lru_cache(maxsize=1)  # a worker has one detector at a time; a network takes a second to load
def ready_detector(config: SaliencyConfig, path: str | None, digest: str | None) -> Detector:
    """Return the detector of a configuration; the content of its file, if any, is checked by digest."""
    return load_detector(config, read_unchanged(path, digest) if path and digest else None)
