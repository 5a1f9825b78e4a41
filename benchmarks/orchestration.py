"""What orchestration (Prefect, Ray, ledger, gate) costs, compared with the making of shards.

    python benchmarks/orchestration.py FOLDER [--count N] [--json]

Three measurements, each with its own stores, homes and services, which are removed afterwards:

cold     `shls dataset build` of a few photographs with no server, no Ray, no store, minus the same stages
         made one after another in one process: the cost of orchestration in a first run.
warm     `shls dataset build` of N photographs with Prefect's server and Ray running: wall time of the
         command, and the part of it in which no shard was being made.
workers  the time to make the shards with one worker and with two.

On two cores, 5,500 photographs take about ten minutes.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table

from flows.cli.command import LIBRARY_SETTINGS
from shls_core.files.pictures.formats import is_picture_name

BIN = Path(sys.executable).parent
PROJECT = Path(__file__).parents[1]
FEW, FOR_WORKERS = 8, 1000

PLAIN = """
import sys, time
from flows.configuration import load_config
from storage.store import Store
from tasks.stages.ingest import IngestStage
from tasks.stages.saliency import SaliencyStage
from tasks.stages.sequences import SequencesStage
from tasks.stages.superpixels import SuperpixelsStage
from tasks.staging.build_stage import build_stage

config = load_config(sys.argv[1]).with_changes(execution={"backend": "serial"})
store, seed, side = Store.create(sys.argv[2]), config.staging.seed, config.ingest.max_side
stages = [
    (IngestStage(config.ingest), ()),
    (SaliencyStage(config.saliency, config.crops, side, seed), ("ingest",)),
    (SequencesStage(config.synthesis, config.held_out, side, seed), ("ingest", "saliency")),
    (SuperpixelsStage(config.superpixels), ("sequences",)),
]
made, started = {}, time.monotonic()
for stage, read in stages:
    inputs = {name: made[name] for name in read}
    made[stage.name] = build_stage(store, stage, inputs, config.staging, config.execution).artifact
print(time.monotonic() - started)
"""


def main(
    folder: Annotated[Path, typer.Argument(help="Photographs, searched in depth.")],
    count: Annotated[int, typer.Option(help="How many of them, at most.")] = 5500,
    workers: Annotated[int, typer.Option(help="Workers of the warm run.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure what orchestration costs on the photographs of a folder."""
    found = sorted(path for path in folder.resolve().rglob("*") if is_picture_name(path))[:count]
    with tempfile.TemporaryDirectory(prefix="shls-") as scratch:
        root = Path(scratch)
        measured: dict[str, Any] = {"photographs": len(found), "cold": cold(root / "cold", found[:FEW])}
        with prefect_server(root / "server") as api, ray_cluster(root / "r", max(2, workers)) as cluster:
            services = {"PREFECT_API_URL": api, "RAY_ADDRESS": cluster, "RAY_AUTH_MODE": "disabled"}
            measured["warm"] = warm(root / "warm", found, workers, services)
            some = found[:FOR_WORKERS]
            made = [warm(root / f"by-{many}", some, many, services)["making_seconds"] for many in (1, 2)]
        measured["workers"] = {
            "photographs": len(some),
            "one_seconds": made[0],
            "two_seconds": made[1],
            "ratio": round(made[0] / made[1], 2),
        }
    print(json.dumps(measured, indent=2)) if as_json else show(measured)


def cold(root: Path, photographs: list[Path]) -> dict[str, float]:
    """Measure a first run from nothing, and the same work without orchestration."""
    config = configuration(root, photographs)
    home = {"PREFECT_HOME": str(root / "home")}
    wall = timed([BIN / "shls", "dataset", "build", "--config", config, "--store", root / "store"], home)
    plain = subprocess.run(
        [sys.executable, "-c", PLAIN, config, root / "plain"], capture_output=True, check=True, cwd=PROJECT
    )
    making = float(plain.stdout)
    return {
        "photographs": len(photographs),
        "wall_seconds": round(wall, 1),
        "making_seconds": round(making, 1),
        "orchestration_seconds": round(wall - making, 1),
    }


def warm(root: Path, photographs: list[Path], workers: int, services: Mapping[str, str]) -> dict[str, Any]:
    """Measure a run from an empty store with the services up."""
    config, times = configuration(root, photographs), root / "times.json"
    build = [sys.executable, PROJECT / "benchmarks" / "measured_build.py", times]
    wall = timed([*build, "--config", config, "--store", root / "store", "--workers", str(workers)], services)
    stages = json.loads(times.read_text(encoding="utf-8"))
    making = sum(stage["span"] for stage in stages.values())
    busy = sum(stage["busy"] for stage in stages.values()) / workers
    shutil.rmtree(root)
    return {
        "wall_seconds": round(wall, 1),
        "making_seconds": round(making, 1),
        "orchestration_seconds": round(wall - making, 1),
        "orchestration_share": round(1 - making / wall, 4),
        # Stricter: the time a worker waits, for its next shard or for the last ones of others, also counts.
        "not_busy_share": round(1 - busy / wall, 4),
        "stages": {
            name: {key: round(value, 1) for key, value in stage.items()} for name, stage in stages.items()
        },
    }


def configuration(root: Path, photographs: list[Path]) -> Path:
    """Link some photographs into a folder and write the paper's configuration for them."""
    (root / "photographs").mkdir(parents=True)
    for place, path in enumerate(photographs):
        (root / "photographs" / f"{place:06}{path.suffix}").symlink_to(path)
    content = yaml.safe_load((PROJECT / "configs" / "paper.yaml").read_text(encoding="utf-8"))
    content["ingest"]["images"] = str(root / "photographs")
    config = root / "config.yaml"
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    return config


def timed(command: list[Any], environment: Mapping[str, str]) -> float:
    """Run a command to its end and return the seconds it took."""
    kept = {key: value for key, value in os.environ.items() if key not in ("PREFECT_API_URL", "RAY_ADDRESS")}
    started = time.monotonic()
    done = subprocess.run(
        command,
        env={**kept, **environment},
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return time.monotonic() - started


@contextmanager
def prefect_server(home: Path) -> Iterator[str]:
    """Run a Prefect server meanwhile; yield the address of its API."""
    port = free_port()
    command = [BIN / "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with service(command, {"PREFECT_HOME": str(home), **LIBRARY_SETTINGS}) as process:
        url = f"http://127.0.0.1:{port}/api"
        while not answers(f"{url}/health"):
            if process.poll() is not None:
                raise SystemExit("Prefect's server did not start")
            time.sleep(0.2)
        yield url


@contextmanager
def ray_cluster(folder: Path, cores: int) -> Iterator[str]:
    """Run a Ray head meanwhile; yield its address."""
    port = free_port()
    command = [BIN / "ray", "start", "--head", "--block", f"--port={port}", f"--num-cpus={cores}"]
    command += ["--include-dashboard=false", f"--temp-dir={folder}"]
    environment = {"RAY_AUTH_MODE": "disabled", **LIBRARY_SETTINGS}
    with service(command, environment) as process:
        address = f"127.0.0.1:{port}"
        status = [BIN / "ray", "status", f"--address={address}"]
        while subprocess.run(status, env={**os.environ, **environment}, capture_output=True).returncode:
            if process.poll() is not None:
                raise SystemExit("Ray did not start")
        yield address


@contextmanager
def service(command: list[Any], environment: Mapping[str, str]) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a command in the background meanwhile, then end everything that it started."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        cwd=PROJECT,
        stdout=quiet,
        stderr=quiet,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port() -> int:
    """Return a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def answers(url: str) -> bool:
    """Return whether a server answers there."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def show(measured: Mapping[str, Any]) -> None:
    """Print the figures as a table."""
    table = Table("measurement", "photographs", "wall s", "making shards s", "orchestration")
    first, run, by = measured["cold"], measured["warm"], measured["workers"]
    table.add_row(
        "cold",
        str(first["photographs"]),
        str(first["wall_seconds"]),
        str(first["making_seconds"]),
        f"{first['orchestration_seconds']} s",
    )
    table.add_row(
        "warm",
        str(measured["photographs"]),
        str(run["wall_seconds"]),
        str(run["making_seconds"]),
        f"{run['orchestration_seconds']} s = {run['orchestration_share']:.1%} "
        f"(workers idle {run['not_busy_share']:.1%})",
    )
    table.add_row("one worker", str(by["photographs"]), "", str(by["one_seconds"]), "")
    table.add_row(
        "two workers", str(by["photographs"]), "", str(by["two_seconds"]), f"{by['ratio']} times as fast"
    )
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
