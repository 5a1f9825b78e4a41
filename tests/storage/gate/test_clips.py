import pytest

from shls_core.errors import GateError
from storage.gate.config import GateConfig
from storage.gate.gate import validate
from storage.gate.verdicts import refuse_failed


@pytest.mark.parametrize(
    ("bounds", "column"),
    [
        ({"max_static_share": 0.1}, "clips.static_share"),
        ({"min_train_clips": 100}, "clips.is_train"),
        ({"min_held_out_videos": 5}, "clips.is_held_out_video"),
    ],
)
def test_a_dataset_of_clips_outside_its_bounds_is_refused(staged_clips_copy, staged_clips, bounds, column):
    verdict = validate(staged_clips_copy, staged_clips.dataset, GateConfig(**bounds))
    with pytest.raises(GateError, match=rf"failed 1 of \d+ expectations .* first: {column}"):
        refuse_failed(verdict)


def test_a_dataset_of_clips_passes_with_the_bounds_of_videos_alone(staged_clips_copy, staged_clips):
    verdict = validate(staged_clips_copy, staged_clips.dataset, GateConfig(min_held_out_videos=2))
    assert verdict.passed
    assert {finding.stage for finding in verdict.findings} == {"footage", "clips"}
    figures = {finding.arguments.get("column") for finding in verdict.findings}
    assert {"too_short_share", "dark_or_flat_share", "lost_share", "unmatched_note_share"} <= figures
