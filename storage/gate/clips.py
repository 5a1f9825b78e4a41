"""What the gate expects of a dataset made from videos: footage, and clips of it."""

from collections.abc import Iterator, Mapping

import pandas as pd

from storage.gate.config import GateConfig
from storage.gate.expectations import Expectation, between, unmatched_note_share
from storage.records.manifests import StageManifest
from storage.rows.schemas.clips import DARK_OR_FLAT, STATIC, TOO_SHORT
from storage.rows.stage_names import CLIPS, FOOTAGE

STAGES = frozenset({FOOTAGE, CLIPS})
"""The stages of such a dataset."""

NOTES: Mapping[str, tuple[str, ...]] = {CLIPS: ("video_id",)}
"""Notes that `with_figures` reads beside the statistics of a stage."""

_SHARES = {"static_share": STATIC, "too_short_share": TOO_SHORT, "dark_or_flat_share": DARK_OR_FLAT}


def with_figures(manifest: StageManifest, accepted: pd.DataFrame, rejected: "pd.Series[str]") -> pd.DataFrame:
    """Return the statistics of accepted rows with the columns that only `expectations` here look at.

    Figures of all rows stand beside each accepted row.

    Parameters
    ----------
    manifest
        Of the stage whose rows they are.
    accepted
        Statistics of the accepted rows, and their `NOTES`.
    rejected
        Of every row, the reason why it was rejected, if it was.
    """
    if manifest.stage == FOOTAGE:
        lost = accepted["num_lost"].sum()
        return accepted.assign(
            unmatched_note_share=unmatched_note_share(manifest),
            lost_share=float(lost / max(1, lost + accepted["num_frames"].sum())),
        )
    if manifest.stage == CLIPS:
        shares = {column: float((rejected == reason).mean()) for column, reason in _SHARES.items()}
        is_held_out = accepted["is_held_out"] == 1
        is_first = ~accepted["video_id"].where(is_held_out).duplicated() & is_held_out
        return accepted.assign(**shares, is_held_out_video=is_first.astype(int)).drop(columns="video_id")
    return accepted


def expectations(stages: Mapping[str, StageManifest], config: GateConfig) -> Iterator[Expectation]:
    """Yield what the rows of these stages have to fulfil, by the parameters that made them."""
    clips = stages[CLIPS].parameters["clips"]
    yield between(FOOTAGE, "num_bytes", min_value=1)
    yield between(FOOTAGE, "num_frames", min_value=1)
    yield between(FOOTAGE, "unmatched_note_share", max_value=config.max_unmatched_note_share)
    yield between(FOOTAGE, "lost_share", max_value=config.max_lost_frame_share)
    yield between(CLIPS, "num_frames", min_value=clips["min_frames"], max_value=clips["max_frames"])
    yield between(CLIPS, "motion", min_value=clips["min_motion"])
    yield between(CLIPS, "moving_share", min_value=clips["min_moving_share"], max_value=1)
    yield between(CLIPS, "mean_luma", min_value=0, max_value=255)
    yield between(CLIPS, "luma_deviation", min_value=clips["min_luma_deviation"])
    yield between(CLIPS, "static_share", max_value=config.max_static_share)
    yield between(CLIPS, "too_short_share", max_value=config.max_too_short_share)
    yield between(CLIPS, "dark_or_flat_share", max_value=config.max_dark_or_flat_share)
    for column, fewest in (
        ("is_train", config.min_train_clips),
        ("is_held_out_video", config.min_held_out_videos),
    ):
        yield Expectation(CLIPS, "ExpectColumnSumToBeBetween", {"column": column, "min_value": fewest})
