"""Makes rows and whole shards of a dataset again, from what is in the store, and from films at hand."""

import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from storage.canonical import digest_bytes
from storage.objects.objects import ObjectStore
from storage.records.manifests import ShardRef
from storage.rows.dataset import Dataset
from storage.rows.shard_encoding import encode_shard
from storage.rows.shards import read_columns
from storage.rows.source_kinds import SOURCE_STAGES
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_graph import schema_of
from storage.rows.stage_names import FOOTAGE, INGEST
from tasks.planning.making import Making
from tasks.planning.packed_plans import keyed_row
from tasks.planning.shard_job import KeyedRow
from tasks.runs.process_state import one_thread
from tasks.stages.footage import FootageStage
from tasks.stages.input_reader import InputReader
from tasks.stages.photograph_folder.notes_table import NOTE_COLUMNS
from tasks.stages.stage import Row, RowPlan, Stage
from tasks.staging.shard_work import compute_row
from tasks.upkeep.auditing.films import Films
from tasks.upkeep.auditing.recorded_stages import recorded_stage


class Remaking:
    """The stages of one dataset, planned again, to make any row of it again.

    Nothing is written. Each stage reads the stored rows, so it is judged independently of other stages.

    Parameters
    ----------
    objects
        Where the dataset is.
    dataset
        Its id.
    films
        Where its films are.
    """

    def __init__(self, objects: ObjectStore, dataset: str, films: Films) -> None:
        self._objects = objects
        self._films = films
        self._reader = InputReader(objects)
        self.artifacts: Mapping[str, StageArtifact] = Dataset(objects, dataset).stages
        self._stages: dict[str, Stage] = {}
        self._plans: dict[str, dict[str, KeyedRow]] = {}

    def require_whole(self) -> None:
        """Refuse a dataset of which a shard is not in the store.

        Raises
        ------
        ObjectMissing
        """
        for artifact in self.artifacts.values():
            for shard in artifact.manifest.shards:
                if not self._objects.exists(shard.digest):
                    self._objects.open(shard.digest)  # raises, and the error states whether it was erased

    def stage(self, name: str) -> Stage:
        """Return one of its stages, with the parameters that are recorded.

        Raises
        ------
        NotComparable
        """
        if name not in self._stages:
            self._stages[name] = recorded_stage(self.artifacts[name].manifest)
        return self._stages[name]

    def row_again(self, stage: str, stored: Row) -> Row | None:
        """Return what the plan and the inputs of a stored row give now; None where no plan has such a row.

        A rejected photograph or video is not in the store: its row is taken unchanged.

        Raises
        ------
        NotComparable
        ObjectMissing, ObjectCorrupted
        """
        if stage == INGEST:
            return stored if stored["rejected"] is not None else self._photograph_again(stored)
        if stage == FOOTAGE:
            return stored if stored["rejected"] is not None else self._footage_again(stored)
        item = self._planned(stage).get(stored["sample_id"])
        return None if item is None else self._made(stage, item)

    def shard_again(self, stage: str, ref: ShardRef) -> tuple[str, list[str]]:
        """Make all rows of a shard again.

        Returns
        -------
        digest : str
            Of the shard that they give.
        differing : list of str
            Sample ids of the rows that differ from the stored ones.

        Raises
        ------
        NotComparable
        ObjectMissing, ObjectCorrupted
        """
        columns = schema_of(stage).arrow.names
        stored = read_columns(self._objects, ref.digest, columns).to_pylist()
        again = [self.row_again(stage, row) for row in stored]
        differing = [row["sample_id"] for row, made in zip(stored, again, strict=True) if row != made]
        return digest_bytes(
            encode_shard(self.stage(stage).schema.arrow, [row for row in again if row is not None])
        ), differing

    def unplanned(self, stage: str) -> set[str]:
        """Return the ids of rows that are in the new plan alone, or in the stored stage alone."""
        if stage in SOURCE_STAGES:  # what was in the folder is known from its rows alone
            return set()
        stored = self.artifacts[stage].table(["sample_id"])["sample_id"].to_pylist()
        return self._planned(stage).keys() ^ set(stored)

    def _planned(self, name: str) -> dict[str, KeyedRow]:
        if name not in self._plans:
            making = Making.recorded(self._objects, self.artifacts[name].manifest).digest
            manifest = self.artifacts[name].manifest
            plans = self.stage(name).plan({read: self.artifacts[read] for read in manifest.inputs})
            self._plans[name] = {plan.sample_id: keyed_row(plan, making) for plan in plans}
        return self._plans[name]

    def _footage_again(self, stored: Row) -> Row | None:
        stage = self.stage(FOOTAGE)
        assert isinstance(stage, FootageStage)
        plan = self._films.plan(stage, stored)
        if plan is None:
            return None
        making = Making.recorded(self._objects, self.artifacts[FOOTAGE].manifest).digest
        return self._made(FOOTAGE, keyed_row(plan, making))

    def _photograph_again(self, stored: Row) -> Row:
        image_id = stored["sample_id"]
        with tempfile.TemporaryDirectory(prefix="shls-audit-") as folder:
            path = Path(folder) / image_id
            path.write_bytes(stored["image"])
            plan = RowPlan(
                sample_id=image_id,
                source_ids=(image_id,),
                decided={
                    "file_digest": image_id,
                    "file_name": stored["file_name"],
                    "duplicate_of": None,
                    **{column: stored[column] for column in NOTE_COLUMNS},
                    # A photograph without a noted scene is a scene of its own.
                    "scene": None if stored["scene"] == image_id else stored["scene"],
                },
                location=str(path),
            )
            return self._made(INGEST, keyed_row(plan, self._making_of_photographs))

    @cached_property
    def _making_of_photographs(self) -> str:
        return Making.recorded(self._objects, self.artifacts[INGEST].manifest).digest

    def _made(self, stage: str, item: KeyedRow) -> Row:
        with one_thread():  # as the workers that made it
            row = compute_row(self.stage(stage), item, self._reader)
        # As it would be read from a shard: numbers of numpy become those of Python.
        made: Row = pa.Table.from_pylist([row], schema=self.stage(stage).schema.arrow).to_pylist()[0]
        return made
