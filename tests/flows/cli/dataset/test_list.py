"""`shls dataset list` shows the newest versions; it says how many older ones there are."""

import json
import subprocess
import sys

import pytest

from storage.store import Store


@pytest.fixture
def store(tmp_path):
    store = Store.create(tmp_path / "store")
    for number in range(3):
        store.names.publish("photos", f"{number:064x}")
    return tmp_path / "store"


def test_the_newest_are_listed_and_the_others_counted(shls, store):
    listed = shls("dataset", "list", "--store", store, "--last", "2")
    assert [f"photos@v{version}" in listed.stdout for version in (1, 2, 3)] == [False, True, True]
    assert listed.stderr == "1 older not listed; `--last 0` lists all\n"


@pytest.mark.parametrize("options", [("--last", "3"), ("--last", "0"), ()])
def test_without_older_ones_all_are_listed(shls, store, options):
    listed = shls("dataset", "list", "--store", store, *options)
    assert all(f"photos@v{version}" in listed.stdout for version in (1, 2, 3))
    assert listed.stderr == ""


def test_json_has_all(shls, store):
    listed = json.loads(shls("dataset", "list", "--store", store, "--last", "1", "--json").stdout)
    assert [row["name"] for row in listed["datasets"]] == ["photos@v1", "photos@v2", "photos@v3"]


def test_neither_a_list_nor_a_verdict_imports_what_judges():
    program = (
        "import sys, flows.cli.dataset.listing, storage.gate.verdicts;"
        "print([name for name in ('pandas', 'scipy', 'torch', 'great_expectations') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
