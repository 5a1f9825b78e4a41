"""A photograph is erased: no byte of it is left, and everything else still can be proved."""

import shutil
from pathlib import Path

import obstore
import pytest

import storage.files.removal
from shls_core.errors import ObjectCorrupted, ObjectErased, ObjectMissing
from shls_core.photographs.split import TRAIN
from storage.canonical import digest_bytes
from storage.export.webdataset import export_webdataset
from storage.files.inventory import take_inventory
from storage.garbage_collection import collect, plan_collection
from storage.gate.verdicts import Verdict
from storage.lineage import history
from storage.lineage.descent import descent
from storage.objects.objects import object_path
from storage.records.manifests import DatasetManifest, get_record, put_record
from storage.records.tombstones import ERASED, Tombstone
from storage.rows import source_pages
from storage.rows.loader import SequenceLoader
from storage.rows.shards import put_shard, read_columns
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_graph import SCHEMAS, schema_of
from storage.rows.stage_names import OF_STILLS
from storage.store import Store
from storage.verification.verify import require_undamaged, verify_dataset, verify_store
from storage.withdrawal.erasure import erase, plan_erasure, write_tombstone
from storage.withdrawal.source_rows import holding_shard

PHOTOGRAPH = "coffee.jpg"


@pytest.fixture
def image(photographs) -> str:
    return digest_bytes((photographs / PHOTOGRAPH).read_bytes())


@pytest.fixture
def store(staged, tmp_path) -> Store:
    """A store with the staged dataset, published and passed."""
    store = Store.open(shutil.copytree(staged.store.root, tmp_path / "published"))
    verdict = put_record(store.objects, Verdict(dataset=staged.dataset, passed=True, findings=()))
    store.keys.put("verdict-of-dataset", staged.dataset, verdict)
    store.names.publish("photos", staged.dataset)
    return store


@pytest.fixture
def purge(record_run):
    """Return a function that withdraws and erases photographs, up to a moment."""

    def run(store, *source_ids, until="the end"):
        record_run(store, "withdraw", list(source_ids), {"reason": "consent revoked"})
        erasure = plan_erasure(store, source_ids)
        tombstone = write_tombstone(store, erasure)
        if until != "before the entry":
            record_run(store, "purge", list(source_ids), {}, (tombstone,))
            if until != "after the entry":
                erase(store, erasure)
        return erasure, tombstone

    return run


def files(store: Store) -> dict[str, bytes]:
    return {
        str(path.relative_to(store.root)): path.read_bytes()
        for path in Path(store.root).rglob("*")
        if path.is_file()
    }


def rows_of(store, dataset, image_id):
    """Every row of a dataset that descends from a photograph, with all that it holds."""
    manifest = get_record(store.objects, dataset, DatasetManifest)
    for stage in OF_STILLS:
        artifact = StageArtifact(store.objects, manifest.stages[stage])
        for row in artifact.table(SCHEMAS[stage].arrow.names).to_pylist():
            if image_id in row["source_ids"]:
                yield stage, row


def payloads(rows):
    for _, row in rows:
        for value in row.values():
            yield from (part for part in (value if isinstance(value, list) else [value]))


def problems(store):
    return {(problem.kind, problem.path) for problem in verify_store(store).problems}


def test_no_byte_of_the_photograph_is_left(staged, store, image, photographs, purge):
    rows = list(rows_of(store, staged.dataset, image))
    assert {stage for stage, _ in rows} == set(OF_STILLS)
    packed = {part for part in payloads(rows) if isinstance(part, bytes) and len(part) > 40}
    before = b"".join(files(store).values())
    assert len(packed) > 20
    assert all(part in before for part in packed)

    purge(store, image)
    after = files(store)
    whole = b"".join(after.values())
    assert (photographs / PHOTOGRAPH).read_bytes() not in whole
    assert not [part for part in packed if part in whole]
    assert PHOTOGRAPH.encode() not in whole
    # What is compressed is looked at as it reads.
    for digest in take_inventory(store.backend).objects:
        assert holding_shard(store.objects, digest, [image]) is None
        if store.objects.first_byte(digest) == b"P":
            for row in read_columns(store.objects, digest, ["sample_id", "digest", "source_ids"]).to_pylist():
                assert row["digest"] is None or image not in row["source_ids"]
    # No key leads to it.
    erased = set(store.erased())
    assert erased
    keys = take_inventory(store.backend).keys
    assert erased.isdisjoint(store.keys.results(keys).values())


def test_a_purge_removes_pages_and_lineage_answers_without_them(staged, store, image, purge, monkeypatch):
    monkeypatch.setattr(source_pages, "SHARDS", 2)
    monkeypatch.setattr(history, "SHARDS", 2)
    stages = get_record(store.objects, staged.dataset, DatasetManifest).stages
    shards = {
        stage: [shard.digest for shard in StageArtifact(store.objects, one).manifest.shards]
        for stage, one in stages.items()
    }
    unpaged = descent(store, image)
    for stage, some in shards.items():
        source_pages.put_pages(store.backend, store.objects, stage, some)
    assert descent(store, image) == unpaged
    assert [path for path in files(store) if path.startswith("pages/")]
    purge(store, image)
    assert [path for path in files(store) if path.startswith("pages/")] == []
    assert problems(store) == set()
    assert {row.sample_id for row in descent(store, image).rows} == {row.sample_id for row in unpaged.rows}


def test_the_rows_that_are_left_are_what_and_where_they_were(staged, store, image, purge):
    manifest = get_record(store.objects, staged.dataset, DatasetManifest)
    before = {
        stage: StageArtifact(store.objects, manifest.stages[stage])
        .table(SCHEMAS[stage].arrow.names)
        .to_pylist()
        for stage in OF_STILLS
    }
    purge(store, image)
    objects = store.with_stand_ins()
    for stage, rows in before.items():
        artifact = StageArtifact(objects, manifest.stages[stage])
        after = artifact.table(SCHEMAS[stage].arrow.names).to_pylist()
        assert len(after) == len(rows)
        for was, now in zip(rows, after, strict=True):
            if image not in was["source_ids"]:
                assert now == was
                continue
            kept = {"sample_id", "row_key", "parents", "source_ids", "split"} & was.keys()
            assert {name: now[name] for name in kept} == {name: was[name] for name in kept}
            assert now["rejected"] == ERASED
            assert all(now[name] is None for name in now if name not in (*kept, "rejected"))
        # An address in the erased shard is one in its stand-in.
        for address, _ in artifact.accepted():
            row = read_columns(objects, address.shard, ["sample_id"])["sample_id"][address.index].as_py()
            assert row == address.sample_id


def test_verify_says_erased_by_order_and_still_proves_the_rest(staged, store, image, purge):
    _, tombstone = purge(store, image)
    for verification in (verify_store(store), verify_dataset(store, staged.dataset)):
        assert verification.problems == ()
        assert {shard.path for shard in verification.erased} == set(map(object_path, store.erased()))
        assert {shard.source_ids for shard in verification.erased} == {(image,)}
        assert {shard.tombstone for shard in verification.erased} == {tombstone}
        assert sum(shard.num_rows for shard in verification.erased) == len(descent(store, image).rows)


def test_lineage_still_answers(staged, store, image, purge):
    before = descent(store, image)
    purge(store, image)
    after = descent(store, image)
    assert [(row.stage, row.sample_id, row.digest) for row in after.rows] == [
        (row.stage, row.sample_id, row.digest) for row in before.rows
    ]
    assert [one.dataset for one in after.datasets] == [staged.dataset]


def test_an_object_that_is_missing_without_a_tombstone_is_missing(staged, store, image, purge):
    purge(store, image)
    erased = store.erased()
    manifest = get_record(store.objects, staged.dataset, DatasetManifest)
    shards = StageArtifact(store.objects, manifest.stages["superpixels"]).manifest.shards
    whole = next(shard.digest for shard in shards if shard.digest not in erased)
    (store.root / object_path(whole)).unlink()
    assert ("missing object", object_path(whole)) in problems(store)
    with pytest.raises(ObjectMissing) as lost:
        store.objects.get(whole)
    assert not isinstance(lost.value, ObjectErased)


def test_a_stand_in_that_was_changed_or_lost_is_told(staged, store, image, purge):
    purge(store, image)
    stand_in = next(iter(store.erased().values())).redacted
    path = store.root / object_path(stand_in)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()
    path.write_bytes(data)
    assert problems(store) == {("damaged object", object_path(stand_in))}
    path.unlink()
    assert problems(store) == {("missing object", object_path(stand_in))}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda row: row | {"rows": dict.fromkeys(row["rows"], "0" * 64)}, "it says content"),
        (lambda row: row | {"rows": {}}, "was erased, and no tombstone says so"),
        (lambda row: row | {"rows": {**row["rows"], "f" * 64: None}}, "erased rows, it holds"),
    ],
)
def test_a_tombstone_that_says_something_else_is_found_out(store, image, record_run, change, told):
    erasure = plan_erasure(store, [image])
    honest = get_record(store.objects, write_tombstone(store, erasure), Tombstone).model_dump()
    honest["erased"] = [change(shard) for shard in honest["erased"]]
    forged = put_record(store.objects, Tombstone(**honest))
    record_run(store, "purge", [image], {}, (forged,))
    erase(store, erasure)
    assert any(told in problem.what for problem in verify_store(store).problems)


def test_ended_before_the_entry_nothing_is_erased_and_gc_removes_what_was_written(store, image, purge):
    before = set(files(store))
    _, tombstone = purge(store, image, until="before the entry")
    assert before <= set(files(store))
    assert store.erased() == {}
    assert problems(store) == {("tombstone without a purge", object_path(tombstone))}
    collect(store, plan_collection(store, keep=1))
    assert verify_store(store).problems == ()
    assert not store.objects.exists(tombstone)


def test_ended_after_the_entry_it_is_not_finished_until_it_is_run_again(store, image, purge):
    erasure, tombstone = purge(store, image, until="after the entry")
    told = {("unfinished purge", object_path(shard.digest)) for shard in erasure.shards}
    assert problems(store) == told
    again, second = purge(store, image)
    assert (again, second) == (erasure, tombstone)
    assert verify_store(store).problems == ()


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("moment", [0, 1, 4, 9])
def test_killed_while_it_removes_it_is_finished_by_the_next_one(store, image, purge, monkeypatch, moment):
    monkeypatch.setattr(storage.files.removal, "_AT_ONCE", 1)
    delete, calls = storage.files.removal.obstore.delete, []

    def delete_some_and_die(backend, paths):
        calls.append(paths)
        if len(calls) > moment:
            raise Killed
        delete(backend, paths)

    monkeypatch.setattr(storage.files.removal.obstore, "delete", delete_some_and_die)
    with pytest.raises(Killed):
        purge(store, image)
    monkeypatch.setattr(storage.files.removal.obstore, "delete", delete)
    assert {kind for kind, _ in problems(store)} == {"unfinished purge"}
    purge(store, image)
    assert verify_store(store).problems == ()
    assert holdings(store, image) == []


def holdings(store, *source_ids):
    digests = take_inventory(store.backend).objects
    return [digest for digest in digests if holding_shard(store.objects, digest, source_ids)]


def test_what_no_dataset_names_is_erased_too(staged, store, image, purge):
    """A shard of a build that failed, and what a killed writer left beside an object."""
    manifest = get_record(store.objects, staged.dataset, DatasetManifest)
    shard = StageArtifact(store.objects, manifest.stages["saliency"]).manifest.shards[0].digest
    names = SCHEMAS["saliency"].arrow.names
    rows = read_columns(store.objects, shard, names).to_pylist()
    mine = rows[0] | {"source_ids": [image], "sample_id": image, "confidence": 0.123}
    mine["digest"] = SCHEMAS["saliency"].content_digest(mine)
    orphan = put_shard(store.objects, schema_of("saliency").arrow, [mine]).digest
    store.keys.put("saliency-shards", "1" * 64, orphan)
    left = store.root / f"{object_path(orphan)}#1"
    left.write_bytes(store.objects.get(orphan))
    purge(store, image)
    assert not store.objects.exists(orphan)
    assert not left.exists()
    assert store.keys.get("saliency-shards", "1" * 64) is None
    assert verify_store(store).problems == ()


def test_a_shard_that_cannot_be_read_stops_it(store, image):
    shard = plan_erasure(store, [image]).shards[0].digest
    path = store.root / object_path(shard)
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ObjectCorrupted, match=shard[:12]):
        plan_erasure(store, [image])


@pytest.mark.parametrize("second", ["astronaut.png", "chelsea.jpg", "rocket.jpg"])
def test_photographs_are_erased_one_after_the_other(staged, store, image, photographs, purge, second):
    """Rows of both, and rows of the second in stand-ins of the first."""
    other = digest_bytes((photographs / second).read_bytes())
    rows = list(rows_of(store, staged.dataset, other))
    packed = {part for part in payloads(rows) if isinstance(part, bytes) and len(part) > 40}
    purge(store, image)
    purge(store, other)
    for verification in (verify_store(store), verify_dataset(store, staged.dataset)):
        assert verification.problems == ()
    whole = b"".join(files(store).values())
    assert not [part for part in packed if part in whole]
    assert holdings(store, image, other) == []
    for image_id in (image, other):
        assert {row.stage for row in descent(store, image_id).rows} == set(OF_STILLS)


def test_a_stand_in_that_is_erased_has_another_one(store, image, photographs, purge):
    other = digest_bytes((photographs / "astronaut.png").read_bytes())
    purge(store, image)
    first = store.erased()
    purge(store, other)
    both = store.erased()
    replaced = [digest for digest, found in first.items() if both[digest].redacted != found.redacted]
    assert replaced
    for digest in replaced:
        assert not store.objects.exists(first[digest].redacted)
        assert store.objects.exists(both[digest].redacted)
        assert both[digest].source_ids == tuple(sorted((image, other)))
        assert both[digest].rows.items() > first[digest].rows.items()


def test_once_more_it_finds_nothing(store, image, purge):
    purge(store, image)
    before = files(store)
    assert plan_erasure(store, [image]).shards == ()
    assert files(store) == before


def test_whoever_uses_the_dataset_is_told_in_one_line(staged, store, image, purge, record_run, tmp_path):
    purge(store, image)
    record_run(store, "reinstate", [image], {"reason": "given again"})  # which brings no byte back
    with pytest.raises(ObjectErased, match=r"rows were erased by order; `shls dataset build` makes one"):
        require_undamaged(store, staged.dataset)
    told = rf"was erased by order, with rows of photograph {image[:12]}….* makes one without"
    with pytest.raises(ObjectErased, match=told):
        SequenceLoader(store.objects, staged.dataset, TRAIN)
    with pytest.raises(ObjectErased, match=told):
        export_webdataset(store, staged.dataset, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_gc_keeps_stand_ins_with_their_dataset_and_tombstones_for_ever(
    staged, store, image, purge, photographs, stage_dataset, tmp_path
):
    _, tombstone = purge(store, image)
    stand_ins = {found.redacted for found in store.erased().values()}
    assert plan_collection(store, keep=1).num_objects == 0

    folder = Path(shutil.copytree(photographs, tmp_path / "seven"))
    (folder / PHOTOGRAPH).unlink()
    store.names.publish("photos", stage_dataset(store, folder).dataset)
    plan = plan_collection(store, keep=1)
    assert plan.datasets == (staged.dataset,)
    collect(store, plan)
    assert store.objects.exists(tombstone)
    assert not any(map(store.objects.exists, stand_ins))
    assert verify_store(store).problems == ()
    assert store.erased()


def test_gc_refuses_a_lost_stand_in(store, image, purge):
    purge(store, image)
    stand_in = next(iter(store.erased().values())).redacted
    (store.root / object_path(stand_in)).unlink()
    with pytest.raises(ObjectMissing, match="nothing was removed"):
        plan_collection(store, keep=1)


def test_a_tombstone_that_is_lost_is_told(store, image, purge):
    _, tombstone = purge(store, image)
    (store.root / object_path(tombstone)).unlink()
    assert ("purge without its tombstone", object_path(tombstone)) in problems(store)
    with pytest.raises(ObjectMissing, match=tombstone[:12]):
        store.erased()


def test_reinstated_and_built_again_it_is_as_if_it_had_never_gone(
    staged, store, image, purge, record_run, photographs, stage_dataset
):
    purge(store, image)
    record_run(store, "reinstate", [image], {"reason": "given again"})
    assert stage_dataset(store, photographs).dataset == staged.dataset
    verification = verify_store(store)
    assert (verification.problems, verification.erased) == ((), ())
    require_undamaged(store, staged.dataset)

    purge(store, image)
    assert verify_store(store).problems == ()
    assert holdings(store, image) == []
    assert verify_store(store).erased


def test_in_a_bucket_it_is_the_same(staged, store, image, bucket, purge):
    """What a bucket keeps of old versions is out of reach."""
    there = Store.create(f"{bucket}/a")
    for path, data in files(store).items():
        if path.startswith(("objects/", "keys/")):
            obstore.put(there.backend, path, data)
    packed = {
        part
        for part in payloads(rows_of(store, staged.dataset, image))
        if isinstance(part, bytes) and len(part) > 40
    }
    purge(there, image)
    listed = [str(entry["path"]) for entry in obstore.list(there.backend).collect()]
    whole = b"".join(bytes(obstore.get(there.backend, path).bytes()) for path in listed)
    assert not [part for part in packed if part in whole]
    assert verify_store(there).problems == ()
    assert verify_dataset(there, staged.dataset).erased
