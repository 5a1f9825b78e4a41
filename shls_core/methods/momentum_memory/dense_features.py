"""The layers and the embeddings of momentum memory as dense features, for label propagation."""

from torch import Tensor

from shls_core.methods.backbone import QUARTER
from shls_core.methods.layer_features import LayerFeatures
from shls_core.methods.momentum_memory.config import EMBEDDING, MOMENTUM, STRIDE
from shls_core.methods.momentum_memory.lab import lab_of
from shls_core.methods.momentum_memory.network import MomentumNetwork


class MomentumDenseFeatures(LayerFeatures):
    """A `DenseFeatures`: ``layer1`` to ``layer4``, ``embedding`` or ``momentum``."""

    def __init__(self, network: MomentumNetwork, name: str) -> None:
        def output(frames: Tensor, name: str) -> Tensor:
            return network.features(lab_of(frames), name)

        strides = {**QUARTER.layer_strides, EMBEDDING: STRIDE, MOMENTUM: STRIDE}
        super().__init__(network, name, strides, output, "momentum memory")
