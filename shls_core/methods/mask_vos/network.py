"""The network of Mask-VOS: that of DUL, a frame-mask encoder and a decoder."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from shls_core.methods.dul.network import DulNetwork
from shls_core.methods.mask_vos.config import MaskVosNetworkConfig
from shls_core.methods.mask_vos.decoder import MaskDecoder
from shls_core.methods.mask_vos.mask_encoder import FusedMaskEncoder, PlainMaskEncoder
from shls_core.methods.residual_block import ResidualBlock

_SMALL_START = 0.1


@dataclass(frozen=True)
class Encoded:
    """What the visual encoder says of frames.

    Attributes
    ----------
    layer1, layer2, layer4 : Float[Tensor, "frames C h w"]
        At a quarter, an eighth and an eighth of the resolution.
    keys : Float[Tensor, "frames P S"]
        Unit vectors of the cells, row by row.
    """

    layer1: Float[Tensor, "frames C1 h1 w1"]
    layer2: Float[Tensor, "frames C2 h w"]
    layer4: Float[Tensor, "frames C4 h w"]
    keys: Float[Tensor, "frames P S"]

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return self.layer4.shape[2], self.layer4.shape[3]

    def of_frames(self, numbers: Tensor | slice) -> "Encoded":
        """Return that of some of the frames, in their order."""
        if isinstance(numbers, slice):
            return Encoded(*(part[numbers] for part in self._parts()))
        # Rows by number: the way to gather whose gradient is the same at every run on every device.
        return Encoded(*(part.index_select(0, numbers) for part in self._parts()))

    def _parts(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.layer1, self.layer2, self.layer4, self.keys


class MaskVosNetwork(DulNetwork):
    """Visual encoder, frame-mask encoder and decoder. Weights of the visual encoder are named as DUL's.

    Parameters
    ----------
    config : MaskVosNetworkConfig

    Examples
    --------
    >>> network = new_network(MaskVosNetworkConfig(width_multiplier=0.0625, decoder_width=0.0625), seed=0)
    >>> images = network.normalised(torch.zeros(1, 89, 89, 3, dtype=torch.uint8))
    >>> encoded = network.encode(images)
    >>> values = network.values(images, torch.zeros(1, 89, 89), encoded)
    >>> values.shape, network.log_odds(values, values, encoded, (89, 89)).shape
    (torch.Size([1, 32, 12, 12]), torch.Size([1, 89, 89]))
    """

    def __init__(self, config: MaskVosNetworkConfig) -> None:
        super().__init__(config)
        channels, width = self.backbone.channels, config.decoder_width
        encoder = FusedMaskEncoder if config.mask_encoder == "fused" else PlainMaskEncoder
        # Made after the visual encoder, so that its weights of a seed are those of DUL.
        self.mask_encoder = encoder(channels["layer4"], width)
        self.decoder = MaskDecoder((channels["layer1"], channels["layer2"]), width)
        for part in (self.mask_encoder, self.decoder):
            # Without a norm every block would double the variance, and the first log-odds would be far too
            # large.
            for module in part.modules():
                if isinstance(module, ResidualBlock):
                    _begin(module)
        with torch.no_grad():
            self.decoder.to_log_odds.weight.mul_(_SMALL_START)

    def encode(self, images: Float[Tensor, "frames 3 H W"], trains_backbone: bool = True) -> Encoded:
        """Return what the visual encoder says of frames.

        Parameters
        ----------
        images
            Normalised.
        trains_backbone
            Whether gradients reach the backbone.
        """
        with torch.set_grad_enabled(trains_backbone and torch.is_grad_enabled()):
            layers: dict[str, Tensor] = self.backbone(images)
        vectors = self.projection(layers["layer4"]).flatten(2).transpose(1, 2)
        keys = F.normalize(vectors.to(torch.promote_types(vectors.dtype, torch.float32)), dim=2)
        return Encoded(layers["layer1"], layers["layer2"], layers["layer4"], keys)

    def values(
        self, images: Float[Tensor, "N 3 H W"], masks: Float[Tensor, "N H W"], encoded: Encoded
    ) -> Float[Tensor, "N C h w"]:
        """Return the values of frames, each for the object of its mask, 0..1."""
        values: Tensor = self.mask_encoder(images, masks, encoded.layer4)
        return values

    def log_odds(
        self,
        values: Float[Tensor, "N C h w"],
        of_mask: Float[Tensor, "N C h w"],
        encoded: Encoded,
        size: tuple[int, int],
    ) -> Float[Tensor, "N H W"]:
        """Return the log-odds of an object at every pixel of a frame, as `MaskDecoder.forward`."""
        log_odds: Tensor = self.decoder(values, of_mask, encoded.layer1, encoded.layer2, size)
        return log_odds


def _begin(block: ResidualBlock) -> None:
    for module in block.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            assert module.bias is not None
            nn.init.zeros_(module.bias)
    with torch.no_grad():
        block.second.weight.mul_(_SMALL_START)
