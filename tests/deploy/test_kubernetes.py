"""deploy/kubernetes/: every key is one that is known, every command is one that this project takes."""

import copy
import os
import shlex
import tomllib
from pathlib import Path
from typing import get_args

import pytest
import yaml
from command_lines import parsed
from jsonschema import Draft202012Validator
from kubernetes_schemas import KINDS, PREFECT_SERVER_VALUES, without_unknown_keys
from prefect.cli.worker import start

from flows.configuration import load_config
from flows.schedule.applying import POOLS
from tasks.cluster.resources import room
from tasks.runs.execution_config import StageResources
from tasks.runs.worker_range import worker_range

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "deploy" / "kubernetes"
VALUES = "prefect_server_values.yaml"
MANIFESTS = [
    (path.name, manifest)
    for path in sorted(FOLDER.glob("*.yaml"))
    if path.name != VALUES
    for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
LOCKED = {
    package["name"]: package["version"]
    for package in tomllib.loads((PROJECT / "uv.lock").read_text(encoding="utf-8"))["package"]
}
DEFINITIONS = os.environ.get("KUBERAY_DEFINITIONS")
"""A folder with KubeRay's CustomResourceDefinitions, ray.io_*.yaml."""


def problems(schema, value):
    """Return where and what, for each thing that is wrong."""
    errors = Draft202012Validator(schema).iter_errors(value)
    return sorted(f"{error.json_path}: {error.message}" for error in errors)


def found(value, key):
    """Yield what stands under a key, anywhere."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name == key:
                yield part
            yield from found(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from found(part, key)


def everything(key):
    return [part for _, manifest in MANIFESTS for part in found(manifest, key)]


def values():
    return yaml.safe_load((FOLDER / VALUES).read_text(encoding="utf-8"))


def test_there_is_a_manifest_of_every_kind():
    assert {manifest["kind"] for _, manifest in MANIFESTS} == KINDS.keys()


@pytest.mark.parametrize(("name", "manifest"), MANIFESTS)
def test_a_manifest_has_known_keys_and_types_alone(name, manifest):
    assert problems(KINDS[manifest["kind"]], manifest) == []


def test_values_of_the_chart_of_prefect_have_known_keys_and_types_alone():
    assert problems(PREFECT_SERVER_VALUES, values()) == []


def mappings(value, path="$"):
    """Yield every mapping, with its place."""
    if isinstance(value, dict):
        yield path, value
        for name, part in value.items():
            yield from mappings(part, f"{path}.{name}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from mappings(part, f"{path}[{index}]")


FREE = ("limits", "requests", "matchLabels", "labels", "clusterSelector", "rayStartParams")
"""Mappings whose keys anybody chooses."""


@pytest.mark.parametrize(("name", "manifest"), MANIFESTS)
def test_a_misspelt_key_is_found_wherever_it_stands(name, manifest):
    places = [place for place, _ in mappings(manifest) if not place.endswith(FREE)]
    assert len(places) > 2
    for place in places:
        changed = copy.deepcopy(manifest)
        mapping = dict(mappings(changed))[place]
        mapping["misspelt"] = 1
        assert any("'misspelt' was unexpected" in each for each in problems(KINDS[manifest["kind"]], changed))


@pytest.mark.parametrize(
    ("kind", "path", "wrong"),
    [
        ("RayCluster", ("spec", "workerGroupSpecs", 0, "maxReplicas"), "8"),
        ("RayCluster", ("spec", "headGroupSpec", "rayStartParams", "num-cpus"), 0),
        ("RayCluster", ("spec", "autoscalerOptions", "version"), "v3"),
        ("RayJob", ("spec", "entrypoint"), ["shls", "train"]),
        ("RayCronJob", ("spec", "jobTemplate", "shutdownAfterJobFinishes"), "true"),
        ("RayCronJob", ("apiVersion",), "ray.io/v1alpha1"),
        ("Deployment", ("spec", "template", "spec", "containers", 0, "resources", "limits", "memory"), "8GB"),
    ],
)
def test_a_wrong_value_is_found(kind, path, wrong):
    manifest = copy.deepcopy(next(each for _, each in MANIFESTS if each["kind"] == kind))
    parent = manifest
    for key in path[:-1]:
        parent = parent[key]
    assert path[-1] in parent
    parent[path[-1]] = wrong
    assert len(problems(KINDS[kind], manifest)) == 1


@pytest.mark.skipif(DEFINITIONS is None, reason="KUBERAY_DEFINITIONS names no folder with those of KubeRay")
@pytest.mark.parametrize("kind", ["RayCluster", "RayJob", "RayCronJob"])
def test_the_definitions_of_kuberay_know_what_the_reduced_ones_do(kind):
    text = Path(DEFINITIONS, f"ray.io_{kind.lower()}s.yaml").read_text(encoding="utf-8")
    [version] = [v for v in yaml.load(text, yaml.CSafeLoader)["spec"]["versions"] if v["name"] == "v1"]
    full = version["schema"]["openAPIV3Schema"]
    assert unknown(KINDS[kind]["properties"]["spec"], full["properties"]["spec"], "spec") == []
    for _, manifest in MANIFESTS:
        if manifest["kind"] == kind:
            assert problems(without_unknown_keys(full), manifest) == []
            misspelt = manifest | {"spec": manifest["spec"] | {"misspelt": 1}}
            assert len(problems(without_unknown_keys(full), misspelt)) == 1


def unknown(reduced, full, place):
    """Return where a reduced schema has keys or types that the full one does not have."""
    if "type" in reduced and "type" in full and reduced["type"] != full["type"]:
        return [f"{place}: {reduced['type']}, not {full['type']}"]
    missing = []
    for key, part in reduced.get("properties", {}).items():
        if key in full.get("properties", {}):
            missing += unknown(part, full["properties"][key], f"{place}.{key}")
        else:
            missing.append(f"{place}.{key}")
    if "items" in reduced:
        missing += unknown(reduced["items"], full.get("items", {}), f"{place}[]")
    return missing


def entrypoints():
    return [(shlex.split(text), job) for job in jobs() for text in found(job, "entrypoint")]


def jobs():
    return [manifest["spec"] for _, manifest in MANIFESTS if manifest["kind"].endswith("Job")]


def test_commands_of_jobs_are_commands_of_this_project_with_known_options():
    assert len(entrypoints()) == 2
    for words, _ in entrypoints():
        path, given = parsed(words)
        assert path == ["dataset", "build"]
        assert load_config(given["config"]).name == given["config"]  # not a file of some machine
        assert given["store"].startswith("s3://")
        worker_range(given["workers"])


@pytest.mark.parametrize("wrong", ["--worker 2", "--store", "build"])
def test_a_command_with_an_option_or_argument_that_is_none_is_refused(wrong):
    words, _ = entrypoints()[0]
    with pytest.raises(Exception, match=r"(?i)no such option|requires an argument|unexpected extra argument"):
        parsed([*words, *wrong.split()])


def test_the_cluster_of_a_job_has_room_for_its_workers():
    [cluster] = [manifest["spec"] for _, manifest in MANIFESTS if manifest["kind"] == "RayCluster"]
    for words, job in entrypoints():
        own = [*found(job, "rayClusterSpec")]
        groups = (own[0] if own else cluster)["workerGroupSpecs"]
        nodes = [
            {"CPU": float(group["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"])}
            for group in groups
            for _ in range(group["maxReplicas"])
        ]
        assert worker_range(parsed(words)[1]["workers"]).most <= room(nodes, StageResources())


def test_a_job_on_a_standing_cluster_names_the_cluster_that_is_declared():
    [cluster] = [manifest for _, manifest in MANIFESTS if manifest["kind"] == "RayCluster"]
    [job] = [manifest for _, manifest in MANIFESTS if manifest["kind"] == "RayJob"]
    assert job["spec"]["clusterSelector"] == {"ray.io/cluster": cluster["metadata"]["name"]}


def test_clusters_begin_without_workers_and_grow():
    for cluster in [
        *(manifest["spec"] for _, manifest in MANIFESTS if manifest["kind"] == "RayCluster"),
        *everything("rayClusterSpec"),
    ]:
        assert cluster["enableInTreeAutoscaling"]
        assert cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
        for group in cluster["workerGroupSpecs"]:
            assert (group["replicas"], group["minReplicas"]) == (0, 0)
            assert group["maxReplicas"] > 0


def test_all_nodes_have_one_image_and_the_versions_of_the_lock():
    assert {*everything("image")} == {"REGISTRY/shls@sha256:DIGEST"}
    assert {*everything("rayVersion")} == {LOCKED["ray"]}
    assert values()["global"]["prefect"]["image"]["prefectTag"] == f"{LOCKED['prefect']}-python3.11"


def test_what_a_container_asks_for_is_its_limit():
    """Ray counts with the limit; Kubernetes places by the request."""
    for resources in everything("resources"):
        assert resources["requests"] == resources["limits"]


def test_workers_of_prefect_serve_the_pools_that_are_made():
    commands = everything("command")
    assert [command[:4] for command in commands] == [["prefect", "worker", "start", "--pool"]] * len(commands)
    assert sorted(command[4] for command in commands) == sorted(POOLS)
    assert {tuple(command[5:]) for command in commands} == {("--type", "process")}
    hints = start.__annotations__.values()
    options = {name for hint in hints for given in get_args(hint)[1:] for name in given.name}
    assert {word for command in commands for word in command if word.startswith("-")} <= options


def test_a_selector_is_that_of_its_pods():
    deployments = [manifest["spec"] for _, manifest in MANIFESTS if manifest["kind"] == "Deployment"]
    for spec in deployments:
        assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
    assert len({str(spec["selector"]) for spec in deployments}) == len(deployments)


def test_the_server_has_the_settings_of_the_one_without_kubernetes():
    lines = (PROJECT / "deploy" / "server.env").read_text(encoding="utf-8").splitlines()
    settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    there = {variable["name"]: variable["value"] for variable in values()["server"]["env"]}
    of_the_chart = {"PREFECT_SERVER_API_HOST", "PREFECT_SERVER_API_PORT"}
    assert there == {name: value for name, value in settings.items() if name not in of_the_chart}


def test_nothing_holds_a_secret():
    for variable in [variable for group in everything("env") for variable in group]:
        if "AUTH" in variable["name"] or "KEY" in variable["name"]:
            assert "value" not in variable
            assert variable["valueFrom"]["secretKeyRef"]["name"]
    assert values()["server"]["basicAuth"] == {"enabled": True, "existingSecret": "prefect-auth"}
