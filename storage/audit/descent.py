"""Check that the rows of a dataset descend from the sources that they name.

A photograph names itself, and a row of footage the video that its id follows from; every other row descends
from exactly the sources of the rows it read.
Withdrawal, lineage and the split of the data depend on this; it is recomputed here from `parents` alone.
"""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from storage.canonical import short
from storage.objects.objects import ObjectStore
from storage.records.manifests import DatasetManifest
from storage.rows.dataset import stage_artifacts
from storage.rows.source_kinds import kinds_among, noun_for
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_names import FOOTAGE, INGEST
from storage.rows.video_ids import footage_id
from storage.verification.problems import DESCENT, Problem, about_object

_ROW, _IMAGE, _PARENT = "row", "image", "parent"


def descent_problems(objects: ObjectStore, dataset: str, manifest: DatasetManifest) -> list[Problem]:
    """Return, per stage, how many rows of a dataset name other sources than they were made from.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
    """
    noun = noun_for(kind.noun for kind in kinds_among(manifest.stages))
    return [
        about_object(
            DESCENT,
            artifact.id,
            f"dataset {short(dataset)}… ({artifact.manifest.stage})",
            f"{len(rows)} rows name other {noun}s than those they were made from; first: {short(rows[0])}…",
        )
        for artifact, rows in _wrong_rows(stage_artifacts(objects, manifest).values())
        if rows
    ]


def _wrong_rows(artifacts: Iterable[StageArtifact]) -> Iterator[tuple[StageArtifact, list[str]]]:
    """Yield every stage with the sample ids of its wrong rows, sorted."""
    known = _pairs(pa.table({"sample_id": pa.array([], pa.string()), "source_ids": _NO_LISTS}), "source_ids")
    for artifact in artifacts:
        table = artifact.table(["sample_id", "rejected", "parents", "source_ids"])
        claimed = _pairs(table, "source_ids")
        if artifact.manifest.stage == INGEST:
            accepted = table.filter(pc.is_null(table["rejected"]))["sample_id"]
            of_accepted = claimed.filter(pc.is_in(claimed[_ROW], accepted))
            wrong = _differing(of_accepted, pa.table({_ROW: accepted, _IMAGE: accepted}))
            # A duplicate is another row of its photograph, and no row's parent.
            claimed = claimed.filter(pc.equal(claimed[_ROW], claimed[_IMAGE]))
        elif artifact.manifest.stage == FOOTAGE:
            wrong = _misnamed_footage(artifact)
        else:
            read = _pairs(table, "parents").rename_columns([_ROW, _PARENT])
            made_from = read.join(
                known.rename_columns([_PARENT, _IMAGE]), _PARENT, join_type="left outer", use_threads=False
            )
            wrong = _differing(claimed, made_from.select([_ROW, _IMAGE]))
        known = pa.concat_tables([known, claimed])
        yield artifact, wrong


def _misnamed_footage(artifact: StageArtifact) -> list[str]:
    """Return the accepted rows of footage whose id does not follow from the one video that they name."""
    table = artifact.table(["sample_id", "rejected", "source_ids", "first"])
    return [
        row["sample_id"]
        for row in table.filter(pc.is_null(table["rejected"])).to_pylist()
        if [row["sample_id"]] != [footage_id(one, row["first"]) for one in row["source_ids"]]
    ]


_NO_LISTS = pa.array([], pa.list_(pa.string()))


def _pairs(table: pa.Table, column: str) -> pa.Table:
    """Return (row, value) for every value in a column of lists."""
    lists = table[column].combine_chunks()
    rows = table["sample_id"].combine_chunks().take(pc.list_parent_indices(lists))
    return pa.table({_ROW: rows, _IMAGE: pc.list_flatten(lists)})


def _differing(claimed: pa.Table, made_from: pa.Table) -> list[str]:
    """Return the rows with a pair that only one of two tables has."""
    both = [_ROW, _IMAGE]
    only = (
        one.join(other, both, join_type="left anti", use_threads=False)[_ROW]
        for one, other in ((claimed, made_from), (made_from, claimed))
    )
    return sorted({row for rows in only for row in rows.to_pylist()})
