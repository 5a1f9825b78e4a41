"""Which thing of a lineage a row is, or a part of: a photograph, a video, a mask, a sample."""

from collections.abc import Mapping, Sequence

from storage.lineage.graph import MASK, PHOTOGRAPH, SAMPLE, VIDEO, mask_node_id
from storage.rows.source_kinds import SOURCE_STAGES
from storage.rows.stage_names import CLIPS, CLUSTERS, FOOTAGE, INGEST, SALIENCY, SEQUENCES, SUPERPIXELS

KIND_OF_ROWS: Mapping[str, str] = {
    INGEST: PHOTOGRAPH,
    SALIENCY: MASK,
    SEQUENCES: SAMPLE,
    SUPERPIXELS: SAMPLE,
    FOOTAGE: VIDEO,
    CLIPS: SAMPLE,
    CLUSTERS: SAMPLE,
}
"""What the rows of each stage are, or are parts of."""


def stages_with(kind: str) -> tuple[str, ...]:
    """Return the stages whose rows are things of a kind, or parts of them."""
    return tuple(stage for stage, of_rows in KIND_OF_ROWS.items() if of_rows == kind)


def row_node_id(stage: str, sample_id: str, source_ids: Sequence[str]) -> str:
    """Return the id of the node of a row.

    A row of a source belongs to the node of that source: a second file with the bytes of a photograph, and
    every part of a long video, has a sample id of its own.
    """
    if stage in SOURCE_STAGES:
        return source_ids[0]
    return mask_node_id(sample_id) if stage == SALIENCY else sample_id
