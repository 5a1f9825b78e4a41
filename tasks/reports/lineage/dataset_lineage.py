"""Everything a page shows of one dataset, read once: manifests, small columns, a few samples, the verdict."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from storage.canonical import short
from storage.gate.gate import Finding, Verdict, newest_verdict
from storage.rows.dataset import Dataset
from storage.rows.stage_names import INGEST
from storage.store import Store
from storage.tables.runs_by_artifact import RunsByArtifact
from storage.withdrawal.deny_list import Withdrawal, withdrawn_in
from tasks.reports.lineage.gallery import RejectedGroup, ShownSample, rejected_groups, shown_samples
from tasks.reports.lineage.past_run import PastRun, past_runs
from tasks.reports.lineage.stage_section import StageSection, stage_section
from tasks.staging.samples import SampleReader


@dataclass(frozen=True)
class WithdrawnPhotograph:
    """A photograph that must not be used any more."""

    file_name: str | None
    """None if no name is kept: the photograph was erased."""
    withdrawal: Withdrawal


@dataclass(frozen=True)
class DatasetLineage:
    """One dataset.

    Attributes
    ----------
    names : tuple of str
        Its published names and tags, ``NAME@vN``, oldest first.
    judgement : Verdict or None
        The newest one of the gate; None if it was never judged.
    sources : mapping
        Number of photographs by where they came from, most first.
    reads : mapping
        By name of the stage, the stages that it read.
    num_train, num_held_out : int
        Samples on each side of the split.
    runs : tuple of PastRun
        The first one made it, the others reused it.
    """

    id: str
    names: tuple[str, ...]
    judgement: Verdict | None
    withdrawn: tuple[WithdrawnPhotograph, ...]
    sources: Mapping[str, int]
    stages: tuple[StageSection, ...]
    reads: Mapping[str, tuple[str, ...]]
    num_train: int
    num_held_out: int
    samples: tuple[ShownSample, ...]
    rejected: tuple[RejectedGroup, ...]
    runs: tuple[PastRun, ...]

    @property
    def title(self) -> str:
        """Its newest name, or the beginning of its id if it has none."""
        return self.names[-1] if self.names else short(self.id)

    @property
    def verdict(self) -> str | None:
        """``passed`` or ``failed``; None if it was never judged."""
        if self.judgement is None:
            return None
        return "passed" if self.judgement.passed else "failed"

    @property
    def num_expected(self) -> int:
        """Expectations of the gate."""
        return len(self.judgement.findings) if self.judgement else 0

    @property
    def num_met(self) -> int:
        """Those of them that were met."""
        return self.num_expected - (len(self.judgement.failures) if self.judgement else 0)

    @property
    def skipped(self) -> tuple[str, ...]:
        """What was among its photographs and has no row, counted by kind, in words."""
        return tuple(one for stage in self.stages for one in stage.skipped)

    @property
    def versions(self) -> Mapping[str, str]:
        """Third-party packages that decided its bytes."""
        return dict(sorted({item for stage in self.stages for item in stage.versions}))


def dataset_lineage(store: Store, dataset_id: str, runs: RunsByArtifact) -> DatasetLineage:
    """Read what the page of a dataset shows.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
        If a part of it is not in the store, or not as it was written.
    """
    # The page shows all rows that there were, those that were erased on request among them.
    objects = store.with_stand_ins()
    artifacts = Dataset(objects, dataset_id).stages
    ingested = artifacts[INGEST].manifest
    reader = SampleReader(
        objects, {stage: one.id for stage, one in artifacts.items()}, ingested.parameters["max_side"]
    )
    photographs = artifacts[INGEST].table(["source_ids", "file_name", "source", "rejected"])
    judgement = newest_verdict(store, dataset_id)
    stages = tuple(stage_section(one, _findings(judgement, name)) for name, one in artifacts.items())
    splits = reader.num_of_split()
    return DatasetLineage(
        id=dataset_id,
        names=tuple(
            f"{row['name']}@v{row['version']}" for row in store.names.rows() if row["digest"] == dataset_id
        ),
        judgement=judgement,
        withdrawn=_withdrawn(store, dataset_id, photographs),
        sources=_sources(photographs.filter(pc.is_null(photographs["rejected"]))),
        stages=stages,
        reads={
            name: tuple(read for read in artifacts if read in one.manifest.inputs)
            for name, one in artifacts.items()
        },
        num_train=splits.get("train", 0),
        num_held_out=splits.get("held_out", 0),
        samples=shown_samples(reader),
        rejected=rejected_groups(reader, stages),
        runs=past_runs(runs.with_output(dataset_id)),
    )


def _findings(judgement: Verdict | None, stage: str) -> list[Finding]:
    return [finding for finding in judgement.findings if finding.stage == stage] if judgement else []


def _withdrawn(store: Store, dataset_id: str, photographs: pa.Table) -> tuple[WithdrawnPhotograph, ...]:
    ids = pc.list_element(photographs["source_ids"], 0).to_pylist()
    names = dict(zip(ids, photographs["file_name"].to_pylist(), strict=True))
    return tuple(
        WithdrawnPhotograph(names.get(image_id), withdrawal)
        for image_id, withdrawal in withdrawn_in(store, dataset_id).items()
    )


def _sources(photographs: pa.Table) -> dict[str, int]:
    """Count photographs by their noted source, else by the folder they were in."""
    pairs = zip(photographs["source"].to_pylist(), photographs["file_name"].to_pylist(), strict=True)
    counts = Counter(source or _folder(file_name) for source, file_name in pairs)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _folder(file_name: str) -> str:
    folder, is_inside, _ = file_name.partition("/")
    return f"{folder}/" if is_inside else "the folder itself"
