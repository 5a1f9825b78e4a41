"""docs/cluster.md held to its word: commands are parsed, configurations read, files there."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from command_lines import parsed

from flows.submitted_command import on_the_cluster
from tasks.runs.execution_config import ExecutionConfig, worker_range

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "cluster.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"\bshls (?:dataset|submit|train) .+", "\n".join(text for _, text in BLOCKS))


def test_the_page_has_commands():
    assert len([line for line in COMMANDS if line.startswith("shls submit")]) >= 4
    assert len([line for line in COMMANDS if line.startswith("shls dataset build")]) >= 2


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_is_one_with_its_options(line):
    path, given = parsed(shlex.split(line, comments=True))
    if path == ["submit"]:
        inner, _ = on_the_cluster(given["arguments"])
        path, given = parsed(["shls", *inner])
    assert path in (["dataset", "build"], ["train"])
    assert given["store"].startswith("s3://")
    if given.get("workers"):
        worker_range(given["workers"])


def test_the_section_of_a_configuration_is_read():
    [section] = [text for language, text in BLOCKS if language == "yaml" and "execution:" in text]
    execution = ExecutionConfig.model_validate(yaml.safe_load(section)["execution"])
    assert execution.most_workers == 16
    assert execution.resources("clusters").gpus == 0.5
    assert execution.resources("saliency").memory == 4 * 10**9


def test_workers_of_prefect_begin_in_the_folder_of_the_image():
    [section] = [text for language, text in BLOCKS if language == "yaml" and "pull:" in text]
    [step] = yaml.safe_load(section)["pull"]
    dockerfile = (PROJECT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    folder = step["prefect.deployments.steps.set_working_directory"]["directory"]
    assert re.findall(r"^WORKDIR (\S+)$", dockerfile, flags=re.MULTILINE)[-1] == folder
    assert folder in (PROJECT / "deploy" / "kubernetes" / "prefect_worker.yaml").read_text(encoding="utf-8")


def test_the_table_of_files_has_every_manifest_and_what_it_names_is_there():
    manifests = {f"deploy/kubernetes/{path.name}" for path in (PROJECT / "deploy" / "kubernetes").iterdir()}
    assert set(re.findall(r"`(deploy/[\w./]+)`", PAGE)) == manifests
    files = re.findall(r"requirements/[\w.]+\.txt", PAGE)
    assert [name for name in files if not (PROJECT / name).is_file()] == []


def test_no_placeholder_is_left_in_manifests_after_the_command_that_replaces_them(tmp_path):
    [command] = re.findall(r"^\$ (sed -i .+)$", PAGE, flags=re.MULTILINE)
    shutil.copytree(PROJECT / "deploy" / "kubernetes", tmp_path / "deploy" / "kubernetes")
    names = {"IMAGE": "registry.example/shls@sha256:0", "BUCKET": "s3://mine"}
    subprocess.run(["sh", "-ec", command], cwd=tmp_path, env=names | {"PATH": os.environ["PATH"]}, check=True)
    text = "".join(path.read_text() for path in (tmp_path / "deploy" / "kubernetes").iterdir())
    settings = [line for line in text.splitlines() if not line.startswith("#")]
    assert not [line for line in settings if re.search("REGISTRY|DIGEST|BUCKET", line)]
    assert sum("image: registry.example/shls@sha256:0" in line for line in settings) > 4


def test_its_stages_are_those_that_have_workers():
    [line] = [line for line in PAGE.splitlines() if line.startswith("Stages are ")]
    for name in re.findall(r"`(\w+)`", line):
        ExecutionConfig.model_validate({"stages": {name: {"cpus": 2}}})
    with pytest.raises(ValueError, match="expected one of ") as error:
        ExecutionConfig.model_validate({"stages": {"none": {}}})
    known = re.search(r"expected one of ([\w, ]+), got", str(error.value))[1].split(", ")
    assert {name for name in known if f"`{name}`" not in PAGE} == set()


def test_its_links_lead_somewhere():
    titles = re.findall(r"^#+ (.+)$", PAGE, flags=re.MULTILINE)
    anchors = {f"#{title.lower().replace(' ', '-')}" for title in titles}
    links = [link for link in re.findall(r"\]\(([^)]+)\)", PAGE) if not link.startswith("https://")]
    assert len(links) > 10
    for link in links:
        if link.startswith("#"):
            assert link in anchors
        else:
            assert (PROJECT / "docs" / link.split("#")[0]).is_file(), link
