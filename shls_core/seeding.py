"""Random generators that depend on what is drawn for, never on who draws or in which order."""

import hashlib

import numpy as np


def generator(seed: int, *purpose: str) -> np.random.Generator:
    """Return the generator of one purpose under one dataset seed.

    Parameters
    ----------
    seed : int
        Seed of the dataset or of the training run.
    purpose : str
        What is drawn, from the general to the particular: ``("synthesis", sample_id)``.

    Returns
    -------
    numpy.random.Generator
        Philox, keyed by the first 128 bits of a SHA-256 over seed and purpose. Equal arguments give
        equal streams; a purpose split differently gives an unrelated one.
    """
    text = "\x1f".join((str(seed), *purpose))
    key = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")
    return np.random.Generator(np.random.Philox(key=key))
