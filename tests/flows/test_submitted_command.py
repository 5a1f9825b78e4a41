"""A command that is to run on a cluster: what goes with it, what makes no sense there."""

import json

import pytest

from flows.configuration import PipelineConfig, load_config
from flows.submitted_command import on_the_cluster
from shls_core.errors import ConfigError, InputError

STORE = ("--store", "s3://bucket/store")


@pytest.fixture(autouse=True)
def _no_store_of_the_environment(monkeypatch):
    monkeypatch.delenv("SHLS_STORE", raising=False)


@pytest.mark.parametrize("how", [["--config", "FILE"], ["--config=FILE"]])
def test_a_configuration_of_this_machine_goes_with_the_command_whole(tmp_path, how):
    (tmp_path / "base.yaml").write_text("base: quickstart\nname: mine\n")
    path = tmp_path / "my own.yaml"
    path.write_text('base: base.yaml\nexecution: {workers: "2..4", stages: {ingest: {memory: 2GB}}}\n')
    given, configurations = on_the_cluster(
        ["dataset", "build", *(part.replace("FILE", str(path)) for part in how), *STORE]
    )
    assert given[2:-2] == [part.replace("FILE", "submitted/my-own") for part in how]
    found = PipelineConfig.model_validate(json.loads(configurations["my-own"]))
    assert found == load_config(str(path))
    assert (found.name, found.execution.workers) == ("mine", "2..4")


def test_a_configuration_of_the_project_is_there_already():
    arguments = ["train", "--config", "stills", *STORE]
    assert on_the_cluster(arguments) == (arguments, {})


def test_a_configuration_that_is_wrong_is_refused_here(tmp_path):
    (tmp_path / "wrong.yaml").write_text("execution: {stages: {salency: {cpus: 2}}}\n")
    with pytest.raises(
        ConfigError, match=r"^execution\.stages: expected one of ingest, .*, got 'salency' \("
    ):
        on_the_cluster(["train", "--config", str(tmp_path / "wrong.yaml"), *STORE])
    (tmp_path / "wrong.yaml").write_text("execution: {stages: {saliency: {cpu: 2}}}\n")
    with pytest.raises(
        ConfigError, match=r"unknown key execution\.stages\.saliency\.cpu; expected one of: cpus, "
    ):
        on_the_cluster(["train", "--config", str(tmp_path / "wrong.yaml"), *STORE])


@pytest.mark.parametrize("store", [[], ["--store", "store"], ["--store=./store"]])
def test_a_store_that_would_lie_on_one_node_is_refused(store):
    with pytest.raises(
        InputError, match=r"^expected --store s3://bucket/prefix, or the whole path of a folder"
    ):
        on_the_cluster(["dataset", "list", *store])


def test_a_store_may_be_a_bucket_a_whole_path_or_that_of_the_environment(monkeypatch):
    for store in (STORE, ("--store=/shared/store",)):
        on_the_cluster(["dataset", "list", *store])
    assert on_the_cluster(["doctor"]) == (["doctor"], {})
    monkeypatch.setenv("SHLS_STORE", "s3://bucket/store")
    on_the_cluster(["dataset", "list"])


@pytest.mark.parametrize("arguments", [["submit", "--", "train"], ["--debug", "train"]])
def test_what_is_no_command_to_submit_is_refused(arguments):
    with pytest.raises(InputError, match=r"^expected a command of shls to submit, as dataset build, got "):
        on_the_cluster(arguments)
