"""Replay: a sample is rendered again from its stored recipe and compared with what is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from itertools import zip_longest
from typing import Literal

import numpy as np
import numpy.typing as npt
import pydantic

from shls_core.errors import InputError, NameUnknown
from shls_core.files.pictures.jpeg_frames import decode_frame, encode_frame
from shls_core.frozen import first_problem
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.superpixel_map import superpixel_map
from shls_core.synthesis.recipe import Recipe
from shls_core.synthesis.render import PseudoSequence, render
from storage.canonical import short
from storage.objects.objects import ObjectStore
from storage.provenance.code_digest import code_digest
from storage.provenance.environment import package_version
from storage.records.manifests import StageManifest
from storage.rows.codecs import encode_map
from storage.rows.dataset import Dataset
from storage.rows.stage_artifact import RowAddress
from storage.rows.stage_names import INGEST, SALIENCY, SEQUENCES, SUPERPIXELS
from storage.store import Store
from tasks.runs.process_state import one_thread
from tasks.stages.input_reader import InputReader
from tasks.stages.sequences import Still

FEWEST_DIGITS = 6
_ENCODER = "storage.rows.shard_encoding"

Status = Literal["identical", "different", "not comparable"]


@dataclass(frozen=True)
class StageReplay:
    """The result for the bytes of one stage."""

    stage: str
    differing: tuple[str, ...]
    """Which of them differ: ``frame 2``, ``mask 0``, ``superpixel map 1``; frames count from 0."""
    changed_since: tuple[str, ...]
    """What decides bytes and has changed: ``opencv-python-headless 5.0 then, 5.1 now``."""

    @property
    def status(self) -> Status:
        """Whether the bytes agree; if they do not, whether they had to."""
        if not self.differing:
            return "identical"
        return "not comparable" if self.changed_since else "different"

    def __str__(self) -> str:
        if self.status == "identical":
            return f"{self.stage}: identical"
        reasons = self.differing if self.status == "different" else self.changed_since
        return f"{self.stage}: {self.status}: {', '.join(reasons)}"


@dataclass(frozen=True, eq=False)
class Replay:
    """A sample, made again."""

    dataset: str
    sample_id: str
    sequence: PseudoSequence
    superpixel_maps: Sequence[npt.NDArray[np.uint16]]
    stages: tuple[StageReplay, ...]

    @property
    def status(self) -> Status:
        """The worst of its stages'."""
        found = {stage.status for stage in self.stages}
        order: tuple[Status, ...] = ("different", "not comparable", "identical")
        return next(status for status in order if status in found)


def replay(store: Store, dataset_id: str, sample: str) -> Replay:
    """Make a pseudo-sequence and its superpixel maps again, without drawing anything.

    Parameters
    ----------
    store
        Where the dataset is.
    dataset_id
        Id of the dataset.
    sample
        Id of a pseudo-sequence of it, or at least the first six digits of one.

    Raises
    ------
    NameUnknown
        If no sequence, or more than one, is meant.
    InputError
        If the stored recipe or parameters cannot be read, or do not fit the stored photographs.
    """
    return Replayer(store.objects, dataset_id).replay(sample)


class Replayer:
    """Replays samples of one dataset, whose rows are listed once.

    Parameters
    ----------
    objects
        Where the dataset is.
    dataset_id
        Id of the dataset.
    """

    def __init__(self, objects: ObjectStore, dataset_id: str) -> None:
        self._dataset_id = dataset_id
        self._artifacts = Dataset(objects, dataset_id).stages
        self._reader = InputReader(objects)
        self._rows: dict[str, dict[str, RowAddress]] = {}

    def replay(self, sample: str) -> Replay:
        """Make a pseudo-sequence and its superpixel maps again; see `replay`."""
        address = self._sample_address(sample)
        stored = self._reader.row(address, "frames", "masks", "recipe")
        maps_address = self._addresses(SUPERPIXELS)[address.sample_id]
        stored_maps = self._reader.row(maps_address, "superpixel_maps")["superpixel_maps"]

        with one_thread():  # as the workers that made it
            sequence = self._render(Recipe.from_json(stored["recipe"]))
            config = _superpixel_config(self._artifacts[SUPERPIXELS].manifest)
            maps = [superpixel_map(decode_frame(frame), config) for frame in stored["frames"]]
        frames = [encode_frame(frame) for frame in sequence.frames]
        masks = [encode_map(mask) for mask in sequence.masks]
        differing = (
            *_differing("frame", stored["frames"], frames),
            *_differing("mask", stored["masks"], masks),
        )
        differing_maps = _differing("superpixel map", stored_maps, [encode_map(labels) for labels in maps])
        return Replay(
            dataset=self._dataset_id,
            sample_id=address.sample_id,
            sequence=sequence,
            superpixel_maps=maps,
            stages=tuple(
                StageReplay(stage, tuple(found), changed_since(self._artifacts[stage].manifest))
                for stage, found in ((SEQUENCES, differing), (SUPERPIXELS, differing_maps))
            ),
        )

    def _addresses(self, stage: str) -> dict[str, RowAddress]:
        if stage not in self._rows:
            accepted = self._artifacts[stage].accepted()
            self._rows[stage] = {address.sample_id: address for address, _ in accepted}
        return self._rows[stage]

    def _sample_address(self, sample: str) -> RowAddress:
        if SEQUENCES not in self._artifacts:
            raise NameUnknown(
                f"expected the id of a clip of dataset {short(self._dataset_id)}…, or at least its first "
                f"{FEWEST_DIGITS} digits, got {sample!r}, which begins none or several"
            )
        addresses = self._addresses(SEQUENCES).items()
        found = [address for name, address in addresses if name.startswith(sample)]
        if len(sample) < FEWEST_DIGITS or len(found) != 1:
            raise NameUnknown(
                f"expected the id of a sequence of dataset {short(self._dataset_id)}…, or at least its first "
                f"{FEWEST_DIGITS} digits, got {sample!r}, which begins {len(found)} of them"
            )
        return found[0]

    def _render(self, recipe: Recipe) -> PseudoSequence:
        masks, photographs = self._addresses(SALIENCY), self._addresses(INGEST)
        used = dict.fromkeys((recipe.template.image_id, *recipe.source_ids))
        if unknown := [name for name in used if name not in masks]:
            raise InputError(
                f"expected a recipe of stills of its dataset, got {short(unknown[0])}… "
                f"(sample {recipe.sample_id})"
            )
        max_side = self._artifacts[SEQUENCES].manifest.parameters["max_side"]
        stills = {name: Still.read(masks[name], photographs, self._reader, max_side) for name in used}
        return render(
            recipe,
            {name: still.pixels for name, still in stills.items()},
            {name: still.saliency_map for name, still in stills.items()},
            {name: still.mask for name, still in stills.items()},
        )


def changed_since(then: StageManifest) -> tuple[str, ...]:
    """Return which packages and code that make the bytes of a stage are not those of today."""
    now = {package: _installed_version(package) for package in then.versions}
    changed = [
        f"{package} {version} then, {now[package]} now"
        for package, version in then.versions.items()
        if now[package] != version
    ]
    code = code_digest(f"tasks.stages.{then.stage}", _ENCODER)
    if code != then.code_digest:
        changed.append(f"code {short(then.code_digest)} then, {short(code)} now")
    return tuple(changed)


def _installed_version(package: str) -> str:
    """Return the installed version of a package; "none" if it is not installed."""
    try:
        return package_version(package)
    except PackageNotFoundError:
        return "none"


def _superpixel_config(manifest: StageManifest) -> SuperpixelConfig:
    try:
        return SuperpixelConfig(**manifest.parameters)
    except pydantic.ValidationError as error:
        raise InputError(
            f"expected superpixel parameters as today's, got others: {first_problem(error)}"
        ) from error


def _differing(what: str, stored: Sequence[bytes], made: Sequence[bytes]) -> list[str]:
    """Name the values that are not the same on both sides; one that is missing on one side differs."""
    pairs = enumerate(zip_longest(stored, made))
    return [f"{what} {number}" for number, (then, now) in pairs if then != now]
