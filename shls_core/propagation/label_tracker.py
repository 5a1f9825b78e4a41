"""Tracks the labels of one video, on the grid of its features."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from shls_core.propagation.affinity import ContextFrame, matches
from shls_core.propagation.context_rule import context_rule
from shls_core.propagation.frame_slots import FrameSlots
from shls_core.propagation.label_config import LabelPropagationConfig
from shls_core.propagation.match_window import Window
from shls_core.propagation.origins import Origin, add_origins
from shls_core.propagation.soft_labels import hardened


@dataclass
class _Remembered:
    """A stored frame that may give labels: its features as a reference, and shares of all labels."""

    features: Float[Tensor, "h w C"]
    shares: Float[Tensor, "cells channels"]


class LabelTracker:
    """The state of label propagation in one video; it grows with the number of given masks, not with time.

    Features are compared by inner products: they are unit vectors for cosines. Those of a frame as a
    reference may be others than those that it is compared with its own references by.

    Parameters
    ----------
    config : LabelPropagationConfig
    features : Float[Tensor, "h w C"]
        Of the first frame, as a reference.
    given : Mapping[int, Float[Tensor, "h w"]]
        Share of every object in each cell, by its label.
    """

    def __init__(
        self,
        config: LabelPropagationConfig,
        features: Float[Tensor, "h w C"],
        given: Mapping[int, Float[Tensor, "h w"]],
    ) -> None:
        self._config = config
        self._window = Window(config.window, config.radius)
        self._rule = context_rule(config)
        self._origins = {0: Origin(0)}  # by label, in the order of channels; 0 is background
        self._frames: dict[int, _Remembered] = {}
        self._number = 0
        self._feature_slots = FrameSlots(features, self._rule.num_frames)
        nothing = torch.ones(1, *features.shape[:2], device=features.device)
        self.give(features, nothing, given)

    @property
    def labels(self) -> list[int]:
        """Labels of the channels, background first."""
        return list(self._origins)

    def step(
        self, features: Float[Tensor, "h w C"], as_reference: Float[Tensor, "h w C"] | None = None
    ) -> Float[Tensor, "channels h w"]:
        """Return the shares of all labels in the cells of the next frame, and remember them.

        Parameters
        ----------
        features
            Of the frame, compared with those of its references.
        as_reference
            Of the frame when it is a reference of later ones; None: the same.
        """
        soft = self.predict(features)
        self.remember(features if as_reference is None else as_reference, soft)
        return soft

    def introduce(
        self,
        features: Float[Tensor, "h w C"],
        given: Mapping[int, Float[Tensor, "h w"]],
        as_reference: Float[Tensor, "h w C"] | None = None,
    ) -> Float[Tensor, "channels h w"]:
        """Return the result of `step` for the labels known before; remember it under the given objects."""
        soft = self.predict(features)
        self.give(features if as_reference is None else as_reference, soft, given)
        return soft

    def predict(self, features: Float[Tensor, "h w C"]) -> Float[Tensor, "channels h w"]:
        """Label the next frame, every label from the context of its own origin; `remember` or `give` follows.

        A cell has the smallest background share that any context finds. The first context alone does not know
        an object that was given later, and would label it background wherever it was visible before.
        """
        self._number += 1
        soft = features.new_zeros(len(self._origins), *features.shape[:2], dtype=torch.float32)
        soft[0] = 1.0
        for origin in dict.fromkeys(self._origins.values()):
            channels = [n for n, other in enumerate(self._origins.values()) if other == origin and n > 0]
            found = self._predict_from(origin, features)
            soft[channels] = found[channels]
            soft[0] = torch.minimum(soft[0], found[0])
        return soft

    def _predict_from(
        self, origin: Origin, features: Float[Tensor, "h w C"]
    ) -> Float[Tensor, "channels h w"]:
        config, (height, width, _) = self._config, features.shape
        uses = self._rule.uses(self._number, origin.start, origin.again)
        frames = [self._frames[use.number] for use in uses]
        context = [
            ContextFrame(frame.features, use.multiplicity, use.is_unrestricted)
            for frame, use in zip(frames, uses, strict=True)
        ]
        shares = torch.cat([frame.shares for frame in frames])
        neighbours = None if config.neighbours == "all" else config.neighbours
        found = shares.new_empty(height * width, shares.shape[1])
        for block in matches(features, context, self._window, neighbours, config.temperature):
            found[block.cells] = torch.nn.functional.embedding_bag(
                block.rows, shares, per_sample_weights=block.weights, mode="sum"
            )
        return found.T.reshape(-1, height, width)

    def give(
        self,
        features: Float[Tensor, "h w C"],
        soft: Float[Tensor, "channels h w"],
        given: Mapping[int, Float[Tensor, "h w"]],
    ) -> None:
        """Write given objects over the shares of the frame that was predicted, and remember it.

        The frame becomes an origin of these objects.
        """
        add_origins(self._origins, given, self._number)
        if len(self._origins) > len(soft):
            self._make_room(soft.new_empty(soft[0].numel(), len(self._origins)))
        merged = soft.new_zeros(len(self._origins), *soft.shape[1:])
        merged[: len(soft)] = soft
        channels = [self.labels.index(label) for label in given]
        shares = torch.stack([share.to(soft.device) for share in given.values()])
        # A given object is nowhere else: cells that were predicted to be it become background.
        merged[0] += merged[channels].sum(0)
        merged[channels] = 0
        merged *= 1 - shares.sum(0).clamp(max=1)
        merged[channels] += shares
        self.remember(features, merged)

    def _make_room(self, like: Float[Tensor, "cells channels"]) -> None:
        """Add channels for labels that became known; their shares in earlier frames are 0."""
        self._share_slots = FrameSlots(like, self._rule.num_frames)
        for number, frame in self._frames.items():
            missing = like.shape[1] - frame.shares.shape[1]
            frame.shares = self._share_slots.put(number, torch.nn.functional.pad(frame.shares, (0, missing)))

    def remember(self, features: Float[Tensor, "h w C"], soft: Float[Tensor, "channels h w"]) -> None:
        """Store the frame that was predicted with its shares, and drop those that no later frame needs."""
        for number in [n for n in self._frames if not self._is_needed(n)]:
            del self._frames[number]
            self._feature_slots.drop(number)
            self._share_slots.drop(number)
        if self._is_needed(self._number):
            kept = hardened(soft) if self._config.labels == "hard" else soft
            self._frames[self._number] = _Remembered(
                self._feature_slots.put(self._number, features),
                self._share_slots.put(self._number, kept.flatten(1).T),
            )

    def _is_needed(self, number: int) -> bool:
        """Return whether a frame may be context of a later one than the current frame."""
        origins = set(self._origins.values())
        return any(self._rule.needs(number, self._number + 1, one.start, one.again) for one in origins)
