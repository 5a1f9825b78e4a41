"""Maps in a folder and photographs that do not find each other: counted, and described in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from shls_core.saliency.detector import DetectorSource
from shls_core.saliency.map_folder import MapFolder
from tasks.stages.saliency import SaliencyStage
from tasks.stages.stage import RowPlan, Stage

WITHOUT_MAP, WITHOUT_PHOTOGRAPH = "photographs without a map", "maps without a photograph"


def unmatched_maps(stage: Stage, rows: Sequence[RowPlan]) -> dict[str, int]:
    """Return how many photographs have no map, and how many maps no photograph; nothing where none is.

    Parameters
    ----------
    stage
        Any stage; only one that reads ``maps:FOLDER`` has something to match.
    rows
        Its planned rows.
    """
    if not isinstance(stage, SaliencyStage):
        return {}
    source = DetectorSource.of(stage.config)
    if source.kind != "maps":
        return {}
    used = {row.location for row in rows}
    maps = (str(Path(path).absolute()) for path in MapFolder.open(str(source.path)).files.values())
    counts = {
        WITHOUT_MAP: len({row.source_ids for row in rows if row.location is None}),
        WITHOUT_PHOTOGRAPH: sum(path not in used for path in maps),
    }
    return {what: count for what, count in counts.items() if count}


def unmatched_line(counts: Mapping[str, int]) -> str:
    """Return in one line what found no counterpart.

    Examples
    --------
    >>> unmatched_line({"maps without a photograph": 2})
    'unmatched: 2 maps without a photograph (matched by name, without suffix)'
    """
    listed = ", ".join(f"{count} {what}" for what, count in counts.items())
    return f"unmatched: {listed} (matched by name, without suffix)"
