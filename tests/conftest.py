"""What all tests share: one thread, a store, a few small photographs and the dataset staged from them."""

import ctypes
import itertools
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from storage.store import Store
    from tasks.runs.outcomes import StageOutcome
    from tasks.stages.stage import Stage

pytest_plugins = ("benchmark_folders", "saliency_networks", "source_buckets")
"""More of what all tests share: modules of `tests/fixtures`, where pytest looks (``pythonpath``)."""

# Examples that are drawn are the same in every run, and as long as they take.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")

# Before anything imports numpy: tests repeat to the bit, and leave the other cores to others.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

CORNERS = {
    "astronaut": ((0, 130), (200, 0)),
    "chelsea": ((60, 120), (90, 200)),
    "coffee": ((100, 150), (230, 330)),
    "rocket": ((100, 250), (200, 280)),
}
SIDE_PX = 120


@pytest.fixture(scope="session", autouse=True)
def _one_opencv_thread() -> None:
    import cv2

    cv2.setNumThreads(1)


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of eight parts of photographs, 120 px wide, PNG and JPEG. Never write to it."""
    import cv2
    import skimage.data

    folder = tmp_path_factory.mktemp("photographs")
    for name, corners in CORNERS.items():
        image = getattr(skimage.data, name)()
        for (top, left), suffix in zip(corners, ("png", "jpg"), strict=True):
            part = image[top : top + SIDE_PX, left : left + SIDE_PX]
            assert cv2.imwrite(str(folder / f"{name}.{suffix}"), part[..., ::-1])
    return folder


@pytest.fixture
def without_root_rights() -> Callable[[], AbstractContextManager[None]]:
    """Return a context in which this thread must obey permissions, also as root."""
    return _without_root_rights


@contextmanager
def _without_root_rights() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    system = ctypes.CDLL(None, use_errno=True)
    if not hasattr(system, "capset"):
        pytest.skip("root obeys no permissions here, and cannot be made to")
    header, rights = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert system.capget(header, rights) == 0
    before = rights[0]
    rights[0] = before & ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH; they stay permitted
    assert system.capset(header, rights) == 0
    try:
        yield
    finally:
        rights[0] = before
        assert system.capset(header, rights) == 0


@pytest.fixture
def store(tmp_path: Path) -> "Store":
    """An empty store."""
    from storage.store import Store

    return Store.create(tmp_path / "store")


# A process of its own: while deltalake waits for an answer, no other thread of its process runs.
S3_SERVICE = """
import logging
import sys
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
S3_SETTINGS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}
_bucket_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """The address of an S3 service of the tests' own."""
    with subprocess.Popen(
        [sys.executable, "-c", S3_SERVICE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as service:
        assert service.stdin is not None
        assert service.stdout is not None
        yield f"http://127.0.0.1:{int(service.stdout.readline())}"
        service.stdin.close()  # which ends it


@pytest.fixture
def bucket(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The location of an empty bucket, which this process and those it starts can reach."""
    for name, value in (S3_SETTINGS | {"AWS_ENDPOINT_URL": s3_address}).items():
        monkeypatch.setenv(name, value)
    name = f"bucket-{next(_bucket_numbers)}"
    urllib.request.urlopen(urllib.request.Request(f"{s3_address}/{name}", method="PUT")).close()
    return f"s3://{name}"


@dataclass(frozen=True)
class Staged:
    """A dataset and what staging it came to, by stage."""

    store: "Store"
    dataset: str
    outcomes: "Mapping[str, StageOutcome]"


def build_stages(store: "Store", stages: "Sequence[Stage]", execution: Mapping[str, Any]) -> Staged:
    """Build stages, each after those it reads, without Prefect; serially, if not said otherwise."""
    from storage.records.manifests import DatasetManifest, put_record
    from tasks.runs.execution_config import ExecutionConfig, StagingConfig
    from tasks.staging.build_stage import build_stage

    staging = StagingConfig(seed=1, rows_per_shard=2)
    execution_config = ExecutionConfig(**({"backend": "serial"} | execution))
    outcomes: dict[str, StageOutcome] = {}
    for stage in stages:
        inputs = {name: outcomes[name].artifact for name in stage.reads}
        outcomes[stage.name] = build_stage(store, stage, inputs, staging, execution_config)
    artifacts = {name: outcome.artifact for name, outcome in outcomes.items()}
    return Staged(store, put_record(store.objects, DatasetManifest(stages=artifacts)), outcomes)


@pytest.fixture(scope="session")
def stages_of_stills() -> "Callable[[Path], tuple[Stage, ...]]":
    """Return a function that returns the stages of a folder of photographs, small enough for tests."""
    from shls_core.photographs.crops import CropConfig
    from shls_core.photographs.split import HeldOutConfig
    from shls_core.saliency.config import SaliencyConfig
    from shls_core.superpixels.config import SuperpixelConfig
    from shls_core.synthesis.config import SynthesisConfig
    from tasks.stages.ingest import IngestConfig, IngestStage
    from tasks.stages.saliency import SaliencyStage
    from tasks.stages.sequences import SequencesStage
    from tasks.stages.superpixels import SuperpixelsStage

    def stages(folder: Path) -> "tuple[Stage, ...]":
        synthesis, held_out = SynthesisConfig(frame_size=64), HeldOutConfig(share=0.25, num_frames=4)
        return (
            IngestStage(IngestConfig(images=str(folder), max_side=96)),
            SaliencyStage(SaliencyConfig(), CropConfig(), max_side=96, seed=1),
            SequencesStage(synthesis, held_out, max_side=96, seed=1),
            SuperpixelsStage(SuperpixelConfig(num_superpixels=40)),
        )

    return stages


@pytest.fixture(scope="session")
def stage_dataset(stages_of_stills: "Callable[[Path], tuple[Stage, ...]]") -> Callable[..., Staged]:
    """Return a function that stages a folder of photographs into a store, without Prefect."""

    def stage(store: "Store", folder: Path, **execution: Any) -> Staged:
        return build_stages(store, stages_of_stills(folder), execution)

    return stage


@pytest.fixture(scope="session")
def staged(
    tmp_path_factory: pytest.TempPathFactory, photographs: Path, stage_dataset: Callable[..., Staged]
) -> Staged:
    """The dataset of the eight photographs. Read it, or copy its store; never write to it."""
    from storage.store import Store

    return stage_dataset(Store.create(tmp_path_factory.mktemp("staged") / "store"), photographs)


@pytest.fixture
def staged_copy(staged: Staged, tmp_path: Path) -> "Store":
    """A copy of the store of that dataset, to write to."""
    from storage.store import Store

    return Store.open(shutil.copytree(staged.store.root, tmp_path / "copy"))


NUM_FILMS = 6
FRAMES_OF_A_FILM = 24


def moving_picture(film: int, number: int) -> Any:
    """Frame `number` of a film of the tests: a window that moves over a texture of its own, 96x64 px."""
    import cv2
    import numpy as np

    noise = np.random.default_rng(film).integers(0, 256, (12, 20, 3), dtype=np.uint8)
    texture = cv2.resize(noise, (240, 144), interpolation=cv2.INTER_CUBIC)
    top, left = 10 + number, 10 + 4 * number
    return np.ascontiguousarray(texture[top : top + 64, left : left + 96])


def write_test_film(path: Path, pictures: "list[Any]", rate: int = 12) -> Path:
    """Encode pictures, RGB of one size, as a film."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 4_000_000
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def film_maker() -> Any:
    """The functions that make films and their pictures."""

    class Films:
        picture = staticmethod(moving_picture)
        write = staticmethod(write_test_film)

    return Films


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of six films of 24 frames of 96x64 px at 12 fps, and a folder of 10 frames. Never write to it.

    `film-0.mp4` shows another picture from its twelfth frame on; `still.mp4` does not move.
    """
    import cv2

    folder = tmp_path_factory.mktemp("videos")
    for film in range(NUM_FILMS):
        pictures = [moving_picture(film, number) for number in range(FRAMES_OF_A_FILM)]
        if film == 0:
            pictures[12:] = [moving_picture(100, number) for number in range(12)]
        write_test_film(folder / f"film-{film}.mp4", pictures)
    write_test_film(folder / "still.mp4", [moving_picture(50, 0)] * FRAMES_OF_A_FILM)
    (folder / "frames").mkdir()
    for number in range(10):
        picture = moving_picture(60, number)
        assert cv2.imwrite(str(folder / "frames" / f"{number}.jpg"), picture[..., ::-1])
    return folder


@pytest.fixture(scope="session")
def stage_clips() -> Callable[..., Staged]:
    """Return a function that stages a folder of videos into a store, without Prefect."""
    from shls_core.clips.config import ClipsConfig, FootageConfig
    from shls_core.photographs.split import HeldOutConfig
    from tasks.stages.clips import ClipsStage
    from tasks.stages.footage import FootageStage

    def stage(store: "Store", folder: Path, **execution: Any) -> Staged:
        stages = (
            FootageStage(FootageConfig(videos=str(folder))),
            ClipsStage(ClipsConfig(side=48, max_frames=12), HeldOutConfig(share=0.3)),
        )
        return build_stages(store, stages, execution)

    return stage


@pytest.fixture(scope="session")
def staged_clips(
    tmp_path_factory: pytest.TempPathFactory, videos: Path, stage_clips: Callable[..., Staged]
) -> Staged:
    """The dataset of clips of these videos. Read it, or copy its store; never write to it."""
    from storage.store import Store

    return stage_clips(Store.create(tmp_path_factory.mktemp("staged-clips") / "store"), videos)


@pytest.fixture
def staged_clips_copy(staged_clips: Staged, tmp_path: Path) -> "Store":
    """A copy of the store of that dataset, to write to."""
    from storage.store import Store

    return Store.open(shutil.copytree(staged_clips.store.root, tmp_path / "clips-copy"))


@pytest.fixture(scope="session")
def staged_clusters(tmp_path_factory: pytest.TempPathFactory, staged_clips: Staged) -> Staged:
    """These clips with clusters, made with a checkpoint of random weights. Read it; never write to it."""
    from shls_core.methods.dul.config import DulConfig, DulNetworkConfig
    from shls_core.methods.dul.network import DulNetwork
    from shls_core.methods.mask_vos.cluster_config import ClusterConfig
    from shls_core.methods.network_weights import new_network
    from shls_core.training.weights import weights_to_bytes
    from storage.records.checkpoints import CheckpointRecord
    from storage.records.manifests import DatasetManifest, get_record, put_record
    from storage.store import Store
    from tasks.checkpoints.cluster_maker import cluster_maker
    from tasks.runs.execution_config import ExecutionConfig, StagingConfig
    from tasks.stages.clusters import ClustersStage
    from tasks.staging.build_stage import build_stage

    folder = tmp_path_factory.mktemp("staged-clusters") / "store"
    store = Store.open(shutil.copytree(staged_clips.store.root, folder))
    method = DulConfig(network=DulNetworkConfig(width_multiplier=0.0625, embedding_size=8))
    record = CheckpointRecord(
        dataset=staged_clips.dataset,
        method="dul",
        configuration={"method": method.model_dump(mode="json")},
        code_digest="0" * 64,
        versions={},
        device_kind="cpu",
        weights=store.objects.put(
            weights_to_bytes(new_network(DulNetwork, method.network, seed=0).state_dict())
        ),
        final_loss=1.0,
    )
    execution = ExecutionConfig(backend="serial", device="cpu")
    maker = cluster_maker(store, put_record(store.objects, record), execution, num_threads=1)
    stage = ClustersStage(ClusterConfig(max_share=0.9, min_share=0.0, kmeans_steps=10), maker)
    staging = StagingConfig(seed=1, rows_per_shard=2)
    clips = staged_clips.outcomes["clips"].artifact
    outcome = build_stage(store, stage, {"clips": clips}, staging, execution)
    stages = get_record(store.objects, staged_clips.dataset, DatasetManifest).stages
    dataset = put_record(store.objects, DatasetManifest(stages={**stages, "clusters": outcome.artifact}))
    return Staged(store, dataset, {**staged_clips.outcomes, "clusters": outcome})


@pytest.fixture(scope="session")
def record_run() -> Callable[..., None]:
    """Return a function that appends a run of a kind to the ledger of a store."""
    import uuid
    from datetime import UTC, datetime

    from storage.provenance.environment import current_environment
    from storage.tables.ledger import Run

    def record(
        store: "Store",
        kind: str,
        inputs: list[str],
        details: Mapping[str, Any],
        outputs: tuple[str, ...] = (),
        status: str = "completed",
    ) -> None:
        run = Run(
            run_id=str(uuid.uuid4()),
            kind=kind,
            status=status,
            started_at=datetime.now(UTC),
            seconds=0.0,
            configuration={},
            inputs=inputs,
            outputs=outputs,
            details=details,
        )
        store.ledger.record(run, current_environment())

    return record
