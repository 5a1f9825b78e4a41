"""One spelling for every fact that is hashed."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any


def canonical_json(value: Any) -> bytes:
    """Return the one UTF-8 JSON spelling of `value`: sorted keys, no blanks, no NaN.

    Raises
    ------
    ValueError
        For a value that JSON cannot spell exactly (NaN, infinity).
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def short(digest: str) -> str:
    """Return the first digits of a digest, which are enough to ask for it."""
    return digest[:12]


def digest_bytes(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest_json(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of `value`."""
    return digest_bytes(canonical_json(value))


def digest_parts(parts: Iterable[bytes]) -> str:
    """Return the SHA-256 of a sequence of byte strings; where one ends and the next begins counts."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(len(part).to_bytes(8, "big"))
        sha.update(part)
    return sha.hexdigest()
