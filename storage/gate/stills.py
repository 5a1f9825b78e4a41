"""What the gate expects of a dataset made from stills: pseudo-masks, pseudo-sequences, superpixels."""

from collections.abc import Iterator, Mapping

import pandas as pd

from shls_core.superpixels.config import SuperpixelConfig
from storage.gate.config import GateConfig
from storage.gate.expectations import Expectation, between, unmatched_note_share
from storage.gate.scenarios import fits_into, scenario_columns, training_column
from storage.records.manifests import StageManifest
from storage.rows.schemas.saliency import LOW_CONFIDENCE
from storage.rows.stage_names import INGEST, SALIENCY, SEQUENCES, SUPERPIXELS

STAGES = frozenset({INGEST, SALIENCY, SEQUENCES, SUPERPIXELS})
"""The stages of such a dataset."""


def with_figures(manifest: StageManifest, accepted: pd.DataFrame, rejected: "pd.Series[str]") -> pd.DataFrame:
    """Return the statistics of accepted rows with the columns that only `expectations` here look at.

    Parameters
    ----------
    manifest
        Of the stage whose rows they are.
    accepted
        Statistics of the accepted rows.
    rejected
        Of every row, the reason why it was rejected, if it was.
    """
    stage = manifest.stage
    if stage == INGEST:
        return accepted.assign(unmatched_note_share=unmatched_note_share(manifest))
    if stage == SALIENCY:  # one figure of all rows, beside each accepted row
        return accepted.assign(low_confidence_share=float((rejected == LOW_CONFIDENCE).mean()))
    if stage == SEQUENCES:
        return accepted.assign(**scenario_columns(accepted, accepted["is_train"]))
    return accepted


def expectations(stages: Mapping[str, StageManifest], config: GateConfig) -> Iterator[Expectation]:
    """Yield what the rows of these stages have to fulfil, by the parameters that made them."""
    synthesis = stages[SEQUENCES].parameters["synthesis"]
    held_out = stages[SEQUENCES].parameters["held_out"]
    area_px = synthesis["frame_size"] ** 2
    shares = {"min_value": config.min_mask_share, "max_value": config.max_mask_share, "mostly": config.mostly}

    yield between(INGEST, "num_bytes", min_value=1)
    yield between(INGEST, "unmatched_note_share", max_value=config.max_unmatched_note_share)
    yield between(SALIENCY, "mask_share", **shares)
    yield between(SALIENCY, "num_objects", min_value=1)
    yield between(
        SALIENCY,
        "confidence",
        min_value=stages[SALIENCY].parameters["saliency"]["min_confidence"],
        max_value=1,
    )
    yield between(SALIENCY, "low_confidence_share", max_value=config.max_low_confidence_share)

    lengths = sorted({synthesis["num_frames"], held_out["num_frames"]})
    yield Expectation(
        SEQUENCES, "ExpectColumnValuesToBeInSet", {"column": "num_frames", "value_set": lengths}
    )
    yield between(
        SEQUENCES, "num_objects", min_value=synthesis["min_objects"], max_value=synthesis["max_objects"]
    )
    yield between(SEQUENCES, "mask_share", **shares)
    yield between(SEQUENCES, "occluded_share", min_value=0, max_value=1)
    for split, fewest in (("train", config.min_train_sequences), ("held_out", config.min_held_out_sequences)):
        yield Expectation(
            SEQUENCES, "ExpectColumnSumToBeBetween", {"column": f"is_{split}", "min_value": fewest}
        )

    yield from _of_scenarios(stages[SEQUENCES], config)
    yield from _of_superpixel_counts(stages[SUPERPIXELS], area_px, config)
    yield between(SUPERPIXELS, "min_superpixel_px", min_value=config.min_superpixel_px, max_value=area_px)
    # As many superpixel rows as sequences: none was lost.
    yield Expectation(
        SUPERPIXELS,
        "ExpectTableRowCountToEqual",
        {"value": stages[SEQUENCES].rows - stages[SEQUENCES].rejected},
    )


def _of_scenarios(sequences: StageManifest, config: GateConfig) -> Iterator[Expectation]:
    if sequences.rows - sequences.rejected < config.scenarios_from_sequences:
        return
    num_frames = sequences.parameters["synthesis"]["num_frames"]
    for scenario in config.scenarios:
        if fits_into(scenario, num_frames):
            yield Expectation(
                SEQUENCES,
                "ExpectColumnSumToBeBetween",
                {"column": training_column(scenario), "min_value": config.min_sequences_per_scenario},
            )


def _of_superpixel_counts(
    superpixels: StageManifest, area_px: int, config: GateConfig
) -> Iterator[Expectation]:
    segmenter = SuperpixelConfig(**superpixels.parameters)
    if segmenter.is_adaptive:
        # The number depends on the frame, but a frame with very few superpixels is useless for training.
        fewest, most = config.min_adaptive_superpixels, area_px
        plausible = {"mostly": config.mostly}
    else:
        asked, tolerance = segmenter.num_superpixels, config.superpixel_count_tolerance
        fewest, most = int(asked * (1 - tolerance)), int(asked * (1 + tolerance))
        plausible = {}
    yield between(SUPERPIXELS, "min_superpixels", min_value=fewest, max_value=most, **plausible)
    yield between(SUPERPIXELS, "max_superpixels", max_value=most)
