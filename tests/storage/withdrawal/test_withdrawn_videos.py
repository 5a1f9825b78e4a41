"""Videos on the deny list: which one is meant, what is erased, what can still be proved."""

import json
import shutil

import pytest

from shls_core.errors import NameUnknown, PhotographWithdrawn
from storage.canonical import digest_bytes
from storage.lineage.ancestry import ancestry
from storage.lineage.descent import descent
from storage.rows.dataset import Dataset
from storage.verification.verify import verify_store
from storage.withdrawal.deny_list import refuse_withdrawn, withdrawn
from storage.withdrawal.which_source import SourceReferences
from tasks.upkeep.withdrawal import plan_purge, purge, withdraw

FILM = "film-0.mp4"


@pytest.fixture
def film(videos):
    return digest_bytes((videos / FILM).read_bytes())


def rows_of(store, dataset, stage):
    table = Dataset(store.with_stand_ins(), dataset)[stage].table(["sample_id", "source_ids", "digest"])
    return {row["sample_id"]: row for row in table.to_pylist()}


def test_a_video_is_meant_by_its_film_its_id_and_its_name(staged_clips, videos, film):
    references = SourceReferences.of(staged_clips.store)
    for reference in (str(videos / FILM), film, film[:8], FILM, f"video:{FILM}"):
        assert references.resolve(reference) == film
    assert references.noun(film) == "video"
    told = "expected a film, or the id or file name of a video"
    with pytest.raises(NameUnknown, match=told):
        references.resolve("nothing.mp4")


def test_a_folder_of_frames_is_meant_by_its_name(staged_clips):
    store = staged_clips.store
    references = SourceReferences.of(store)
    folder = references.resolve("frames")
    assert {row["source_ids"][0] for row in rows_of(store, staged_clips.dataset, "footage").values()} >= {
        folder
    }


def test_the_ledger_keeps_that_it_is_a_video(staged_clips_copy, film):
    withdraw(staged_clips_copy, [FILM], "consent revoked")
    run = staged_clips_copy.ledger.runs()[-1]
    said = json.loads(run["details"])
    assert (said["reason"], said["nouns"]) == ("consent revoked", {film: "video"})
    assert withdrawn(staged_clips_copy)[film].noun == "video"
    assert withdrawn(staged_clips_copy)[film].facts["video_id"] == film
    assert FILM not in json.dumps(run)


def test_a_film_that_was_never_seen_is_withdrawn_in_advance_as_a_video(staged_clips_copy, videos, tmp_path):
    film = tmp_path / "later.mp4"
    film.write_bytes((videos / FILM).read_bytes() + b"more")
    outcome = withdraw(staged_clips_copy, [str(film)], "asked for")
    assert outcome.unseen == outcome.new == (digest_bytes(film.read_bytes()),)
    assert withdrawn(staged_clips_copy)[outcome.new[0]].noun == "video"


def test_a_dataset_with_it_is_refused(staged_clips, staged_clips_copy):
    withdraw(staged_clips_copy, [FILM], "consent revoked")
    with pytest.raises(PhotographWithdrawn, match="expected a dataset without withdrawn videos"):
        refuse_withdrawn(staged_clips_copy, staged_clips.dataset)


def test_the_next_build_has_all_rows_but_those_of_the_video(
    staged_clips, staged_clips_copy, stage_clips, videos, film
):
    withdraw(staged_clips_copy, [FILM], "consent revoked")
    again = stage_clips(staged_clips_copy, videos)
    for stage in ("footage", "clips"):
        before, after = (
            rows_of(staged_clips_copy, dataset, stage) for dataset in (staged_clips.dataset, again.dataset)
        )
        gone = {name for name, row in before.items() if row["source_ids"] == [film]}
        assert gone
        assert after == {name: row for name, row in before.items() if name not in gone}
        assert again.outcomes[stage].rows_computed == 0
    assert again.outcomes["footage"].left_out == {"consent revoked": 1}


def test_a_purge_erases_its_rows_and_what_is_left_is_proved(staged_clips, staged_clips_copy, film):
    store, dataset = staged_clips_copy, staged_clips.dataset
    before = {stage: rows_of(store, dataset, stage) for stage in ("footage", "clips")}
    withdraw(store, [FILM], "consent revoked")
    erasure, _ = purge(store, [FILM])
    assert erasure.rows.keys() == {"footage", "clips"}
    verified = verify_store(store)
    assert verified.problems == ()
    assert {shard.stage for shard in verified.erased} == {"footage", "clips"}
    for stage, rows in before.items():
        after = rows_of(store, dataset, stage)
        assert {name for name in rows if after[name]["digest"] is None} >= {
            name for name, row in rows.items() if row["source_ids"] == [film]
        }
        others = {name: row for name, row in rows.items() if row["source_ids"] != [film]}
        assert others.items() <= after.items()
    assert plan_purge(store, [film]).shards == ()


def test_lineage_goes_down_from_a_film_and_up_from_a_clip(staged_clips, videos, film):
    store = staged_clips.store
    found = descent(store, film)
    assert found.kind == "video"
    assert {row.stage for row in found.rows} == {"footage", "clips"}
    assert [one.dataset for one in found.datasets] == [staged_clips.dataset]
    clips = [row for row in found.rows if row.stage == "clips" and row.rejected is None]
    assert len(clips) == 2  # before and after its cut
    up = ancestry(store, clips[0].sample_id)
    assert [node.id for node in up.of_kind("video")] == [film]
    assert up.of_kind("video")[0].facts["rows"][0]["file_name"] == FILM
    assert (film, clips[0].sample_id) in up.edges
    assert ancestry(store, str(videos / FILM)).root.kind == "video"


def test_lineage_is_known_after_a_purge(staged_clips, staged_clips_copy, film):
    before = descent(staged_clips_copy, film)
    withdraw(staged_clips_copy, [FILM], "consent revoked")
    purge(staged_clips_copy, [FILM])
    after = descent(staged_clips_copy, film)
    assert (after.kind, len(after.rows)) == ("video", len(before.rows))
    assert {row.sample_id: row.split for row in after.rows} == {
        row.sample_id: row.split for row in before.rows
    }


def test_a_copy_of_the_film_under_another_name_is_the_same_video(staged_clips, videos, film, tmp_path):
    copy = shutil.copy(videos / FILM, tmp_path / "other.mp4")
    assert SourceReferences.of(staged_clips.store).resolve(str(copy)) == film
