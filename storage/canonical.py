"""Canonical serialization of everything that is hashed."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any


def canonical_json(value: Any) -> bytes:
    """Return the canonical UTF-8 JSON of `value`: sorted keys, no whitespace, no NaN.

    Raises
    ------
    ValueError
        For a value that JSON cannot represent (NaN, infinity).
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def short(digest: str) -> str:
    """Return the first digits of a digest: enough to look it up."""
    return digest[:12]


def digest_bytes(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest_json(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of `value`."""
    return digest_bytes(canonical_json(value))


def digest_parts(parts: Iterable[bytes]) -> str:
    """Return the SHA-256 of a sequence of byte strings; the hash covers the boundaries between them."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(len(part).to_bytes(8, "big"))
        sha.update(part)
    return sha.hexdigest()
