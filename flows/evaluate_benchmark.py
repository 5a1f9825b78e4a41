"""Evaluate on a benchmark: a checkpoint and real videos in; masks, official scores and their record out."""

from pathlib import Path

from prefect import flow

from flows.checkpoint_config import config_in_use, find_checkpoint, parameters_in_use
from flows.configuration import PipelineConfig
from flows.segmenter import choose_segmenter
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
    checkpoint: str | None = None,
    config: PipelineConfig | str | None = None,
    store: str = "store",
    num_superpixels: int | None = None,
    max_side: int | None = None,
) -> BenchmarkOutcome:
    """Segment every video of a split from its first mask and score it by the official protocol.

    Parameters
    ----------
    davis
        Root of the benchmark: frames, annotations, lists of videos.
    out
        Folder for the masks and the official tables. What an interrupted run left there is not made again.
    split
        Name of the list of videos.
    year
        2016: one object a video. 2017: objects by label.
    checkpoint
        Id of the checkpoint, or the beginning of it; by default the one trained last.
    config
        A configuration, or the path of a configuration file, of which memory, superpixels, propagation and
        execution count; by default that of the checkpoint.
    store
        Folder of the store.
    num_superpixels
        Superpixels of a frame; by default one for about 100 px, 4,000 at 854x480.
    max_side
        Longest side in px at which frames are worked on; by default as they are.
    """
    checkpoint = checkpoint or find_checkpoint(store)[1]
    chosen = config_in_use(config, store, checkpoint)
    choice = choose_segmenter(chosen, store, checkpoint, num_superpixels, max_side)
    benchmark = BenchmarkChoice("davis", Path(davis), split, year)

    with recorded_run(store, RunKind.BENCHMARK, parameters_in_use(chosen), chosen.training.seed) as run:
        run.inputs.append(choice.checkpoint)
        facts = segment_split(benchmark, choice, store, chosen.execution, Path(out))
        outcome = score_split(benchmark, facts, store, Path(out))
        run.outputs.append(outcome.evaluation)
        run.details = outcome.model_dump()
    write_benchmark_report(outcome.evaluation, store, Path(davis), Path(out))
    return outcome
