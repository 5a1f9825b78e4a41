"""Building stages: what is reused, what is made, and that nobody's way of working changes a byte."""

import os
import shutil
from pathlib import Path

import pytest

from shls_core.errors import ObjectCorrupted, ObjectMissing, TooManyRejected
from shls_core.photographs.crops import CropConfig
from shls_core.photographs.split import HeldOutConfig
from shls_core.saliency.config import SaliencyConfig
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.synthesis.config import SynthesisConfig
from storage.canonical import digest_json
from storage.objects.objects import object_path
from storage.records.manifests import DatasetManifest, get_record
from storage.rows import source_pages
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_names import OF_STILLS
from storage.store import Store
from tasks.planning import making
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.stages.saliency import SaliencyStage
from tasks.stages.sequences import SequencesStage
from tasks.stages.superpixels import SuperpixelsStage
from tasks.staging.build_stage import build_stage

SERIAL = ExecutionConfig(backend="serial")


def objects_in(store):
    return {path.name for path in (store.root / "objects").rglob("*") if path.is_file()}


def statuses(staged):
    return {name: outcome.status for name, outcome in staged.outcomes.items()}


def rows_computed(staged):
    return {name: outcome.rows_computed for name, outcome in staged.outcomes.items()}


def artifacts(staged):
    return {name: outcome.artifact for name, outcome in staged.outcomes.items()}


def shard_paths(staged, stage):
    manifest = StageArtifact(staged.store.objects, staged.outcomes[stage].artifact).manifest
    return [staged.store.root / object_path(shard.digest) for shard in manifest.shards]


@pytest.fixture
def folder(photographs, tmp_path):
    """A copy of the photographs, to add to and take from."""
    return Path(shutil.copytree(photographs, tmp_path / "photographs"))


@pytest.fixture
def copy(staged, staged_copy, photographs, stage_dataset):
    """The staged dataset in a store of its own."""
    return stage_dataset(staged_copy, photographs)


def test_the_first_time_everything_is_computed(staged):
    assert statuses(staged) == dict.fromkeys(OF_STILLS, "computed")
    for outcome in staged.outcomes.values():
        assert outcome.rows_computed == outcome.rows >= 8 - outcome.rejected
        assert outcome.shards_computed == outcome.shards > 1
    dataset = get_record(staged.store.objects, staged.dataset, DatasetManifest)
    assert artifacts(staged) == {stage: dataset.stages[stage] for stage in OF_STILLS}


def test_the_second_time_nothing_is(staged, staged_copy, photographs, stage_dataset):
    before = objects_in(staged_copy)
    again = stage_dataset(staged_copy, photographs)
    assert statuses(again) == dict.fromkeys(OF_STILLS, "cached")
    assert rows_computed(again) == dict.fromkeys(OF_STILLS, 0)
    assert (again.dataset, artifacts(again)) == (staged.dataset, artifacts(staged))
    assert objects_in(staged_copy) == before


def test_a_build_of_nothing_new_writes_lost_pages_again(staged_copy, photographs, stage_dataset, monkeypatch):
    monkeypatch.setattr(source_pages, "SHARDS", 2)
    stage_dataset(staged_copy, photographs)
    pages = {path.name for path in (staged_copy.root / "pages").iterdir()}
    source_pages.remove_pages(staged_copy.backend)
    assert statuses(stage_dataset(staged_copy, photographs)) == dict.fromkeys(OF_STILLS, "cached")
    assert {path.name for path in (staged_copy.root / "pages").iterdir()} == pages != set()


def test_another_folder_another_store_and_another_time_give_the_same_dataset(
    staged, folder, tmp_path, stage_dataset
):
    for age, path in enumerate(folder.iterdir()):
        os.utime(path, (1e9 + age, 1e9 + age))
    elsewhere = stage_dataset(Store.create(tmp_path / "elsewhere"), folder)
    assert elsewhere.dataset == staged.dataset
    assert objects_in(elsewhere.store) == objects_in(staged.store)


def test_one_photograph_more_makes_its_own_rows_and_few_others(staged, staged_copy, folder, stage_dataset):
    whole = (folder / "coffee.png").read_bytes()
    (folder / "zz_new.png").write_bytes(whole + b"one byte behind the end of the image")
    more = stage_dataset(staged_copy, folder)
    assert statuses(more) == dict.fromkeys(OF_STILLS, "partial")
    computed = rows_computed(more)
    assert (computed["ingest"], computed["saliency"]) == (1, 1)
    # The new sequence, and those into which something is pasted that was not before.
    assert 1 <= computed["sequences"] < more.outcomes["sequences"].rows / 2
    assert computed["superpixels"] == computed["sequences"]

    old, new = ({row["sample_id"]: row for row in table(each, "sequences")} for each in (staged, more))
    same = [name for name in old if old[name] == new[name]]
    assert len(same) == len(new) - computed["sequences"]


def table(staged, stage):
    artifact = StageArtifact(staged.store.objects, staged.outcomes[stage].artifact)
    return artifact.table(["sample_id", "row_key", "digest", "parents", "source_ids"]).to_pylist()


def test_taking_a_photograph_away_and_putting_it_back_gives_the_earlier_ids(
    staged, staged_copy, folder, photographs, stage_dataset
):
    (folder / "chelsea.jpg").unlink()
    fewer = stage_dataset(staged_copy, folder)
    assert fewer.dataset != staged.dataset
    assert rows_computed(fewer)["saliency"] == 0  # all of its rows were known
    shutil.copy(photographs / "chelsea.jpg", folder)
    before = objects_in(staged_copy)
    again = stage_dataset(staged_copy, folder)
    assert (again.dataset, statuses(again)) == (staged.dataset, dict.fromkeys(OF_STILLS, "cached"))
    assert objects_in(staged_copy) == before


def test_copied_rows_and_computed_rows_are_the_same_bytes(staged_copy, folder, tmp_path, stage_dataset):
    (folder / "rocket.png").unlink()
    (folder / "astronaut.jpg").unlink()
    partly_copied = stage_dataset(staged_copy, folder)
    computed = stage_dataset(Store.create(tmp_path / "fresh"), folder)
    assert statuses(partly_copied)["sequences"] == "partial"
    assert set(statuses(computed).values()) == {"computed"}
    assert partly_copied.dataset == computed.dataset


def saliency_and_sequences(copy, **saliency):
    """Build two stages anew on the photographs of the copy, with a saliency of one's own."""
    ingest = copy.outcomes["ingest"].artifact
    work = (StagingConfig(seed=1, rows_per_shard=2), SERIAL)
    masks = SaliencyStage(SaliencyConfig(**saliency), CropConfig(), max_side=96, seed=1)
    made = build_stage(copy.store, masks, {"ingest": ingest}, *work)
    synthesis, held_out = SynthesisConfig(frame_size=64), HeldOutConfig(share=0.25, num_frames=4)
    sequences = SequencesStage(synthesis, held_out, max_side=96, seed=1)
    return made, build_stage(copy.store, sequences, {"ingest": ingest, "saliency": made.artifact}, *work)


def test_rows_are_made_again_when_a_row_they_read_has_another_content(copy):
    masks, sequences = saliency_and_sequences(copy, border_radius_px=0)
    assert (masks.status, sequences.status) == ("computed", "computed")
    assert sequences.artifact != copy.outcomes["sequences"].artifact


def test_rows_are_kept_when_those_they_read_were_made_otherwise_but_are_the_same(copy):
    # So little more that no component falls below it.
    masks, sequences = saliency_and_sequences(copy, min_component_share=0.001001)
    assert masks.status == "computed"
    assert masks.artifact != copy.outcomes["saliency"].artifact
    assert sequences.status == "cached"


def test_code_that_changed_makes_its_stage_anew_and_no_other_unless_the_bytes_differ(
    copy, photographs, stage_dataset, monkeypatch
):
    digests = making.syntax_digests

    def with_other_code(*modules):
        return digests(*modules) | ({"shls_core.saliency.rbd": "0" * 64} if "saliency" in modules[0] else {})

    monkeypatch.setattr(making, "syntax_digests", with_other_code)
    monkeypatch.setattr(making, "code_digest", lambda *modules: digest_json(with_other_code(*modules)))
    again = stage_dataset(copy.store, photographs)
    assert statuses(again) == dict.fromkeys(OF_STILLS, "cached") | {"saliency": "computed"}
    assert again.dataset != copy.dataset  # it says by which code it was made


def test_a_missing_shard_is_made_again(copy, photographs, stage_dataset):
    before = objects_in(copy.store)
    shard_paths(copy, "saliency")[0].unlink()
    again = stage_dataset(copy.store, photographs)
    assert statuses(again) == dict.fromkeys(OF_STILLS, "cached") | {"saliency": "partial"}
    assert again.outcomes["saliency"].shards_computed == 1
    assert again.dataset == copy.dataset
    assert objects_in(copy.store) == before


def test_a_lost_or_damaged_key_costs_a_computation_and_no_more(copy, photographs, stage_dataset):
    entries = sorted((copy.store.root / "keys" / "sequences-shards").iterdir())
    entries[0].unlink()
    entries[1].write_bytes(entries[2].read_bytes()[:-1])
    assert statuses(stage_dataset(copy.store, photographs))["sequences"] == "cached"  # found as a whole
    shutil.rmtree(copy.store.root / "keys" / "sequences-plans")
    again = stage_dataset(copy.store, photographs)
    assert again.outcomes["sequences"].shards_computed == 2
    assert again.dataset == copy.dataset


def test_all_keys_lost_is_all_computed_again_to_the_same_ids(copy, photographs, stage_dataset):
    before = objects_in(copy.store)
    shutil.rmtree(copy.store.root / "keys")
    again = stage_dataset(copy.store, photographs)
    assert statuses(again) == dict.fromkeys(OF_STILLS, "computed")
    assert again.dataset == copy.dataset
    assert objects_in(copy.store) == before


@pytest.mark.parametrize("stage", OF_STILLS)
def test_a_changed_byte_in_a_shard_stops_the_run_and_names_the_file(copy, photographs, stage_dataset, stage):
    path = shard_paths(copy, stage)[-1]
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 64
    path.unlink()
    path.write_bytes(data)
    entries = len(list((copy.store.root / "keys" / stage).iterdir()))
    with pytest.raises(ObjectCorrupted, match=f"{path.relative_to(copy.store.root)}.*remove that file"):
        stage_dataset(copy.store, photographs)
    assert len(list((copy.store.root / "keys" / stage).iterdir())) == entries
    path.unlink()  # as the message says
    assert stage_dataset(copy.store, photographs).dataset == copy.dataset


def test_a_missing_input_is_named(copy):
    for path in shard_paths(copy, "sequences"):
        path.unlink()
    stage = SuperpixelsStage(SuperpixelConfig(num_superpixels=20))
    with pytest.raises(ObjectMissing, match=r"expected object .* found nothing at objects/"):
        build_stage(
            copy.store, stage, {"sequences": copy.outcomes["sequences"].artifact}, StagingConfig(), SERIAL
        )


def test_the_size_of_shards_changes_no_row(staged, store, photographs):
    stage = IngestStage(IngestConfig(images=str(photographs), max_side=96))
    found = {}
    for rows_per_shard in (1, 2, 100):
        outcome = build_stage(store, stage, {}, StagingConfig(seed=1, rows_per_shard=rows_per_shard), SERIAL)
        artifact = StageArtifact(store.objects, outcome.artifact)
        found[rows_per_shard] = (
            artifact.manifest.content_digest,
            artifact.table(["sample_id", "row_key"]).to_pylist(),
        )
        # Of the largest shards to the smallest, rows are copied, not made.
        assert outcome.rows_computed == (8 if rows_per_shard == 1 else 0)
    assert found[1] == found[2] == found[100]
    assert (
        found[2][0]
        == StageArtifact(staged.store.objects, artifacts(staged)["ingest"]).manifest.content_digest
    )


def test_progress_counts_rows_up_to_all_of_them(store, photographs):
    told = []
    stage = IngestStage(IngestConfig(images=str(photographs)))
    build_stage(
        store, stage, {}, StagingConfig(rows_per_shard=2), SERIAL, lambda *counts: told.append(counts)
    )
    assert told[0] == (0, 8)
    assert told[-1] == (8, 8)
    assert told == sorted(told)


def test_above_the_allowed_share_of_rejected_rows_nothing_is_made_known(store, folder):
    for number in range(3):
        (folder / f"{number}.txt").write_text(f"no photograph {number}")
    stage = IngestStage(IngestConfig(images=str(folder)))
    told = (
        r"ingest: expected at least one usable row and at most 27% rejected, got 3 of 11 rejected: 3 x not an"
    )
    with pytest.raises(TooManyRejected, match=told):
        build_stage(store, stage, {}, StagingConfig(max_rejected_share=0.27), SERIAL)
    assert not (store.root / "keys" / "ingest").exists()

    outcome = build_stage(store, stage, {}, StagingConfig(max_rejected_share=0.28), SERIAL)
    assert (outcome.status, outcome.rows, outcome.rejected) == ("cached", 11, 3)


def test_the_manifest_says_how_and_from_what_the_rows_were_made(staged):
    manifests = {
        name: StageArtifact(staged.store.objects, artifact).manifest
        for name, artifact in artifacts(staged).items()
    }
    assert manifests["ingest"].parameters == {"decode_rule": 2, "max_side": 96, "min_side": 64}
    assert manifests["ingest"].inputs == {}
    content = {name: manifest.content_digest for name, manifest in manifests.items()}
    assert manifests["sequences"].inputs == {name: content[name] for name in ("ingest", "saliency")}
    assert manifests["superpixels"].inputs == {"sequences": content["sequences"]}
    assert manifests["saliency"].versions.keys() >= {"numpy", "scipy", "fast-slic", "opencv-python-headless"}
    for name, manifest in manifests.items():
        assert manifest.stage == name
        assert len(set(content.values())) == 4
        assert manifest.rows == sum(shard.rows for shard in manifest.shards)
        for figures in manifest.statistics.values():  # the mean of equal values may be off by its last bit
            assert figures["min"] <= figures["mean"] * (1 + 1e-12)
            assert figures["mean"] <= figures["max"] * (1 + 1e-12)


def test_every_row_says_which_photographs_it_came_from(staged):
    source_ids = {row["sample_id"] for row in table(staged, "ingest")}
    for stage in OF_STILLS:
        for row in table(staged, stage):
            assert row["source_ids"]
            assert set(row["source_ids"]) <= source_ids
