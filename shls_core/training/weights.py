"""Weights as bytes, and the digest that identifies them."""

import hashlib
from collections.abc import Mapping

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from shls_core.errors import InputError


def weights_to_bytes(state: Mapping[str, Tensor]) -> bytes:
    """Serialise a state in the safetensors format; equal states give equal bytes, in any order."""
    ordered = {name: state[name].detach().cpu().contiguous() for name in sorted(state)}
    data: bytes = safetensors.torch.save(ordered)
    return data


def weights_from_bytes(data: bytes) -> dict[str, Tensor]:
    """Read a state written by `weights_to_bytes`.

    Raises
    ------
    InputError
        If the bytes are not a safetensors file.
    """
    try:
        state: dict[str, Tensor] = safetensors.torch.load(data)
    except SafetensorError as error:
        raise InputError(
            f"expected weights in the safetensors format, got {len(data)} bytes: {error}"
        ) from error
    return state


def weights_digest(state: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of the serialised state, in hexadecimal."""
    return hashlib.sha256(weights_to_bytes(state)).hexdigest()
