"""A discriminative model of one video: which descriptors its objects have."""

from collections import deque
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from shls_core.propagation.fusion.config import VideoModelConfig
from shls_core.propagation.fusion.regression import fit_regression

_CONSTANT = 1e-6
"""Features that vary less than this, as a share of their size, are constant."""


@dataclass(frozen=True)
class Samples:
    """Superpixels whose object is known, or believed to be.

    Attributes
    ----------
    descriptors : Float[Tensor, "N D"]
    labels : Int64[Tensor, "N"]
        0 background, 1..K objects.
    """

    descriptors: Float[Tensor, "N D"]
    labels: Int64[Tensor, " N"]


class VideoModel:
    """A multinomial logistic regression on the superpixels of one video, learned anew for every frame.

    It learns from all superpixels that were given, and from those of the last frames as they were segmented;
    every class has the same importance, however few superpixels it has. Descriptors are standardised by those
    that are given; a descriptor that is constant there says nothing and is left out. Memory use grows with
    the number of given masks, not with time.

    Parameters
    ----------
    config : VideoModelConfig
    given : Samples
        The first frame.
    """

    def __init__(self, config: VideoModelConfig, given: Samples) -> None:
        self._config = config
        self._given = [given]
        self._recent: deque[Samples] = deque(maxlen=config.frames)
        self._coefficients: dict[int, Float[Tensor, " D_1"]] = {}
        self._is_stale = True
        self._standardise()

    def probabilities(
        self, descriptors: Float[Tensor, "R D"], classes: Int64[Tensor, " classes"]
    ) -> Float[Tensor, "R classes"]:
        """Return how probable every class is for every superpixel.

        Parameters
        ----------
        descriptors : Float[Tensor, "R D"]
        classes : Int64[Tensor, "classes"]
            Labels, in the order of the columns of the result; those without a superpixel among the given and
            the last ones have a probability of 0.
        """
        if self._is_stale:
            self._fit()
            self._is_stale = False
        known = list(self._coefficients)
        coefficients = torch.stack([self._coefficients[label] for label in known], dim=1)
        logits = self._standardised(descriptors) @ coefficients[:-1] + coefficients[-1]
        columns = torch.tensor(known, device=classes.device) == classes[:, None]
        return logits.softmax(dim=1) @ columns.T.to(logits)

    def learn(self, samples: Samples) -> None:
        """Add superpixels of the next frame as they were segmented; those of the oldest frame are dropped."""
        self._recent.append(samples)
        self._is_stale = True

    def introduce(self, samples: Samples) -> None:
        """Add superpixels whose object is given, one known before or a new one."""
        self._given.append(samples)
        self._is_stale = True
        self._standardise()
        self._coefficients = {}  # they were those of other units

    def _standardise(self) -> None:
        given = torch.cat([samples.descriptors for samples in self._given])
        deviation, self._mean = torch.std_mean(given, dim=0, correction=0)
        size = given.abs().amax(dim=0)
        varies = deviation > _CONSTANT * size
        self._scale = torch.where(varies, 1 / deviation.where(varies, 1.0), 0.0)

    def _standardised(self, descriptors: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        return (descriptors - self._mean) * self._scale

    def _fit(self) -> None:
        everything = [*self._given, *self._recent]
        labels = torch.cat([samples.labels for samples in everything])
        features = torch.cat([samples.descriptors for samples in everything])
        features.sub_(self._mean).mul_(self._scale)  # the largest table there is: it is not copied
        known, columns, counts = torch.unique(labels, return_inverse=True, return_counts=True)
        nothing = features.new_zeros(features.shape[1] + 1)
        start = torch.stack([self._coefficients.get(label, nothing) for label in known.tolist()], dim=1)
        found = fit_regression(
            features,
            columns,
            (1.0 / (len(known) * counts)).to(features)[columns],
            len(known),
            self._config.l2,
            start=start - start.mean(dim=1, keepdim=True),
            tolerance=self._config.tolerance,
        )
        self._coefficients = dict(zip(known.tolist(), found.T, strict=True))
