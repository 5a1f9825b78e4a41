"""Every kind of damage is found and named: in a dataset, in a store, and before training."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from shls_core.errors import ForeignFile, ObjectCorrupted, ObjectMissing, StoreError
from storage.canonical import digest_bytes
from storage.gate.config import GateConfig
from storage.gate.gate import validate
from storage.objects.objects import object_path
from storage.provenance.environment import current_environment
from storage.records.manifests import DatasetManifest, ShardRef, StageManifest, get_record, put_record
from storage.rows.shard_encoding import encode_shard
from storage.rows.shards import read_columns
from storage.rows.stage_graph import SCHEMAS, schema_of
from storage.rows.stage_names import OF_STILLS
from storage.store import Store
from storage.tables.ledger import Run
from storage.verification.verify import require_undamaged, verify_dataset, verify_store


@pytest.fixture
def judged(staged, staged_copy):
    """A store with the staged dataset and the verdict on it."""
    validate(staged_copy, staged.dataset, GateConfig(min_held_out_sequences=1))
    staged_copy.names.publish("photos", staged.dataset)
    return staged_copy


@dataclass
class Parts:
    """Digests of the parts of the staged dataset."""

    manifests: dict[str, str]
    shards: dict[str, ShardRef]


@pytest.fixture
def parts(staged, judged):
    dataset = get_record(judged.objects, staged.dataset, DatasetManifest)
    manifests = {stage: dataset.stages[stage] for stage in OF_STILLS}
    shards = {
        stage: get_record(judged.objects, digest, StageManifest).shards[0]
        for stage, digest in manifests.items()
    }
    return Parts(manifests, shards)


def rewrite(store, path, change):
    file = store.root / path
    data = bytearray(file.read_bytes())
    change(data)
    file.unlink()
    file.write_bytes(data)


def flip(data):
    data[len(data) // 2] ^= 1


def cut(data):
    del data[len(data) // 2 :]


def raise_rows(data):
    """Edit a manifest by hand."""
    edited = json.loads(data) | {"rows": 9999}
    data[:] = json.dumps(edited).encode()


def found(verification):
    return {(problem.kind, problem.path) for problem in verification.problems}


def test_nothing_is_wrong_with_what_was_just_made(staged, judged):
    of_dataset, of_store = verify_dataset(judged, staged.dataset), verify_store(judged)
    assert of_dataset.problems == of_store.problems == ()
    files = [path for path in (judged.root / "objects").rglob("*") if path.is_file()]
    assert of_store.num_objects == len(files)
    assert of_store.num_bytes == sum(path.stat().st_size for path in files)
    assert require_undamaged(judged, staged.dataset).num_objects == of_dataset.num_objects


@pytest.mark.parametrize("stage", OF_STILLS)
@pytest.mark.parametrize(
    ("part", "change", "kind", "error"),
    [
        ("shard", flip, "damaged object", ObjectCorrupted),
        ("shard", cut, "damaged object", ObjectCorrupted),
        ("shard", bytearray.clear, "damaged object", ObjectCorrupted),
        ("shard", None, "missing object", ObjectMissing),
        ("manifest", raise_rows, "damaged object", ObjectCorrupted),
        ("manifest", None, "missing object", ObjectMissing),
    ],
)
def test_damage_to_any_part_is_found_named_and_refused(
    staged, judged, parts, stage, part, change, kind, error
):
    digest = parts.shards[stage].digest if part == "shard" else parts.manifests[stage]
    path = object_path(digest)
    if change is None:
        (judged.root / path).unlink()
    else:
        rewrite(judged, path, change)

    verification = verify_dataset(judged, staged.dataset)
    assert found(verification) == {(kind, path)}
    (problem,) = verification.problems
    assert staged.dataset[:12] in problem.part_of
    assert stage in problem.part_of
    assert (kind, path) in found(verify_store(judged))
    with pytest.raises(error, match=f"{kind} {path}, part of dataset {staged.dataset[:12]}"):
        require_undamaged(judged, staged.dataset)


@pytest.mark.parametrize(
    "path", ["objects/ab/notes.txt", "objects/README", "holiday.jpg", "keys/ingest/x", "ledger/runs/copy.txt"]
)
def test_a_foreign_file_is_found_named_and_refused(staged, judged, path):
    (judged.root / path).parent.mkdir(parents=True, exist_ok=True)
    (judged.root / path).write_text("hello")
    assert found(verify_store(judged)) == {("foreign file", path)}
    assert verify_dataset(judged, staged.dataset).problems == ()
    with pytest.raises(ForeignFile, match=f"foreign file {path}.*move it out of the store"):
        require_undamaged(judged, staged.dataset)


@pytest.mark.parametrize("content", [b"hello", b'{"kind":"stage"}', b""])
def test_an_object_whose_name_is_not_its_hash_is_foreign(staged, judged, content):
    path = object_path("ab" * 32)
    (judged.root / path).parent.mkdir(parents=True, exist_ok=True)
    (judged.root / path).write_bytes(content)
    assert found(verify_store(judged)) == {("damaged object", path)}
    with pytest.raises(StoreError, match=path if content[:1] != b"{" else "ab" * 6):
        require_undamaged(judged, staged.dataset)


def test_an_object_that_nothing_mentions_yet_is_no_problem(staged, judged):
    judged.objects.put(b"of a run that was killed")
    assert verify_store(judged).problems == ()
    require_undamaged(judged, staged.dataset)


def with_stage(store, dataset, stage, /, **changes):
    """Store a dataset that differs from another in what the manifest of one stage says."""
    whole = get_record(store.objects, dataset, DatasetManifest)
    manifest = get_record(store.objects, whole.stages[stage], StageManifest)
    artifact = put_record(store.objects, manifest.model_copy(update=changes))
    return put_record(store.objects, DatasetManifest(stages=whole.stages | {stage: artifact})), artifact


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rows": 9}, r"it says \(9, 0\) rows and rejected rows, its shards hold \(8, 0\)"),
        ({"content_digest": "0" * 64}, "it says content 000000000000…, its rows hash to"),
        ({"stage": "superpixels"}, "its columns are not those of superpixels"),
    ],
)
def test_a_manifest_that_was_edited_and_renamed_disagrees_with_its_shards(staged, judged, changes, told):
    dataset, _ = with_stage(judged, staged.dataset, "saliency", **changes)
    problems = verify_dataset(judged, dataset).problems
    assert {problem.kind for problem in problems} == {"records disagree"}
    assert any(re.search(told, problem.what) for problem in problems)


def test_a_stage_made_from_another_input_is_told(staged, judged):
    manifest = get_record(
        judged.objects,
        get_record(judged.objects, staged.dataset, DatasetManifest).stages["sequences"],
        StageManifest,
    )
    dataset, _ = with_stage(
        judged, staged.dataset, "sequences", inputs=manifest.inputs | {"saliency": "1" * 64}
    )
    (problem,) = verify_dataset(judged, dataset).problems
    assert problem.what == "its sequences was made from another saliency than its own"
    assert problem.path == object_path(dataset)


def test_a_row_whose_content_is_not_what_it_says_is_told(staged, judged, parts):
    ref = parts.shards["saliency"]
    rows = read_columns(judged.objects, ref.digest, SCHEMAS["saliency"].arrow.names).to_pylist()
    rows[0]["top"] += 1
    data = encode_shard(schema_of("saliency").arrow, rows)
    forged = ShardRef(digest=judged.objects.put(data), rows=ref.rows, rejected=ref.rejected, bytes=len(data))
    manifest = get_record(judged.objects, parts.manifests["saliency"], StageManifest)
    dataset, _ = with_stage(judged, staged.dataset, "saliency", shards=(forged, *manifest.shards[1:]))
    (problem,) = verify_dataset(judged, dataset).problems
    assert problem.path == object_path(forged.digest)
    assert problem.what.startswith(f"row {rows[0]['sample_id'][:12]}… says content {rows[0]['digest'][:12]}…")
    assert verify_dataset(judged, dataset, with_rows=False).problems == ()


@pytest.mark.parametrize("change", [{"rows": 7}, {"bytes": 1}, {"rejected": 1}])
def test_a_pointer_that_counts_wrong_is_told(staged, judged, parts, change):
    manifest = get_record(judged.objects, parts.manifests["ingest"], StageManifest)
    wrong = manifest.shards[0].model_copy(update=change)
    dataset, _ = with_stage(judged, staged.dataset, "ingest", shards=(wrong, *manifest.shards[1:]))
    told = [problem.what for problem in verify_dataset(judged, dataset).problems]
    assert any("the manifest says" in what for what in told)


def test_a_verdict_about_another_dataset_is_told(staged, judged):
    other, _ = with_stage(judged, staged.dataset, "ingest", code_digest="2" * 64)
    verdict = judged.keys.get("verdict-of-dataset", staged.dataset)
    judged.keys.put("verdict-of-dataset", other, verdict)
    (problem,) = verify_dataset(judged, other).problems
    assert (problem.kind, problem.path) == ("records disagree", object_path(verdict))


def test_names_and_keys_that_point_nowhere_are_told(judged):
    judged.names.publish("lost", digest_bytes(b"nowhere"))
    judged.keys.put("ingest-shards", "3" * 64, digest_bytes(b"nowhere"))
    (judged.root / "keys" / "ingest" / ("4" * 64)).write_bytes(b"no digest")
    assert found(verify_store(judged)) == {
        ("dangling name", "ledger/names"),
        ("dangling key", f"keys/ingest-shards/{'3' * 64}"),
        ("dangling key", f"keys/ingest/{'4' * 64}"),
    }


def test_a_ledger_that_was_written_anew_with_another_fact_is_told(store: Store, monkeypatch):
    for run_id in ("one", "two", "three"):
        run = Run(
            run_id=run_id,
            kind="train",
            status="completed",
            started_at=datetime.now(UTC),
            seconds=0.25,
            configuration={"share": 0.1},
        )
        store.ledger.record(run, current_environment())
    assert verify_store(store).problems == ()
    rows = store.ledger.runs()
    changed = [rows[0], rows[1] | {"status": "failed"}, rows[2]]
    for forged, told in (
        (changed, ["its facts do not hash to its digest"]),
        ([rows[0], rows[2]], ["expected entry 2, got 3; it does not name the entry before it"]),
    ):
        monkeypatch.setattr(store.ledger, "logged_runs", lambda forged=forged: forged)
        assert [problem.what for problem in verify_store(store).problems] == told
