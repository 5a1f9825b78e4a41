"""Check that manifests agree with the objects they name, after every object was read."""

from collections.abc import Iterator

from storage.canonical import digest_json, short
from storage.records.manifests import DatasetManifest, StageManifest
from storage.rows.stage_graph import in_reading_order
from storage.verification.problems import DISAGREES
from storage.verification.shards import ShardRows
from storage.verification.survey import Fault, Survey


def disagreements(survey: Survey) -> Iterator[Fault]:
    """Yield the false statements of manifests; objects that are damaged themselves are not reported again."""
    for digest, stage in survey.stages.items():
        yield from _stage_faults(survey, digest, stage)
    for digest, dataset in survey.datasets.items():
        yield from _dataset_faults(survey, digest, dataset)


def _stage_faults(survey: Survey, digest: str, manifest: StageManifest) -> Iterator[Fault]:
    stated = (manifest.rows, manifest.rejected)
    counted = (sum(ref.rows for ref in manifest.shards), sum(ref.rejected for ref in manifest.shards))
    if stated != counted:
        yield DISAGREES, digest, f"it says {stated} rows and rejected rows, its shards hold {counted}"
    rows = _rows_of(survey, manifest)
    if rows is None:
        return
    computed = digest_json({name: value for part in rows for name, value in part.digests.items()})
    if computed != manifest.content_digest:
        content = manifest.content_digest
        yield DISAGREES, digest, f"it says content {short(content)}…, its rows hash to {short(computed)}…"


def _dataset_faults(survey: Survey, digest: str, dataset: DatasetManifest) -> Iterator[Fault]:
    manifests = {stage: survey.stages.get(artifact) for stage, artifact in dataset.stages.items()}
    reads = {stage: list(one.inputs) for stage, one in manifests.items() if one is not None}
    present: set[str] = set()
    for stage in in_reading_order(reads):
        manifest = manifests[stage]
        rows = _rows_of(survey, manifest) if manifest else None
        if manifest is None or rows is None or len(reads) < len(manifests):  # already reported
            return
        if manifest.stage != stage:
            yield DISAGREES, digest, f"its {stage} is an artifact of {manifest.stage}"
        for name, content in manifest.inputs.items():
            read = survey.stages.get(dataset.stages.get(name, ""))
            if read is None or read.content_digest != content:
                yield DISAGREES, digest, f"its {stage} was made from another {name} than its own"
        absent = set().union(*(part.parents for part in rows)) - present
        if absent:
            yield (
                DISAGREES,
                digest,
                f"rows of its {stage} read {short(min(absent))}…, which is in no stage before",
            )
        present.update(name for part in rows for name in part.digests)


def _rows_of(survey: Survey, manifest: StageManifest) -> list[ShardRows] | None:
    """Return the rows of a stage, or None where a shard of it cannot be trusted."""
    found = [survey.rows.get((manifest.stage, ref)) for ref in manifest.shards]
    rows = [part for part in found if part is not None]
    return rows if len(rows) == len(found) else None
