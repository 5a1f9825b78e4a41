"""Submit to a benchmark with a scoring server: a checkpoint and real videos in; masks and a record out."""

from pathlib import Path

from prefect import flow

from flows.checkpoint_in_use import CheckpointInUse, checkpoint_in_use
from flows.configuration import PipelineConfig
from storage.kinds import RunKind
from tasks.runs.outcomes import SubmissionOutcome
from tasks.runs.recorded_run import recorded_run
from tasks.scoring.benchmark import record_submission, segment_split
from tasks.scoring.benchmark_choice import BenchmarkChoice


@flow
def submit_benchmark(
    youtube_vos: str,
    out: str,
    split: str = "valid",
    checkpoint: CheckpointInUse | str | None = None,
    config: PipelineConfig | str | None = None,
    store: str = "store",
    max_side: int | None = None,
) -> SubmissionOutcome:
    """Segment every video of a split of YouTube-VOS, each object from the frame in which it first appears.

    Parameters
    ----------
    youtube_vos
        Root of the benchmark: a folder per split, with frames, masks and ``meta.json``.
    out
        Folder for the masks, in the layout that the server accepts. Videos that an interrupted run finished
        are reused.
    split
        ``valid``, ``test``, or ``valid_all_frames``: the same masks, made from every frame.
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
    benchmark = BenchmarkChoice("youtube-vos", Path(youtube_vos), split)

    with recorded_run(used.opened(), RunKind.SUBMISSION, used.parameters(), used.config.training.seed) as run:
        run.inputs += used.ids
        facts = segment_split(benchmark, choice, used.location, execution, Path(out))
        outcome = record_submission(benchmark, facts, used.location, Path(out))
        run.inputs.append(outcome.dataset)
        run.outputs.append(outcome.submission)
        run.details = {**run.details, **outcome.model_dump()}
    return outcome
