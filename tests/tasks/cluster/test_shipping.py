"""The code that workers of a cluster are given."""

import json
from pathlib import Path

from tasks.cluster import shipping
from tasks.cluster.shipping import PACKAGES, packages_to_ship, runtime_environment

PROJECT = Path(__file__).parents[3]


def sources(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py")}


def test_the_packages_are_shipped_as_they_are_and_nothing_else():
    before = Path.cwd()
    with packages_to_ship() as copies:
        assert not (Path.cwd() / "tests").exists()
        assert [copy.name for copy in copies] == list(PACKAGES)
        assert all(sources(copy) == sources(PROJECT / copy.name) for copy in copies)
        assert {entry.name for entry in copies[0].parent.iterdir()} == set(PACKAGES)
        files = [path for copy in copies for path in copy.rglob("*") if path.is_file()]
        assert not [path for path in files if path.suffix in (".pyc", ".safetensors")]
        assert sum(path.stat().st_size for path in files) < 4_000_000
        # What a wheel has, so that a job knows the project's configurations by name.
        assert (copies[0] / "configs" / "quickstart.yaml").is_file()
    assert not copies[0].parent.exists()
    assert Path.cwd() == before


def test_a_job_gets_the_weights_of_pretrained_too():
    with packages_to_ship(with_weights=True) as copies:
        assert list(copies[1].rglob("*.safetensors"))


def test_a_ray_job_gives_its_workers_nothing_twice(monkeypatch):
    settings = {"OMP_NUM_THREADS": "1", "AWS_REGION": "here"}
    packages = [Path("flows")]
    monkeypatch.delenv(shipping._JOB, raising=False)
    assert runtime_environment(settings) == {"env_vars": settings}
    assert runtime_environment(settings, packages) == {"env_vars": settings, "py_modules": ["flows"]}
    given = {"runtime_env": {"py_modules": ["gcs://one.zip"], "env_vars": {"AWS_REGION": "there"}}}
    monkeypatch.setenv(shipping._JOB, json.dumps(given))
    monkeypatch.chdir(PROJECT)  # Ray may have been started in a checkout, which other nodes have, too
    with packages_to_ship() as copies:
        assert copies == []
        assert list(Path.cwd().iterdir()) == []
        assert runtime_environment(settings, copies) == {"env_vars": {"OMP_NUM_THREADS": "1"}}
    monkeypatch.setenv(shipping._JOB, json.dumps({"runtime_env": None, "metadata": {}}))
    assert runtime_environment(settings, packages) == {"env_vars": settings, "py_modules": ["flows"]}
