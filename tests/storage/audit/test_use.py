"""Checkpoints and scores are held to the ledger: validated before use, made by a run, of what they say."""

import pytest

from shls_core.photographs.split import HELD_OUT
from storage.audit.use import use_problems
from storage.gate.verdicts import Verdict
from storage.records.checkpoints import (
    BenchmarkRecord,
    CheckpointRecord,
    EvaluationRecord,
    ObjectScore,
    SubmissionRecord,
)
from storage.records.links import all_links
from storage.records.manifests import put_record
from storage.rows.stage_artifact import StageArtifact

FACTS = {"configuration": {}, "code_digest": "c" * 64, "versions": {}, "device_kind": "cpu"}
SEGMENTED = FACTS | {"benchmark": "DAVIS-2017", "split": "val", "material": "e" * 64}


class Learned:
    """A store with a dataset, a checkpoint and an evaluation of it; no run has made any of them."""

    def __init__(self, store, staged):
        self.store, self.dataset = store, staged.dataset
        artifact = StageArtifact(store.objects, staged.outcomes["sequences"].artifact)
        self.held_out = [
            address.sample_id for address, row in artifact.accepted(["split"]) if row["split"] == HELD_OUT
        ]
        self.checkpoint = self.put(CheckpointRecord, dataset=self.dataset, weights="0" * 64, final_loss=0.5)
        self.evaluation = self.evaluate()

    def put(self, model, **facts):
        return put_record(self.store.objects, model(**(FACTS | facts)))

    def evaluate(self, **changes):
        facts = {
            "checkpoint": self.checkpoint,
            "dataset": self.dataset,
            "num_sequences": len(self.held_out),
            "num_frames": 1,
            "scores": {},
            "baselines": {},
            "objects": tuple(
                ObjectScore(sequence=name, object_id=1, j_mean=0.5, f_mean=0.5) for name in self.held_out
            ),
        }
        return self.put(EvaluationRecord, **(facts | changes))

    def told(self):
        store = self.store
        links = all_links(store.objects, [self.dataset, *self.records])
        found = use_problems(store, links, store.ledger.runs())
        return {problem.path.rsplit("/", 1)[1]: problem.what for problem in found}

    @property
    def records(self):
        return [self.checkpoint, self.evaluation]


@pytest.fixture
def learned(staged, staged_copy):
    found = Learned(staged_copy, staged)
    assert found.held_out
    return found


@pytest.fixture
def recorded(learned, record_run):
    """The same, with the runs that made them."""
    store = learned.store
    record_run(store, "dataset", outputs=[learned.dataset], verdict="passed")
    record_run(store, "train", inputs=[learned.dataset], outputs=[learned.checkpoint])
    record_run(store, "evaluate", inputs=[learned.checkpoint], outputs=[learned.evaluation])
    return learned


def test_what_runs_made_in_order_is_proven(recorded):
    assert recorded.told() == {}


def test_what_no_run_made_is_told(learned):
    told = learned.told()
    assert set(told) == {learned.checkpoint, learned.evaluation}
    assert told[learned.evaluation].startswith("no run in the ledger made it")


@pytest.mark.parametrize("verdicts", [["failed"], [None], ["failed", "failed"]])
def test_a_dataset_that_never_passed_is_told(learned, record_run, verdicts):
    for verdict in verdicts:
        record_run(learned.store, "dataset", outputs=[learned.dataset], verdict=verdict)
    record_run(learned.store, "train", inputs=[learned.dataset], outputs=[learned.checkpoint])
    record_run(learned.store, "dataset", outputs=[learned.dataset], verdict="passed")  # too late
    what = f"no passed verdict on dataset {learned.dataset[:12]}… is older than it"
    assert learned.told()[learned.checkpoint] == what


def test_an_interrupted_build_that_had_passed_is_enough(learned, record_run):
    record_run(learned.store, "dataset", status="failed", outputs=[learned.dataset], verdict="passed")
    record_run(learned.store, "import", inputs=[learned.dataset], outputs=[learned.checkpoint])
    assert learned.checkpoint not in learned.told()


@pytest.mark.parametrize(("passed", "is_proven"), [(True, True), (False, False), (None, False)])
def test_a_dataset_from_another_store_has_its_verdict(learned, record_run, passed, is_proven):
    store = learned.store
    if passed is not None:
        verdict = Verdict(dataset=learned.dataset, passed=passed, findings=())
        store.keys.put("verdict-of-dataset", learned.dataset, put_record(store.objects, verdict))
    record_run(store, "train", inputs=[learned.dataset], outputs=[learned.checkpoint])
    assert (learned.checkpoint not in learned.told()) == is_proven


def test_a_verdict_on_another_dataset_proves_nothing(learned, record_run):
    store = learned.store
    other = put_record(store.objects, Verdict(dataset="d" * 64, passed=True, findings=()))
    store.keys.put("verdict-of-dataset", learned.dataset, other)
    record_run(store, "train", inputs=[learned.dataset], outputs=[learned.checkpoint])
    assert learned.checkpoint in learned.told()


def test_a_run_that_read_something_else_is_told(learned, record_run):
    record_run(learned.store, "dataset", outputs=[learned.dataset], verdict="passed")
    record_run(learned.store, "train", inputs=["d" * 64], outputs=[learned.checkpoint])
    record_run(learned.store, "evaluate", inputs=["d" * 64], outputs=[learned.evaluation])
    told = learned.told()
    assert told[learned.checkpoint].startswith("run a train made it of another dataset than it says")
    assert told[learned.evaluation].startswith("run a evaluate made it of another checkpoint than it says")


def validated_by_another(learned):
    """A checkpoint that another dataset than its own validates, and an evaluation on that one."""
    facts = {"dataset": "d" * 64, "validation_dataset": learned.dataset, "weights": "0" * 64}
    learned.checkpoint = learned.put(CheckpointRecord, final_loss=0.5, **facts)
    learned.evaluation = learned.evaluate()
    return learned


def test_the_dataset_that_validates_is_held_to_the_same(learned, record_run):
    store, found = learned.store, validated_by_another(learned)
    record_run(store, "dataset", outputs=["d" * 64], verdict="passed")
    record_run(store, "train", inputs=["d" * 64], outputs=[found.checkpoint])
    record_run(store, "evaluate", inputs=[found.checkpoint], outputs=[found.evaluation])
    assert found.told()[found.checkpoint].startswith("no passed verdict on dataset")
    record_run(store, "dataset", outputs=[learned.dataset], verdict="passed")
    record_run(store, "train", inputs=["d" * 64, learned.dataset], outputs=[found.checkpoint])
    assert found.told()[found.checkpoint].startswith("no passed verdict on dataset")  # the first run counts


def test_a_run_that_read_one_of_two_datasets_is_told(learned, record_run):
    store, found = learned.store, validated_by_another(learned)
    for dataset in ("d" * 64, learned.dataset):
        record_run(store, "dataset", outputs=[dataset], verdict="passed")
    record_run(store, "train", inputs=["d" * 64], outputs=[found.checkpoint])
    record_run(store, "evaluate", inputs=[found.checkpoint], outputs=[found.evaluation])
    told = found.told()
    expected = f"made it of another dataset than it says, {learned.dataset[:12]}…"
    assert told.pop(found.checkpoint).endswith(expected)
    assert told == {}
    record_run(store, "train", inputs=["d" * 64, learned.dataset], outputs=[found.checkpoint])
    assert found.told() == {}


def test_a_score_on_another_dataset_than_the_one_that_validates_is_told(learned, record_run):
    store, found = learned.store, validated_by_another(learned)
    for dataset in ("d" * 64, learned.dataset):
        record_run(store, "dataset", outputs=[dataset], verdict="passed")
    record_run(store, "train", inputs=["d" * 64, learned.dataset], outputs=[found.checkpoint])
    found.evaluation = found.put(
        SubmissionRecord,
        **(SEGMENTED | {"checkpoint": found.checkpoint, "dataset": learned.dataset}),
        masks="f" * 64,
        num_masks=1,
    )
    record_run(store, "submit", inputs=[found.checkpoint], outputs=[found.evaluation])
    assert found.told()[found.evaluation].startswith("it is of dataset")


def test_a_score_that_is_older_than_its_checkpoint_is_told(learned, record_run):
    record_run(learned.store, "evaluate", inputs=[learned.checkpoint], outputs=[learned.evaluation])
    record_run(learned.store, "dataset", outputs=[learned.dataset], verdict="passed")
    record_run(learned.store, "train", inputs=[learned.dataset], outputs=[learned.checkpoint])
    assert learned.told()[learned.evaluation].startswith("the ledger has it before checkpoint")


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"num_sequences": 99}, "it says 99 sequences, its dataset holds out"),
        (
            {"objects": (ObjectScore(sequence="f" * 64, object_id=1, j_mean=1, f_mean=1),)},
            "it scores ffffffffffff…, which is no held-out sequence of its dataset",
        ),
    ],
)
def test_a_score_of_other_sequences_is_told(recorded, record_run, changes, what):
    recorded.evaluation = recorded.evaluate(**changes)
    record_run(recorded.store, "evaluate", inputs=[recorded.checkpoint], outputs=[recorded.evaluation])
    assert recorded.told()[recorded.evaluation].startswith(what)


def test_benchmarks_and_submissions_need_their_runs_too(recorded, record_run, monkeypatch):
    benchmark = recorded.put(
        BenchmarkRecord, **SEGMENTED, checkpoint=recorded.checkpoint, scores={}, objects=()
    )
    submitted = SEGMENTED | {"checkpoint": recorded.checkpoint, "masks": "a" * 64, "num_masks": 1}
    right = recorded.put(SubmissionRecord, **submitted, dataset=recorded.dataset)
    wrong = recorded.put(SubmissionRecord, **submitted, dataset="d" * 64)
    monkeypatch.setattr(Learned, "records", [recorded.checkpoint, benchmark, right, wrong])
    assert set(recorded.told()) == {benchmark, right, wrong}
    for kind, made in (("benchmark", [benchmark]), ("submission", [right, wrong])):
        record_run(recorded.store, kind, inputs=[recorded.checkpoint], outputs=made)
    assert recorded.told() == {
        wrong: f"it is of dataset dddddddddddd…, its checkpoint of {recorded.dataset[:12]}…"
    }


def test_a_score_of_two_checkpoints_needs_both(recorded, record_run):
    store = recorded.store
    other = recorded.put(CheckpointRecord, dataset=recorded.dataset, weights="1" * 64, final_loss=0.5)
    recorded.evaluation = recorded.evaluate(joined_with=other)
    record_run(store, "evaluate", inputs=[recorded.checkpoint], outputs=[recorded.evaluation])
    told = recorded.told()[recorded.evaluation]
    assert told.endswith(f"made it of another checkpoint than it says, {other[:12]}…")
    record_run(store, "train", inputs=[recorded.dataset], outputs=[other])
    record_run(store, "evaluate", inputs=[recorded.checkpoint, other], outputs=[recorded.evaluation])
    expected = f"the ledger has it before checkpoint {other[:12]}…, which it is a score of"
    assert recorded.told() == {recorded.evaluation: expected}
    again = recorded.evaluate(joined_with=other, num_frames=2)
    record_run(store, "evaluate", inputs=[recorded.checkpoint, other], outputs=[again])
    recorded.evaluation = again
    assert recorded.told() == {}


def test_a_record_that_is_none_of_its_kind_is_told(recorded, monkeypatch):
    broken = recorded.store.objects.put(b'{"kind":"checkpoint","dataset":"' + b"d" * 64 + b'"}')
    monkeypatch.setattr(Learned, "records", [broken])
    assert recorded.told() == {
        broken: f"expected a CheckpointRecord, got another kind of object: {broken[:12]}…"
    }
