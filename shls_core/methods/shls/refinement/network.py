"""The weights of refinement: a modulator and a decoder, over regions of equal size."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from shls_core.methods.shls.features.superfeatures import POSITION_CHANNELS
from shls_core.methods.shls.refinement.config import RefinementConfig
from shls_core.methods.shls.refinement.decoder import FeatureDecoder
from shls_core.methods.shls.refinement.modulator import FeatureModulator
from shls_core.propagation.superpixel_memory.attention import ATTENTION_CHANNELS

_COARSE_LOG_ODDS = 2.0
"""Initial log-odds of the object inside the coarse mask: right in seven cases of eight."""

_FIRST_CORRECTIONS = 0.01
"""Factor on the initial log-odds of a decoder that corrects: too small to change a mask, but not 0, so that
gradients reach every weight from the first step."""


@dataclass(frozen=True)
class Reference:
    """The decoder's input from earlier frames, resized to the current regions.

    Attributes
    ----------
    first_coarse : Float[Tensor, "N C4+3 h w"]
        Coarse features of the first frame, not gated.
    last_gated : Float[Tensor, "N C4+3 h w"]
        Gated coarse features of the last frame.
    first_mask : Float[Tensor, "N 1 H W"]
        Of the object, 0 or 1.
    last_prediction : Float[Tensor, "N 1 H W"]
        Probability of the object, 0..1.
    first_fine : Float[Tensor, "N C1+3 H W"]
        Fine features of the first frame.
    """

    first_coarse: Float[Tensor, "N C4 h w"]
    last_gated: Float[Tensor, "N C4 h w"]
    first_mask: Float[Tensor, "N 1 H W"]
    last_prediction: Float[Tensor, "N 1 H W"]
    first_fine: Float[Tensor, "N C1 H W"]


@dataclass(frozen=True)
class Current:
    """The decoder's input from the current frame, in some regions of equal size.

    Attributes
    ----------
    fine : Float[Tensor, "N C1+3 H W"]
        Fine features and positions.
    attention : Float[Tensor, "N 4 H W"]
        Attention maps of the object of each region.
    coarse : Float[Tensor, "N C4+3 h w"]
        Coarse features and positions, at a quarter of the resolution.
    """

    fine: Float[Tensor, "N C1 H W"]
    attention: Float[Tensor, "N 4 H W"]
    coarse: Float[Tensor, "N C4 h w"]


class RefinementNetwork(nn.Module):
    """Feature modulator and feature decoder; it stores no state of a video.

    Parameters
    ----------
    fine_channels, coarse_channels : int
        Channels of the backbone's two maps; each gets three more for size and place of the superpixel.
    config : RefinementConfig
    """

    def __init__(self, fine_channels: int, coarse_channels: int, config: RefinementConfig) -> None:
        super().__init__()
        self.config = config
        fine, coarse = fine_channels + POSITION_CHANNELS, coarse_channels + POSITION_CHANNELS
        self.modulator = FeatureModulator(fine, coarse, config.decoder_width)
        self._sees_both_frames = config.fine_input == "both_frames"
        seen_now = fine + ATTENTION_CHANNELS if self._sees_both_frames else 0
        self._corrects = config.decoder_says == "correction"
        self.decoder = FeatureDecoder(3 * coarse, fine + 2 + seen_now + self._corrects, config.decoder_width)
        if self._corrects:
            self.coarse_log_odds = nn.Parameter(torch.tensor(_COARSE_LOG_ODDS))
            self.decoder.to_logits.weight.data.mul_(_FIRST_CORRECTIONS)

    def gate(self, current: Current) -> Float[Tensor, "N C4 h w"]:
        """Return the coarse features of some regions, gated."""
        gated: Tensor = self.modulator(current.fine, current.attention, current.coarse)
        return gated

    def decode(
        self,
        current: Current,
        gated: Float[Tensor, "N C4 h w"],
        reference: Reference,
        coarse_mask: Float[Tensor, "N 1 H W"],
    ) -> Float[Tensor, "N H W"]:
        """Return the log-odds of the object in some regions, each object against everything else.

        The coarse mask, 0 or 1, is read only by a decoder that corrects it.
        """
        coarse = torch.cat([reference.first_coarse, reference.last_gated, gated], dim=1)
        fine = [reference.first_mask, reference.last_prediction, reference.first_fine]
        if self._sees_both_frames:
            fine += [current.fine, current.attention]
        if self._corrects:
            fine.append(coarse_mask)
        logits: Tensor = self.decoder(coarse, torch.cat(fine, dim=1))
        log_odds = logits[:, 1] - logits[:, 0]
        if self._corrects:
            log_odds = log_odds + self.coarse_log_odds * (2.0 * coarse_mask[:, 0] - 1.0)
        return log_odds
