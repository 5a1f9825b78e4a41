"""Where the films of a dataset are now: a store holds frames that were taken from them, not the films."""

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from storage.canonical import short
from storage.kinds import RunKind
from storage.rows.stage_names import FOOTAGE
from storage.tables.append_only import Row
from storage.withdrawal.which_source import file_digest
from tasks.stages.footage import FootageStage
from tasks.stages.photograph_folder.notes_table import NOTE_COLUMNS
from tasks.stages.stage import RowPlan
from tasks.upkeep.auditing.recorded_stages import NotComparable

THE_FOLDER = "."
"""File name of a folder of frames that is the whole folder of videos."""


class Films:
    """Finds films and folders of frames by their name and id, and plans the rows of their footage again.

    Parameters
    ----------
    folders
        Where to look, in this order. A file of the same name with other bytes is passed over.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(dict.fromkeys(folders))
        self._found: dict[str, Mapping[str, RowPlan]] = {}

    @classmethod
    def known_from(cls, runs: Sequence[Row], given: Iterable[Path] = ()) -> "Films":
        """Return it for the folders that are given, and those that the builds in the ledger read."""
        builds = (run for run in runs if run["kind"] == RunKind.DATASET)
        configured = (json.loads(run.get("configuration") or "{}") for run in builds)
        read = (sections.get(FOOTAGE, {}).get("videos") for sections in configured)
        return cls([*given, *(Path(folder) for folder in read if folder)])

    def plan(self, stage: FootageStage, stored: Mapping[str, Any]) -> RowPlan | None:
        """Return the plan of a stored row of footage; None where its video has no such row now.

        Raises
        ------
        NotComparable
            If its film is not at hand.
        """
        (video_id,) = stored["source_ids"]
        if video_id not in self._found:
            self._found[video_id] = self._planned(stage, video_id, stored["file_name"])
        plan = self._found[video_id].get(stored["sample_id"])
        if plan is None:
            return None
        notes = {column: stored[column] for column in NOTE_COLUMNS}
        # A video without a noted scene is a scene of its own.
        scene = None if stored["scene"] == video_id else stored["scene"]
        return replace(plan, decided={**plan.decided, **notes, "scene": scene})

    def _planned(self, stage: FootageStage, video_id: str, file_name: str) -> dict[str, RowPlan]:
        for path in (folder / file_name for folder in self._folders):
            if path.is_dir() or (path.is_file() and file_digest(path) == video_id):
                plans = _plans(stage, path, file_name)
                if plans and plans[0].source_ids == (video_id,):
                    return {plan.sample_id: plan for plan in plans}
        raise NotComparable(
            f"the film of video {short(video_id)}… ({file_name}) is not at hand: --footage gives its folder"
        )


def _plans(stage: FootageStage, path: Path, file_name: str) -> list[RowPlan]:
    """Return the rows of one video as if it were alone in its folder."""
    if file_name == THE_FOLDER:
        return _planned_in(stage, path)
    with tempfile.TemporaryDirectory(prefix="shls-audit-") as folder:
        link = Path(folder, file_name)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path.absolute())
        return [replace(plan, location=str(path.absolute())) for plan in _planned_in(stage, Path(folder))]


def _planned_in(stage: FootageStage, folder: Path) -> list[RowPlan]:
    return replace(stage, config=stage.config.model_copy(update={"videos": str(folder)})).plan({})
