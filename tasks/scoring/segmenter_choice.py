"""How a checkpoint propagates masks: everything that decides them, except the video and the weights."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from shls_core.adaptation.config import AdaptationConfig
from shls_core.adaptation.two_passes import VideoAdaptation
from shls_core.methods.config import MethodConfig
from shls_core.methods.in_use import columns_read, propagator_of, reads_superpixels, use_modules, use_packages
from shls_core.methods.joined import check_joins
from shls_core.methods.registry import default_method
from shls_core.propagation.config import PropagationConfig
from shls_core.propagation.interface import MaskPropagator
from shls_core.propagation.video_segmenter import VideoSegmenter
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.division import Divide, division
from tasks.stages.superpixels import SuperpixelsStage

_DIVIDING_MODULE = "shls_core.superpixels.division"
_ADAPTING_MODULE = "shls_core.adaptation.two_passes"


@dataclass(frozen=True)
class PropagationChoice:
    """A propagation for the network of a method.

    Attributes
    ----------
    method
        The method as it is used.
    propagation
        Which propagation, and its settings.
    superpixels
        How frames are divided, for propagations that read superpixels; None if the sequences have them.
    adaptation
        Whether a network learns each video from its propagated masks, and how.
    second
        The method of a second network, whose dense features are joined to those of the first; None: there is
        one network.
    """

    method: MethodConfig = field(default_factory=default_method)
    propagation: PropagationConfig = field(default_factory=PropagationConfig)
    superpixels: SuperpixelConfig | None = None
    adaptation: AdaptationConfig = field(default_factory=AdaptationConfig)
    second: MethodConfig | None = None

    def propagator(self, *networks: nn.Module) -> MaskPropagator:
        """Return the propagator of masks with a network of the method, or of both methods.

        Raises
        ------
        InputError
            If the networks cannot be used in this way.
        """
        network, *others = networks
        assert len(others) == (self.second is not None), "one network for every method"
        second = (others[0], self.second) if self.second is not None else None
        return propagator_of(network, self.method, self.propagation, self.divide(), second)

    def check(self) -> None:
        """Refuse what is known to be impossible before there is a network or a video.

        Raises
        ------
        InputError
            If there is a number of superpixels for a segmenter that takes none, or a second method for a
            propagation that uses one network.
        """
        self.divide()
        if self.second is not None:
            check_joins(self.method, self.propagation)

    def divide(self) -> Divide | None:
        """Return the function that divides frames, or None if they are not divided.

        Raises
        ------
        InputError
            If there is a number of superpixels for a segmenter that takes none.
        """
        if self.superpixels is None or not self.reads_superpixels:
            return None
        return division(self.superpixels, self.propagation.num_superpixels)

    @property
    def reads_superpixels(self) -> bool:
        """Whether masks depend on superpixels."""
        return reads_superpixels(self.method, self.propagation)

    @property
    def adapts(self) -> bool:
        """Whether a network learns each video from its propagated masks."""
        return self.adaptation.mode != "off"

    def adaptation_on(self, device: torch.device) -> VideoAdaptation | None:
        """Return what adapts masks to each video on a device; None if they stay as they were propagated."""
        return VideoAdaptation(self.adaptation, device) if self.adapts else None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a dataset's sequences that it reads."""
        return columns_read(self.method, self.propagation)

    def facts(self) -> dict[str, Any]:
        """Return what the masks depend on, as sections of a configuration."""
        propagation = self.propagation.facts()
        facts: dict[str, Any] = {"propagation": propagation}
        if self.propagation.method == "own":
            facts["method"] = self.method.use_facts()
        if self.superpixels is not None and self.reads_superpixels:
            facts["superpixels"] = self.superpixels.model_dump(mode="json")
            propagation["num_superpixels"] = self.propagation.num_superpixels
        if self.second is not None:
            propagation["joined"] = self.propagation.joined.model_dump(mode="json")
        if self.adapts:
            facts["adaptation"] = self.adaptation.model_dump(mode="json")
        return facts

    def modules(self) -> tuple[str, ...]:
        """Return the modules whose code, with all they import, propagates the masks."""
        dividing = (_DIVIDING_MODULE,) if self.superpixels is not None and self.reads_superpixels else ()
        adapting = (_ADAPTING_MODULE,) if self.adapts else ()
        return (*use_modules(self.method, self.propagation, self.second), *dividing, *adapting)

    def packages(self) -> Sequence[str]:
        """Return the third-party packages that the masks depend on, besides those of every use."""
        own = use_packages(self.method, self.propagation)
        if self.superpixels is None or not self.reads_superpixels:
            return own
        return (*own, *SuperpixelsStage(self.superpixels).packages)


@dataclass(frozen=True)
class SegmenterChoice:
    """What segments the videos of a benchmark.

    Attributes
    ----------
    checkpoint
        Id of the checkpoint.
    how
        The propagation.
    max_side
        Longest side in px at which frames are segmented; None: their own size.
    joined_with
        Id of the second checkpoint, if `how` has a second method.
    """

    checkpoint: str
    how: PropagationChoice
    max_side: int | None = None
    joined_with: str | None = None

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Ids of all checkpoints, whose networks `segmenter` takes."""
        return (self.checkpoint, *filter(None, [self.joined_with]))

    def segmenter(self, *networks: nn.Module) -> VideoSegmenter:
        """Return the segmenter of videos with the networks of the checkpoints.

        Raises
        ------
        InputError
            If the networks cannot be used in this way.
        """
        return VideoSegmenter(self.how.propagator(*networks), self.max_side)

    def facts(self) -> dict[str, Any]:
        """Return what the masks depend on, as it is recorded."""
        return {**self.how.facts(), "max_side": self.max_side}
