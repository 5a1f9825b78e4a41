import json
import shutil
from collections import Counter

import pytest

from shls_core.errors import NameUnknown
from shls_core.photographs.split import HELD_OUT, TRAIN
from shls_core.synthesis.recipe import Recipe
from storage.canonical import digest_bytes
from storage.lineage.ancestry import ancestry
from storage.lineage.graph import mask_node_id
from storage.lineage.history import History
from storage.lineage.usage import usage_of
from storage.objects.objects import object_path
from storage.records.checkpoints import CheckpointRecord, EvaluationRecord
from storage.records.manifests import DatasetManifest, StageManifest, get_record
from storage.rows.loader import SequenceLoader
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_names import OF_STILLS
from storage.store import Store


def rows_of(store, dataset, stage, *columns):
    manifest = get_record(store.objects, dataset, DatasetManifest)
    table = StageArtifact(store.objects, manifest.stages[stage]).table(["sample_id", *columns])
    return {row["sample_id"]: row for row in table.to_pylist()}


def edges_among(lineage, *kinds):
    """Return the edges whose ends are of two kinds, in this order."""
    kind = {node.id: node.kind for node in lineage.nodes}
    return {edge for edge in lineage.edges if (kind[edge[0]], kind[edge[1]]) == kinds}


def node(lineage, node_id):
    return next(node for node in lineage.nodes if node.id == node_id)


def makers_of(lineage, node_id):
    return [
        source for source, made in lineage.edges if made == node_id and node(lineage, source).kind == "run"
    ]


def test_of_a_score_everything_up_to_the_photographs_is_there_once(made):
    lineage = ancestry(made.store, made.evaluation[:8])
    assert lineage.root == lineage.nodes[0]
    assert (lineage.root.kind, lineage.root.id) == ("evaluation", made.evaluation)
    ids = Counter(node.id for node in lineage.nodes)
    assert set(ids.values()) == {1}
    assert set(Counter(lineage.edges).values()) == {1}
    assert all(end in ids for edge in lineage.edges for end in edge)
    manifest = get_record(made.store.objects, made.eight, DatasetManifest)
    assert {node.id for node in lineage.of_kind("stage")} == {manifest.stages[stage] for stage in OF_STILLS}
    shards = {
        shard.digest: manifest.stages[stage]
        for stage in OF_STILLS
        for shard in get_record(made.store.objects, manifest.stages[stage], StageManifest).shards
    }
    assert edges_among(lineage, "shard", "stage") == set(shards.items())
    assert edges_among(lineage, "dataset", "checkpoint") == {(made.eight, made.brief)}
    assert edges_among(lineage, "checkpoint", "evaluation") == {(made.brief, made.evaluation)}
    for kind, stage in (("photograph", "ingest"), ("sample", "sequences")):
        assert {node.id for node in lineage.of_kind(kind)} == set(rows_of(made.store, made.eight, stage))


def test_rows_were_made_from_those_they_name(made):
    lineage = ancestry(made.store, "photos@v1")
    sequences = rows_of(made.store, made.eight, "sequences", "template_id", "pasted_ids", "source_ids")
    assert edges_among(lineage, "mask", "sample") == {
        (mask_node_id(mask), sample)
        for sample, row in sequences.items()
        for mask in (row["template_id"], *row["pasted_ids"])
    }
    assert edges_among(lineage, "photograph", "sample") == {
        (image, sample) for sample, row in sequences.items() for image in row["source_ids"]
    }
    assert edges_among(lineage, "photograph", "mask") == {
        (row["source_ids"][0], mask_node_id(mask))
        for mask, row in rows_of(made.store, made.eight, "saliency", "source_ids").items()
    }
    stages = get_record(made.store.objects, made.eight, DatasetManifest)
    assert edges_among(lineage, "stage", "stage") == {
        (stages.stages["ingest"], stages.stages["saliency"]),
        (stages.stages["ingest"], stages.stages["sequences"]),
        (stages.stages["saliency"], stages.stages["sequences"]),
        (stages.stages["sequences"], stages.stages["superpixels"]),
    }


def test_samples_lead_to_what_used_them_alone(made):
    for checkpoint in (made.brief, made.chosen):
        record = get_record(made.store.objects, checkpoint, CheckpointRecord)
        training = record.configuration["training"]
        loader = SequenceLoader(made.store.objects, record.dataset, TRAIN)
        batches = loader.batches(training["seed"], training["batch_size"])
        used = {loader.sample_ids[number] for step in range(record.step) for number in batches.numbers(step)}
        if record.validations:
            used |= set(SequenceLoader(made.store.objects, record.dataset, HELD_OUT).sample_ids[:2])
        lineage = ancestry(made.store, checkpoint)
        assert edges_among(lineage, "sample", "checkpoint") == {(sample, checkpoint) for sample in used}
    scored = get_record(made.store.objects, made.evaluation, EvaluationRecord).objects
    assert edges_among(ancestry(made.store, made.evaluation), "sample", "evaluation") == {
        (one.sequence, made.evaluation) for one in scored
    }


def test_a_checkpoint_tells_what_it_saw_of_every_photograph(made):
    history = History(made.store)
    usage = ancestry(made.store, made.chosen).root.facts["usage"]
    assert (usage["validations"], usage["selected_by_validation"]) == (3, True)
    images = rows_of(made.store, made.eight, "sequences", "source_ids")
    drawn = usage_of(history, history.records.get(made.chosen)).samples.to_pylist()
    for image, told in usage["photographs"].items():
        of_it = [row for row in drawn if image in images[row["sample_id"]]["source_ids"]]
        assert told == {
            "samples_drawn": sum(row["times_drawn"] > 0 for row in of_it),
            "times_drawn": sum(row["times_drawn"] for row in of_it),
            "first_step": min((row["first_step"] for row in of_it if row["times_drawn"]), default=None),
            "samples_validated": sum(row["is_validated"] for row in of_it),
        }
    assert set(usage["photographs"]) == {
        image for row in drawn for image in images[row["sample_id"]]["source_ids"]
    }


def test_runs_say_who_when_where_and_from_which_code(made):
    lineage = ancestry(made.store, made.evaluation)
    runs = {run["run_id"]: run for run in made.store.ledger.runs()}
    for made_thing, kind in ((made.evaluation, "evaluate"), (made.brief, "train"), (made.eight, "dataset")):
        (run_id,) = makers_of(lineage, made_thing)
        facts = node(lineage, run_id).facts
        assert facts["kind"] == kind
        for name in (
            "user",
            "host",
            "started_at",
            "code_commit",
            "code_dirty",
            "lock_digest",
            "seed",
            "entry",
        ):
            assert facts[name] == runs[run_id][name]
        assert facts["configuration"] == json.loads(runs[run_id]["configuration"])
        assert node(lineage, made_thing).facts["made_by"] == run_id
    for stage in lineage.of_kind("stage"):
        assert makers_of(lineage, stage.id) == makers_of(lineage, made.eight)
        assert {"parameters", "code_digest", "versions"} <= stage.facts.keys()


def test_the_first_run_made_a_thing_and_later_ones_found_it_made(made, copied):
    from tasks.runs.recorded_run import recorded_run

    with recorded_run(copied, "train", {}, 0) as run:
        run.outputs.append(made.brief)
    with recorded_run(copied, "tag", {}, 0) as run:
        run.outputs.append(made.eight)
    lineage = ancestry(copied, made.brief)
    assert makers_of(lineage, made.brief) == makers_of(ancestry(made.store, made.brief), made.brief)
    (later,) = lineage.root.facts["found_made_by"]
    assert later["run_id"] == copied.ledger.runs()[-2]["run_id"]
    assert node(lineage, made.eight).facts["found_made_by"] == []


def test_the_roles_of_a_sample_are_those_of_its_recipe(made):
    rows = rows_of(made.store, made.eight, "sequences", "recipe", "source_ids")
    for sample, row in rows.items():
        recipe = Recipe.from_json(row["recipe"])
        lineage = ancestry(made.store, sample)
        for of_shard in lineage.root.facts["roles"]:
            masks = of_shard["masks"]
            assert {mask for mask, roles in masks.items() if "template" in roles} == {
                recipe.template.image_id
            }
            assert {mask for mask, roles in masks.items() if "pasted" in roles} == set(recipe.source_ids)
            left_out = {one.source_id for one in recipe.left_out}
            assert {mask for mask, roles in masks.items() if "left out" in roles} == left_out
        assert {one.id for one in lineage.of_kind("photograph")} == set(row["source_ids"])
        assert {making["stage"] for making in lineage.root.facts["making"]} == {"sequences", "superpixels"}
        assert makers_of(lineage, sample)


def test_of_a_shard_its_own_rows_and_their_sources_are_told(made):
    manifest = get_record(made.store.objects, made.eight, DatasetManifest)
    shard = get_record(made.store.objects, manifest.stages["superpixels"], StageManifest).shards[0]
    lineage = ancestry(made.store, shard.digest)
    assert lineage.root.kind == "shard"
    assert len(edges_among(lineage, "sample", "shard")) == shard.rows
    assert {source for source, _ in edges_among(lineage, "photograph", "sample")} == {
        one.id for one in lineage.of_kind("photograph")
    }


def test_of_a_stage_without_a_dataset_the_rows_it_read_are_found_by_content(made, copied):
    whole = ancestry(
        made.store, get_record(made.store.objects, made.eight, DatasetManifest).stages["sequences"]
    )
    for dataset in (made.eight, made.seven):
        (copied.root / object_path(dataset)).unlink()
    alone = ancestry(copied, whole.root.id)
    assert {(one.kind, one.id) for one in alone.nodes if one.kind not in ("run", "shard", "stage")} == {
        (one.kind, one.id) for one in whole.nodes if one.kind not in ("run", "shard", "stage")
    }
    assert edges_among(alone, "mask", "sample") == edges_among(whole, "mask", "sample")


def test_a_photograph_tells_its_notes_and_the_runs_that_brought_it(made):
    lineage = ancestry(made.store, str(made.folder / "coffee.png"))
    image = digest_bytes((made.folder / "coffee.png").read_bytes())
    assert (lineage.root.kind, lineage.root.id) == ("photograph", image)
    assert {row["file_name"] for row in lineage.root.facts["rows"]} == {"coffee.png"}
    assert makers_of(lineage, image) == [made.store.ledger.runs()[0]["run_id"]]


def test_a_photograph_that_was_never_seen_has_no_ancestry(made, tmp_path):
    (tmp_path / "new.jpg").write_bytes(b"never seen")
    with pytest.raises(NameUnknown, match=r"no dataset in this store has seen photograph [0-9a-f]{64}"):
        ancestry(made.store, str(tmp_path / "new.jpg"))


def test_what_is_gone_says_so_and_what_the_ledger_knows_of_it_stays(made, copied):
    copied.names.mark_removed(next(row for row in copied.names.rows() if row["digest"] == made.eight))
    (copied.root / object_path(made.eight)).unlink()
    for reference in ("photos@v1", made.eight[:8]):
        lineage = ancestry(copied, reference)
        assert lineage.root.facts["gone"].startswith("removed by gc on 20")
        assert makers_of(lineage, made.eight) == makers_of(ancestry(made.store, made.eight), made.eight)
        assert len(lineage.of_kind("stage")) == len(OF_STILLS)
    (copied.root / object_path(made.brief)).unlink()
    lineage = ancestry(copied, made.evaluation)
    assert node(lineage, made.brief).facts["gone"] == "not in this store"
    assert edges_among(lineage, "dataset", "checkpoint") == {(made.eight, made.brief)}


def test_a_lost_shard_is_told_and_its_rows_are_known_by_those_made_from_them(made, copied):
    manifest = get_record(copied.objects, made.eight, DatasetManifest)
    shard = get_record(copied.objects, manifest.stages["saliency"], StageManifest).shards[0].digest
    (copied.root / object_path(shard)).unlink()
    lineage, before = ancestry(copied, made.eight), ancestry(made.store, made.eight)
    assert node(lineage, shard).facts["gone"] == "not in this store"
    assert {one.id for one in lineage.of_kind("photograph")} == {
        one.id for one in before.of_kind("photograph")
    }


def test_a_withdrawn_photograph_is_marked(made, copied):
    from tasks.runs.recorded_run import recorded_run

    image = digest_bytes((made.folder / "coffee.png").read_bytes())
    with recorded_run(copied, "withdraw", {}, None) as run:
        run.inputs.append(image)
        run.details = {"reason": "consent revoked"}
    marked = [
        one.id for one in ancestry(copied, made.brief).of_kind("photograph") if "withdrawn" in one.facts
    ]
    assert marked == [image]


def test_a_store_with_neither_ledger_nor_names_still_answers(made, copied):
    shutil.rmtree(copied.root / "ledger")
    lineage = ancestry(Store.open(copied.root), made.evaluation)
    before = ancestry(made.store, made.evaluation)
    assert {one.id for one in lineage.nodes} == {one.id for one in before.nodes if one.kind != "run"}
    assert lineage.root.facts["made_by"] is None
