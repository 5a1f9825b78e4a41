"""The layers and the keys of the network of Mask-VOS as dense features, for label propagation."""

from torch import Tensor

from shls_core.methods.backbone import EIGHTH
from shls_core.methods.dul.config import STRIDE
from shls_core.methods.dul.network import EMBEDDING
from shls_core.methods.layer_features import LayerFeatures
from shls_core.methods.mask_vos.network import MaskVosNetwork


class MaskVosDenseFeatures(LayerFeatures):
    """One output of the visual encoder: ``layer1`` to ``layer4``, or ``embedding``; a `DenseFeatures`."""

    def __init__(self, network: MaskVosNetwork, name: str) -> None:
        def output(frames: Tensor, name: str) -> Tensor:
            return network.features(network.normalised(frames), name)

        super().__init__(network, name, {**EIGHTH.layer_strides, EMBEDDING: STRIDE}, output, "Mask-VOS")
