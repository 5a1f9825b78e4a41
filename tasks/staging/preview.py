"""A preview: what a configuration makes from a few photographs, before a long build."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from shls_core.errors import NameUnknown
from shls_core.files.skipped_counts import SkippedFiles, counted_by_kind
from storage.rows.stage_names import INGEST
from storage.store import Store
from storage.withdrawal.deny_list import counted_by_reason
from tasks.planning.baseline import Baseline
from tasks.planning.left_out import without_withdrawn
from tasks.runs.execution_config import StagingConfig
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.stages.stage import Stage
from tasks.staging.samples import RejectedSample, Sample, SampleReader
from tasks.staging.trial import gather_files, gather_stored, try_stages


@dataclass(frozen=True)
class HandfulOfPhotographs:
    """A few photographs, and what there is besides that no build would use."""

    folder: Path
    skipped: tuple[SkippedFiles, ...] = ()
    """What lies among the photographs and is none."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Photographs that were withdrawn: how many for each reason."""


@contextmanager
def handful(config: IngestConfig, store: str, name: str, count: int) -> Iterator[HandfulOfPhotographs]:
    """Give the block a folder of at most `count` photographs, spread evenly by id: the same ones each time.

    They come from the configured photographs; if none are configured, from the latest dataset in a store.

    Raises
    ------
    NameUnknown
        If there is neither.
    """
    with tempfile.TemporaryDirectory(prefix="shls-preview-") as folder:
        found = HandfulOfPhotographs(Path(folder))
        if config.images is not None:
            sources = IngestStage(config).sources()
            plans, left_out = list(sources.rows), {}
            with suppress(NameUnknown):  # without a store nothing is withdrawn
                plans, withdrawals = without_withdrawn(Store.open(store), plans)
                left_out = counted_by_reason(withdrawals.values())
            gather_files(plans, count, Path(folder))
            skipped = counted_by_kind(sources.skipped, sources.totals)
            found = HandfulOfPhotographs(Path(folder), skipped, left_out)
        else:
            opened = Store.open(store)
            baseline = Baseline.latest(opened, name)
            if baseline is None:
                raise NameUnknown(
                    f"expected photographs in --images, or a dataset {name} in {store}, found neither"
                )
            gather_stored(opened, baseline.artifacts[INGEST], count, Path(folder))
        yield found


def preview_samples(
    photographs: Path, stages: Sequence[Stage], staging: StagingConfig, max_side: int, count: int
) -> list[Sample | RejectedSample]:
    """Make one sample of each photograph of a folder, and return them by file name.

    Raises
    ------
    TooManyRejected
        If none of the photographs gives a sample.
    """
    with tempfile.TemporaryDirectory(prefix="shls-preview-") as folder:
        store = Store.create(folder)
        made = try_stages(store, photographs, stages, staging, count)
        reader = SampleReader(
            store.objects, {outcome.name: outcome.artifact for outcome, _ in made}, max_side
        )
        samples: list[Sample | RejectedSample] = [reader.sample(one) for one in reader.sample_ids()]
        samples += reader.rejected()
    return sorted(samples, key=lambda sample: sample.file_name)
