"""`shls dataset preview`: a few samples and videos of a configuration in one picture."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import ConfigPath, Images, Json, StoreFolder, Videos, chosen_config

if TYPE_CHECKING:
    from PIL.Image import Image

    from flows.configuration import PipelineConfig
    from storage.rows.source_kinds import SourceKind
    from tasks.stages.stage import Stage

commands = typer.Typer()


@commands.command(
    "preview",
    epilog="Examples: `shls dataset preview --config changed.yaml --images photos/ --out preview.png` · "
    "`shls dataset preview --videos films/ --out preview.png` · "
    "`shls dataset preview --config changed.yaml --against configs/paper.yaml --store nightly/`",
)
@command
def preview_dataset(
    config: ConfigPath = None,
    store: StoreFolder = "store",
    images: Images = None,
    videos: Videos = None,
    count: Annotated[int, typer.Option(min=1, metavar="N", help="Photographs and videos to try.")] = 6,
    against: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Another configuration, drawn below the first for comparison."),
    ] = None,
    out: Annotated[str, typer.Option(metavar="FILE", help="Where the PNG goes.")] = "preview.png",
    as_json: Json = False,
) -> None:
    """Draw what a configuration makes of a few photographs or videos; nothing is written to the store.

    Of a video, the footage of its beginning is made, ten seconds of a film at the usual rate, with all of its
    clips: frames over its length, cuts, clips and rejected pieces.
    """
    from flows.cli.dataset.contact_sheet import check_sheet_path, write_sheet
    from flows.cli.dataset.filmstrip_sheet import one_below_the_other
    from flows.stages import dataset_stages
    from storage.rows.source_kinds import PHOTOGRAPHS, VIDEOS, kinds_among
    from tasks.terminal import print_result

    path = Path(out)
    check_sheet_path(path)
    chosen = chosen_config(config, images, videos=videos)
    tried = {"": chosen} if against is None else {"new: ": chosen, "against: ": chosen_config(against)}
    kinds = kinds_among([stage.name for stage in dataset_stages(chosen)])
    sheets, captions = [], []
    for kind, drawn_by in ((PHOTOGRAPHS, _photographs), (VIDEOS, _videos)):
        if kind in kinds:
            sheet, of_kind = drawn_by(chosen, tried, store, count)
            sheets.append(sheet)
            captions += of_kind
    write_sheet(one_below_the_other(sheets), path)
    if as_json:
        print_json({"picture": str(path), "samples": captions})
    else:
        nouns = {PHOTOGRAPHS: "samples", VIDEOS: "videos"}
        print_result(f"{path}: {len(captions)} {' and '.join(nouns[kind] for kind in kinds)}")


def _photographs(
    chosen: PipelineConfig, tried: Mapping[str, PipelineConfig], store: str, count: int
) -> tuple[Image, list[str]]:
    """Return the sheet of a few samples of photographs, and their captions."""
    from flows.cli.dataset.contact_sheet import contact_sheet, sample_row
    from storage.rows.source_kinds import PHOTOGRAPHS
    from tasks.staging.preview import handful, preview_samples

    with handful(chosen.ingest, store, chosen.name, count) as folder:
        sides = [
            [
                sample_row(sample, prefix)
                for sample in preview_samples(
                    folder, _stages_of(one, PHOTOGRAPHS), one.staging, one.ingest.max_side, count
                )
            ]
            for prefix, one in tried.items()
        ]
    rows = [row for pair in zip_longest(*sides) for row in pair if row]
    return contact_sheet(rows), [row.caption for row in rows]


def _videos(
    chosen: PipelineConfig, tried: Mapping[str, PipelineConfig], store: str, count: int
) -> tuple[Image, list[str]]:
    """Return the sheet of a few videos, and their captions."""
    from flows.cli.dataset.filmstrip_sheet import filmstrip_sheet, video_caption
    from storage.rows.source_kinds import VIDEOS
    from tasks.staging.preview import handful_of_videos, preview_videos

    with handful_of_videos(chosen.footage, store, count) as folder:
        sides = [
            [
                (video_caption(drawn, prefix), drawn)
                for drawn in preview_videos(
                    folder,
                    _stages_of(one.with_changes(footage={"videos": str(folder)}), VIDEOS),
                    one.staging,
                    count,
                )
            ]
            for prefix, one in tried.items()
        ]
    drawn = [one for pair in zip_longest(*sides) for one in pair if one]
    return filmstrip_sheet(drawn), [caption for caption, _ in drawn]


def _stages_of(config: PipelineConfig, kind: SourceKind) -> list[Stage]:
    from flows.stages import dataset_stages

    return [stage for stage in dataset_stages(config) if stage.name in kind.stages]
