"""What the gate expects of each stage, as plain data."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shls_core.superpixels.config import SuperpixelConfig
from storage.gate.config import GateConfig
from storage.gate.scenarios import fits_into, training_column
from storage.records.manifests import StageManifest
from storage.rows.stage_graph import schema_of
from storage.rows.stage_names import INGEST, SALIENCY, SEQUENCES, SUPERPIXELS


class Expectation(NamedTuple):
    """One expectation over the statistics of the accepted rows of a stage."""

    stage: str
    kind: str
    """Name of a class in ``great_expectations.expectations``."""
    arguments: Mapping[str, Any]


def expectations(stages: Mapping[str, StageManifest], config: GateConfig) -> list[Expectation]:
    """Return every expectation that a dataset made of `stages` must meet."""
    return [*_of_every_stage(stages), *_of_content(stages, config)]


def _of_every_stage(stages: Mapping[str, StageManifest]) -> Iterator[Expectation]:
    for stage in stages:
        yield Expectation(stage, "ExpectTableRowCountToBeBetween", {"min_value": 1})
        # Bounds do not check missing values.
        statistics = (field.name for field in schema_of(stage).statistics)
        for column in ("sample_id", "row_key", "digest", *statistics):
            yield Expectation(stage, "ExpectColumnValuesToNotBeNull", {"column": column})
        yield Expectation(stage, "ExpectColumnValuesToBeUnique", {"column": "sample_id"})
        # Referential integrity: every parent is an accepted row of a stage before.
        yield Expectation(
            stage, "ExpectColumnValuesToBeInSet", {"column": "parents_present", "value_set": [True]}
        )


def _of_content(stages: Mapping[str, StageManifest], config: GateConfig) -> Iterator[Expectation]:
    synthesis = stages[SEQUENCES].parameters["synthesis"]
    held_out = stages[SEQUENCES].parameters["held_out"]
    area_px = synthesis["frame_size"] ** 2
    shares = {"min_value": config.min_mask_share, "max_value": config.max_mask_share, "mostly": config.mostly}

    yield _between(INGEST, "num_bytes", min_value=1)
    yield _between(SALIENCY, "mask_share", **shares)
    yield _between(SALIENCY, "num_objects", min_value=1)
    yield _between(
        SALIENCY,
        "confidence",
        min_value=stages[SALIENCY].parameters["saliency"]["min_confidence"],
        max_value=1,
    )
    yield _between(SALIENCY, "low_confidence_share", max_value=config.max_low_confidence_share)

    lengths = sorted({synthesis["num_frames"], held_out["num_frames"]})
    yield Expectation(
        SEQUENCES, "ExpectColumnValuesToBeInSet", {"column": "num_frames", "value_set": lengths}
    )
    yield _between(
        SEQUENCES, "num_objects", min_value=synthesis["min_objects"], max_value=synthesis["max_objects"]
    )
    yield _between(SEQUENCES, "mask_share", **shares)
    yield _between(SEQUENCES, "occluded_share", min_value=0, max_value=1)
    for split, fewest in (("train", config.min_train_sequences), ("held_out", config.min_held_out_sequences)):
        yield Expectation(
            SEQUENCES, "ExpectColumnSumToBeBetween", {"column": f"is_{split}", "min_value": fewest}
        )

    yield from _of_scenarios(stages[SEQUENCES], config)
    yield from _of_superpixel_counts(stages[SUPERPIXELS], area_px, config)
    yield _between(SUPERPIXELS, "min_superpixel_px", min_value=config.min_superpixel_px, max_value=area_px)
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
    yield _between(SUPERPIXELS, "min_superpixels", min_value=fewest, max_value=most, **plausible)
    yield _between(SUPERPIXELS, "max_superpixels", max_value=most)


def _between(stage: str, column: str, **bounds: float) -> Expectation:
    return Expectation(stage, "ExpectColumnValuesToBeBetween", {"column": column, **bounds})
