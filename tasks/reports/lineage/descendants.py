"""What was made from a dataset and is still in the store: checkpoints, and their scores."""

from dataclasses import dataclass

from storage.canonical import short
from storage.kinds import RecordKind
from storage.objects.objects import ObjectStore
from storage.records.checkpoints import BenchmarkRecord, CheckpointRecord, EvaluationRecord, SubmissionRecord
from storage.records.manifests import get_record
from storage.tables.runs_by_artifact import RunsByArtifact
from tasks.reports.comparison import Group, Row, group
from tasks.reports.page import counted, percent

HELD_OUT = "held out"
"""The kind of a score on held-out sequences; the kind of other scores is the name of the benchmark."""
_BASELINES = {"untrained": "the same network, untrained", "copy_first_mask": "copy the first mask"}


@dataclass(frozen=True)
class Trained:
    """A checkpoint."""

    id: str
    record: CheckpointRecord

    @property
    def steps(self) -> int | None:
        """Steps after which the weights were kept."""
        return self.record.step or self.record.configuration["training"]["steps"]

    def __str__(self) -> str:
        seed = self.record.configuration["training"]["seed"]
        return f"{self.steps:,} steps, seed {seed}, final loss {self.record.final_loss:.3f}"


@dataclass(frozen=True)
class Score:
    """The score of a checkpoint on some videos.

    Attributes
    ----------
    jf_mean : float or None
        0..1; None if a server scores the masks.
    baselines : tuple of (str, float)
        Methods that were scored on the same videos, and their J&F.
    joined_with : str or None
        A second checkpoint, whose features were joined to those of `checkpoint`.
    """

    id: str
    checkpoint: str
    kind: str
    videos: str
    jf_mean: float | None
    baselines: tuple[tuple[str, float], ...] = ()
    joined_with: str | None = None

    def __str__(self) -> str:
        scored = "to be scored by its server" if self.jf_mean is None else f"J&F {percent(self.jf_mean)}"
        joined = "" if self.joined_with is None else f", {' joined with '.join(map(short, self.checkpoints))}"
        return f"{scored} on {self.videos}{joined}"

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Ids of the checkpoints that it is a score of."""
        return (self.checkpoint, *filter(None, [self.joined_with]))

    @property
    def command(self) -> str:
        """The command that shows all of it; for masks that a server scores, their record."""
        return f"{'submission' if self.jf_mean is None else 'shls report'} {short(self.id)}"


def checkpoints_of(objects: ObjectStore, runs: RunsByArtifact, dataset: str) -> tuple[Trained, ...]:
    """Return the checkpoints that were trained on a dataset, or imported as such, oldest first."""
    made = runs.made_from(dataset, RecordKind.CHECKPOINT)
    return tuple(
        Trained(one, get_record(objects, one, CheckpointRecord)) for one in made if objects.exists(one)
    )


def scores_of(objects: ObjectStore, runs: RunsByArtifact, checkpoint: str) -> tuple[Score, ...]:
    """Return the scores of a checkpoint, oldest first of each kind: held-out sequences, then benchmarks."""
    return tuple(
        read(objects, one)
        for kind, read in _READ_SCORE.items()
        for one in runs.made_from(checkpoint, kind)
        if objects.exists(one)
    )


def compared(score: Score) -> Group:
    """Return a score beside its baselines, as rows of a table."""
    assert score.jf_mean is not None
    name = (
        "this checkpoint"
        if score.joined_with is None
        else " joined with ".join(map(short, score.checkpoints))
    )
    mine = Row(name, score.jf_mean, score.command, "this-one", is_this=True)
    others = (Row(method, jf_mean, "measured with it", "same-videos") for method, jf_mean in score.baselines)
    return group(f"On {score.videos}", (mine, *others))


def _held_out(objects: ObjectStore, evaluation: str) -> Score:
    record = get_record(objects, evaluation, EvaluationRecord)
    return Score(
        id=evaluation,
        checkpoint=record.checkpoint,
        kind=HELD_OUT,
        videos=counted(record.num_sequences, "held-out sequence"),
        jf_mean=record.scores["J&F-Mean"],
        baselines=tuple((method, record.baselines[name]["J&F-Mean"]) for name, method in _BASELINES.items()),
        joined_with=record.joined_with,
    )


def _on_benchmark(objects: ObjectStore, evaluation: str) -> Score:
    record = get_record(objects, evaluation, BenchmarkRecord)
    num_videos = len({one.sequence for one in record.objects})
    videos = f"{counted(num_videos, 'video')} of {record.benchmark} {record.split}"
    return Score(
        id=evaluation,
        checkpoint=record.checkpoint,
        kind=record.benchmark,
        videos=videos,
        jf_mean=record.scores["J&F-Mean"],
        joined_with=record.joined_with,
    )


def _submitted(objects: ObjectStore, submission: str) -> Score:
    record = get_record(objects, submission, SubmissionRecord)
    videos = f"{record.benchmark} {record.split}, {counted(record.num_masks, 'mask')}"
    return Score(
        id=submission,
        checkpoint=record.checkpoint,
        kind=record.benchmark,
        videos=videos,
        jf_mean=None,
        joined_with=record.joined_with,
    )


_READ_SCORE = {
    RecordKind.EVALUATION: _held_out,
    RecordKind.BENCHMARK: _on_benchmark,
    RecordKind.SUBMISSION: _submitted,
}
