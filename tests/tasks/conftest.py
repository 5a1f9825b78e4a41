"""A staged dataset that passed the gate; small photographs, and ways to change what is staged from them."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from shls_core.photographs.crops import CropConfig
from shls_core.photographs.split import HeldOutConfig
from shls_core.saliency.config import SaliencyConfig
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.synthesis.config import SynthesisConfig
from storage.gate.gate import Verdict
from storage.kinds import KeyKind
from storage.provenance import code_digest
from storage.records.manifests import DatasetManifest, put_record
from storage.store import Store
from tasks.planning.dataset_plan import DatasetPlan, plan_dataset
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.runs.outcomes import StageOutcome
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.stages.saliency import SaliencyStage
from tasks.stages.sequences import SequencesStage
from tasks.stages.stage import Stage
from tasks.stages.superpixels import SuperpixelsStage
from tasks.staging.build_stage import build_stage

ROWS_PER_SHARD = 4
SIDE_PX = 66


def some_photographs(count: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Parts of one photograph, each with a disc of its own colour: something salient."""
    rng = np.random.default_rng(seed)
    picture = skimage.data.coffee()
    for _ in range(count):
        top, left = rng.integers(0, picture.shape[0] - SIDE_PX), rng.integers(0, picture.shape[1] - SIDE_PX)
        part = picture[top : top + SIDE_PX, left : left + SIDE_PX].copy()
        centre = tuple(int(value) for value in rng.integers(24, SIDE_PX - 24, 2))
        cv2.circle(part, centre, 12, tuple(int(value) for value in rng.integers(0, 256, 3)), -1)
        yield part


@dataclass
class Staging:
    """A folder, a store and the stages over them; build or plan, as often as one likes."""

    folder: Path
    store: Store
    sections: dict

    def stages(self) -> Sequence[Stage]:
        def section(model, name, **defaults):
            return model(**(defaults | self.sections.get(name, {})))

        ingest = section(IngestConfig, "ingest", images=str(self.folder), max_side=96)
        side = ingest.max_side
        synthesis = section(SynthesisConfig, "synthesis", frame_size=32, num_frames=2, crop_jitter_px=2)
        held_out = section(HeldOutConfig, "held_out", share=0.25, num_frames=3)
        return (
            IngestStage(ingest),
            SaliencyStage(section(SaliencyConfig, "saliency"), section(CropConfig, "crops"), side, seed=1),
            SequencesStage(synthesis, held_out, side, seed=1),
            SuperpixelsStage(section(SuperpixelConfig, "superpixels", num_superpixels=16)),
        )

    def staging(self) -> StagingConfig:
        return StagingConfig(
            **({"seed": 1, "rows_per_shard": ROWS_PER_SHARD} | self.sections.get("staging", {}))
        )

    def plan(self) -> DatasetPlan:
        return plan_dataset(self.store, self.stages(), self.staging().rows_per_shard)

    def build(self) -> dict[str, StageOutcome]:
        outcomes: dict[str, StageOutcome] = {}
        for stage in self.stages():
            inputs = {name: outcomes[name].artifact for name in stage.reads}
            outcomes[stage.name] = build_stage(
                self.store, stage, inputs, self.staging(), ExecutionConfig(backend="serial")
            )
        return outcomes

    def publish(self) -> str:
        made = {name: outcome.artifact for name, outcome in self.build().items()}
        dataset = put_record(self.store.objects, DatasetManifest(stages=made))
        self.store.names.publish("photos", dataset)
        return dataset


def stage_folder(folder: Path, store: Path, count: int) -> Staging:
    """Some photographs, staged and published as ``photos``."""
    for number, pixels in enumerate(some_photographs(count)):
        assert cv2.imwrite(str(folder / f"{number:02}.png"), pixels)
    staging = Staging(folder, Store.create(store), {})
    staging.publish()
    return staging


def copied(staging: Staging, folder: Path) -> Staging:
    photographs = shutil.copytree(staging.folder, folder / "photographs")
    return Staging(Path(photographs), Store.open(shutil.copytree(staging.store.root, folder / "copy")), {})


@pytest.fixture(scope="session")
def forty(tmp_path_factory: pytest.TempPathFactory) -> Staging:
    """Forty photographs, staged and published. Never write to it."""
    return stage_folder(tmp_path_factory.mktemp("forty"), tmp_path_factory.mktemp("forty-store"), 40)


@pytest.fixture(scope="session")
def ten(tmp_path_factory: pytest.TempPathFactory) -> Staging:
    """Ten of them, staged and published. Never write to it."""
    return stage_folder(tmp_path_factory.mktemp("ten"), tmp_path_factory.mktemp("ten-store"), 10)


@pytest.fixture
def large(forty: Staging, tmp_path: Path) -> Staging:
    """A copy of the forty, to change."""
    return copied(forty, tmp_path)


@pytest.fixture
def staging(ten: Staging, tmp_path: Path) -> Staging:
    """A copy of the ten, to change."""
    return copied(ten, tmp_path)


@pytest.fixture
def new_photograph() -> Callable[[Path], None]:
    """Return a function that writes a photograph that is none of the forty."""

    def write(path: Path, seed: int = 1) -> None:
        assert cv2.imwrite(str(path), next(some_photographs(1, seed)))

    return write


@pytest.fixture
def change_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str, str], None]]:
    """Return a function that lets a module of the project have other text, for the code digest."""
    source_path = code_digest._source_path
    changed: dict[str, Path] = {}

    def forget() -> None:
        for value in vars(code_digest).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()

    def change(module: str, addition: str) -> None:
        original = source_path(module)
        assert original is not None
        changed[module] = tmp_path / f"{module}.py"
        changed[module].write_text(original.read_text(encoding="utf-8") + addition, encoding="utf-8")
        forget()

    monkeypatch.setattr(
        code_digest, "_source_path", lambda module: changed.get(module) or source_path(module)
    )
    forget()
    yield change
    monkeypatch.undo()
    forget()


@pytest.fixture
def passed_store(staged, tmp_path: Path) -> Store:
    """A store with the staged dataset and a passed verdict on it, to write to."""
    store = Store.open(shutil.copytree(staged.store.root, tmp_path / "store"))
    verdict = put_record(store.objects, Verdict(dataset=staged.dataset, passed=True, findings=()))
    store.keys.put(KeyKind.VERDICT_OF_DATASET, staged.dataset, verdict)
    return store


@pytest.fixture
def stopped_clock(monkeypatch):
    """Return a function that gives a module a clock that stands still unless it is set."""

    def stop(module):
        class Clock:
            now = 100.0

            @classmethod
            def monotonic(cls):
                return cls.now

        monkeypatch.setattr(module, "time", Clock)
        return Clock

    return stop
