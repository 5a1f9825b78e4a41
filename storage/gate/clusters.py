"""What the gate expects of the clusters of clips."""

from collections.abc import Iterator, Mapping

import pandas as pd

from storage.gate.config import GateConfig
from storage.gate.expectations import Expectation, between
from storage.records.manifests import StageManifest
from storage.rows.schemas.clusters import NO_OBJECT
from storage.rows.stage_names import CLIPS, CLUSTERS

STAGES = frozenset({CLUSTERS})
"""The stages that are judged here."""

NOTES: Mapping[str, tuple[str, ...]] = {}
"""Notes that `with_figures` reads beside the statistics of a stage."""


def with_figures(manifest: StageManifest, accepted: pd.DataFrame, rejected: "pd.Series[str]") -> pd.DataFrame:
    """Return the statistics of accepted rows with the columns that only `expectations` here look at."""
    if manifest.stage != CLUSTERS:
        return accepted
    return accepted.assign(no_object_share=float((rejected == NO_OBJECT).mean()), num_rows=manifest.rows)


def expectations(stages: Mapping[str, StageManifest], config: GateConfig) -> Iterator[Expectation]:
    """Yield what the rows of these stages have to fulfil, by the parameters that made them."""
    bounds = stages[CLUSTERS].parameters["clusters"]
    clips = stages[CLIPS]
    num_clips = clips.rows - clips.rejected
    yield between(CLUSTERS, "num_rows", min_value=num_clips, max_value=num_clips)
    yield between(CLUSTERS, "num_clusters", min_value=1, max_value=bounds["num_clusters"])
    yield between(CLUSTERS, "largest_share", min_value=bounds["min_share"], max_value=bounds["max_share"])
    yield between(CLUSTERS, "smallest_share", min_value=bounds["min_share"], max_value=bounds["max_share"])
    yield between(CLUSTERS, "kept_share", min_value=0, max_value=1)
    yield between(CLUSTERS, "no_object_share", max_value=config.max_no_object_share)
