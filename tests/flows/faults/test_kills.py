"""Twenty kills at random moments of a build: of a worker, of the driver, of all at once."""

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

NUM_SEQUENCES, NUM_KILLS = 4, 20
Kill = tuple[float, str]


def drawn_kills() -> list[Kill]:
    """Return (share of the work done, who is killed), evenly over the whole run, from the first object on.

    In the last seventh nothing is left for a worker to do: gate, name and ledger are written.
    """
    rng = random.Random(20230)
    early, late = ["worker"] * 7 + ["driver"] * 5 + ["group"] * 5, ["driver", "group", "driver"]
    rng.shuffle(early)
    targets = [*early, *late]
    assert len(targets) == NUM_KILLS
    return [((place + rng.random()) / NUM_KILLS, target) for place, target in enumerate(targets)]


def kept(store: Path) -> dict[str, int]:
    """Return when the key of every shard was written."""
    return {str(path.relative_to(store)): path.stat().st_mtime_ns for path in store.glob("keys/*-shards/*")}


@pytest.mark.parametrize(
    "sequence", [0, *(pytest.param(number, marks=pytest.mark.long) for number in range(1, NUM_SEQUENCES))]
)
def test_a_build_killed_at_any_moment_is_taken_up_and_ends_the_same(
    build, disturbed_config, undisturbed, prefect_server, tmp_path, entries, check_whole, sequence
):
    kills: Iterator[Kill] = iter(drawn_kills()[sequence::NUM_SEQUENCES])
    store, rng = tmp_path / "store", random.Random(sequence)
    num_landed, runs, kill = 0, [], next(kills)
    while True:
        before, num_before = kept(store), len(entries(store))
        runs.append(run := build(disturbed_config, store, {"PREFECT_API_URL": prefect_server}))
        while kill is not None:
            share, target = kill
            # Where the run before got further: as soon as this one has written anything.
            moment = max(int(share * undisturbed.num_entries), num_before + 1)
            assert run.reaches(lambda moment=moment: len(entries(store)) >= moment), run.told()
            victims = [run.process.pid]
            if target == "worker":
                assert run.reaches(run.workers), run.told()
                victims = [rng.choice(run.workers())]
            (os.killpg if target == "group" else os.kill)(victims[0], signal.SIGKILL)
            num_landed, kill = num_landed + 1, next(kills, None)
            if target != "worker":
                break
        else:
            assert run.exit_code() == 0, run.told()
            break
        assert run.exit_code() == -signal.SIGKILL
        assert run.is_gone(only_workers=True)  # they end when they find that nobody waits for them
        check_whole(store)
        assert before.items() <= kept(store).items()  # nothing that was there was made again

    assert num_landed == NUM_KILLS // NUM_SEQUENCES
    check_whole(store)
    assert run.outcome()["dataset"] == undisturbed.dataset
    assert before.items() <= kept(store).items()
    computed = sum(stage["rows_computed"] for stage in run.outcome()["stages"])
    assert computed == sum(rows for key, rows in undisturbed.shards.items() if key not in before)
    assert kept(store).keys() == undisturbed.shards.keys()
    assert all(run.is_gone() for run in runs)
