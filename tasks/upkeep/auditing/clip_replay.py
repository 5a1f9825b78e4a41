"""Replay of a clip: it is cut out of the stored footage again, and compared with what is stored."""

from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from shls_core.errors import InputError, NameUnknown
from shls_core.files.whole_file import make_folder
from storage.canonical import short
from storage.objects.objects import ObjectStore
from storage.rows.dataset import Dataset
from storage.rows.shards import RowReader
from storage.rows.stage_graph import schema_of
from storage.rows.stage_names import CLIPS
from tasks.staging.replay import StageReplay, changed_since
from tasks.upkeep.auditing.films import Films
from tasks.upkeep.auditing.recorded_stages import NotComparable
from tasks.upkeep.auditing.remaking import Remaking


@dataclass(frozen=True, eq=False)
class ClipReplay:
    """A clip, made again; without frames if today's code cannot make it."""

    dataset: str
    sample_id: str
    frames: tuple[bytes, ...]
    """JPEG."""
    stage: StageReplay


def clips_beginning(objects: ObjectStore, dataset_id: str, beginning: str) -> list[str]:
    """Return the ids of the clips of a dataset that begin so; none if it has no clips."""
    artifact = Dataset(objects, dataset_id).stages.get(CLIPS)
    accepted = [] if artifact is None else artifact.accepted()
    return [address.sample_id for address, _ in accepted if address.sample_id.startswith(beginning)]


def replay_clip(objects: ObjectStore, dataset_id: str, sample_id: str) -> ClipReplay:
    """Make a clip again from its row of footage.

    Raises
    ------
    NameUnknown
        If the dataset has no clip of this id.
    ObjectMissing, ObjectCorrupted
    """
    remaking = Remaking(objects, dataset_id, Films(()))
    artifact = remaking.artifacts[CLIPS]
    address = next((one for one, _ in artifact.accepted() if one.sample_id == sample_id), None)
    if address is None:
        raise NameUnknown(f"expected a clip of dataset {short(dataset_id)}…, got {sample_id}")
    columns = schema_of(CLIPS).arrow.names
    stored = RowReader(objects).row(address.shard, address.index, columns)
    changed = changed_since(artifact.manifest)
    try:
        made = remaking.row_again(CLIPS, stored)
    except NotComparable as error:
        return ClipReplay(dataset_id, sample_id, (), StageReplay(CLIPS, ("every frame",), (str(error),)))
    if made is None or made["rejected"] is not None:
        why = "no plan has it" if made is None else f"rejected, {made['rejected']}"
        return ClipReplay(dataset_id, sample_id, (), StageReplay(CLIPS, (why,), changed))
    pairs = enumerate(zip_longest(stored["frames"], made["frames"]))
    differing = [f"frame {number}" for number, (then, now) in pairs if then != now]
    differing += [name for name in columns if name != "frames" and stored[name] != made[name]]
    return ClipReplay(
        dataset_id, sample_id, tuple(made["frames"]), StageReplay(CLIPS, tuple(differing), changed)
    )


def write_frames(replayed: ClipReplay, folder: Path) -> list[Path]:
    """Write every frame as it was made again.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    paths = [folder / f"frame_{time:02d}.jpg" for time in range(len(replayed.frames))]
    try:
        make_folder(folder)
        for path, frame in zip(paths, replayed.frames, strict=True):
            path.write_bytes(frame)
    except OSError as error:
        raise InputError(f"expected a folder that can be written at {folder}: {error.strerror}") from error
    return paths
