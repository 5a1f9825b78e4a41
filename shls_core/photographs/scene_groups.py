"""Near-duplicates among many photographs: the answers of `near_duplicates`, without comparing all pairs.

That module is part of how rows are made, so a change of it would make every row anew. Here is what planning
and reports ask; `tests/shls_core/photographs/test_scene_groups.py` holds both to the same answers.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from shls_core.photographs.close_codes import close_pairs


def joined_scenes(scenes: Sequence[str], hashes: Sequence[str | None], max_bits: int) -> list[str]:
    """Return, for every photograph, the scene that it shares with its near-duplicates.

    Parameters and result are those of `shls_core.photographs.near_duplicates.group_scenes`.
    """
    names = sorted(set(scenes))
    places = {name: place for place, name in enumerate(names)}
    scene_of = np.array([places[scene] for scene in scenes], dtype=np.int64)
    groups = _components(scene_of[alike_pairs(hashes, max_bits)], len(names))
    # Scenes are in ascending order, so the first one of a group is its smallest.
    _, smallest = np.unique(groups, return_index=True)
    return [names[smallest[group]] for group in groups[scene_of].tolist()]


def alike_groups(hashes: Sequence[str | None], max_bits: int) -> list[list[int]]:
    """Return the groups of near-duplicates, two or more in each, as ascending indices into `hashes`."""
    groups = _components(alike_pairs(hashes, max_bits), len(hashes))
    order = np.argsort(groups, kind="stable")
    ends = np.flatnonzero(np.diff(groups[order], append=-1)) + 1
    starts = np.concatenate([[0], ends[:-1]]) if len(ends) else ends
    several = ends - starts > 1
    pairs = zip(starts[several].tolist(), ends[several].tolist(), strict=True)
    return sorted(order[start:end].tolist() for start, end in pairs)


def alike_pairs(hashes: Sequence[str | None], max_bits: int) -> npt.NDArray[np.int64]:
    """Return pairs (n, 2) of indices that connect all hashes at a distance of `max_bits` or less.

    Every pair of different hashes at that distance is included; of equal hashes, each is paired only with the
    first.
    """
    places = np.array([place for place, value in enumerate(hashes) if value is not None], dtype=np.int64)
    if not len(places):
        return np.empty((0, 2), dtype=np.int64)
    spelled = b"".join(bytes.fromhex(value) for value in hashes if value is not None)
    codes = np.frombuffer(spelled, dtype=">u8").astype(np.uint64)
    distinct, first, which = np.unique(codes, return_index=True, return_inverse=True)
    equal = np.stack([places[first][which], places], axis=1)
    close = places[first][close_pairs(distinct, max_bits)]
    return np.concatenate([equal[equal[:, 0] != equal[:, 1]], close])


def _components(pairs: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """Return the number of the connected component of every one of `count` nodes."""
    ones = np.ones(len(pairs), dtype=np.int8)
    graph = coo_matrix((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    labels: npt.NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return labels
