"""An audit as a task: in a folder and in a bucket, of what is not there, and where it cannot be recorded."""

import pytest

from shls_core.errors import NameUnknown, StoreUnreachable
from storage.gate.config import GateConfig
from storage.gate.gate import validate
from storage.objects.objects import ObjectStore
from storage.store import Store
from tasks.runs.platform_kind import platform_kind, platform_of
from tasks.runs.recorded_run import recorded_run
from tasks.upkeep import audit as audit_module
from tasks.upkeep.audit import AuditRequest, audit
from tasks.upkeep.commands import roll_back, tag


def publish(store, dataset, name="photos"):
    with recorded_run(store, "dataset", {}, seed=1) as run:
        run.outputs.append(dataset)
        run.verdict = (
            "passed" if validate(store, dataset, GateConfig(min_held_out_sequences=1)).passed else "failed"
        )
        run.details = {"platform": platform_kind(), "name": store.names.publish(name, dataset)}


@pytest.fixture
def published(staged, staged_copy):
    publish(staged_copy, staged.dataset)
    return staged_copy


def test_a_store_in_a_bucket_is_audited_like_one_in_a_folder(bucket, stage_dataset, photographs, staged):
    store = Store.create(f"{bucket}/a/store")
    dataset = stage_dataset(store, photographs).dataset
    assert dataset == staged.dataset
    publish(store, dataset)
    done, was_recorded = audit(store, AuditRequest(replay=2))
    assert (done.verdict, done.problems, was_recorded) == ("intact", (), True)
    assert {one.status for one in done.again} == {"identical"}
    assert store.ledger.runs()[-1]["verdict"] == "intact"


def test_audits_follow_each_other_in_the_ledger(published):
    for _ in range(2):
        assert audit(published, AuditRequest())[0].verdict == "intact"
    first, second, third = published.ledger.runs()
    assert [run["kind"] for run in (first, second, third)] == ["dataset", "audit", "audit"]
    assert third["previous"] == second["entry"]


def test_tags_and_rollbacks_leave_runs_that_note_the_name(published, staged):
    assert tag(published, "photos", "mine") == ("mine@v1", staged.dataset)
    published.names.publish("photos", staged.outcomes["ingest"].artifact)  # by no run: to roll back from
    assert roll_back(published, "photos", "v1") == ("photos@v3", staged.dataset)
    assert [run["kind"] for run in published.ledger.runs()] == ["dataset", "tag", "rollback"]
    done, _ = audit(published, AuditRequest())
    assert [problem.part_of for problem in done.problems] == ["photos@v2"]


def test_what_is_not_there_is_told_before_anything_is_done(published):
    with pytest.raises(NameUnknown):
        audit(published, AuditRequest(reference="nothing"))
    assert len(published.ledger.runs()) == 1


def test_a_stage_cannot_be_audited_by_itself(published, staged):
    with pytest.raises(NameUnknown, match="dataset, checkpoint, evaluation, benchmark or submission"):
        audit(published, AuditRequest(reference=staged.outcomes["ingest"].artifact))


def test_a_store_that_does_not_answer_is_no_verdict(published, monkeypatch):
    def silent(*arguments, **options):
        raise StoreUnreachable("no answer")

    monkeypatch.setattr(audit_module, "examine", silent)
    with pytest.raises(StoreUnreachable):
        audit(published, AuditRequest())
    assert published.ledger.runs()[-1]["status"] == "failed"


def test_an_artifact_of_which_a_part_is_missing_is_named(published, staged):
    artifact = staged.outcomes["saliency"].artifact
    (published.root / "objects" / artifact[:2] / artifact).unlink()
    done, _ = audit(published, AuditRequest(reference="photos", replay=1))
    assert ("missing object", artifact) in {
        (problem.kind, problem.path.rsplit("/", 1)[1]) for problem in done.problems
    }
    assert [one.what for one in done.not_comparable] == ["every row"]
    assert done.verdict == "tampered"


def test_the_kind_of_machine_is_told_but_for_that_of_a_cluster(monkeypatch):
    from tasks.runs.execution_config import ExecutionConfig

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert platform_of(ExecutionConfig(backend="ray")) == platform_kind() != ""
    monkeypatch.setenv("RAY_ADDRESS", "ray://somewhere:10001")
    assert platform_of(ExecutionConfig(backend="ray")) is None
    assert platform_of(ExecutionConfig(backend="serial")) == platform_kind()


def test_an_audit_writes_nothing_but_its_entry(published, monkeypatch):
    def refuse(self, data):
        raise AssertionError("an audit wrote an object")

    before = {path: path.read_bytes() for path in published.root.rglob("*") if path.is_file()}
    monkeypatch.setattr(ObjectStore, "put", refuse)
    audit(published, AuditRequest(replay=2), is_recorded=False)
    assert before == {path: path.read_bytes() for path in published.root.rglob("*") if path.is_file()}
    audit(published, AuditRequest(replay=2))
    new = {path for path in published.root.rglob("*") if path.is_file()} - before.keys()
    assert {path.relative_to(published.root).parts[:2] for path in new} == {("ledger", "runs")}
