"""Pasted objects: how one is drawn, and its silhouettes in every frame."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8

from shls_core.synthesis.component import cut_component, draw_component
from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.geometry import (
    SHAPE_STEPS,
    Matrix,
    about,
    centre_of,
    compose,
    draw_affine,
    draw_homography,
    extent_corners,
    extent_of,
    pixel_extent,
    rows_of,
    transform_points,
    translation,
)
from shls_core.synthesis.layers import LayeredMasks
from shls_core.synthesis.photometric import draw_colour_jitter
from shls_core.synthesis.placement import draw_boxes, refusal
from shls_core.synthesis.recipe import (
    Box,
    Component,
    LeftOut,
    LeftOutReason,
    ObjectFrame,
    PastedObject,
    Size,
)
from shls_core.synthesis.warping import resize_labels, warp_labels
