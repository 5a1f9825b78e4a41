"""Near-duplicates: photographs with the same picture in other bytes; they share a side of the split."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from shls_core.faiss_backend import load_faiss
from shls_core.photographs.perceptual_hash import HASH_BITS

NEAR_DUPLICATE_BITS = 4
"""Bits, of 64, in which the hashes of near-duplicates may differ; measured in docs/decisions/0011."""


def group_scenes(scenes: Sequence[str], hashes: Sequence[str | None], max_bits: int) -> list[str]:
    """Return, for every photograph, the scene that it shares with its near-duplicates.

    Photographs belong together if their scenes are equal or their hashes differ in `max_bits` bits at most,
    and so do photographs that others link. A group takes the smallest of its scenes.

    Parameters
    ----------
    scenes
        The scene that each photograph came with.
    hashes
        The perceptual hash of each; a photograph without one has no near-duplicates.
    max_bits
        Largest distance of near-duplicates, 0..64.
    """
    names = sorted(set(scenes))
    places = {name: place for place, name in enumerate(names)}
    scene_of = np.array([places[scene] for scene in scenes], dtype=np.int64)
    groups = _components(scene_of[near_duplicate_pairs(hashes, max_bits)], len(names))
    # Scenes are in ascending order, so the first one of a group is its smallest.
    _, smallest = np.unique(groups, return_index=True)
    return [names[smallest[group]] for group in groups[scene_of]]


def near_duplicate_groups(hashes: Sequence[str | None], max_bits: int) -> list[list[int]]:
    """Return the groups of near-duplicates, two or more in each, as ascending indices into `hashes`."""
    groups = _components(near_duplicate_pairs(hashes, max_bits), len(hashes))
    order = np.argsort(groups, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    return sorted(part.tolist() for part in parts if len(part) > 1)


def near_duplicate_pairs(hashes: Sequence[str | None], max_bits: int) -> npt.NDArray[np.int64]:
    """Return pairs (n, 2) of indices that connect all hashes at a distance of `max_bits` or less.

    Every pair of different hashes at that distance is included; of equal hashes, each is paired only with the
    first.
    """
    places = np.array([place for place, value in enumerate(hashes) if value is not None], dtype=np.int64)
    if not len(places):
        return np.empty((0, 2), dtype=np.int64)
    spelled = b"".join(bytes.fromhex(value) for value in hashes if value is not None)
    codes = np.frombuffer(spelled, dtype=np.uint8).reshape(len(places), HASH_BITS // 8)
    distinct, first, which = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    equal = np.stack([places[first][which.reshape(-1)], places], axis=1)
    close = places[first][_close_pairs(np.ascontiguousarray(distinct), max_bits)]
    return np.concatenate([equal[equal[:, 0] != equal[:, 1]], close])


def _close_pairs(codes: npt.NDArray[np.uint8], max_bits: int) -> npt.NDArray[np.int64]:
    """Return the pairs (n, 2), first below second, of codes that differ in `max_bits` bits at most."""
    index = load_faiss().IndexBinaryFlat(HASH_BITS)
    index.add(codes)
    # Its radius is exclusive.
    limits, _, found = index.range_search(codes, max_bits + 1)
    asked = np.repeat(np.arange(len(codes)), np.diff(limits.astype(np.int64)))
    pairs = np.stack([asked, found.astype(np.int64)], axis=1)
    ordered: npt.NDArray[np.int64] = pairs[pairs[:, 0] < pairs[:, 1]]
    return ordered


def _components(pairs: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """Return the number of the connected component of every one of `count` nodes."""
    ones = np.ones(len(pairs), dtype=np.int8)
    graph = coo_matrix((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    labels: npt.NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return labels
