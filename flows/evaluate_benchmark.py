"""Evaluate on a benchmark: a checkpoint and real videos in; masks, official scores and their record out."""

from pathlib import Path

from prefect import flow

from flows.checkpoint_in_use import CheckpointInUse, checkpoint_in_use
from flows.configuration import PipelineConfig
from shls_core.benchmarks.davis.layout import Year
from storage.kinds import RunKind
from tasks.reports.writing import write_benchmark_report
from tasks.runs.outcomes import BenchmarkOutcome
from tasks.runs.recorded_run import recorded_run
from tasks.scoring.benchmark import score_split, segment_split
from tasks.scoring.benchmark_choice import BenchmarkChoice


@flow
def evaluate_benchmark(
    davis: str,
    out: str,
    split: str = "val",
    year: Year = 2017,
    checkpoint: CheckpointInUse | str | None = None,
    config: PipelineConfig | str | None = None,
    store: str = "store",
    max_side: int | None = None,
) -> BenchmarkOutcome:
    """Segment every video of a split from its first mask and score it by the official protocol.

    Parameters
    ----------
    davis
        Root of the benchmark: frames, annotations, lists of videos.
    out
        Folder for the masks and the official tables. Videos that an interrupted run finished are reused.
    split
        Name of the list of videos.
    year
        2016: one object per video. 2017: objects by label.
    checkpoint
        Id of the checkpoint, or the beginning of it; by default the one trained last. Or a
        `CheckpointInUse`, which contains configuration and store, and perhaps a second checkpoint.
    config
        A configuration, or the path of a configuration file; its method, superpixels, propagation and
        execution are used. By default that of the checkpoint.
    store
        Folder of the store.
    max_side
        Longest side in px at which frames are processed; by default their full size.
    """
    used = checkpoint_in_use(checkpoint, config, store)
    choice, execution = used.on_videos(max_side), used.config.execution
    used = used.kept()
    used.print_withdrawn()
    benchmark = BenchmarkChoice("davis", Path(davis), split, year)

    with recorded_run(used.opened(), RunKind.BENCHMARK, used.parameters(), used.config.training.seed) as run:
        run.inputs += used.ids
        facts = segment_split(benchmark, choice, used.location, execution, Path(out))
        outcome = score_split(benchmark, facts, used.location, Path(out))
        run.outputs.append(outcome.evaluation)
        run.details = {**run.details, **outcome.model_dump()}
    write_benchmark_report(outcome.evaluation, used.location, Path(davis), Path(out))
    return outcome
