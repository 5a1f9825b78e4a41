"""Descents beside what naive code finds by reading every row of every file."""

import io
import json
import shutil
from collections import Counter

import pyarrow.parquet as pq
import pytest

from shls_core.photographs.split import HELD_OUT, TRAIN
from storage.canonical import digest_bytes, digest_json
from storage.garbage_collection import collect, plan_collection
from storage.lineage import rows as rows_module
from storage.lineage.descended import NEVER_DRAWN, TRAINED, UNKNOWN, VALIDATED
from storage.lineage.descent import descent
from storage.lineage.history import History
from storage.objects.objects import object_path
from storage.rows.loader import SequenceLoader
from storage.store import Store
from storage.withdrawal.erasure import erase, plan_erasure, write_tombstone


def every_row(root):
    """Yield the digest and every row of every Parquet file in the folder of a store."""
    for path in (root / "objects").rglob("*"):
        if path.is_file() and path.read_bytes()[:4] == b"PAR1":
            for row in pq.read_table(io.BytesIO(path.read_bytes())).to_pylist():
                yield path.name, row


def records(root, kind):
    found = {}
    for path in (root / "objects").rglob("*"):
        if path.is_file() and path.read_bytes()[:1] == b"{":
            said = json.loads(path.read_bytes())
            if said.get("kind") == kind:
                found[path.name] = said
    return found


def source_ids(folder):
    return {path.name: digest_bytes(path.read_bytes()) for path in sorted(folder.iterdir())}


def naive_exposure(store, record, samples):
    """Walk through the steps of a training, and through its validations, one by one."""
    training = record["configuration"]["training"]
    loader = SequenceLoader(store.objects, record["dataset"], TRAIN)
    batches = loader.batches(training["seed"], training["batch_size"])
    drawn, first = Counter(), {}
    for step in range(record["step"]):
        for number in batches.numbers(step):
            sample = loader.sample_ids[number]
            if sample in samples:
                drawn[sample] += 1
                first.setdefault(sample, step)
    validated = set()
    if record["validations"]:
        held_out = SequenceLoader(store.objects, record["dataset"], HELD_OUT).sample_ids
        count = min(len(held_out), training["validation_sequences"])
        validated = {held_out[place * len(held_out) // count] for place in range(count)} & samples
    return drawn, first, validated


def test_rows_and_shards_are_those_that_name_the_photograph(made):
    rows = list(every_row(made.store.root))
    for image in source_ids(made.folder).values():
        found = descent(made.store, image)
        expected = {
            (shard, row["sample_id"], row["digest"]) for shard, row in rows if image in row["source_ids"]
        }
        assert {(row.shard, row.sample_id, row.digest) for row in found.rows} == expected
        assert len(found.rows) == len(expected)
        assert set(found.shards) == {shard for shard, _, _ in expected}


def test_datasets_are_those_with_such_a_row(made):
    for name, image in source_ids(made.folder).items():
        found = descent(made.store, image).datasets
        names = {dataset.dataset: dataset.names for dataset in found}
        assert names == {
            made.eight: ("photos@v1",),
            **({made.seven: ("photos@v2",)} if name != "coffee.png" else {}),
        }
        assert all(
            set(dataset.stages) == {"ingest", "saliency", "sequences", "superpixels"} for dataset in found
        )


def test_exposures_are_those_of_a_walk_through_every_step(made):
    rows = list(every_row(made.store.root))
    checkpoints = records(made.store.root, "checkpoint")
    assert set(checkpoints) == {made.brief, made.chosen, made.later}
    assert checkpoints[made.chosen]["step"] < 12, "it kept the weights of an earlier step"
    told = Counter()
    for image in source_ids(made.folder).values():
        samples = {row["sample_id"] for _, row in rows if image in row["source_ids"]}
        for exposure in descent(made.store, image).exposures:
            drawn, first, validated = naive_exposure(made.store, checkpoints[exposure.checkpoint], samples)
            assert {one.sample_id: (one.times, one.first_step) for one in exposure.drawn} == {
                sample: (times, first[sample]) for sample, times in drawn.items()
            }
            assert set(exposure.validated) == validated
            assert exposure.how == (TRAINED if drawn else VALIDATED if validated else NEVER_DRAWN)
            assert exposure.times_drawn == drawn.total()
            assert exposure.first_step == min(first.values(), default=None)
            assert exposure.steps == checkpoints[exposure.checkpoint]["step"]
            told[exposure.how] += 1
    assert set(told) == {TRAINED, VALIDATED, NEVER_DRAWN}


def test_an_evaluation_scored_the_held_out_sequences(made):
    scored = {one["sequence"] for one in records(made.store.root, "evaluation")[made.evaluation]["objects"]}
    rows = list(every_row(made.store.root))
    counts = set()
    for image in source_ids(made.folder).values():
        (score,) = descent(made.store, image).scores
        assert (score.kind, score.id, score.checkpoint) == ("evaluation", made.evaluation, made.brief)
        assert (
            set(score.scored) == {row["sample_id"] for _, row in rows if image in row["source_ids"]} & scored
        )
        counts.add(len(score.scored))
    assert len(counts) > 1


def test_roles_are_those_of_the_recipes(made):
    told = Counter()
    recipes = {
        (shard, row["sample_id"]): row for shard, row in every_row(made.store.root) if row.get("recipe")
    }
    for image in source_ids(made.folder).values():  # its mask has the same id: nothing was cut
        for found in descent(made.store, image).of_stage("sequences"):
            row = recipes[found.shard, found.sample_id]
            recipe = json.loads(row["recipe"])
            expected = {
                "template": recipe["template"]["image_id"] == image,
                "pasted": image in [one["source_id"] for one in recipe["objects"]],
                "left out": image in [one["source_id"] for one in recipe["left_out"]],
            }
            assert set(found.roles) == {role for role, holds in expected.items() if holds}
            assert found.split == row["split"]
            told.update(found.roles)
    assert {"template", "pasted"} <= set(told)


def test_nothing_descends_from_a_photograph_that_was_never_seen(made):
    found = descent(made.store, "0" * 64)
    assert (found.rows, found.datasets, found.exposures, found.scores) == ((), (), (), ())


def test_every_shard_is_read_once_whoever_shares_it(made, monkeypatch):
    read = Counter()

    def counting(objects, digest, columns):
        read[digest, "recipe" in columns] += 1
        return read_columns(objects, digest, columns)

    read_columns = rows_module.read_columns
    monkeypatch.setattr(rows_module, "read_columns", counting)
    history = History(made.store)
    for image in source_ids(made.folder).values():
        descent(made.store, image, history)
    shards = {shard for shard, _ in every_row(made.store.root)}
    assert {digest for digest, is_recipe in read if not is_recipe} == shards
    assert all(count == 1 for (_, is_recipe), count in read.items() if not is_recipe)


def test_file_names_and_notes_are_those_of_every_row_of_it(store, photographs, stage_dataset, tmp_path):
    folder = tmp_path / "noted"
    folder.mkdir()
    for name, copy in (
        ("coffee.png", "first.png"),
        ("coffee.png", "second.png"),
        ("rocket.png", "third.png"),
    ):
        shutil.copy(photographs / name, folder / copy)
    (folder / "photographs.csv").write_text("file_name,licence\nfirst.png,CC0\n")
    stage_dataset(store, folder)
    image = digest_bytes((folder / "first.png").read_bytes())
    noted = {row.notes["file_name"]: row for row in descent(store, image).of_stage("ingest")}
    assert noted["first.png"].notes["licence"] == "CC0"
    assert noted["second.png"].rejected == "duplicate"
    assert noted["second.png"].sample_id == digest_json(["duplicate", image, "second.png"])
    assert set(noted) == {"first.png", "second.png"}


def test_a_dataset_that_was_removed_is_told(made, copied):
    shutil.rmtree(copied.root / "keys" / "checkpoints")
    for digest, said in records(copied.root, "checkpoint").items():
        if said["dataset"] == made.eight:
            for gone in (digest, said["weights"]):
                (copied.root / object_path(gone)).unlink()
    (copied.root / object_path(made.evaluation)).unlink()
    shutil.rmtree(copied.root / "keys" / "evaluations")
    collect(copied, plan_collection(copied, keep=1))
    image = source_ids(made.folder)["coffee.png"]
    found = descent(copied, image)
    assert found.rows == ()
    assert set(found.removed_datasets) == {made.eight}
    kept = descent(copied, source_ids(made.folder)["coffee.jpg"])
    assert [one.dataset for one in kept.datasets] == [made.seven]
    assert [one.checkpoint for one in kept.exposures] == [made.later]


def purge(store, image):
    from tasks.runs.recorded_run import recorded_run

    erasure = plan_erasure(store, [image])
    with recorded_run(store, "purge", {}, None) as run:
        run.inputs.append(image)
        run.outputs.append(write_tombstone(store, erasure))
    erase(store, erasure)
    return erasure


def test_what_was_erased_by_order_descends_as_before_and_says_so(made, copied):
    for name in ("coffee.jpg", "chelsea.png"):
        image = source_ids(made.folder)[name]
        purge(copied, image)
        before, after = descent(made.store, image), descent(copied, image)
        assert [(row.sample_id, row.digest) for row in after.rows] == [
            (row.sample_id, row.digest) for row in before.rows
        ]
        assert {row.rejected for row in after.rows} == {"erased by order"}
        assert after.exposures == before.exposures
        assert [score.scored for score in after.scores] == [score.scored for score in before.scores]
        assert set(after.gone_shards) == set(after.shards)
        assert all(why.startswith("erased by order") for why in after.gone_shards.values())
    other = source_ids(made.folder)["astronaut.jpg"]
    assert descent(copied, other).exposures == descent(made.store, other).exposures


def test_a_shard_of_a_run_that_ended_early_counts(made, copied):
    image = source_ids(made.folder)["coffee.jpg"]
    (copied.root / object_path(made.seven)).unlink()
    (stage,) = {
        digest
        for digest, said in records(copied.root, "stage").items()
        if said["stage"] == "sequences" and said["rows"] == 7
    }
    before = descent(copied, image)
    (copied.root / object_path(stage)).unlink()
    after = descent(copied, image)
    assert (after.rows, after.shards) == (before.rows, before.shards)
    assert [one.dataset for one in after.datasets] == [made.eight]


def test_a_lost_shard_makes_the_answer_unknown_never_no(made, copied):
    image = source_ids(made.folder)["coffee.jpg"]
    shard = descent(copied, image).of_stage("superpixels")[0].shard
    (copied.root / object_path(shard)).unlink()
    unknown = [one for one in descent(copied, image).exposures if one.how == UNKNOWN]
    assert unknown
    for exposure in unknown:
        assert f"object {shard[:12]}… of its dataset is not in this store" in exposure.why_unknown
    assert {one.how for one in descent(copied, "0" * 64).exposures} == {UNKNOWN}


@pytest.mark.slow
def test_a_copy_in_a_bucket_gives_the_same_answer(made, bucket):
    import obstore

    copy = Store.create(f"{bucket}/copy")
    for path in made.store.root.rglob("*"):
        if path.is_file() and path.name != "store.json":
            obstore.put(copy.backend, str(path.relative_to(made.store.root)), path.read_bytes())
    history = History(copy)
    for image in source_ids(made.folder).values():
        assert descent(copy, image, history) == descent(made.store, image)
