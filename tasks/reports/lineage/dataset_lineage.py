"""Everything a page shows of one dataset, read once: manifests, small columns, a few samples, the verdict."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from shls_core.photographs.split import HELD_OUT, TRAIN
from storage.canonical import short
from storage.gate.verdicts import Finding, Verdict, newest_verdict
from storage.objects.objects import ObjectStore
from storage.rows.dataset import Dataset
from storage.rows.source_kinds import PHOTOGRAPHS, VIDEOS, SourceKind, kinds_among, noun_for
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_names import CLIPS, FOOTAGE, INGEST
from storage.store import Store
from storage.tables.runs_by_artifact import RunsByArtifact
from storage.withdrawal.deny_list import Withdrawal, withdrawn_in
from tasks.reports.lineage.drift_section import DriftSection, drift_section
from tasks.reports.lineage.filmstrips import ShownVideo, shown_videos
from tasks.reports.lineage.gallery import RejectedGroup, ShownSample, rejected_groups, shown_samples
from tasks.reports.lineage.past_run import PastRun, past_runs
from tasks.reports.lineage.stage_section import StageSection, stage_section
from tasks.staging.samples import SampleReader
from tasks.staging.staged_videos import StagedVideos

_READ_FROM = {INGEST: "photographs", FOOTAGE: "videos", CLIPS: "pieces of videos"}
"""What a stage chooses its rows from."""


@dataclass(frozen=True)
class WithdrawnSource:
    """A source that must not be used any more."""

    file_name: str | None
    """None if no name is kept: the source was erased."""
    withdrawal: Withdrawal


@dataclass(frozen=True)
class SourcesOfKind:
    """The photographs of a dataset, or its videos, and the samples made from them.

    Attributes
    ----------
    num : int
        Of those that were accepted.
    origins : mapping
        Number of these by where they came from, most first.
    num_train, num_held_out : int
        Samples on each side of the split.
    """

    kind: SourceKind
    num: int
    origins: Mapping[str, int]
    num_train: int
    num_held_out: int

    @property
    def num_samples(self) -> int:
        """Samples on both sides."""
        return self.num_train + self.num_held_out


@dataclass(frozen=True)
class DatasetLineage:
    """One dataset.

    Attributes
    ----------
    names : tuple of str
        Its published names and tags, ``NAME@vN``, oldest first.
    judgement : Verdict or None
        The newest one of the gate; None if it was never judged.
    sources : tuple of SourcesOfKind
        Photographs first.
    reads : mapping
        By name of the stage, the stages that it read.
    samples : tuple of ShownSample
        Pseudo-sequences.
    videos : tuple of ShownVideo
        Videos with a few of their pieces.
    runs : tuple of PastRun
        The first one made it, the others reused it.
    drift : DriftSection or None
        Beside the version published before it; None if there was none.
    """

    id: str
    names: tuple[str, ...]
    judgement: Verdict | None
    withdrawn: tuple[WithdrawnSource, ...]
    sources: tuple[SourcesOfKind, ...]
    stages: tuple[StageSection, ...]
    reads: Mapping[str, tuple[str, ...]]
    samples: tuple[ShownSample, ...]
    videos: tuple[ShownVideo, ...]
    rejected: tuple[RejectedGroup, ...]
    runs: tuple[PastRun, ...]
    drift: DriftSection | None

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
    def skipped(self) -> Mapping[str, tuple[str, ...]]:
        """What was among its photographs, its videos, or their pieces, and has no row, in words."""
        return {_READ_FROM[stage.name]: stage.skipped for stage in self.stages if stage.skipped}

    @property
    def noun_of_withdrawn(self) -> str:
        """The word that fits every source that was withdrawn."""
        return noun_for(one.withdrawal.noun for one in self.withdrawn)

    def of_samples(self, stage: str) -> SourcesOfKind | None:
        """Return the sources whose samples are the rows of a stage; None if it has none."""
        return next((one for one in self.sources if one.kind.samples == stage), None)

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
    stills, videos = _readers(objects, artifacts)
    tables = {
        kind: artifacts[kind.stage].table(["source_ids", "file_name", "source", "rejected"])
        for kind in kinds_among(artifacts)
    }
    splits = {PHOTOGRAPHS: stills, VIDEOS: videos}
    judgement = newest_verdict(store, dataset_id)
    stages = tuple(
        stage_section(one, _findings(judgement, name), [run for run, _ in runs.that_staged(one.id)])
        for name, one in artifacts.items()
    )
    return DatasetLineage(
        id=dataset_id,
        names=tuple(
            f"{row['name']}@v{row['version']}" for row in store.names.rows() if row["digest"] == dataset_id
        ),
        judgement=judgement,
        withdrawn=_withdrawn(store, dataset_id, tables.values()),
        sources=tuple(_sources(kind, table, splits[kind]) for kind, table in tables.items()),
        stages=stages,
        reads={
            name: tuple(read for read in artifacts if read in one.manifest.inputs)
            for name, one in artifacts.items()
        },
        samples=shown_samples(stills) if stills else (),
        videos=shown_videos(videos) if videos else (),
        rejected=rejected_groups(stills, videos, stages),
        runs=past_runs(runs.with_output(dataset_id)),
        drift=drift_section(store, dataset_id, runs.that_made(dataset_id)),
    )


def _findings(judgement: Verdict | None, stage: str) -> list[Finding]:
    return [finding for finding in judgement.findings if finding.stage == stage] if judgement else []


def _readers(
    objects: ObjectStore, artifacts: Mapping[str, StageArtifact]
) -> tuple[SampleReader | None, StagedVideos | None]:
    """Return what reads the pseudo-sequences of a dataset, and its videos; None for what it has not."""
    kinds, ids = kinds_among(artifacts), {stage: one.id for stage, one in artifacts.items()}
    stills, videos = None, None
    if PHOTOGRAPHS in kinds:
        max_side = artifacts[PHOTOGRAPHS.stage].manifest.parameters["max_side"]
        of_stills = {stage: ids[stage] for stage in PHOTOGRAPHS.stages if stage in ids}
        stills = SampleReader(objects, of_stills, max_side)
    if VIDEOS in kinds:
        videos = StagedVideos(objects, ids)
    return stills, videos


def _withdrawn(store: Store, dataset_id: str, tables: Iterable[pa.Table]) -> tuple[WithdrawnSource, ...]:
    names: dict[str, str | None] = {}
    for table in tables:
        ids = pc.list_element(table["source_ids"], 0).to_pylist()
        names |= dict(zip(ids, table["file_name"].to_pylist(), strict=True))
    return tuple(
        WithdrawnSource(names.get(source_id), withdrawal)
        for source_id, withdrawal in withdrawn_in(store, dataset_id).items()
    )


def _sources(kind: SourceKind, table: pa.Table, reader: SampleReader | StagedVideos | None) -> SourcesOfKind:
    accepted = table.filter(pc.is_null(table["rejected"]))
    splits = reader.num_of_split() if reader else {}
    by_id = {row["source_ids"][0]: row for row in accepted.to_pylist()}
    return SourcesOfKind(
        kind=kind,
        num=len(by_id),
        origins=_origins(by_id.values()),
        num_train=splits.get(TRAIN, 0),
        num_held_out=splits.get(HELD_OUT, 0),
    )


def _origins(sources: Iterable[Mapping[str, str | None]]) -> dict[str, int]:
    """Count sources by their noted origin, else by the folder they were in."""
    counts = Counter(one["source"] or _folder(str(one["file_name"])) for one in sources)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _folder(file_name: str) -> str:
    folder, is_inside, _ = file_name.partition("/")
    return f"{folder}/" if is_inside else "the folder itself"
