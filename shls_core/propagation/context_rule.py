"""The rules by which frames are chosen as context, and which frames they may need later.

Every rule has ``num_frames``, the frames that are stored at a time for one start frame (0: no bound);
``uses``, the context of a frame, for objects that were given at frame `start` and again at those of `again`,
all of them earlier; and ``needs``, whether a past frame may be context of frame `coming` or of a later one.
"""

from collections.abc import Collection
from dataclasses import dataclass

from shls_core.propagation.label_config import LabelPropagationConfig
from shls_core.propagation.label_context import ContextUse, context_of


@dataclass(frozen=True)
class RecentFrames:
    """The start frame, which is repeated for frames that are missing, and those before the current one.

    Attributes
    ----------
    size : int
        Frames before the current one.
    is_unrestricted : bool
        Whether the start frame, and those at which objects are given again, count outside the window, too.
    """

    size: int
    is_unrestricted: bool

    @property
    def num_frames(self) -> int:
        """Frames that are stored at a time."""
        return self.size + 1

    def uses(self, number: int, start: int, again: Collection[int]) -> list[ContextUse]:
        """Return the context as `context_of` does."""
        return context_of(number, start, self.size, is_unrestricted=self.is_unrestricted, again=again)

    def needs(self, frame: int, coming: int, start: int, again: Collection[int]) -> bool:
        """Return whether the frame is recent, or one at which objects were given."""
        return frame >= coming - self.size or frame in (start, *again)


@dataclass(frozen=True)
class ChosenFrames:
    """Frames at given distances from the start frame or the current one, each once, or all of them.

    Frames at which objects are given again are added.

    Attributes
    ----------
    references : tuple of int, or None
        0 is the start frame, 1 the one after it, -1 the one before the current frame; those that do not
        exist are left out. None: all frames from the start frame on.
    is_unrestricted : bool
        Whether the start frame, and those at which objects are given again, count outside the window, too.

    Examples
    --------
    >>> rule = ChosenFrames((0, 5, -5, -3, -1), is_unrestricted=False)
    >>> [[use.number for use in rule.uses(number, start=0, again=())] for number in (1, 4, 20)]
    [[0], [0, 1, 3], [0, 5, 15, 17, 19]]
    """

    references: tuple[int, ...] | None
    is_unrestricted: bool

    @property
    def num_frames(self) -> int:
        """Frames that are stored at a time; 0 if all are."""
        if self.references is None:
            return 0
        return sum(reference >= 0 for reference in self.references) - min(0, *self.references)

    def uses(self, number: int, start: int, again: Collection[int]) -> list[ContextUse]:
        """Return the chosen frames that exist."""
        given = {start, *again}
        if self.references is None:
            chosen = set(range(start, number))
        else:
            places = {(start if one >= 0 else number) + one for one in self.references}
            chosen = {place for place in places if start <= place < number}
        return [ContextUse(n, 1, self.is_unrestricted and n in given) for n in sorted(chosen.union(again))]

    def needs(self, frame: int, coming: int, start: int, again: Collection[int]) -> bool:
        """Return whether a distance leads to the frame now or later."""
        if self.references is None:
            return frame >= start
        is_recent = frame >= coming + min(0, *self.references)
        return is_recent or frame in again or (frame >= start and frame - start in self.references)


ContextRule = RecentFrames | ChosenFrames


def context_rule(config: LabelPropagationConfig) -> ContextRule:
    """Return the rule of a configuration."""
    is_unrestricted = config.first_frame_unrestricted
    if config.references is None:
        return RecentFrames(config.context, is_unrestricted)
    return ChosenFrames(None if config.references == "all" else config.references, is_unrestricted)
