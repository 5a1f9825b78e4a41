"""A withdrawn photograph is not planned: what is made is what a folder without it would give."""

import pytest

from shls_core.errors import InputError
from storage.canonical import digest_bytes
from storage.records.tombstones import ERASED
from storage.rows.stage_names import OF_STILLS
from storage.store import Store
from storage.verification.verify import verify_store
from storage.withdrawal.erasure import erase, plan_erasure, write_tombstone
from tasks.planning.baseline import Baseline
from tasks.planning.file_names import FileNames
from tasks.planning.left_out import left_out_line
from tasks.planning.staleness import Staleness
from tasks.staging.dataset_diff import compare_datasets

REASON = {"reason": "consent revoked"}


@pytest.fixture
def image(staging):
    return digest_bytes((staging.folder / "05.png").read_bytes())


@pytest.fixture
def withdraw(staging, record_run, image):
    """Return a function that withdraws the photograph, and erases it if that is wanted."""

    def run(purge=False):
        record_run(staging.store, "withdraw", [image], REASON)
        if purge:
            erasure = plan_erasure(staging.store, [image])
            record_run(staging.store, "purge", [image], {}, (write_tombstone(staging.store, erasure),))
            erase(staging.store, erasure)

    return run


@pytest.fixture
def never_had_it(staging, tmp_path):
    """The id of the dataset of a folder without the photograph, in a store of its own."""

    def build():
        store, kept = staging.store, (staging.folder / "05.png").read_bytes()
        staging.store = Store.create(tmp_path / "other")
        (staging.folder / "05.png").unlink()
        dataset = staging.publish()
        (staging.folder / "05.png").write_bytes(kept)
        staging.store = store
        return dataset

    return build


def statuses(outcomes):
    return {outcome.status for outcome in outcomes.values()}


@pytest.mark.parametrize("purge", [False, True])
def test_the_dataset_is_that_of_a_folder_that_never_had_it(staging, withdraw, never_had_it, image, purge):
    before = staging.store.names.resolve("photos")
    withdraw(purge)
    plan = staging.plan()
    assert {stage.stage.name: list(stage.left_out) for stage in plan.stages} == {
        "ingest": [image], "saliency": [], "sequences": [], "superpixels": [],
    }  # fmt: skip
    for stage in plan.stages:
        assert not [row for shard in stage.shards for row in shard.rows if image in row.plan.source_ids], (
            stage.stage.name
        )
    outcomes = staging.build()
    assert outcomes["ingest"].left_out == {"consent revoked": 1}
    assert not outcomes["saliency"].left_out
    assert {outcome.rejected for outcome in outcomes.values()} == {0}
    dataset = staging.publish()
    assert dataset == never_had_it() != before
    assert statuses(staging.build()) == {"cached"}
    assert verify_store(staging.store).problems == ()


@pytest.mark.parametrize("purge", [False, True])
def test_no_row_is_made_that_is_there_already(staging, withdraw, purge):
    """Of the shards that were erased, the rows that are left are copied from their stand-ins."""
    withdraw(purge)
    assert [stage.rows_to_compute for stage in staging.plan().stages][:2] == [0, 0]
    plans = {stage.stage.name: stage.rows_to_compute for stage in staging.plan().stages}
    # Sequences that pasted it are drawn anew, others are not.
    assert plans["sequences"] < 9
    assert staging.build()["ingest"].rows_computed == 0


def test_withdrawn_built_purged_the_next_build_finds_everything(staging, withdraw, record_run, image):
    withdraw()
    dataset = staging.publish()
    withdraw(purge=True)
    assert statuses(staging.build()) == {"cached"}
    assert staging.publish() == dataset
    assert staging.plan().dataset_id() == dataset


def test_reinstated_it_comes_in_again_and_no_erased_row_is_copied(staging, withdraw, record_run, image):
    before = staging.store.names.resolve("photos")
    withdraw(purge=True)
    record_run(staging.store, "reinstate", [image], REASON)
    (ingest, *_) = staging.plan().stages
    assert ingest.rows_to_compute == 1
    assert staging.publish() == before
    verification = verify_store(staging.store)
    assert (verification.problems, verification.erased) == ((), ())
    artifacts = Baseline.of(staging.store, "photos").artifacts
    assert not [stage for stage in OF_STILLS if ERASED in artifacts[stage].rejected_reasons()]


def test_both_of_two_equal_files_are_left_out(staging, withdraw, image):
    (staging.folder / "twin.png").write_bytes((staging.folder / "05.png").read_bytes())
    withdraw()
    (ingest, *_) = staging.plan().stages
    assert ingest.num_rows == 9
    assert list(ingest.left_out) == [image]


def test_if_nothing_is_left_it_is_said_in_one_line(staging, withdraw, record_run):
    every = [digest_bytes(path.read_bytes()) for path in staging.folder.glob("*.png")]
    record_run(staging.store, "withdraw", every, REASON)
    told = r"expected photographs that are not withdrawn, got 10, every one of them withdrawn: .* and 7 more"
    with pytest.raises(InputError, match=told):
        staging.plan()


def reasons(staging):
    plan = staging.plan()
    baseline = Baseline.latest(staging.store, "photos")
    names = FileNames(plan, baseline)
    told = {}
    for stage in plan.stages:
        staleness = Staleness(plan, stage, baseline, names)
        shards = [str(reason) for shard in stage.stale for reason in staleness.of_shard(shard)]
        told[stage.stage.name] = [*map(str, staleness.of_stage())], shards
    return told


def test_plan_says_withdrawn_where_that_is_why_and_removed_where_it_is_not(staging, withdraw):
    withdraw()
    (staging.folder / "06.png").unlink()
    told = reasons(staging)
    assert told["ingest"][0] == ["1 photograph removed (06.png)", "1 photograph withdrawn (05.png)"]
    assert {"1 row withdrawn (05.png)", "1 row removed (06.png)"} <= set(told["ingest"][1])
    assert told["saliency"][0] == ["1 ingest row removed (06.png)", "1 ingest row withdrawn (05.png)"]


def test_plan_and_diff_still_answer_about_what_was_erased(staging, withdraw, image):
    before = staging.store.names.resolve("photos")
    withdraw(purge=True)
    told = reasons(staging)
    # What its file was called is not known any more.
    assert told["ingest"] == ([f"1 photograph withdrawn ({image[:12]})"], [f"1 row withdrawn ({image[:12]})"])
    assert told["saliency"][0] == [f"1 ingest row withdrawn ({image[:12]})"]
    after = staging.publish()
    difference = compare_datasets(staging.store, before, after)
    assert difference.photographs.withdrawn == (image[:12],)
    assert difference.photographs.added == difference.photographs.changed == ()
    assert compare_datasets(staging.store, after, before).photographs.added == (image[:12],)


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({"consent revoked": 1}, "1 photograph left out: withdrawn (consent revoked)"),
        ({"a": 2, "b": 1}, "3 photographs left out: withdrawn (2 x a, 1 x b)"),
    ],
)
def test_what_is_left_out_is_told_in_one_line(counts, told):
    assert left_out_line(counts) == told
