"""How long lineage commands take, including process start, and whether their answers are right.

    python benchmarks/lineage.py FOLDER [--count 500] [--store STORE] [--json]

Makes a store with the ordinary commands: a dataset of COUNT photographs with three sequences of each, then
one without the last photograph (most shards are shared), three checkpoints, an evaluation. Then it runs each
query three times, each in a process of its own, and prints the median:

up      what a checkpoint was made from, as tree and as JSON
down    what was made from a photograph, given as a file

It also compares `down` with naive code that reads every row of every Parquet file of the store, for twenty
photographs drawn at random. --store queries an existing store again.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
import typer
import yaml
from rich.console import Console
from rich.table import Table

from flows.cli.command import LIBRARY_SETTINGS
from shls_core.files.pictures.formats import is_picture_name
from storage.canonical import digest_bytes
from storage.store import Store

SHLS = Path(sys.executable).with_name("shls")
PROJECT = Path(__file__).parents[1]
REPEATS, DRAWN, SEQUENCES_PER_TEMPLATE = 3, 20, 3
TRAINING = {"validate_every": 10, "validation_sequences": 4, "checkpoint": "best", "num_threads": 1}
STEPS = (10, 20, 30)


def main(
    folder: Annotated[Path, typer.Argument(help="Photographs, searched in depth.")],
    count: Annotated[int, typer.Option(help="How many of them, at most.")] = 500,
    store: Annotated[Path | None, typer.Option(help="Where the store is, or is made.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure what lineage costs on the photographs of a folder."""
    found = sorted(path for path in folder.resolve().rglob("*") if is_picture_name(path))[:count]
    with tempfile.TemporaryDirectory(prefix="shls-") as scratch:
        place = store or Path(scratch) / "store"
        if not place.is_dir():
            make_store(Path(scratch), place, found)
        measured = {**contents(place), **seconds(place, found[0]), **compared(place)}
    print(json.dumps(measured, indent=2)) if as_json else show(measured)


def make_store(scratch: Path, store: Path, photographs: list[Path]) -> None:
    """Fill a store: two datasets, three checkpoints, an evaluation."""
    images = scratch / "photographs"
    images.mkdir()
    for place, path in enumerate(photographs):
        (images / f"{place:06}{path.suffix}").symlink_to(path)
    for steps in STEPS:
        config = configuration(scratch, images, steps)
        if steps == STEPS[-1]:
            (images / f"{len(photographs) - 1:06}{photographs[-1].suffix}").unlink()
        shls("dataset", "build", "--config", config, "--store", store)
        shls("train", "--config", config, "--store", store)
    shls("evaluate", "--config", config, "--store", store)


def configuration(scratch: Path, images: Path, steps: int) -> Path:
    """Write the paper's configuration with more sequences and a small network that trains quickly."""
    content = yaml.safe_load((PROJECT / "configs" / "paper.yaml").read_text(encoding="utf-8"))
    content["ingest"]["images"] = str(images)
    content["synthesis"]["sequences_per_template"] = SEQUENCES_PER_TEMPLATE
    content["held_out"]["sequences_per_template"] = SEQUENCES_PER_TEMPLATE
    content["method"]["network"] = {"width_multiplier": 0.25}
    content["training"] = {**TRAINING, "steps": steps, "batch_size": 4}
    content["execution"] = {"backend": "serial", "device": "cpu"}
    config = scratch / f"{steps}.yaml"
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    return config


def shls(*arguments: Any) -> float:
    """Run a command to its end and return the seconds it took."""
    started = time.perf_counter()
    done = subprocess.run(
        [SHLS, *map(str, arguments)],
        env={**os.environ, **LIBRARY_SETTINGS},
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return time.perf_counter() - started


def contents(place: Path) -> dict[str, Any]:
    """Return the size of the store."""
    opened = Store.open(place)
    stages = opened.ledger.runs()[0]["details"]
    rows = {stage["name"]: stage["rows"] for stage in json.loads(stages)["stages"]}
    shards = sum(1 for _ in every_shard(place))
    return {"photographs": rows["ingest"], "sequences": rows["sequences"], "shards": shards}


def seconds(place: Path, photograph: Path) -> dict[str, dict[str, float]]:
    """Return the seconds of every query."""
    trained = [run for run in Store.open(place).ledger.runs() if run["kind"] == "train"]
    up, down = ("lineage", "up", trained[0]["outputs"][0]), ("lineage", "down", photograph)
    questions = {"up": up, "up --json": (*up, "--json"), "down": down, "down --json": (*down, "--json")}
    return {
        "seconds": {
            name: round(statistics.median(shls(*asked, "--store", place) for _ in range(REPEATS)), 2)
            for name, asked in questions.items()
        }
    }


def compared(place: Path) -> dict[str, int]:
    """Compare some descents with every row of every shard; return how many rows agreed."""
    from storage.lineage.descent import descent
    from storage.lineage.history import History

    rows = [
        (shard, row["sample_id"], row["digest"], frozenset(row["source_ids"]))
        for shard, table in every_shard(place)
        for row in table.to_pylist()
    ]
    images = sorted(set().union(*(names for *_, names in rows)))
    history = History(Store.open(place))
    agreed = 0
    for image in random.Random(0).sample(images, min(DRAWN, len(images))):
        found = descent(history.store, image, history)
        naive = {row[:3] for row in rows if image in row[3]}
        assert {(row.shard, row.sample_id, row.digest) for row in found.rows} == naive, image
        agreed += len(naive)
    return {"photographs_compared": min(DRAWN, len(images)), "rows_agreed": agreed}


def every_shard(place: Path) -> Iterator[tuple[str, pa.Table]]:
    """Yield the digest of every Parquet file among the objects, and the identity of its rows."""
    for path in sorted((place / "objects").rglob("*")):
        if path.is_file() and (data := path.read_bytes())[:4] == b"PAR1":
            columns = ["sample_id", "digest", "source_ids"]
            assert digest_bytes(data) == path.name
            yield path.name, pq.read_table(pa.BufferReader(data), columns=columns)


def show(measured: dict[str, Any]) -> None:
    """Print the figures as a table."""
    size = ", ".join(f"{measured[what]} {what}" for what in ("photographs", "sequences", "shards"))
    table = Table("question")
    table.add_column("seconds", justify="right")
    for question, taken in measured["seconds"].items():
        table.add_row(f"shls lineage {question}", f"{taken:.2f}")
    console = Console()
    console.print(size)
    console.print(table)
    console.print(
        f"{measured['photographs_compared']} descents are those of naive code: {measured['rows_agreed']} rows"
    )


if __name__ == "__main__":
    typer.run(main)
