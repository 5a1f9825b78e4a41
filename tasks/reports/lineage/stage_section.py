"""A stage of a dataset as its page shows it: rows, statistics, rejections, and what decided the bytes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from storage.gate.drift_figures import kind_of_reason
from storage.gate.verdicts import Finding
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_graph import schema_of
from storage.rows.stage_names import CLIPS, CLUSTERS, FOOTAGE, INGEST, SALIENCY, SEQUENCES, SUPERPIXELS
from storage.tables.append_only import Row
from tasks.reports.lineage.findings import FindingRow, finding_row
from tasks.reports.lineage.histogram import Histogram, histogram
from tasks.reports.lineage.usage_facts import stage_usage
from tasks.reports.making import Fact

TITLES = {
    INGEST: "Photographs",
    SALIENCY: "Pseudo-masks",
    SEQUENCES: "Pseudo-sequences",
    SUPERPIXELS: "Superpixel maps",
    FOOTAGE: "Footage",
    CLIPS: "Clips",
    CLUSTERS: "Clusters",
}
_MEANINGS = {
    INGEST: "Image files, unchanged, named by their SHA-256.",
    SALIENCY: "The salient region of a photograph, or of a part of it, and the labels derived from it.",
    SEQUENCES: "Frames and masks, rendered from photographs and pseudo-masks by a recipe.",
    SUPERPIXELS: "Every frame divided into small regions of similar colour.",
    FOOTAGE: "Frames of films, a few per second, or of folders of frames; a row holds a part of a video, "
    "which is named by the SHA-256 of its file.",
    CLIPS: "Pieces of footage without a cut, in which something moves.",
    CLUSTERS: "Pseudo-masks of clips, found by clustering the features of a checkpoint.",
}


@dataclass(frozen=True)
class StageSection:
    """One stage.

    Attributes
    ----------
    skipped : tuple of str
        What was among the sources and has no row, counted by kind, in words.
    rows, rejected : int
        `rows` includes the rejected ones; rows that were erased on request since are among these.
    reasons : tuple of (str, int)
        Why rows were rejected and how many, most frequent first.
    histograms : tuple of Histogram
        One for every statistic; none if no row was accepted.
    failures, findings : tuple of FindingRow
        Of the newest verdict: what is not as expected, and all of it.
    parameters : str
        YAML.
    """

    name: str
    title: str
    meaning: str
    artifact: str
    rows: int
    rejected: int
    shards: int
    num_bytes: int
    reasons: tuple[tuple[str, int], ...]
    skipped: tuple[str, ...]
    histograms: tuple[Histogram, ...]
    failures: tuple[FindingRow, ...]
    findings: tuple[FindingRow, ...]
    parameters: str
    code_digest: str
    content_digest: str
    versions: tuple[tuple[str, str], ...]
    made: tuple[Fact, ...] = ()
    """What the run took that made most of it; none if the ledger has no such run."""

    @property
    def accepted(self) -> int:
        """Rows that were not rejected."""
        return self.rows - self.rejected


def stage_section(
    artifact: StageArtifact, findings: Sequence[Finding], runs: Sequence[Row] = ()
) -> StageSection:
    """Read what the page shows of a stage: the manifest, small columns of the shards, the run that made it.

    Parameters
    ----------
    artifact
        Of the stage.
    findings
        Of the gate, on the stage.
    runs
        Those of the ledger that made it, or found it already made, oldest first.
    """
    manifest = artifact.manifest
    columns = [field.name for field in schema_of(manifest.stage).statistics]
    table = artifact.table(["rejected", *columns])
    rows = tuple(map(finding_row, findings))
    return StageSection(
        name=manifest.stage,
        title=TITLES[manifest.stage],
        meaning=_MEANINGS[manifest.stage],
        artifact=artifact.id,
        rows=manifest.rows,
        rejected=len(table) - table["rejected"].null_count,
        shards=len(manifest.shards),
        num_bytes=sum(shard.bytes for shard in manifest.shards),
        reasons=_reasons(table["rejected"]),
        skipped=tuple(map(str, manifest.skipped)),
        histograms=_histograms(table.filter(pc.is_null(table["rejected"])), columns),
        failures=tuple(row for row in rows if not row.is_met),
        findings=rows,
        parameters=yaml.safe_dump(manifest.parameters, allow_unicode=True),
        code_digest=manifest.code_digest,
        content_digest=manifest.content_digest,
        versions=tuple(sorted(manifest.versions.items())),
        made=stage_usage(artifact.id, runs),
    )


def _reasons(rejected: pa.ChunkedArray) -> tuple[tuple[str, int], ...]:
    counts: Counter[str] = Counter()
    for row in pc.value_counts(rejected.drop_null()).to_pylist():
        counts[kind_of_reason(row["values"])] += row["counts"]
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _histograms(accepted: pa.Table, columns: Sequence[str]) -> tuple[Histogram, ...]:
    found = ((column, accepted[column].drop_null()) for column in columns)
    return tuple(histogram(column, values.to_numpy()) for column, values in found if len(values))
