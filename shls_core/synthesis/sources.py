"""The images to paste from: drawn from ids alone, before any pixel is read."""

import hashlib
from collections.abc import Iterable

import numpy as np

from shls_core.errors import InputError
from shls_core.synthesis.config import SynthesisConfig

POINTS_PER_ID = 8
"""Points of an id on the ring: one SHA-512 gives eight of 64 bits."""


class HashRing:
    """A pool of ids on a ring: an id added or removed changes few draws.

    Every id owns a few points on a ring of 64-bit numbers, given by a hash of the id alone. A drawn
    number belongs to the owner of the next point at or after it. So adding an id to the pool takes over
    a share of about 1 / (n + 1) of the ring and leaves every other draw as it was.

    Parameters
    ----------
    ids : Iterable[str]
        The pool, in any order; an id named twice counts once.

    Raises
    ------
    InputError
        If the pool is empty.

    References
    ----------
    Karger et al., "Consistent Hashing and Random Trees", STOC 1997, https://doi.org/10.1145/258533.258660

    Examples
    --------
    >>> ring = HashRing(["ant", "bee", "cat"])
    >>> ring.owner(0) in ring.ids
    True
    >>> ring.owner(0, exclude=ring.owner(0)) == ring.owner(0)
    False
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self.ids: tuple[str, ...] = tuple(sorted(set(ids)))
        """The pool, sorted."""
        if not self.ids:
            raise InputError("expected a pool of at least one image to paste from, got none")
        hashes = b"".join(hashlib.sha512(one.encode()).digest() for one in self.ids)
        points = np.frombuffer(hashes, dtype=">u8").astype(np.uint64)
        # A stable sort keeps equal points in the order of their ids.
        order = np.argsort(points, kind="stable")
        self._points = points[order]
        self._owners = (order // POINTS_PER_ID).astype(np.uint32)

    def __len__(self) -> int:
        return len(self.ids)

    def owner(self, position: int, exclude: str | None = None) -> str:
        """Return the id that owns a position of the ring.

        Parameters
        ----------
        position : int
            A place on the ring, 0 <= position < 2**64.
        exclude : str, optional
            An id that is skipped in favour of the next one, unless it is the only one in the pool.

        Returns
        -------
        str
            An id of the pool.
        """
        point = int(np.searchsorted(self._points, np.uint64(position), side="left"))
        for step in range(len(self._points)):
            owner = self.ids[int(self._owners[(point + step) % len(self._points)])]
            if owner != exclude:
                return owner
        return self.ids[0]


def draw_sources(
    template_id: str,
    ring: HashRing,
    config: SynthesisConfig,
    rng: np.random.Generator,
) -> tuple[str, ...]:
    """Draw the images whose objects are pasted into one pseudo-sequence.

    Only ids are used: a placement that fails later is retried with the same source, so that the images that a
    sample reads are known before any of them is opened.

    Parameters
    ----------
    template_id : str
        The image the sequence starts from; never its own source if the pool holds another image.
    ring : HashRing
        The pool of images.
    config : SynthesisConfig
        `single_object_share`, `max_objects` and `clone_probability` are used.
    rng : numpy.random.Generator
        A generator for this sequence and this purpose alone. The numbers drawn from it do not depend on the
        pool.

    Returns
    -------
    tuple[str, ...]
        One id per object to paste, in the order of pasting. An id equal to the one before it requests a clone
        of the same object. Empty for a sequence of the template's objects alone.
    """
    if rng.random() < config.single_object_share:
        return ()
    num_pasted = int(rng.integers(1, max(1, config.max_objects - 1), endpoint=True))
    positions = rng.integers(0, 2**64, size=num_pasted, dtype=np.uint64)
    cloned = rng.random(num_pasted) < config.clone_probability

    sources: list[str] = []
    for position, clone in zip(positions, cloned, strict=True):
        repeat = clone and sources
        sources.append(sources[-1] if repeat else ring.owner(int(position), exclude=template_id))
    return tuple(sources)
