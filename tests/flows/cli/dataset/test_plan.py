"""`shls dataset plan` and `diff`, as they are typed."""

import json

import pytest

from storage.files import free_space
from storage.rows.stage_names import OF_STILLS


@pytest.fixture
def plan(shls, config_file):
    """Return a function that plans over a store under the tiny configuration with some keys changed."""

    def run(store, *options, **sections):
        return shls("dataset", "plan", "--config", config_file(**sections), "--store", store, *options)

    return run


def test_what_is_fresh_is_said_with_its_id(first_run, plan):
    dataset = first_run.outcome.dataset.dataset
    result = plan(first_run.store)
    assert (result.exit_code, result.stdout) == (0, f"everything is fresh: dataset {dataset}\n")
    printed = json.loads(plan(first_run.store, "--json").stdout)
    assert (printed["is_fresh"], printed["dataset"], printed["against"]) == (True, dataset, dataset)
    assert printed["total"]["rows_to_compute"] == 0


def test_a_slic_parameter_is_superpixels_alone(first_run, plan):
    result = plan(first_run.store, superpixels={"compactness": 5.0})
    assert result.exit_code == 0
    assert "superpixels: parameter compactness from 20.0 to 5.0" in result.stdout
    printed = json.loads(plan(first_run.store, "--json", superpixels={"compactness": 5.0}).stdout)
    assert [stage["status"] for stage in printed["stages"]] == ["fresh", "fresh", "fresh", "stale"]
    superpixels = printed["stages"][-1]
    assert superpixels["told"] == ["parameter compactness from 20.0 to 5.0"]
    assert superpixels["rows_to_compute"] == superpixels["rows"] == printed["total"]["rows_to_compute"]
    assert superpixels["is_exact"]
    assert all(shard["told"] == superpixels["told"] for shard in superpixels["shards"])
    assert superpixels["basis"] == f"{superpixels['rows']} rows of the last run"
    assert printed["total"]["bytes_free"] > printed["total"]["bytes_to_write"] > 0
    assert printed["total"]["seconds"] >= 0


def test_an_empty_store_is_tried_and_not_made(tmp_path, plan):
    result = plan(tmp_path / "nowhere", "--shards")
    assert result.exit_code == 0
    assert not (tmp_path / "nowhere").exists()
    for shown in (*OF_STILLS, "no dataset of this name is published yet", "rows tried just now", "at most"):
        assert shown in result.stdout
    assert "more stale shards" not in result.stdout


def test_a_disk_that_is_too_small_stops_it_with_one_line(first_run, plan, monkeypatch):
    monkeypatch.setattr(free_space, "free_bytes", lambda location: 1000)
    result = plan(first_run.store, superpixels={"compactness": 5.0})
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: expected 0.")
    assert f"on the disk of {first_run.store}" in line
    assert plan(first_run.store).exit_code == 0  # nothing is to be written


def test_a_build_on_such_a_disk_does_not_begin(used_store, shls, config_file, monkeypatch):
    from tasks.planning import build_plan

    for module in (free_space, build_plan):
        monkeypatch.setattr(module, "free_bytes", lambda location: 1000)
    config = config_file(superpixels={"compactness": 5.0})
    result = shls("dataset", "build", "--config", config, "--store", used_store)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "free for" in line


def test_wrong_references_are_one_line(first_run, shls, plan):
    for result in (
        plan(first_run.store, "--against", "nothing"),
        shls("dataset", "diff", "tiny", "nothing", "--store", first_run.store),
    ):
        assert result.exit_code == 1
        assert result.stderr.startswith("error: expected the name or id of a dataset, got 'nothing'")


def test_diff_shows_what_differs(used_store, shls, config_file):
    config = config_file(superpixels={"compactness": 5.0})
    assert shls("dataset", "build", "--config", config, "--store", used_store).exit_code == 0
    shown = shls("dataset", "diff", "tiny@v1", "tiny@v2", "--store", used_store).stdout
    for told in ("saliency: the same", "parameter compactness from 20.0 to 5.0", "mean_superpixel_px"):
        assert told in shown
    printed = json.loads(shls("dataset", "diff", "tiny@v1", "tiny", "--store", used_store, "--json").stdout)
    assert printed["verdicts"] == ["passed", "passed"]
    assert printed["photographs"] == {"added": [], "changed": [], "withdrawn": []}
    assert [stage["is_same"] for stage in printed["stages"]] == [True, True, True, False]
    superpixels = printed["stages"][-1]
    assert superpixels["rows"]["changed"] + superpixels["rows"]["same"] == 8
    assert superpixels["making"][0]["name"] == "compactness"
    same = shls("dataset", "diff", "tiny@v1", "tiny@v1", "--store", used_store)
    assert same.stdout.startswith("the same dataset: ")


@pytest.mark.parametrize("name", ["plan", "diff", "preview"])
def test_help_shows_an_example(shls, name):
    result = shls("dataset", name, "--help")
    assert result.exit_code == 0
    assert f"shls dataset {name}" in " ".join(result.stdout.split()).split("Example")[1]
