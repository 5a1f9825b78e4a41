import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from storage.objects.objects import object_path
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_names import OF_STILLS
from storage.store import Store

SHLS = str(Path(sys.executable).with_name("shls"))
STAGE_KEYS = {
    "name",
    "status",
    "shards",
    "shards_computed",
    "rows",
    "rows_computed",
    "rejected",
    "seconds",
}
SCORES = ("J&F-Mean", "J-Mean", "F-Mean")
COMMANDS = (
    "run",
    "train",
    "evaluate",
    "audit",
    "dataset build",
    "dataset list",
    "dataset show",
    "dataset verify",
    "dataset tag",
    "dataset rollback",
    "dataset gc",
    "dataset near-duplicates",
    "dataset measure-masks",
    "checkpoint list",
    "checkpoint import",
    "checkpoint export",
)


def one_error_line(result) -> str:
    """Return the line that says why a command failed, having checked that there is just that."""
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, result.stderr
    assert result.stderr.splitlines()[-1] == errors[0]
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    return errors[0]


@pytest.fixture
def shls_process(prefect_server):
    """Return a function that runs `shls` as a person does: as a process of its own."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess:
        return subprocess.run(
            [SHLS, *map(str, arguments)],
            env=os.environ | {"PREFECT_API_URL": prefect_server},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.mark.slow
def test_run_as_a_process_prints_one_json_object_and_tells_progress_beside_it(
    first_run, used_store, shls_process
):
    result = shls_process("run", "--config", first_run.config, "--store", used_store, "--json")
    assert result.returncode == 0, result.stderr
    printed = json.loads(result.stdout)
    first = first_run.outcome
    assert printed["dataset"] == first.dataset.dataset
    assert printed["checkpoint"] == first.training.checkpoint
    assert [stage["name"] for stage in printed["stages"]] == list(OF_STILLS)
    for stage in printed["stages"]:
        assert set(stage) >= STAGE_KEYS
        assert (stage["status"], stage["rows_computed"], stage["shards_computed"]) == ("cached", 0, 0)
    assert set(printed["baselines"]) == {"copy_first_mask", "untrained"}
    for scores in (printed["evaluation"], *printed["baselines"].values()):
        assert all(0 <= scores[name] <= 1 for name in SCORES)
    told = [line.split()[0].removesuffix(":") for line in result.stderr.splitlines()]
    assert told == ["ingest", *OF_STILLS, "gate", "drift", "train", "evaluate"], result.stderr


@pytest.mark.slow
def test_a_failing_process_says_so_in_one_line(config_file, tmp_path, shls_process):
    (tmp_path / "empty").mkdir()
    result = shls_process(
        "run", "--config", config_file(), "--images", tmp_path / "empty", "--store", tmp_path / "store"
    )
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == f"error: expected image files in {tmp_path / 'empty'}, found none\n"


def test_run_prints_what_was_made_and_the_scores_beside_the_baselines(first_run, used_store, shls):
    result = shls("run", "--config", first_run.config, "--store", used_store)
    assert result.exit_code == 0
    for shown in ("tiny@v1", *OF_STILLS, "trained", "untrained", "copy the first mask"):
        assert shown in result.stdout
    assert f"{100 * first_run.outcome.evaluation.scores['J&F-Mean']:.1f}" in result.stdout


def test_dataset_build_prints_dataset_and_stages(config_file, tmp_path, shls):
    result = shls("dataset", "build", "--config", config_file(), "--store", tmp_path / "store", "--json")
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    assert printed["dataset"] == Store.open(tmp_path / "store").names.resolve("tiny")
    assert [(stage["name"], stage["status"]) for stage in printed["stages"]] == [
        (stage, "computed") for stage in OF_STILLS
    ]
    assert all(set(stage) >= STAGE_KEYS for stage in printed["stages"])


def test_train_and_evaluate_print_what_they_found(first_run, used_store, shls):
    at = ("--config", first_run.config, "--store", used_store)
    trained = json.loads(shls("train", *at, "--json").stdout)
    assert trained["checkpoint"] == first_run.outcome.training.checkpoint
    scored = json.loads(shls("evaluate", "--checkpoint", trained["checkpoint"][:10], *at, "--json").stdout)
    assert scored["evaluation"]["J&F-Mean"] == first_run.outcome.evaluation.scores["J&F-Mean"]
    assert set(scored["baselines"]) == {"copy_first_mask", "untrained"}
    assert trained["checkpoint"][:12] in shls("train", *at).stdout
    assert "untrained" in shls("evaluate", *at).stdout


def test_dataset_list_shows_what_was_published(first_run, shls):
    printed = json.loads(shls("dataset", "list", "--store", first_run.store, "--json").stdout)
    (row,) = printed["datasets"]
    assert (row["name"], row["dataset"]) == ("tiny@v1", first_run.outcome.dataset.dataset)
    assert "tiny@v1" in shls("dataset", "list", "--store", first_run.store).stdout


@pytest.mark.parametrize("reference", ["tiny", "tiny@latest", "tiny@v1", "id", "beginning of the id"])
def test_dataset_show_tells_what_it_is_made_of(first_run, shls, reference):
    dataset = first_run.outcome.dataset
    meant = {"id": dataset.dataset, "beginning of the id": dataset.dataset[:8]}.get(reference, reference)
    facts = json.loads(shls("dataset", "show", meant, "--store", first_run.store, "--json").stdout)
    assert (facts["dataset"], facts["names"]) == (dataset.dataset, ["tiny@v1"])
    assert (facts["verdict"], facts["failures"]) == ("passed", [])
    assert [(stage["name"], stage["rows"]) for stage in facts["stages"]] == [
        (stage.name, stage.rows) for stage in dataset.stages
    ]
    assert facts["stages"][1]["statistics"]["mask_share"]["mean"] > 0


def test_dataset_show_tells_why_a_dataset_was_not_published(config_file, tmp_path, shls):
    store = tmp_path / "store"
    config = config_file(gate={"min_held_out_sequences": 1000})
    refused = shls("dataset", "build", "--config", config, "--store", store)
    assert refused.exit_code == 1
    line = one_error_line(refused)
    assert "kept for inspection" in line
    assert "is_held_out" in line
    dataset = Store.open(store).ledger.runs()[0]["outputs"][0]
    facts = json.loads(shls("dataset", "show", dataset[:10], "--store", store, "--json").stdout)
    assert (facts["verdict"], facts["names"], len(facts["failures"])) == ("failed", [], 1)
    shown = shls("dataset", "show", dataset, "--store", store).stdout
    assert "not published; verdict: failed" in shown
    assert "is_held_out" in shown
    assert json.loads(shls("dataset", "list", "--store", store, "--json").stdout) == {"datasets": []}


def test_version_is_that_of_the_package(shls):
    result = shls("--version")
    assert (result.exit_code, result.stdout) == (0, f"shls {importlib.metadata.version('shls-pipelines')}\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_an_example(shls, name):
    result = shls(*name.split(), "--help")
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    assert "Example" in text
    assert f"shls {name}" in text.split("Example")[1]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "told"),
    [
        ("run --backend dask", 1, "execution.backend: .*'serial' or 'ray', got 'dask'"),
        (
            "run --workers 0",
            1,
            r"workers: expected N or MIN\.\.MAX, of 1 to 10000 workers, got '0'",
        ),
        (
            "run --workers many",
            1,
            r"workers: expected N or MIN\.\.MAX, of 1 to 10000 workers, got 'many'",
        ),
        ("run --wrokers 2", 2, "No such option: --wrokers"),
        ("dataset show", 2, "Missing argument 'REF'"),
        ("trian", 2, "No such command 'trian'"),
        ("train --config nowhere.yaml", 1, "expected a configuration file at nowhere.yaml"),
        ("train --store nowhere", 1, "expected a store at nowhere, found none; `shls run` makes one"),
        ("evaluate --store nowhere", 1, "expected a store at nowhere, found none"),
        (
            "evaluate --out masks --max-side 427",
            1,
            "expected --davis ROOT .* with --out, --max-side, got neither",
        ),
        (
            "train --reproduce 3fa9c1 --dataset photos",
            1,
            "expected --reproduce without --dataset: the record",
        ),
        ("dataset list --store nowhere", 1, "expected a store at nowhere, found none"),
        ("run --images nowhere", 1, "expected a folder of photographs, found none at nowhere"),
    ],
)
def test_wrong_options_are_told_in_one_line(shls, arguments, exit_code, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = shls(*arguments.split())
    assert result.exit_code == exit_code
    assert re.search(told, one_error_line(result))


@pytest.mark.parametrize("command", ["run", "dataset build"])
def test_an_unknown_key_is_told_in_one_line(shls, config_file, command):
    result = shls(*command.split(), "--config", config_file(training={"stepps": 3}))
    assert result.exit_code == 1
    assert "unknown key training.stepps; expected one of: " in one_error_line(result)


@pytest.mark.parametrize("command", ["run", "dataset build"])
def test_a_folder_with_no_readable_image_is_told_in_one_line(shls, config_file, tmp_path, command):
    folder = tmp_path / "input"
    folder.mkdir()
    (folder / "readme.txt").write_text("not a photograph")
    result = shls(*command.split(), "--config", config_file(), "--images", folder, "--store", tmp_path / "s")
    assert result.exit_code == 1
    assert "ingest: expected at least one usable row" in one_error_line(result)


@pytest.mark.parametrize("command", ["run", "dataset build"])
def test_a_store_that_cannot_be_written_is_told_in_one_line(shls, config_file, command):
    result = shls(*command.split(), "--config", config_file(), "--store", "/dev/null/store")
    assert result.exit_code == 1
    assert "expected a folder that can be written at /dev/null/store: " in one_error_line(result)


@pytest.mark.parametrize("stage", OF_STILLS)
def test_a_changed_byte_in_a_shard_stops_the_build_with_its_name(first_run, used_store, shls, stage):
    store = Store.open(used_store)
    artifact = first_run.outcome.dataset.stages[OF_STILLS.index(stage)].artifact
    digest = StageArtifact(store.objects, artifact).manifest.shards[0].digest
    path = used_store / object_path(digest)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    result = shls("dataset", "build", "--config", first_run.config, "--store", used_store)
    assert result.exit_code == 1
    assert f"object {digest[:12]}… has changed since it was written" in one_error_line(result)


def test_a_defect_is_one_line_and_a_traceback_only_with_debug(shls, first_run, monkeypatch):
    monkeypatch.setattr("flows.cli.dataset.listing.list_json", lambda store: 1 / 0)
    result = shls("dataset", "list", "--store", first_run.store)
    assert result.exit_code == 1
    assert one_error_line(result) == (
        "error: unexpected ZeroDivisionError: division by zero; `shls --debug` shows where"
    )
    result = shls("--debug", "dataset", "list", "--store", first_run.store)
    assert result.exit_code == 1
    assert "Traceback" in result.stderr


def test_a_server_that_does_not_answer_is_told_in_one_line(shls, config_file, tmp_path):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        result = shls("dataset", "build", "--config", config_file(), "--store", tmp_path / "store")
    assert result.exit_code == 1
    assert "expected Prefect's server at http://127.0.0.1:9/api" in one_error_line(result)
    assert not (tmp_path / "store").exists()


def test_an_address_of_a_server_that_is_none_is_not_repeated(shls, config_file, tmp_path):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "user:hidden@host/api"}):
        result = shls("dataset", "build", "--config", config_file(), "--store", tmp_path / "store")
    told = "error: expected PREFECT_API_URL to be http://HOST:PORT/api, got another text"
    assert one_error_line(result) == told
