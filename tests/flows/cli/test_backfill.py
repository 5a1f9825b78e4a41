"""`shls backfill`: names and configurations, priced, then built."""

import json

import pytest

from storage.store import Store


@pytest.fixture
def stored(first_run, used_store):
    return used_store


def test_prices_are_one_line_each_and_nothing_is_made(shls, first_run, stored, config_file):
    changed = config_file(superpixels={"num_superpixels": 20})
    before = Store.open(stored).ledger.head()
    done = shls("backfill", "tiny", f"other={changed}", "--store", stored, "--dry-run")
    assert done.exit_code == 0, done.output
    fresh, other, total = done.stdout.splitlines()
    assert fresh == "tiny: fresh, nothing to do"
    assert other.startswith("other: ")
    assert " rows to compute, about " in other
    assert " of 1 process, " in other
    assert total.startswith("all: 1 of 2 to build, about ")
    assert Store.open(stored).ledger.head() == before


def test_what_is_stale_is_built_and_a_failure_keeps_no_other_from_it(shls, stored, config_file, tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text(f"base: {config_file()}\ngate:\n  min_train_sequences: 1000\n")
    gone = tmp_path / "gone.yaml"
    gone.write_text(f"base: {config_file()}\ningest:\n  images: {tmp_path / 'nowhere'}\n")
    items = ("tiny", f"broken={broken}", f"gone={gone}", f"other={config_file()}")
    done = shls("backfill", *items, "--store", stored, "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert [plan["status"] for plan in found["plans"]] == ["fresh", "stale", "unknown", "stale"]
    assert [one["status"] for one in found["results"]] == ["fresh", "failed", "failed", "published"]
    assert "failed 1 of" in found["results"][1]["error"]
    assert "nowhere" in found["results"][2]["error"]
    assert found["results"][3]["published"] == "other@v1"
    assert len(done.stderr.split("failed: ")) == 3
    store = Store.open(stored)
    assert store.names.resolve("other") == store.names.resolve("tiny")
    assert store.names.resolve("broken") is None


@pytest.mark.parametrize(
    ("items", "said"),
    [
        (["a", "a=quickstart"], "no completed run of this store built a"),
        (["tiny", "tiny=quickstart"], "expected every name once, got tiny twice"),
        (["=quickstart"], "expected NAME or NAME=CONFIG, got '=quickstart'"),
        (["a="], "expected NAME or NAME=CONFIG, got 'a='"),
        (["a=nowhere.yaml"], "expected a configuration file at nowhere.yaml"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_nothing_is_planned(shls, first_run, items, said):
    done = shls("backfill", *items, "--store", first_run.store)
    assert done.exit_code == 1
    assert said in done.stderr
    assert done.stdout == ""
