"""The layers and the projection of DUL's network as dense features, for label propagation."""

from torch import Tensor

from shls_core.methods.backbone import EIGHTH
from shls_core.methods.dul.config import STRIDE
from shls_core.methods.dul.network import EMBEDDING, DulNetwork
from shls_core.methods.layer_features import LayerFeatures


class DulDenseFeatures(LayerFeatures):
    """One output of the network: ``layer1`` to ``layer4``, or ``embedding``; a `DenseFeatures`."""

    def __init__(self, network: DulNetwork, name: str) -> None:
        def output(frames: Tensor, name: str) -> Tensor:
            return network.features(network.normalised(frames), name)

        super().__init__(network, name, {**EIGHTH.layer_strides, EMBEDDING: STRIDE}, output, "DUL")
