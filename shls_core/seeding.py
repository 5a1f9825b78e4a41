"""Random generators that depend on the purpose of a draw, never on the caller or the order of calls."""

import hashlib

import numpy as np


def generator(seed: int, *purpose: str) -> np.random.Generator:
    """Return the generator for one purpose and one seed.

    Parameters
    ----------
    seed : int
        Seed of the dataset or of the training run.
    purpose : str
        What is drawn, from general to specific: ``("synthesis", sample_id)``.

    Returns
    -------
    numpy.random.Generator
        Philox, keyed by the first 128 bits of a SHA-256 over seed and purpose. Equal arguments give
        equal streams; a purpose split differently gives an unrelated one.
    """
    text = "\x1f".join((str(seed), *purpose))
    key = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")
    return np.random.Generator(np.random.Philox(key=key))
