"""The section ``method`` of a configuration of momentum memory."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from shls_core.frozen import FrozenConfig
from shls_core.methods.config import MethodConfig
from shls_core.propagation.label_config import LabelPropagationConfig, References
from shls_core.training.phases import Phase

STRIDE = 4
"""Pixels from one cell of the feature grid to the next."""

EMBEDDING = "embedding"
"""Name of the features of the encoder that is trained."""

MOMENTUM = "momentum"
"""Name of the features of its momentum copy, which encodes references."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Gap = Annotated[int, Field(ge=1, le=63)]


class MomentumNetworkConfig(FrozenConfig):
    """Shape of the two encoders; equal configurations accept each other's weights."""

    width_multiplier: float = Field(default=1.0, ge=0.0625, le=4.0)
    """Factor on every channel count of the backbone: 1.0 as published."""

    embedding_size: int = Field(default=64, ge=1, le=1024)
    """Channels of the features that are compared (MAST: 64; not published)."""


class ViewsConfig(FrozenConfig):
    """Which frames of a clip are used, and how they are cut out and changed."""

    num_frames: int = Field(default=6, ge=2, le=64)
    """Frames that are read of a clip: a pair learns from two of them, a memory from the last one and its
    references."""

    gap: int = Field(default=1, ge=1, le=1000)
    """Of clips: largest distance from one frame that is read to the next; shorter clips have a smaller
    one."""

    reference_gaps: tuple[Gap, ...] = Field(default=(1, 2), min_length=1)
    """Distances, in frames that are read, from a frame to its reference and from one reference to the next;
    drawn for each clip. Shorter ones replace those that do not fit. MAST: 2, 5 and 8 frames of a film."""

    gap_weights: tuple[Share, ...] = (0.8, 0.2)
    """How often each of `reference_gaps` is drawn, of sum 1 (MAST: .4, .4, .2)."""

    crop: int = Field(default=381, ge=STRIDE + 1, le=4096)
    """Side of the squares, in px. Sides of 4 n + 1 make the grid symmetric: 381 has 96x96 cells, 125 has
    32x32. Published: 384."""

    side: tuple[Share, Share] = (0.6, 1.0)
    """Smallest and largest share of the shorter side of a frame that the side of a square takes before it is
    resized to `crop` (not published)."""

    flip: Share = 0.5
    """Probability that all frames of a clip are mirrored (not published)."""

    jitter: Share = 0.3
    """Probability that the colours of the inputs of a clip are changed, in all its frames alike."""

    @model_validator(mode="after")
    def _values_fit(self) -> "ViewsConfig":
        if len(self.gap_weights) != len(self.reference_gaps) or abs(sum(self.gap_weights) - 1) > 1e-6:
            raise ValueError(
                f"expected {len(self.reference_gaps)} gap_weights of sum 1, one for each of reference_gaps, "
                f"got {list(self.gap_weights)}"
            )
        if not 0.0 < self.side[0] <= self.side[1]:
            raise ValueError(f"expected a side above 0 that ascends, got {list(self.side)}")
        if self.crop > 4096 * self.side[0]:
            raise ValueError(
                f"expected frames of at most 4096 px to cut {self.crop} px from, got a side of {self.side[0]}"
            )
        return self


class MomentumMemoryConfig(MethodConfig):
    """Reconstruction of colours from a memory of frames: network, views, loss and use."""

    name: Literal["momentum_memory"] = "momentum_memory"
    """Name of the method."""

    network: MomentumNetworkConfig = MomentumNetworkConfig()
    """The network."""

    views: ViewsConfig = ViewsConfig()
    """Frames, squares and colours of a clip."""

    window: int = Field(default=12, ge=0, le=255)
    """Rows and columns, in cells, from a cell to the farthest ones of a reference that it is compared with:
    12 are 25x25 cells, as published."""

    similarity: Literal["dot", "cosine"] = "dot"
    """How features are compared: by inner products as they are (MAST), or by cosines over a
    `temperature`."""

    temperature: float = Field(default=0.05, ge=0.001, le=10.0)
    """Divisor of cosines before the softmax; inner products have none."""

    reconstruct_at: Literal["full", "grid"] = "full"
    """Where reconstructed colours are compared with the true ones: at every pixel, interpolated between cells
    (MAST); or at the centres of cells."""

    loss_scale: float = Field(default=20.0, gt=0.0, le=1000.0)
    """Factor on colours of -1..1 before the smooth L1 loss, which is quadratic below 1 (MAST: 20)."""

    memory_from: int | None = Field(default=None, ge=0)
    """Steps of the pair stage: one encoder learns from pairs of frames. The memory stage follows: references
    are encoded by a momentum copy. It restarts the schedule and the moving average; only it is validated.
    None: pairs alone. Published: 120,000."""

    memory_learning_rate: float | None = Field(default=1e-4, gt=0.0, le=1.0)
    """Highest learning rate of the memory stage (published: 1e-4); None: that of the pair stage."""

    num_references: int = Field(default=5, ge=1, le=63)
    """Frames of the memory in the memory stage (published: 5)."""

    momentum: float = Field(default=0.999, ge=0.0, le=1.0)
    """Share of its weights that the momentum copy keeps in a step of the memory stage (published: .999)."""

    references: References | Literal["all"] = (0, 5, -5, -3, -1)
    """The frames that give labels in use: 0 is the first frame, -1 the frame before the current one (MAST:
    these five; published: five, the first among them). ``all``: every earlier frame."""

    reference_encoder: Literal["momentum", "same"] = "momentum"
    """The encoder of references in use: the momentum copy, as published, or the one that is trained, which
    halves the time."""

    labels: Literal["hard", "soft"] = "hard"
    """What is stored of a frame in use: the label with the largest share (MAST), or the shares of all."""

    used: ClassVar[tuple[str, ...]] = (
        "window",
        "similarity",
        "temperature",
        "references",
        "reference_encoder",
        "labels",
    )

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The pair stage and the memory stage, or one of them alone."""
        if self.memory_from is None:
            return (Phase(),)
        memory = Phase(self.memory_from, self.memory_learning_rate, key="method.memory_from")
        return (Phase(), memory) if self.memory_from else (memory,)

    def unread(self, validates: bool) -> frozenset[str]:
        """Return the keys that use alone reads, without validation."""
        return frozenset() if validates else frozenset(("references", "reference_encoder", "labels"))

    def propagation(self) -> LabelPropagationConfig:
        """Return the label propagation that carries masks as the features were trained."""
        is_dot, is_hard = self.similarity == "dot", self.labels == "hard"
        return LabelPropagationConfig(
            features=EMBEDDING,
            reference_features=MOMENTUM if self.reference_encoder == "momentum" else None,
            similarity=self.similarity,
            temperature=1.0 if is_dot else self.temperature,
            references=self.references,
            window="square",
            radius=max(self.window, 0.5),
            neighbours="all",
            first_frame_unrestricted=False,
            labels=self.labels,
            # A hard label is that of the pixel on which a cell is centred.
            given_mask="bilinear" if is_hard else "area",
        )

    @model_validator(mode="after")
    def _memory_fits(self) -> "MomentumMemoryConfig":
        if self.memory_from is not None and self.num_references >= self.views.num_frames:
            raise ValueError(
                f"expected num_references below views.num_frames ({self.views.num_frames}), the frames that "
                f"are read of a clip, got {self.num_references}"
            )
        self.propagation()
        return self
