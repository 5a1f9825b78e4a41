"""The superpixels stage under each of its segmenters."""

import numpy as np
import pytest

from shls_core.files.pictures.jpeg_frames import decode_frame
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.superpixel_map import superpixel_map
from storage.rows.codecs import decode_map
from storage.rows.stage_artifact import StageArtifact
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.stages.superpixels import SuperpixelsStage
from tasks.staging.build_stage import build_stage

SERIAL = ExecutionConfig(backend="serial")


@pytest.mark.parametrize(
    ("segmenter", "own", "foreign"),
    [
        ("fast-slic", "fast-slic", "scikit-image"),
        ("skimage-slic", "scikit-image", "fast-slic"),
        ("watershed", "scikit-image", "fast-slic"),
    ],
)
def test_the_segmenter_of_the_configuration_makes_the_maps(staged, staged_copy, segmenter, own, foreign):
    config = SuperpixelConfig(segmenter=segmenter)
    sequences = staged.outcomes["sequences"].artifact
    outcome = build_stage(
        staged_copy, SuperpixelsStage(config), {"sequences": sequences}, StagingConfig(), SERIAL
    )
    made = StageArtifact(staged_copy.objects, outcome.artifact)
    assert own in made.manifest.versions
    assert foreign not in made.manifest.versions
    assert made.manifest.parameters["segmenter"] == segmenter

    frames = StageArtifact(staged_copy.objects, sequences).table(["frames"])["frames"].to_pylist()
    maps = made.table(["superpixel_maps"])["superpixel_maps"].to_pylist()
    for frame, stored in zip(frames[0], maps[0], strict=True):
        expected = superpixel_map(decode_frame(frame), config)
        np.testing.assert_array_equal(decode_map(stored, *expected.shape, np.uint16), expected)
