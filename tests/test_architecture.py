"""The rules of the house that no layer contract can say, and two of the six invariants."""

import ast
import graphlib
import importlib
import json
import pickle
import pkgutil
import re
import subprocess
import sys
import tomllib
import typing
from pathlib import Path

import jaxtyping
import numpy as np
import pytest

from shls_core.files.pictures.sizes import shrink_to_side

PROJECT = Path(__file__).parents[1]
PACKAGES = ("flows", "tasks", "storage", "shls_core")
SOURCES = sorted(path for package in PACKAGES for path in (PROJECT / package).rglob("*.py"))

IMAGE_TO_SCORE = PROJECT / "docs" / "examples" / "photograph_to_score.py"


def modules_of(package):
    found = pkgutil.walk_packages([str(PROJECT / package.replace(".", "/"))], prefix=f"{package}.")
    return [module.name for module in found if not module.ispkg]


def imported_by(modules):
    """The top-level packages in memory after importing some modules in a fresh process."""
    script = (
        "import importlib, json, sys\n"
        f"for name in {list(modules)!r}: importlib.import_module(name)\n"
        "json.dump(sorted({name.split('.')[0] for name in sys.modules}), sys.stdout)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_there_are_sources_to_look_at():
    assert len(SOURCES) > 80
    assert {path.relative_to(PROJECT).parts[0] for path in SOURCES} == set(PACKAGES)


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path.name == "__init__.py"], ids=lambda path: path.parent.name
)
def test_package_initialisers_hold_one_docstring_and_nothing_else(path):
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)
    assert isinstance(body[0].value, ast.Constant)


def test_every_folder_of_sources_is_a_package():
    assert all((path.parent / "__init__.py").is_file() for path in SOURCES)


def test_modules_are_small_and_named_for_what_they_hold():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    dependencies = {re.split(r"[^a-z0-9-]", line)[0].replace("-", "_") for line in project["dependencies"]}
    assert {"prefect", "torch"} <= dependencies
    for path in SOURCES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path
        assert not re.search(r"util|helper|common|manager|misc", path.stem), path
        assert path.stem not in {*PACKAGES, *dependencies, "cv2", "faiss", "skimage", "yaml", "PIL"}, path


def module_of(path):
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts)


def imported_anywhere(path, modules):
    """The modules of ours that one imports, also inside functions and for types alone."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & modules


def test_no_modules_import_each_other_in_a_circle():
    modules = {module_of(path) for path in SOURCES}
    imports = {module_of(path): imported_anywhere(path, modules) for path in SOURCES}
    assert sum(map(len, imports.values())) > 1000
    graphlib.TopologicalSorter(imports).prepare()


@pytest.mark.parametrize(("package", "most"), [("storage", 20), ("tasks", 14), ("shls_core", 18)])
def test_a_package_shows_few_entries(package, most):
    entries = {
        path.relative_to(PROJECT / package).parts[0]
        for path in SOURCES
        if path.is_relative_to(PROJECT / package)
    }
    assert 5 < len(entries - {"__init__.py"}) <= most


def test_every_folder_has_its_row_in_the_map_of_the_readme():
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    folders = {path.parent.relative_to(PROJECT) for path in SOURCES if path.name != "__init__.py"}
    shown = {"/".join(folder.parts[:2]) for folder in folders} - {"tasks", "storage", "shls_core"}
    assert len(shown) > 30
    assert [folder for folder in sorted(shown) if f"| `{folder}/` |" not in readme] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_files_that_a_page_names_are_there(page):
    text = (PROJECT / page).read_text(encoding="utf-8")
    roots = "flows|tasks|storage|shls_core|tests|configs|docs|benchmarks"
    named = {name for name in re.findall(rf"`((?:{roots})/[\w./-]+)`", text) if "NAME" not in name}
    assert len(named) > 20
    assert [name for name in sorted(named) if not (PROJECT / name).exists()] == []


def test_no_file_holds_the_marks_of_a_merge():
    kept = [PROJECT / folder for folder in (*PACKAGES, "tests", "docs", "configs", "deploy", "benchmarks")]
    texts = [path for folder in kept for path in folder.rglob("*") if path.suffix in {".py", ".md", ".yaml"}]
    assert len(texts) > 1000
    mark = re.compile(r"^(<{7} |={7}$|>{7} )", re.MULTILINE)
    assert not [path for path in (*texts, *PROJECT.glob("*.md")) if mark.search(path.read_text("utf-8"))]


def test_tests_are_no_packages():
    assert not list((PROJECT / "tests").rglob("__init__.py"))


def test_only_the_folder_of_clusters_and_shared_training_import_ray():
    importers = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "ray" for name in names):
                importers.add(str(path.relative_to(PROJECT)))
    apart = {path for path in importers if not path.startswith("tasks/cluster/")}
    assert apart == {"tasks/training/workers/on_ray.py"}


def test_the_wheel_holds_the_four_packages():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == sorted(PACKAGES)


PREPARATION = [
    name
    for name in modules_of("shls_core")
    if name.split(".")[1] in ("crops", "errors", "frozen", "images", "labelled_sequence", "seeding", "split")
    or name.startswith(
        ("shls_core.metrics.", "shls_core.saliency.", "shls_core.superpixels.", "shls_core.synthesis.")
    )
    or name.endswith(".config")
]


def test_preparing_data_and_scoring_need_no_torch():
    assert len(PREPARATION) > 30
    heavy = {"torch", "faiss", "pyarrow", "prefect", "ray", "deltalake", "obstore", "great_expectations"}
    assert not imported_by(PREPARATION) & heavy


def test_workers_that_stage_load_no_torch_and_no_orchestrator():
    imported = imported_by([*modules_of("tasks.stages"), "tasks.staging.build_stage", "tasks.executor"])
    assert not imported & {"torch", "faiss", "prefect", "ray", "great_expectations"}


def test_storage_reads_and_writes_without_an_orchestrator():
    assert not imported_by(modules_of("storage")) & {"prefect", "ray", "great_expectations", "torch"}


def test_whoever_only_reads_does_not_wait_for_those_who_are_told_of_runs():
    assert "openlineage" not in imported_by(["flows.cli.app", "flows.pipeline", "tasks.upkeep.commands"])


def test_the_core_alone_goes_from_an_image_to_a_score():
    """Invariant 6: without the decorators, and without a store, it still runs. The script is the README's."""
    script = (
        f"import json, runpy, sys; runpy.run_path({str(IMAGE_TO_SCORE)!r});"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    *scores, imported = done.stdout.splitlines()
    found = {line.split()[0]: float(line.split()[-1]) for line in scores}
    assert found.keys() == {"network", "copy"}
    assert all(0 < score <= 100 for score in found.values())
    assert not {"prefect", "ray", "pyarrow", "storage", "tasks", "flows"} & set(json.loads(imported))
    assert str(IMAGE_TO_SCORE.relative_to(PROJECT)) in (PROJECT / "README.md").read_text(encoding="utf-8")


def tasks():
    """Every Prefect task of the project, by name."""
    from prefect import Task

    modules = [importlib.import_module(name) for name in modules_of("tasks")]
    return {
        f"{module.__name__}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, Task) and value.fn.__module__ == module.__name__
    }


def test_tasks_take_and_return_references_never_arrays():
    """Invariant 1, as the types say it."""
    found = tasks()
    assert len(found) >= 6
    for name, task in found.items():
        hints = {key: str(hint) for key, hint in typing.get_type_hints(task.fn).items()}
        assert "return" in hints, name
        for key, hint in hints.items():
            assert not re.search(r"numpy|ndarray|Tensor|torch|pandas|pyarrow|bytes", hint), f"{name}: {key}"


def test_what_tasks_and_workers_hand_on_is_small(staged, store, photographs, monkeypatch):
    """Invariant 1, as it is: neither an outcome nor a shard's job holds a pixel."""
    from tasks.runs.execution_config import ExecutionConfig, StagingConfig
    from tasks.stages.ingest import IngestConfig, IngestStage
    from tasks.staging import build_stage as staging

    for outcome in staged.outcomes.values():
        assert len(pickle.dumps(outcome)) < 1000
    jobs = []

    def remember(work, given, backend, workers, job_timeout_seconds=None, resources=None, code=None):
        jobs.extend(given)
        return map(work, given)

    monkeypatch.setattr(staging, "run_jobs", remember)
    stage = IngestStage(IngestConfig(images=str(photographs), max_side=90))
    staging.build_stage(store, stage, {}, StagingConfig(rows_per_shard=4), ExecutionConfig())
    num_rows = sum(len(job.rows) for job in jobs)
    assert num_rows == 8
    assert len(pickle.dumps(jobs)) < 1500 * num_rows
    assert len(pickle.dumps(jobs)) < sum(path.stat().st_size for path in photographs.iterdir()) / 8


def test_shapes_in_the_cores_annotations_are_checked_while_testing():
    with pytest.raises(jaxtyping.TypeCheckError):
        shrink_to_side(np.zeros((4, 4), np.uint8), 2)
