"""What a store of many photographs costs the driver: CPU seconds, store requests, memory, and how they grow.

    python benchmarks/scale.py [--sizes 10000,100000] [--entries 100,1000,10000] [--folder FOLDER] [--json]

Photographs are synthetic: rows have the columns, keys, parents and digests of real ones, their pictures are a
few bytes. Planner, shard writer, manifests, names, ledger, lineage and garbage collection are the project's.
Each step is a process of its own, so its peak memory is its own:

plan new       plan a dataset of which nothing exists
publish        build it (without the time that rows take), assemble, name, record; the gate is not run
plan again     what `shls dataset plan` reports when nothing changed
lineage down   everything that descends from one photograph
gc             what `shls dataset gc --dry-run` decides
near-dups      near-duplicates among as many random perceptual hashes

Then a ledger gets entries (`measured_ledger`):

append         one entry more
dataset list   the command; and ``status``, which reads every entry

``--steps "hollow,plan again"`` plans again in a store whose shards are empty files (a plan opens none).

Requests are files opened, written, looked up, and pages of 1,000 of listings; on S3 each is one request.
CPU seconds are of all threads; on a machine with other work they say more than the seconds that passed.
Of every figure the exponent b of  a * size^b  is fitted by least squares over the logarithms.
"""

import dataclasses
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar

import measured_ledger
import numpy as np
import obstore
import typer
from rich.console import Console
from rich.table import Table

from shls_core.photographs.crops import CropConfig
from shls_core.photographs.split import HeldOutConfig
from shls_core.saliency.config import SaliencyConfig
from shls_core.seeding import generator
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.synthesis.config import SynthesisConfig
from storage.canonical import digest_bytes, digest_json
from storage.store import Store
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.stages.saliency import SaliencyStage
from tasks.stages.sequences import SequencesStage
from tasks.stages.sources import Sources
from tasks.stages.stage import Row, RowPlan
from tasks.stages.superpixels import SuperpixelsStage

STEPS = ("plan new", "publish", "plan again", "lineage down", "gc", "near-dups")
OF_LEDGER = ("append", *measured_ledger.COMMANDS)
ON_EMPTY_STORE = ("plan new", "near-dups")
NAME, SEED, SIDE_PX, ROWS_PER_SHARD = "scale", 1, 300, 64


def stands_for(real: type) -> Callable[[type], type]:
    """Give a synthetic stage the code digest, and so the keys, of the real one."""

    def renamed(synthetic: type) -> type:
        synthetic.__module__ = real.__module__
        return synthetic

    return renamed


@stands_for(IngestStage)
@dataclasses.dataclass(frozen=True)
class SyntheticIngest(IngestStage):
    """Photographs that are numbers: their ids are digests, their files are not there."""

    count: int = 0

    def sources(self) -> Sources:
        """Return the rows that a folder of `count` photographs has, as `IngestStage` makes them."""
        return Sources([_planned(f"{number:09}.jpg") for number in range(self.count)])

    def foresee(self, plan: RowPlan) -> Row:
        """Return what a decoded photograph shows."""
        perceptual_hash = generator(0, "hash", plan.sample_id).bytes(8).hex()
        return {
            "height": SIDE_PX,
            "width": SIDE_PX,
            "scene": plan.sample_id,
            "perceptual_hash": perceptual_hash,
        }

    def make_row(self, plan: RowPlan, reader: Any) -> Row:
        """Return a row without a picture."""
        return {**self.foresee(plan), "image": plan.sample_id[:8].encode(), "num_bytes": 8}


@stands_for(SaliencyStage)
class SyntheticSaliency(SaliencyStage):
    """Masks of photographs that nobody sees."""

    def make_row(self, plan: RowPlan, reader: Any) -> Row:
        """Return a row without a mask."""
        payload = plan.sample_id[:8].encode()
        figures = {"num_objects": 1, "mask_share": 0.2, "confidence": 0.9}
        return {**self.foresee(plan), "saliency_map": payload, "mask": payload, **figures}


@stands_for(SequencesStage)
class SyntheticSequences(SequencesStage):
    """Sequences whose sources are drawn and whose frames are not rendered."""

    FIGURES: ClassVar[Mapping[str, float]] = {
        "num_frames": 1, "num_objects": 2, "num_pasted": 1, "num_left_out": 0, "has_clone": 0,
        "mask_share": 0.2, "occluded_share": 0.1, "num_leaves": 0, "num_returns": 0,
    }  # fmt: skip

    def make_row(self, plan: RowPlan, reader: Any) -> Row:
        """Return a row without frames."""
        payload = [plan.sample_id[:8].encode()]
        pasted = [{"source_id": source} for source in plan.decided["pasted_ids"]]
        recipe = json.dumps({"objects": pasted, "left_out": []})
        parts = dict.fromkeys(("frames", "masks", "warps"), payload)
        size = {"height": SIDE_PX, "width": SIDE_PX, "recipe": recipe}
        return {**self.foresee(plan), **size, **parts, **self.FIGURES}


@stands_for(SuperpixelsStage)
class SyntheticSuperpixels(SuperpixelsStage):
    """Maps of frames that nobody sees."""

    def make_row(self, plan: RowPlan, reader: Any) -> Row:
        """Return a row without maps."""
        size = {"height": SIDE_PX, "width": SIDE_PX, "num_frames": 1}
        figures = {"min_superpixels": 9, "max_superpixels": 9, "min_superpixel_px": 9}
        payload = [plan.sample_id[:8].encode()]
        return {"superpixel_maps": payload, **size, **figures, "mean_superpixel_px": 9.0}


def _planned(name: str) -> RowPlan:
    image_id = digest_bytes(name.encode())
    notes = dict.fromkeys(("source", "licence", "consent", "scene"))
    return RowPlan(
        sample_id=image_id,
        source_ids=(image_id,),
        decided={"file_digest": image_id, "file_name": name, "duplicate_of": None, **notes},
        location=f"/photographs/{name}",
    )


def stages(count: int) -> tuple[Any, ...]:
    """Return the stages of as many photographs, one pseudo-sequence of each, nothing cropped."""
    return (
        SyntheticIngest(IngestConfig(), count),
        SyntheticSaliency(SaliencyConfig(), CropConfig(), SIDE_PX, SEED),
        SyntheticSequences(SynthesisConfig(), HeldOutConfig(), SIDE_PX, SEED),
        SyntheticSuperpixels(SuperpixelConfig()),
    )


def step_plan_new(place: Path, count: int) -> dict[str, Any]:
    """Plan a dataset of which nothing exists."""
    from tasks.planning.dataset_plan import plan_dataset

    plan = plan_dataset(Store.create(place), stages(count), ROWS_PER_SHARD)
    rows = sum(stage.rows_to_compute for stage in plan.stages)
    assert rows >= 4 * count - 4
    return {"rows": rows}


def step_publish(place: Path, count: int) -> dict[str, Any]:
    """Build, assemble, name and record a dataset; rows are made by the way and not counted."""
    from datetime import UTC, datetime

    from storage.provenance.environment import current_environment
    from storage.records.manifests import DatasetManifest, put_record
    from storage.tables.ledger import Run
    from tasks.runs.execution_config import ExecutionConfig, StagingConfig
    from tasks.staging import build_stage, shard_work

    store, making = Store.create(place), [0.0]
    make = shard_work.make_shard

    def timed(job: Any) -> Any:
        started = time.process_time()
        made = make(job)
        making[0] += time.process_time() - started
        return made

    vars(build_stage)["make_shard"] = timed
    staging, serial = StagingConfig(seed=SEED), ExecutionConfig(backend="serial")
    made: dict[str, str] = {}
    for stage in stages(count):
        inputs = {name: made[name] for name in stage.reads}
        made[stage.name] = build_stage.build_stage(store, stage, inputs, staging, serial).artifact
    dataset = put_record(store.objects, DatasetManifest(stages=made))
    name = store.names.publish(NAME, dataset)
    run = Run(
        run_id="scale",
        kind="dataset",
        status="completed",
        started_at=datetime.now(UTC),
        seconds=1.0,
        configuration={"size": count},
        outputs=[dataset],
        verdict="passed",
        details={"name": name, "stages": [{"name": stage, "artifact": made[stage]} for stage in made]},
    )
    store.ledger.record(run, current_environment())
    return {"dataset": dataset, "rows_made_cpu_seconds": making[0]}


def step_hollow(place: Path, count: int) -> dict[str, Any]:
    """Make a store whose shards are empty files, with the keys and manifests of a built dataset.

    A plan of what did not change opens no shard, so `plan again` does there what it does in a whole store,
    and a million rows of four stages need not be made for it. Nothing else can be asked of such a store.
    Artifacts of stages that a build has made already stay as they are.
    """
    from storage.kinds import shards_key
    from storage.records.manifests import DatasetManifest, ShardRef, StageManifest, get_record, put_record
    from tasks.planning.found_whole import keep_artifact
    from tasks.planning.making import Making
    from tasks.planning.stage_plan import plan_stage, wanted_rows

    store = Store.create(place)
    made: dict[str, tuple[str, StageManifest]] = {}
    sizes: list[int] = []
    for stage in stages(count):
        if built := store.keys.recent(stage.name, 1):
            manifest = get_record(store.objects, built[0], StageManifest)
            made[stage.name], sizes = (built[0], manifest), [shard.rows for shard in manifest.shards]
            continue
        keys: list[str | None] = [None] * len(sizes)
        if not stage.reads:
            plan = plan_stage(
                store, stage, wanted_rows(store, stage, {}), ROWS_PER_SHARD, lambda digest: False
            )
            keys, sizes = [shard.key for shard in plan.shards], [len(shard.rows) for shard in plan.shards]
        refs = []
        for number, (key, rows) in enumerate(zip(keys, sizes, strict=True)):
            digest = store.objects.put(f"{stage.name} {number}".encode())
            refs.append(ShardRef(digest=digest, rows=rows, rejected=0, bytes=rows * 1000))
            if key:
                store.keys.put(shards_key(stage.name), key, digest)
        inputs = {name: made[name] for name in stage.reads}
        manifest = StageManifest(
            **Making.of(stage).facts,
            inputs={name: read.content_digest for name, (_, read) in inputs.items()},
            content_digest=digest_json([stage.name, count]),
            rows=count,
            rejected=0,
            statistics={},
            shards=tuple(refs),
        )
        made[stage.name] = put_record(store.objects, manifest), manifest
        if stage.reads:
            keep_artifact(store, stage, inputs, ROWS_PER_SHARD, made[stage.name][0])
        else:
            store.keys.put(stage.name, plan.key, made[stage.name][0])
    dataset = put_record(
        store.objects, DatasetManifest(stages={name: one for name, (one, _) in made.items()})
    )
    store.names.publish(NAME, dataset)
    return {"dataset": dataset}


def step_plan_again(place: Path, count: int) -> dict[str, Any]:
    """Plan the same photographs again."""
    from tasks.runs.execution_config import ExecutionConfig, StagingConfig
    from tasks.staging.plan_report import plan_report

    report = plan_report(
        str(place), NAME, stages(count), StagingConfig(seed=SEED), ExecutionConfig(backend="serial")
    )
    assert report.is_fresh
    return {"dataset": report.dataset}


def step_lineage_down(place: Path, count: int) -> dict[str, Any]:
    """Look for everything that descends from the middle photograph, given by its id."""
    from storage.lineage.descent import descent
    from storage.lineage.history import History

    history = History(Store.open(place))
    found = descent(
        history.store, history.sources.resolve(_planned(f"{count // 2:09}.jpg").sample_id), history
    )
    assert len(found.datasets) == 1
    return {"rows": len(found.rows)}


def step_gc(place: Path, count: int) -> dict[str, Any]:
    """Decide what a garbage collection would remove: nothing."""
    from storage.garbage_collection import plan_collection

    planned = plan_collection(Store.open(place), keep=1)
    assert planned.num_objects == 0
    return {"objects": planned.num_kept}


def step_near_dups(place: Path, count: int) -> dict[str, Any]:
    """Group photographs by perceptual hashes; a hundredth of them are changed copies of others."""
    from shls_core.photographs.near_duplicates import NEAR_DUPLICATE_BITS
    from shls_core.photographs.scene_groups import alike_groups

    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2**64, count, dtype=np.uint64)
    for place_of_copy in range(0, count - 1, 100):
        codes[place_of_copy] = codes[place_of_copy + 1] ^ np.uint64(5)
    hashes = [f"{code:016x}" for code in codes.tolist()]
    return {"groups": len(alike_groups(hashes, NEAR_DUPLICATE_BITS))}


STEP_OF: Mapping[str, Callable[[Path, int], dict[str, Any]]] = {
    "plan new": step_plan_new,
    "publish": step_publish,
    "hollow": step_hollow,
    "plan again": step_plan_again,
    "lineage down": step_lineage_down,
    "gc": step_gc,
    "near-dups": step_near_dups,
    "fill": measured_ledger.step_fill,
    "append": measured_ledger.step_append,
    **{name: partial(measured_ledger.step_command, name) for name in measured_ledger.COMMANDS},
}


@contextmanager
def counted_requests(place: Path) -> Iterator[dict[str, int]]:
    """Count what the process asks of a store: files opened by Python, and calls of obstore."""
    counts = {"requests": 0}
    inside = str(place)

    def on_event(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and str(arguments[0]).startswith(inside):
            counts["requests"] += 1

    def counting(call: Callable[..., Any], pages: bool) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            answer = call(*arguments, **options)
            counts["requests"] += 1
            return _CountedPages(answer, counts) if pages else answer

        return counted

    sys.addaudithook(on_event)
    for name in ("head", "put", "get", "delete", "list_with_delimiter"):
        setattr(obstore, name, counting(getattr(obstore, name), pages=False))
    obstore.list = counting(obstore.list, pages=True)
    yield counts


class _CountedPages:
    def __init__(self, listing: Any, counts: dict[str, int]) -> None:
        self._listing, self._counts = listing, counts

    def collect(self) -> Any:
        found = self._listing.collect()
        self._counts["requests"] += len(found) // 1000
        return found


def run_step(step: str, place: Path, count: int) -> dict[str, Any]:
    """Do one step in this process and return what it took."""
    with counted_requests(place) as counts:
        begun, started, resting = time.perf_counter(), time.process_time(), _peak_bytes()
        facts = STEP_OF[step](place, count)
        seconds = time.process_time() - started - facts.get("rows_made_cpu_seconds", 0.0)
        took = {"cpu_seconds": seconds, "wall_seconds": time.perf_counter() - begun}
    return {**took, **counts, "peak_bytes": _peak_bytes(), "at_rest_bytes": resting, **facts}


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measured(step: str, place: Path, count: int) -> dict[str, Any]:
    """Do one step in a process of its own."""
    command = [sys.executable, __file__, "--step", step, "--sizes", str(count), "--folder", str(place)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{count:>9} {step:<13} {answer['cpu_seconds']:9.2f} CPU s, {answer['wall_seconds']:9.2f} s passed",
        file=sys.stderr,
    )
    return answer


def exponent(sizes: list[int], figures: list[float]) -> float:
    """Return b of the line through log figure = log a + b log size."""
    return (
        float(np.polyfit(np.log(sizes), np.log(np.maximum(figures, 1e-9)), 1)[0])
        if len(sizes) > 1
        else math.nan
    )


def main(
    sizes: Annotated[str, typer.Option(help="Photographs; empty: none.")] = "10000,30000,100000",
    entries: Annotated[str, typer.Option(help="Entries of a ledger; empty: none.")] = "100,1000,10000",
    folder: Annotated[Path | None, typer.Option(help="Where stores are made, or are already.")] = None,
    steps: Annotated[str, typer.Option(help="Which steps.")] = ",".join(STEPS),
    step: Annotated[str | None, typer.Option(hidden=True)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure what many photographs cost the driver."""
    counts, lengths = ([int(one) for one in many.split(",") if one] for many in (sizes, entries))
    if step:
        assert folder
        print(json.dumps(run_step(step, folder, counts[0])))
        return
    with tempfile.TemporaryDirectory(prefix="shls-scale-") as scratch:
        base = folder or Path(scratch)
        results: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in steps.split(",")}
        for count in counts:
            for name in results:
                place = base / (f"empty-{count}" if name in ON_EMPTY_STORE else str(count))
                place.mkdir(parents=True, exist_ok=True)
                results[name][count] = measured(name, place, count)
        of_ledger: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in OF_LEDGER}
        for count in lengths:
            (base / "ledger").mkdir(parents=True, exist_ok=True)
            measured("fill", base / "ledger", count)
            for name in of_ledger:
                of_ledger[name][count] = measured(name, base / "ledger", count)
    if as_json:
        print(json.dumps({"photographs": results, "entries": of_ledger}))
        return
    if counts:
        show(results, counts)
    if lengths:
        show(of_ledger, lengths)


@dataclasses.dataclass(frozen=True)
class Assumptions:
    """What a projection assumes beside the lines; prices are those of a large cloud in 2026, on demand."""

    cpu_seconds_per_photograph: float = 0.047
    """Of all rows of a photograph of 481x321, three frames: docs/results/throughput.md."""
    bytes_per_photograph: float = 235e3
    """docs/results/incremental.md: 47 MB of 200 photographs."""
    dollars_per_core_hour: float = 0.04
    dollars_per_gb_month: float = 0.023
    dollars_per_1000_requests: float = 0.005
    cores: int = 100


def fit(counts: list[int], figures: list[float]) -> Callable[[int], float]:
    """Return the line through the figures of the two largest sizes.

    Power laws through all sizes promise too little: at small ones most of a figure is the start.
    """
    (less, more), (low, high) = counts[-2:], figures[-2:]
    slope = max(high - low, 0.0) / (more - less)
    return lambda count: high + slope * (count - more)


def projected(
    results: Mapping[str, Mapping[int, Mapping[str, Any]]], counts: list[int], given: Assumptions
) -> list[dict[str, float]]:
    """Return what the lines say of up to 100 million photographs: nothing of it is measured."""

    def law(step: str, figure: str) -> Callable[[int], float]:
        resting = "at_rest_bytes" if figure == "peak_bytes" else None
        rows = [results[step][count] for count in counts]
        return fit(counts, [row[figure] - (row[resting] if resting else 0) for row in rows])

    seconds = {step: law(step, "cpu_seconds") for step in results}
    memory = {step: law(step, "peak_bytes") for step in ("publish", "plan again")}
    requests = law("publish", "requests")
    rows = []
    for count in (10**5, 10**6, 10**7, 10**8):
        core_hours = count * given.cpu_seconds_per_photograph / 3600
        stored = count * given.bytes_per_photograph
        paid = requests(count) / 1000 * given.dollars_per_1000_requests
        rows.append(
            {
                "photographs": count,
                "core hours of rows": core_hours,
                f"hours on {given.cores} cores": core_hours / given.cores,
                "driver hours, publish": seconds["publish"](count) / 3600,
                "driver GB, publish": memory["publish"](count) / 1e9,
                "driver s, plan again": seconds["plan again"](count),
                "driver GB, plan again": memory["plan again"](count) / 1e9,
                "s, lineage down": seconds["lineage down"](count),
                "TB": stored / 1e12,
                "$ to make": core_hours * given.dollars_per_core_hour + paid,
                "$ a month": stored / 1e9 * given.dollars_per_gb_month,
            }
        )
    return rows


def show(results: Mapping[str, Mapping[int, Mapping[str, Any]]], counts: list[int]) -> None:
    """Print the figures and their exponents as tables."""
    for figure, unit, scale in (
        ("cpu_seconds", "CPU s", 1),
        ("wall_seconds", "seconds passed", 1),
        ("requests", "requests", 1),
        ("peak_bytes", "peak MB", 1e6),
    ):
        table = Table(f"{unit} at", *(f"{count:,}" for count in counts), "exponent")
        for step, by_count in results.items():
            figures = [float(by_count[count][figure]) / scale for count in counts]
            grown = [
                one[figure] - (one["at_rest_bytes"] if figure == "peak_bytes" else 0)
                for one in by_count.values()
            ]
            table.add_row(step, *(f"{one:,.1f}" for one in figures), f"{exponent(counts, grown):.2f}")
        Console().print(table)
    if len(counts) > 1 and set(STEPS) <= set(results):
        rows = projected(results, counts, Assumptions())
        table = Table("from the lines, not measured", *(f"{row['photographs']:,}" for row in rows))
        for what in list(rows[0])[1:]:
            table.add_row(what, *(f"{row[what]:,.3g}" for row in rows))
        Console().print(table)


if __name__ == "__main__":
    typer.run(main)
