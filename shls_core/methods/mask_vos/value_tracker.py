"""Carries the values and masks of the objects of one video from earlier frames to the next."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from shls_core.methods.mask_vos.use_config import MaskVosUseConfig
from shls_core.propagation.affinity import ContextFrame, matches
from shls_core.propagation.label_context import context_of
from shls_core.propagation.match_window import Window
from shls_core.propagation.origins import Origin, add_origins


@dataclass(frozen=True)
class ObjectCells:
    """What is known of one object in the cells of a frame.

    Attributes
    ----------
    share : Float[Tensor, "h w"]
        0..1.
    values : Float[Tensor, "C h w"]
        As the frame-mask encoder gives them.
    """

    share: Float[Tensor, "h w"]
    values: Float[Tensor, "C h w"]


@dataclass(frozen=True)
class _Remembered:
    """A stored frame: unit keys, and of every object its share and its values, one row a cell."""

    features: Float[Tensor, "h w S"]
    rows: Mapping[int, Float[Tensor, "cells columns"]]


class ValueTracker:
    """The memory of one video; it grows with the number of given masks, not with time.

    Parameters
    ----------
    config : MaskVosUseConfig
    """

    def __init__(self, config: MaskVosUseConfig) -> None:
        self._config = config
        self._window = Window(config.window, config.radius)
        self._origins: dict[int, Origin] = {}
        self._frames: dict[int, _Remembered] = {}
        self._number = 0

    @property
    def labels(self) -> list[int]:
        """Labels of the objects, in the order in which they were given."""
        return list(self._origins)

    def carried(self, features: Float[Tensor, "h w S"]) -> dict[int, ObjectCells]:
        """Return every object in the cells of the next frame, by its label, each from its own context.

        Parameters
        ----------
        features
            Unit keys of the next frame.
        """
        found = {}
        for origin in dict.fromkeys(self._origins.values()):
            labels = [label for label, other in self._origins.items() if other == origin]
            for label, rows in zip(labels, self._carried_from(origin, labels, features), strict=True):
                maps = rows.T.reshape(-1, *features.shape[:2])
                found[label] = ObjectCells(maps[0], maps[1:])
        return {label: found[label] for label in self._origins}

    def _carried_from(
        self, origin: Origin, labels: list[int], features: Float[Tensor, "h w S"]
    ) -> list[Float[Tensor, "cells columns"]]:
        config = self._config
        uses = context_of(
            self._number,
            origin.start,
            config.context,
            is_unrestricted=config.first_frame_unrestricted,
            again=origin.again,
        )
        frames = [self._frames[use.number] for use in uses]
        context = [
            ContextFrame(frame.features, use.multiplicity, use.is_unrestricted)
            for frame, use in zip(frames, uses, strict=True)
        ]
        neighbours = None if config.neighbours == "all" else config.neighbours
        blocks = list(matches(features, context, self._window, neighbours, config.temperature))
        carried = []
        for label in labels:
            table = torch.cat([frame.rows[label] for frame in frames]).float()
            found = table.new_empty(features.shape[0] * features.shape[1], table.shape[1])
            for block in blocks:
                found[block.cells] = torch.nn.functional.embedding_bag(
                    block.rows, table, per_sample_weights=block.weights, mode="sum"
                )
            carried.append(found)
        return carried

    def remember(
        self,
        features: Float[Tensor, "h w S"],
        objects: Mapping[int, ObjectCells],
        given: Collection[int] = (),
    ) -> None:
        """Store the next frame, and drop those that no later frame needs.

        Parameters
        ----------
        features
            Its unit keys.
        objects
            All objects in it, by label.
        given
            The labels whose masks were given at this frame; it becomes an origin of theirs.
        """
        add_origins(self._origins, given, self._number)
        # Half the memory of float32: at 480p the values of 21 frames are 138 MB an object.
        rows = {
            label: torch.cat([one.share[None], one.values]).flatten(1).T.contiguous().half()
            for label, one in objects.items()
        }
        self._frames[self._number] = _Remembered(features, rows)
        self._number += 1
        needed = {number for origin in self._origins.values() for number in (origin.start, *origin.again)}
        oldest = self._number - self._config.context
        self._frames = {
            number: frame for number, frame in self._frames.items() if number >= oldest or number in needed
        }
