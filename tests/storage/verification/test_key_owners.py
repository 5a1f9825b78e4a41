"""Every key of a store that was built is the digest of what its result says; one that was moved is named."""

import pytest

from storage.files.inventory import KeyEntry, take_inventory
from storage.gate.config import GateConfig
from storage.gate.gate import validate
from storage.gate.verdicts import Verdict
from storage.records.checkpoints import CheckpointRecord, EvaluationRecord
from storage.records.manifests import StageManifest, get_record, put_record
from storage.rows.stage_names import OF_STILLS
from storage.verification.key_owners import KeyOwners, entries_about, key_problems
from storage.verification.verify import verify_store


@pytest.fixture
def judged(staged, staged_copy):
    validate(staged_copy, staged.dataset, GateConfig(min_held_out_sequences=1))
    return staged_copy


def checkpoint(dataset, **changes):
    facts = {
        "dataset": dataset,
        "configuration": {"training": {"seed": 1, "rate": 0.1}},
        "code_digest": "c" * 64,
        "versions": {"torch": "2"},
        "device_kind": "cpu",
        "weights": "0" * 64,
        "final_loss": 0.5,
    }
    return CheckpointRecord(**(facts | changes))


def evaluation(checkpoint_id, dataset, **changes):
    facts = {
        "checkpoint": checkpoint_id,
        "dataset": dataset,
        "configuration": {},
        "code_digest": "c" * 64,
        "versions": {},
        "device_kind": "cpu",
        "num_sequences": 0,
        "num_frames": 0,
        "scores": {},
        "baselines": {},
        "objects": (),
    }
    return EvaluationRecord(**(facts | changes))


def told(store):
    return {problem.path: problem.what for problem in key_problems(store, take_inventory(store.backend).keys)}


def test_every_key_of_a_build_is_recomputed(judged):
    keys = take_inventory(judged.backend).keys
    kinds = {entry.kind for entry in keys}
    assert kinds == {
        *OF_STILLS,
        *(f"{stage}-shards" for stage in OF_STILLS),
        *(f"{stage}-plans" for stage in OF_STILLS[1:]),
        "verdicts",
        "verdict-of-dataset",
    }
    owners = KeyOwners(judged.objects)
    for entry in keys:
        found = owners.key_of(entry.kind, judged.keys.get(entry.kind, entry.key))
        # What a plan's key is made of is not in the artifact.
        assert found == (None if entry.kind.endswith("-plans") else entry.key)
    assert told(judged) == {}


def test_keys_of_learning_are_the_digest_of_what_decides_it(judged, staged):
    record = checkpoint(staged.dataset)
    learned = put_record(judged.objects, record)
    scored = evaluation(learned, staged.dataset)
    judged.keys.put("checkpoints", record.key, learned)
    judged.keys.put("evaluations", scored.key, put_record(judged.objects, scored))
    assert told(judged) == {}
    assert checkpoint(staged.dataset, weights="1" * 64).key == record.key
    assert checkpoint(staged.dataset, device_kind="abacus").key != record.key
    assert evaluation("d" * 64, staged.dataset).key != scored.key


@pytest.mark.parametrize("kind", [*OF_STILLS, *(f"{stage}-shards" for stage in OF_STILLS), "verdicts"])
def test_an_entry_that_points_at_the_result_of_other_work_is_named(judged, kind):
    entries = [entry for entry in take_inventory(judged.backend).keys if entry.kind == kind]
    digest = judged.keys.get(kind, entries[0].key)
    judged.keys.put(kind, "9" * 64, digest)
    assert told(judged) == {
        f"keys/{kind}/{'9' * 64}": f"it points at {digest[:12]}…, which is what another work gave: that of "
        f"{entries[0].key[:12]}…"
    }


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("ingest", "expected a StageManifest, got another kind of object"),
        ("sequences-shards", "expected a shard: "),
        ("checkpoints", "expected a CheckpointRecord"),
        ("evaluations", "expected a EvaluationRecord"),
        ("verdict-of-dataset", "expected a verdict"),
        ("verdicts", "expected a verdict"),
    ],
)
def test_an_entry_that_points_at_another_sort_of_object_is_named(judged, staged, kind, what):
    judged.keys.put(kind, "9" * 64, staged.dataset)
    assert told(judged)[f"keys/{kind}/{'9' * 64}"].startswith(what)


def test_an_artifact_of_another_stage_is_named(judged, staged):
    judged.keys.put("saliency", "9" * 64, staged.outcomes["ingest"].artifact)
    assert told(judged)[f"keys/saliency/{'9' * 64}"].startswith("expected an artifact of saliency")


def test_what_points_at_nothing_or_at_damage_is_told_elsewhere(judged, staged):
    judged.keys.put("checkpoints", "9" * 64, "8" * 64)
    (judged.root / "keys" / "ingest" / ("7" * 64)).write_bytes(b"no digest")
    artifact = staged.outcomes["saliency"].artifact
    file = judged.root / "objects" / artifact[:2] / artifact
    file.write_bytes(file.read_bytes() + b" ")
    assert told(judged) == {}


def test_kinds_of_work_that_are_not_known_are_left_alone(judged, staged):
    judged.keys.put("something-new", "9" * 64, staged.dataset)
    assert told(judged) == {}


def test_the_entries_about_records_are_found_by_their_keys(judged, staged):
    record = checkpoint(staged.dataset)
    learned = put_record(judged.objects, record)
    verdict = judged.keys.get("verdict-of-dataset", staged.dataset)
    records = [("dataset", staged.dataset), ("checkpoint", learned), ("verdict", verdict)]
    of_verdict = KeyEntry("verdict-of-dataset", staged.dataset)
    assert list(entries_about(judged, records)) == [of_verdict]  # the checkpoint has no entry
    judged.keys.put("checkpoints", record.key, verdict)  # of something else, which the next check names
    assert list(entries_about(judged, records)) == [KeyEntry("checkpoints", record.key), of_verdict]


def test_a_verdict_from_before_keys_were_stated_is_a_verdict_at_least(judged, staged):
    old = Verdict(dataset=staged.dataset, passed=True, findings=())
    judged.keys.put("verdicts", "9" * 64, put_record(judged.objects, old))
    assert told(judged) == {}


def test_a_verdict_under_the_key_of_another_is_not_believed(judged, staged):
    (entry,) = [entry for entry in take_inventory(judged.backend).keys if entry.kind == "verdicts"]
    right = judged.keys.get("verdicts", entry.key)
    for wrong in (
        Verdict(dataset="d" * 64, passed=True, findings=()),
        Verdict(dataset=staged.dataset, passed=True, findings=(), key="9" * 64),
    ):
        judged.keys.put("verdicts", entry.key, put_record(judged.objects, wrong))
        validate(judged, staged.dataset, GateConfig(min_held_out_sequences=1))
        assert judged.keys.get("verdicts", entry.key) == right


def test_the_entries_of_a_stage_are_its_own_and_those_of_its_shards(judged, staged):
    artifact = staged.outcomes["ingest"].artifact
    entries = entries_about(judged, [("stage", artifact)])
    found = {(entry.kind, judged.keys.get(entry.kind, entry.key)) for entry in entries}
    shards = get_record(judged.objects, artifact, StageManifest).shards
    assert found == {("ingest", artifact), *(("ingest-shards", shard.digest) for shard in shards)}


def test_verify_finds_an_entry_that_points_at_another_artifact(judged, staged):
    assert verify_store(judged).problems == ()
    (entry,) = [entry for entry in take_inventory(judged.backend).keys if entry.kind == "ingest"]
    judged.keys.put("ingest", "9" * 64, judged.keys.get("ingest", entry.key))
    (problem,) = verify_store(judged).problems
    assert (problem.kind, problem.path) == ("wrong key", f"keys/ingest/{'9' * 64}")
