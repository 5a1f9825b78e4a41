"""What Mask-VOS draws of a clip."""

import numpy as np

from shls_core.methods.mask_vos.config import MaskVosViewsConfig
from shls_core.methods.mask_vos.draws import draw_times
from shls_core.training.clip_draw import ClipDraw


class DistantFramesDraw(ClipDraw):
    """Two neighbouring frames and a distant one, forwards or backwards in time."""

    long_gap: int
    """Least distance from the first frame to the last; in shorter clips, the largest that there is."""

    def numbers(self, rng: np.random.Generator, num_frames: int) -> tuple[int, ...]:
        """Draw which frames are read, in the order of the step."""
        views = MaskVosViewsConfig(gap=self.gap, long_gap=self.long_gap)
        return draw_times(rng, views, num_frames)
