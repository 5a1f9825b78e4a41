"""A store that has a history: a dataset of files with hostile names, judged, trained on, scored."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from storage.store import Store
    from storage.tables.ledger import Run

HOSTILE = "<script>document.title=1</script>.png"
DAY = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
LOSSES = [2.0 - step / 100 for step in range(60)]
CONFIGURATION = {"name": "photos", "ingest": {"images": "somewhere"}}


@dataclass(frozen=True)
class Told:
    """Ids of what is in the store. Look, or copy the store; never write to it."""

    store: "Store"
    dataset: str
    checkpoint: str
    evaluation: str
    benchmark: str
    submission: str


@pytest.fixture(scope="session")
def entry() -> Callable[..., "Run"]:
    """Return a function that makes a run of a kind; the number says on which day."""
    from storage.tables.ledger import Run

    def run(number: int, kind: str, **facts: Any) -> Run:
        defaults: Mapping[str, Any] = {
            "run_id": f"run {number}",
            "status": "completed",
            "started_at": DAY + timedelta(days=number),
            "seconds": 12.5,
            "configuration": CONFIGURATION,
            "seed": 7,
        }
        return Run(kind=kind, **(defaults | facts))

    return run


@pytest.fixture(scope="session")
def environment() -> Any:
    from storage.provenance.environment import Environment

    return Environment(
        user="ada", host="engine", code_commit="c0ffee" + "0" * 34, code_dirty=True, lock_digest="1c" * 32
    )


@pytest.fixture(scope="session")
def told(
    tmp_path_factory: pytest.TempPathFactory,
    photographs: Path,
    stage_dataset: Callable[..., Any],
    entry: Callable[..., "Run"],
    environment: Any,
) -> Told:
    """The store."""
    from storage.gate.config import GateConfig
    from storage.gate.gate import validate
    from storage.store import Store

    root = tmp_path_factory.mktemp("told")
    folder = hostile_folder(root / "photographs", photographs)
    store = Store.create(root / "store")
    dataset = stage_dataset(store, folder).dataset
    verdict = validate(store, dataset, GateConfig(min_held_out_sequences=1000))
    assert not verdict.passed
    store.names.publish("photos", dataset)
    made = trained_and_scored(store, dataset)
    checkpoint, *scores = made
    kinds = ("evaluate", "benchmark", "submission")
    for run in (
        entry(1, "dataset", outputs=[dataset], verdict="failed"),
        entry(2, "train", inputs=[dataset], outputs=[checkpoint]),
        *(
            entry(number, kind, inputs=[checkpoint], outputs=[score])
            for number, (kind, score) in enumerate(zip(kinds, scores, strict=True), 3)
        ),
        entry(6, "dataset", outputs=[dataset], verdict="failed"),
        entry(7, "train", status="failed", inputs=[dataset], error="TrainingDiverged: no"),
    ):
        store.ledger.record(run, environment)
    return Told(store, dataset, *made)


@pytest.fixture
def told_copy(told: Told, tmp_path: Path) -> "Store":
    """A copy of the store, to write to; without what lies beside it."""
    from storage.store import Store

    return Store.open(shutil.copytree(told.store.root, tmp_path / "elsewhere" / "store"))


def hostile_folder(folder: Path, photographs: Path) -> Path:
    """Copy photographs to where one has a name that is markup, another is cut short, a third is a copy."""
    shutil.copytree(photographs, folder)
    first, second = sorted(folder.iterdir())[:2]
    (folder / HOSTILE).parent.mkdir()
    shutil.copy(first, folder / "zz copy.png")
    (folder / "cut.png").write_bytes(second.read_bytes()[:300])
    second.rename(folder / HOSTILE)
    return folder


def trained_and_scored(store: "Store", dataset: str) -> tuple[str, str, str, str]:
    """Put records of a checkpoint, and of what it scored, into a store; and beside it, its log."""
    from storage.records.checkpoints import (
        BenchmarkObject,
        BenchmarkRecord,
        CheckpointRecord,
        EvaluationRecord,
        SubmissionRecord,
        ValidationScore,
    )
    from storage.records.manifests import put_record

    made_by: dict[str, Any] = {
        "code_digest": "b" * 64,
        "versions": {"torch": "2.13.0"},
        "device_kind": "cpu AVX2",
    }
    record = CheckpointRecord(
        dataset=dataset,
        configuration={"training": {"steps": 60, "seed": 5}, "network": {"width_multiplier": 0.5}},
        weights=store.objects.put(b"weights"),
        final_loss=sum(LOSSES[-6:]) / 6,
        step=40,
        validations=(ValidationScore(step=20, score=0.25), ValidationScore(step=40, score=0.5)),
        **made_by,
    )
    log = store.root.parent / "runs" / f"train-{record.key[:12]}" / "metrics.jsonl"
    log.parent.mkdir(parents=True)
    rows = [{"step": step, "loss": loss} for step, loss in enumerate(LOSSES, 1)]
    log.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"step": 60, "validation/J&F": 0.4}]))
    checkpoint = put_record(store.objects, record)

    def scores(jf_mean: float) -> dict[str, float]:
        return {"J&F-Mean": jf_mean, "J-Mean": jf_mean, "F-Mean": jf_mean}

    evaluation = EvaluationRecord(
        checkpoint=checkpoint,
        dataset=dataset,
        configuration={},
        num_sequences=2,
        num_frames=4,
        scores=scores(0.375),
        baselines={"untrained": scores(0.25), "copy_first_mask": scores(0.2)},
        objects=(),
        **made_by,
    )
    of_videos = {"checkpoint": checkpoint, "material": "a" * 64, "configuration": {}, **made_by}
    one = BenchmarkObject(sequence="dog", object_id=1, scores={}, frame_j=(0.5,), frame_f=(0.5,))
    benchmark = BenchmarkRecord(
        benchmark="DAVIS-2017", split="val", scores=scores(0.625), objects=(one,), **of_videos
    )
    submission = SubmissionRecord(
        benchmark="YouTube-VOS", split="valid", dataset=dataset, masks="f" * 64, num_masks=3, **of_videos
    )
    return checkpoint, *(put_record(store.objects, score) for score in (evaluation, benchmark, submission))
