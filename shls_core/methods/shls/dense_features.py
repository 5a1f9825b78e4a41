"""The layers of the SHLS backbone as dense features, for label propagation."""

from torch import Tensor

from shls_core.methods.backbone import QUARTER
from shls_core.methods.layer_features import LayerFeatures
from shls_core.methods.shls.network.shls_network import ShlsNetwork


class ShlsDenseFeatures(LayerFeatures):
    """The output of one layer of the backbone, ``layer1`` to ``layer4``; a `DenseFeatures`."""

    def __init__(self, network: ShlsNetwork, layer: str) -> None:
        def output(frames: Tensor, name: str) -> Tensor:
            layers: dict[str, Tensor] = network.backbone(network.normalised(frames), name)
            return layers[name]

        super().__init__(network, layer, QUARTER.layer_strides, output, "SHLS")
